"""Values of periods that are over: frozen once, told apart from what became of them later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connector.adapters.memory import MemoryHelpdesk
from connector.model.goal import GoalReport, GoalState
from connector.model.kpi import KpiValue, Version
from connector.pipeline.evaluating import kpi_values
from connector.pipeline.judging import goal_reports
from connector.pipeline.views import views
from tests.laws import examples
from tests.run import AGENT, CUSTOMER, Runner, asked, staffed

END = datetime(2026, 4, 1, tzinfo=UTC)
LAG = timedelta(days=14)
MAPPING = """
[kpi.solved]
measure = "tickets_solved"

[kpi.reopened]
measure = "reopen_rate"

[kpi.liked]
measure = "csat_pct"

[goal.few_reopened]
title = "Few come back"
kpi = "reopened"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
baseline = "90 %"
target = "10 %"
"""


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return staffed()


@pytest.fixture
def runner(tmp_path: Path, desk: MemoryHelpdesk) -> Runner:
    runner = Runner(tmp_path)
    runner.write("mappings/goals.toml", MAPPING)
    runner.set_up(desk)
    return runner


def solved(desk: MemoryHelpdesk, count: int = 4) -> list[str]:
    tickets = [asked(desk) for _ in range(count)]
    desk.advance(3600)
    for ticket in tickets:
        desk.set_status(ticket, "solved", by=AGENT)
    return tickets


def at(desk: MemoryHelpdesk, moment: datetime) -> MemoryHelpdesk:
    """Let the time come, and something happen then, so that data reach that far."""
    desk.now = moment
    asked(desk)
    return desk


def goal(runner: Runner, desk: MemoryHelpdesk) -> GoalReport:
    return runner.run(desk).report.goals[0]


def kpis(runner: Runner, desk: MemoryHelpdesk, *, keep: bool = True) -> dict[str, KpiValue]:
    """Evaluate the first quarter, as `connector kpis --from --to` does."""
    job = runner.job(desk.now)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with views(job) as seen:
        values = kpi_values(job, seen, start=start, end=END, keep=keep)
    return {value.id: value for value in values}


def test_a_value_is_provisional_until_its_lag_is_over(desk: MemoryHelpdesk, runner: Runner) -> None:
    solved(desk)
    found = goal(runner, at(desk, END + LAG - timedelta(hours=1)))
    assert found.frozen is None
    assert found.versions == ()


def test_a_settled_value_is_frozen_by_the_next_run(desk: MemoryHelpdesk, runner: Runner) -> None:
    solved(desk)
    found = goal(runner, at(desk, END + LAG))
    assert found.frozen == desk.now
    (version,) = found.versions
    assert (version.version, version.value, version.n, version.reason) == (1, 0.0, 4, "")


def test_a_dry_run_freezes_nothing(desk: MemoryHelpdesk, runner: Runner) -> None:
    solved(desk)
    goal(runner, at(desk, END))
    at(desk, END + LAG)
    assert runner.run(desk, dry_run=True).report.goals[0].versions == ()


def test_the_end_of_a_goal_is_judged_by_the_frozen_value(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    tickets = solved(desk, 4)
    desk.set_status(tickets[0], "open", by=CUSTOMER)
    before = goal(runner, at(desk, END + LAG))
    assert (before.value, before.status) == (0.25, GoalState.MISSED)
    desk.delete(tickets[0])
    after = goal(runner, at(desk, END + LAG + timedelta(days=1)))
    assert (after.value, after.n, after.status) == (0.25, 4, GoalState.MISSED)
    assert [(one.value, one.n) for one in after.versions] == [(0.25, 4), (0.0, 3)]
    assert after.versions[1].reason == "1 ticket deleted"


def test_a_second_run_right_after_makes_no_new_version(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    solved(desk)
    at(desk, END + LAG)
    first = goal(runner, desk)
    assert goal(runner, desk).versions == first.versions


def test_asking_for_a_finished_period_freezes_it(desk: MemoryHelpdesk, runner: Runner) -> None:
    solved(desk)
    runner.run(at(desk, END + LAG))
    assert kpis(runner, desk, keep=False)["solved"].versions == ()
    assert [one.value for one in kpis(runner, desk)["solved"].versions] == [4]


def test_reasons_name_what_became_of_which_tickets(desk: MemoryHelpdesk, runner: Runner) -> None:
    tickets = solved(desk, 5)
    runner.run(at(desk, END + LAG))
    kpis(runner, desk)
    desk.delete(tickets[0])
    desk.merge(tickets[1], tickets[2])
    desk.delete(tickets[3])
    runner.run(at(desk, END + LAG + timedelta(days=1)))
    later = kpis(runner, desk)["solved"]
    assert (later.value, later.versions[-1].value) == (5, 2)
    assert later.versions[-1].reason == "2 tickets deleted, 1 merged"


def test_a_rating_that_comes_late_is_another_version(desk: MemoryHelpdesk, runner: Runner) -> None:
    first, second = solved(desk, 2)
    desk.rate(first, "good")
    desk.rate(second, "good")
    runner.run(at(desk, END + LAG))
    assert kpis(runner, desk)["liked"].value == 1
    desk.now = END - timedelta(days=1)  # a vote of the period that is told only later
    desk.rate(second, "bad")
    runner.run(at(desk, END + LAG + timedelta(days=1)))
    later = kpis(runner, desk)["liked"]
    assert later.value == 1
    assert later.versions[-1].value == 0.5


def test_another_definition_is_another_series(desk: MemoryHelpdesk, runner: Runner) -> None:
    solved(desk)
    runner.run(at(desk, END + LAG))
    old = kpis(runner, desk)["solved"]
    narrow = MAPPING.replace(
        'measure = "tickets_solved"', 'measure = "tickets_solved"\nwhere = { channel = ["phone"] }'
    )
    runner.write("mappings/goals.toml", narrow)
    new = kpis(runner, desk)["solved"]
    assert [(one.version, one.value) for one in new.versions] == [(1, 0)]
    assert new.versions[0].reason == "the definition of the KPI changed"
    runner.write("mappings/goals.toml", MAPPING)
    assert kpis(runner, desk)["solved"].versions == old.versions


def test_the_past_shows_only_what_was_known_then(desk: MemoryHelpdesk, runner: Runner) -> None:
    tickets = solved(desk)
    first = at(desk, END + LAG).now
    runner.run(desk)
    desk.delete(tickets[0])
    runner.run(at(desk, END + LAG + timedelta(days=1)))
    job = runner.job(desk.now)
    with views(job, first) as seen:
        (then,) = goal_reports(job, seen)
    assert len(then.versions) == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["delete", "reopen", "solve", "merge", "rate"]), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=examples(1, 8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
@example(steps=[("delete", 1), ("reopen", 2), ("rate", 3), ("merge", 0)])
def test_the_first_version_never_changes(
    steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = staffed()
    runner = Runner(tmp_path_factory.mktemp("frozen"))
    runner.write("mappings/goals.toml", MAPPING)
    runner.set_up(desk)
    tickets = solved(desk)
    runner.run(at(desk, END + LAG))
    seen: dict[str, tuple[Version, ...]] = {
        key: value.versions for key, value in kpis(runner, desk).items()
    }
    for days, (what, place) in enumerate(steps, 1):
        happen(desk, what, tickets[place], tickets[place - 1])
        runner.run(at(desk, END + LAG + timedelta(days=days)))
        for key, value in kpis(runner, desk).items():
            kept = value.versions
            assert kept[: len(seen[key])] == seen[key]
            assert [one.version for one in kept] == list(range(1, len(kept) + 1))
            assert (value.value, value.n) == (kept[0].value, kept[0].n)
            seen[key] = kept


def happen(desk: MemoryHelpdesk, what: str, ticket: str, other: str) -> None:
    match what:
        case "delete":
            desk.delete(ticket)
        case "merge":
            desk.merge(ticket, other)
        case "rate":
            desk.rate(ticket, "bad")
        case _:
            desk.set_status(ticket, {"reopen": "open", "solve": "solved"}[what], by=AGENT)
