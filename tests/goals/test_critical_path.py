"""The critical path: latest starts and floats, computed back from the end."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.backward_plan import Milestone
from connector.goals.critical_path import Slot, critical_path, slots

DUE = date(2026, 11, 2)


def step(name: str, work: float | None = None, *after: str, day: date = DUE) -> Milestone:
    return Milestone(name=name, day=day, duration=work, depends_on=after)


CHAIN = (step("hire", 10), step("train", 5, "hire"), step("macros", 3), step("go", 2, "train"))


def floats(found: dict[str, Slot]) -> dict[str, float]:
    return {name: slot.float_days for name, slot in found.items()}


def test_the_latest_start_is_the_end_less_all_that_follows() -> None:
    found = slots(CHAIN, today=0, end=20)
    latest = {name: slot.latest for name, slot in found.items()}
    assert latest == {"hire": 3, "train": 13, "macros": 17, "go": 18}


def test_what_waits_begins_when_all_before_it_is_finished() -> None:
    found = slots(CHAIN, today=4, end=30)
    assert [found[name].earliest for name in ("hire", "train", "go", "macros")] == [4, 14, 19, 4]


def test_a_milestone_finishes_before_the_first_of_several_that_wait_for_it() -> None:
    both = (step("data", 4), step("short", 1, "data"), step("long", 9, "data"))
    assert slots(both, today=0, end=20)["data"].latest == 20 - 9 - 4


def test_the_own_date_of_a_milestone_does_not_bound_its_float() -> None:
    early = slots([step("a", 5, day=date(2026, 1, 1))], today=0, end=20)
    assert early == slots([step("a", 5)], today=0, end=20)


def test_the_chain_with_the_least_float_is_critical() -> None:
    found = slots(CHAIN, today=0, end=20)
    assert critical_path(CHAIN, found) == ("hire", "train", "go")
    assert floats(found) == {"hire": 3, "train": 3, "go": 3, "macros": 17}


def test_a_latest_start_before_today_is_infeasible() -> None:
    found = slots(CHAIN, today=0, end=16)
    assert floats(found) == {"hire": -1, "train": -1, "go": -1, "macros": 13}
    assert {name for name, slot in found.items() if slot.flag} == {"hire", "train", "go"}
    assert found["hire"].flag == "infeasible"


def test_less_float_than_a_tenth_of_the_duration_is_tight() -> None:
    assert slots([step("a", 20)], today=0, end=21)["a"].flag == "tight"
    assert not slots([step("a", 20)], today=0, end=22)["a"].flag
    assert slots([step("a", 20)], today=0, end=19)["a"].flag == "infeasible"


def test_a_point_in_time_is_never_tight() -> None:
    assert not slots([step("a")], today=5, end=5)["a"].flag


def test_a_reached_milestone_has_no_work_left() -> None:
    found = slots(CHAIN, today=0, end=20, reached={"hire"})
    assert (found["hire"].work, found["train"].earliest, found["train"].float_days) == (0, 0, 13)
    assert critical_path(CHAIN, found, {"hire"}) == ("train", "go")


def test_without_durations_there_is_no_critical_path() -> None:
    points = (step("a"), step("b", None, "a"))
    assert critical_path(points, slots(points, today=0, end=9)) == ()


def test_of_equal_chains_the_one_that_is_due_first_is_critical() -> None:
    twins = (step("a", 5), step("b", 5, day=date(2026, 10, 5)))
    assert critical_path(twins, slots(twins, today=0, end=9)) == ("b",)


def test_a_parallel_branch_with_more_float_is_left_out_of_the_path() -> None:
    forked = (step("a", 2), step("b", 3, "a"), step("c", 5, "a"), step("d", 1, "b", "c"))
    assert critical_path(forked, slots(forked, today=0, end=20)) == ("a", "c", "d")


durations = st.integers(0, 30).map(float) | st.none()


@st.composite
def plans(draw: st.DrawFn) -> tuple[Milestone, ...]:
    """Return milestones that wait for earlier ones only, so there is no cycle."""
    names = [f"m{n}" for n in range(draw(st.integers(1, 7)))]
    return tuple(
        step(
            name, draw(durations), *draw(st.sets(st.sampled_from(names[:n])) if n else st.just(()))
        )
        for n, name in enumerate(names)
    )


@settings(max_examples=60, deadline=None)
@given(plan=plans(), end=st.integers(0, 90), later=st.integers(0, 40))
def test_moving_the_end_later_lowers_no_float(
    plan: tuple[Milestone, ...], end: int, later: int
) -> None:
    before, after = (floats(slots(plan, today=0, end=when)) for when in (end, end + later))
    assert all(after[name] == before[name] + later for name in before)


@settings(max_examples=60, deadline=None)
@given(plan=plans(), end=st.integers(0, 90), data=st.data())
def test_one_more_dependency_raises_no_float(
    plan: tuple[Milestone, ...], end: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(plan) - 1))
    more = {m.name for m in plan[:at] if data.draw(st.booleans())} | set(plan[at].depends_on)
    changed = (*plan[:at], step(plan[at].name, plan[at].duration, *more), *plan[at + 1 :])
    before, after = (floats(slots(each, today=0, end=end)) for each in (plan, changed))
    assert all(after[name] <= before[name] for name in before)


@settings(max_examples=60, deadline=None)
@given(plan=plans(), end=st.integers(0, 90), data=st.data())
def test_more_work_makes_no_latest_start_later(
    plan: tuple[Milestone, ...], end: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(plan) - 1))
    longer = plan[at].work + data.draw(st.integers(0, 30))
    changed = (*plan[:at], step(plan[at].name, longer, *plan[at].depends_on), *plan[at + 1 :])
    before, after = (slots(each, today=0, end=end) for each in (plan, changed))
    assert all(after[name].latest <= before[name].latest for name in before)


@settings(max_examples=60, deadline=None)
@given(plan=plans(), end=st.integers(0, 90))
def test_the_critical_path_is_one_chain_of_equal_least_float_up_to_the_end(
    plan: tuple[Milestone, ...], end: int
) -> None:
    found = slots(plan, today=0, end=end)
    path = critical_path(plan, found)
    if not any(milestone.work for milestone in plan):
        assert path == ()
        return
    after = {milestone.name: milestone.depends_on for milestone in plan}
    assert {found[name].float_days for name in path} == {min(floats(found).values())}
    assert all(earlier in after[later] for earlier, later in pairwise(path))
    assert found[path[0]].earliest == 0
    assert found[path[-1]].latest + found[path[-1]].work == end
