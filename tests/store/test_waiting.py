"""What waits to be shown, told from the journal and from how goals were judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.model.change import Outcome, WriteResult
from connector.model.goal import GoalReport
from connector.model.kpi import Period
from connector.store.journal import Intent
from connector.store.state import State
from connector.store.waiting import deferred, save_deferred, statuses_of_late, written_often
from tests.store.records import at


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.sqlite") as opened:
        yield opened


def write(state: State, minute: int, outcome: Outcome | None, desk: str = "support") -> None:
    batch = state.record_intent("run", desk, [Intent(ticket_id="1")], at=at(minute))
    if outcome is not None:
        state.record_outcomes(
            batch, [WriteResult(ticket_id="1", outcome=outcome)], at=at(minute), left={}
        )


def often(state: State, *, most: int, since: int = 0) -> dict[str, int]:
    return written_often(state, "support", since=at(since), most=most)


def test_writes_of_a_ticket_are_counted_since_an_instant(state: State) -> None:
    for minute in (1, 2, 3):
        write(state, minute, Outcome.WRITTEN)
    write(state, 4, Outcome.WRITTEN, desk="other")
    assert often(state, most=3) == {"1": 3}
    assert often(state, most=4) == {}
    assert often(state, most=2, since=1) == {"1": 2}


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (None, True),
        (Outcome.CONFLICT, True),
        (Outcome.REJECTED, True),
        (Outcome.DEFERRED, False),
        (Outcome.MISSING, False),
        (Outcome.LOCKED, False),
    ],
)
def test_what_may_have_reached_a_ticket_counts(
    state: State, outcome: Outcome | None, *, counts: bool
) -> None:
    write(state, 1, outcome)
    assert bool(often(state, most=1)) is counts


def test_deferred_tickets_are_those_of_the_last_run(state: State) -> None:
    assert deferred(state, "support") == frozenset()
    save_deferred(state, "support", ["2", "1"])
    save_deferred(state, "support", ["3"])
    assert deferred(state, "support") == {"3"}
    assert deferred(state, "other") == frozenset()


def report(status: str, minute: int, version: int = 1) -> GoalReport:
    return GoalReport(
        id="backlog",
        kind="anti_goal",
        title="Backlog",
        level="team",
        scope="",
        kpi="backlog",
        period=Period(at(0), at(59)),
        baseline=None,
        target=5,
        value=4,
        unit="count",
        n=4,
        grade=None,
        raw=None,
        flags=(),
        forecast=None,
        why="",
        status=status,
        as_of=at(minute),
        version=version,
    )


def test_statuses_of_late_begin_with_the_one_that_held_then(state: State) -> None:
    for minute, status in ((1, "safe"), (10, "violated"), (20, "safe"), (30, "warning")):
        state.save_evaluations(f"run-{minute}", [report(status, minute)])

    def late(since: int, until: int) -> set[str]:
        found = statuses_of_late(state, "backlog", since=at(since), until=at(until), version=1)
        return set(found)

    assert late(25, 40) == {"safe", "warning"}
    assert late(15, 25) == {"violated", "safe"}
    assert late(20, 25) == {"safe"}
    assert late(0, 5) == {"safe"}
    assert late(31, 40) == {"warning"}


def test_statuses_by_other_terms_do_not_count(state: State) -> None:
    state.save_evaluations("run-1", [report("violated", 1)])
    found = statuses_of_late(state, "backlog", since=at(0), until=at(9), version=2)
    assert found == frozenset()
