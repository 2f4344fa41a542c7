"""What a violated anti-goal does to the goals it protects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.goals.caps import LADDER, capped
from connector.model.goal import GoalReport, GoalState
from connector.model.kpi import Period
from tests.goals.cases import END, MIN, START, anti_goal, count, goal, judged, value

DAY = timedelta(days=1)
PROTECTS = {"guard": ("faster",)}
RUNNING = judged(goal(), value(52 * MIN))
GUARD = judged(anti_goal(limit=200), count(300))
REST = sorted(set(GoalState) - set(LADDER))


def report(status: str = "on_track", **changes: Any) -> GoalReport:
    return msgspec.structs.replace(RUNNING, status=status, **changes)


def guard(status: str = "violated", **changes: Any) -> GoalReport:
    return msgspec.structs.replace(GUARD, **{"id": "guard", "status": status, **changes})


def under(one: GoalReport, *guards: GoalReport, is_hard: bool = True) -> GoalReport:
    """Return what a goal is with its guards beside it."""
    protects = {guard.id: ("faster",) for guard in guards}
    hard = {guard.id: is_hard for guard in guards}
    return capped([one, *guards], protects, hard)[0]


@pytest.mark.parametrize(
    ("status", "hard", "soft"),
    [
        ("on_track", "off_track", "at_risk"),
        ("at_risk", "off_track", "at_risk"),
        ("off_track", "off_track", "off_track"),
    ],
)
def test_a_hard_guard_leaves_off_track_and_a_soft_one_at_risk(
    status: str, hard: str, soft: str
) -> None:
    assert under(report(status), guard()).status == hard
    assert under(report(status), guard(), is_hard=False).status == soft


def test_the_grade_stays_and_the_reason_says_both() -> None:
    found = under(report(grade=1.0, raw=1.2, why="well ahead"), guard())
    assert (found.grade, found.raw) == (1.0, 1.2)
    assert found.capped_by == ("guard",)
    assert found.why == (
        "on track by itself (well ahead), but the anti-goal "
        '"Not at the cost of quality" is violated: no better than off track'
    )


@pytest.mark.parametrize("status", ["safe", "warning", "insufficient_data", "paused"])
def test_only_a_violated_guard_caps(status: str) -> None:
    assert under(report(), guard(status)) == report()


def test_only_the_goals_it_protects_are_capped() -> None:
    other = report(id="other")
    assert capped([other, guard()], PROTECTS, {}) == [other, guard()]


def test_a_guard_is_hard_unless_it_says_otherwise() -> None:
    assert capped([report(), guard()], PROTECTS, {})[0].status == GoalState.OFF_TRACK


def test_of_two_guards_the_stricter_one_caps_and_both_are_named() -> None:
    soft = guard(id="soft", title="Not too many")
    protects = {"guard": ("faster",), "soft": ("faster",)}
    found = capped([soft, report(), guard()], protects, {"soft": False, "guard": True})[1]
    assert found.status == GoalState.OFF_TRACK
    assert found.capped_by == ("soft", "guard")
    assert 'the anti-goals "Not too many", "Not at the cost of quality" are violated' in found.why


def test_a_cap_that_changes_nothing_says_nothing() -> None:
    assert under(report("off_track"), guard()) == report("off_track")


@pytest.mark.parametrize("status", [state for state in REST if state != "achieved"])
def test_only_running_states_are_capped(status: str) -> None:
    assert under(report(status), guard()) == report(status)


def test_an_achieved_goal_stays_achieved_and_says_that_its_guard_is_broken() -> None:
    found = under(report("achieved", flags=("late",), why="met"), guard())
    assert (found.status, found.capped_by) == ("achieved", ())
    assert found.flags == ("late", "guard_broken")
    assert found.why == 'met; at a price: the anti-goal "Not at the cost of quality" is violated'


def test_a_soft_guard_leaves_an_achieved_goal_as_it_is() -> None:
    assert under(report("achieved"), guard(), is_hard=False) == report("achieved")


@pytest.mark.parametrize(
    ("start", "end", "since", "flags"),
    [
        (START, END, None, ("guard_broken",)),
        (START, END, END + DAY, ("guard_broken",)),
        (START - DAY, END + DAY, END - DAY, ("guard_broken",)),
        (START - DAY, END + DAY, END, ()),
        (END, END + DAY, None, ()),
        (START - DAY, START, None, ()),
    ],
)
def test_a_guard_counts_where_it_was_broken_while_the_goal_ran(
    start: datetime, end: datetime, since: datetime | None, flags: tuple[str, ...]
) -> None:
    broken = guard(period=Period(start, end), since=since)
    found = under(report("achieved"), broken)
    assert found.flags == flags


@given(st.lists(st.sampled_from(sorted(GoalState)), max_size=6), st.data())
def test_no_cap_betters_a_status_or_touches_a_grade(
    states: Sequence[GoalState], data: st.DataObject
) -> None:
    before = [report(state, id=f"goal_{i}", grade=0.5, raw=0.5) for i, state in enumerate(states)]
    ids = st.sampled_from([one.id for one in before] or ["none"])
    protects = data.draw(st.dictionaries(ids, st.lists(ids)))
    hard = data.draw(st.dictionaries(ids, st.booleans()))
    after = capped(before, protects, hard)
    assert [one.id for one in after] == [one.id for one in before]
    for old, new in zip(before, after, strict=True):
        assert (new.grade, new.raw, new.value) == (old.grade, old.raw, old.value)
        if old.status in LADDER:
            assert LADDER.index(GoalState(new.status)) <= LADDER.index(GoalState(old.status))
        else:
            assert new.status == old.status
    again = capped(after, protects, hard)
    assert [one.status for one in again] == [one.status for one in after]


def test_the_anti_goal_of_a_person_is_named_only_where_the_goal_is_theirs_too() -> None:
    hers = guard(level="person", for_whom="Ann", title="Few back: Ann")
    assert "the anti-goal of a person is violated" in under(report(), hers).why
    assert "Ann" not in under(report("achieved"), hers).why
    bobs = report(level="person", for_whom="Bob")
    assert "Ann" not in under(bobs, hers).why
    anns = report(level="person", for_whom="Ann")
    assert 'the anti-goal "Few back: Ann" is violated' in under(anns, hers).why
