"""The example set: every ticket and every month against values computed independently."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector.config.mapping import KpiTable, Quantity
from connector.kpi.evaluate import evaluate, snapshots
from connector.kpi.measure import measure
from connector.model.kpi import Period
from tests.kpi.desk import Desk, attached
from tests.kpi.golden import elapsed, gaps_spent_done, load, values

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
COLUMNS = {
    ("first_reply_time", "calendar"): "first_reply_time_calendar_minutes",
    ("first_reply_time", "business"): "first_reply_time_business_minutes",
    ("first_resolution_time", "calendar"): "first_resolution_calendar_minutes",
    ("first_resolution_time", "business"): "first_resolution_business_minutes",
    ("full_resolution_time", "calendar"): "final_resolution_calendar_minutes",
    ("full_resolution_time", "business"): "full_resolution_business_minutes",
}
IN_STATE = {
    "agent_wait_time": "agent_wait_time_in_{}_minutes",
    "requester_wait_time": "requester_wait_time_in_{}_minutes",
    "resolution_active_time": "solve_time_in_{}_minutes",
    "agent_work_time": "agent_work_time_in_{}_minutes",
    "on_hold_time": "on_hold_time_in_{}_minutes",
    "new_time": "new_status_duration_in_{}_minutes",
    "open_time": "open_status_duration_in_{}_minutes",
}
"""Here the file also has tickets that are not done, their clocks running up to its `as_of`."""

NOT_DONE = ("full_resolution_time", "calendar"), ("first_resolution_time", "business")
"""Tickets that were solved once and are now deleted or open again: the file has a calendar and no
business value for them in both resolution columns. We hold that a first resolution stays, by either
clock, and that a full resolution is not there yet, by either clock."""

MONTHLY: dict[str, dict[str, Any]] = {
    "first_reply_calendar_min": {"measure": "first_reply_time"},
    "first_reply_business_min": {"measure": "first_reply_time", "clock": "business"},
    "full_resolution_calendar_min": {"measure": "full_resolution_time"},
    "full_resolution_business_min": {"measure": "full_resolution_time", "clock": "business"},
    "csat_pct": {"measure": "csat_pct"},
    "reopen_rate_14d": {"measure": "reopen_rate"},
    "tickets_created": {"measure": "tickets_created"},
    "tickets_solved": {"measure": "tickets_solved"},
    "backlog_month_end": {"measure": "backlog"},
}
STATS: dict[str, dict[str, Any]] = {
    "median": {"aggregate": "median"},
    "mean": {"aggregate": "mean"},
    "p90": {"aggregate": "p90"},
    "pct_within_480": {"aggregate": "within", "limit": Quantity(480 * 60, "s")},
}
SCALE = {"median": 1 / 60, "mean": 1 / 60, "p90": 1 / 60, "pct_within_480": 100, "pct": 100}


@pytest.fixture(scope="module")
def golden(shared: Path) -> Desk:
    desk = load(shared / "golden/dbt_zendesk/synthetic_even")
    measure(desk.con, now=AS_OF, everything=True)
    return desk


def differences(desk: Desk, key: tuple[str, str]) -> set[tuple[int, str]]:
    rows = desk.con.execute(
        "select e.ticket_id, t.status from ticket_metrics_exact as e join tickets as t"
        " using (ticket_id) join measures as m on m.ticket_id = e.ticket_id"
        " and m.measure = ? and m.clock = ?"
        f" where (m.value is null) != (e.{COLUMNS[key]} is null)"
        f" or abs(m.value / 60 - e.{COLUMNS[key]}) > 0.05",
        list(key),
    ).fetchall()
    return set(rows)


@pytest.mark.parametrize("key", [key for key in COLUMNS if key not in NOT_DONE])
def test_every_ticket_agrees(golden: Desk, key: tuple[str, str]) -> None:
    assert differences(golden, key) == set()


@pytest.mark.parametrize("key", NOT_DONE)
def test_tickets_no_longer_done_are_the_only_differences(
    golden: Desk, key: tuple[str, str]
) -> None:
    found = differences(golden, key)
    assert {status for _, status in found} == {"deleted", "open"}
    assert len(found) == 20


@pytest.mark.parametrize("clock", ["calendar", "business"])
@pytest.mark.parametrize("name", IN_STATE)
def test_time_in_state_agrees_for_every_ticket(golden: Desk, name: str, clock: str) -> None:
    column = IN_STATE[name].format(clock)
    expected = dict(
        golden.con.execute(f"select ticket_id, {column} from ticket_metrics_exact").fetchall()
    )
    found = elapsed(golden, name, clock, AS_OF)
    assert {
        ticket: (found[ticket] / 60, minutes)
        for ticket, minutes in expected.items()
        if minutes is None or abs(found[ticket] / 60 - minutes) > 0.05
    } == {}
    assert len(expected) == len(found) == 1382


@pytest.mark.parametrize("name", IN_STATE)
def test_tickets_that_are_not_done_have_no_time_in_state_yet(golden: Desk, name: str) -> None:
    rows = golden.con.execute(
        "select t.status in ('solved', 'closed') as is_done, count(m.value), count(*)"
        " from tickets as t join measures as m using (ticket_id) where m.measure = ? group by 1",
        [name],
    ).fetchall()
    assert sorted(rows) == [(False, 0, 2 * 59), (True, 2 * 1323, 2 * 1323)]


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_the_parts_of_every_solved_ticket_add_up(golden: Desk, clock: str) -> None:
    work, wait, hold, active, requester, new, open_, full = (
        values(golden, name, clock)
        for name in (
            "agent_work_time", "agent_wait_time", "on_hold_time", "resolution_active_time",
            "requester_wait_time", "new_time", "open_time", "full_resolution_time",
        )
    )  # fmt: skip
    gaps = gaps_spent_done(golden, clock)
    assert len(active) == len(full) == 1323
    for ticket, seconds in active.items():
        assert work[ticket] + wait[ticket] + hold[ticket] == seconds
        assert work[ticket] + hold[ticket] == requester[ticket]
        assert new[ticket] + open_[ticket] == work[ticket]
        assert seconds + gaps.get(ticket, 0) == full[ticket]


def test_every_ticket_has_one_row_for_each_clock(golden: Desk) -> None:
    names = [*dict.fromkeys(name for name, _ in COLUMNS), *IN_STATE]
    rows = golden.con.execute(
        "select measure, clock, count(*), count(distinct ticket_id) from measures"
        " where list_contains(?, measure) group by all",
        [names],
    ).fetchall()
    assert {(rows, tickets) for _, _, rows, tickets in rows} == {(1382, 1382)}
    assert len(rows) == 2 * len(names)


def month(text: str) -> Period:
    year, number = map(int, text.split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    return Period(start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))


def exact(con: duckdb.DuckDBPyConnection, kpi: str) -> list[tuple[str, str, int, float]]:
    return con.execute(
        "select month_utc, stat, n, value from kpi_monthly_utc where kpi = ?", [kpi]
    ).fetchall()


@pytest.mark.parametrize("name", MONTHLY)
def test_every_month_agrees_exactly(golden: Desk, name: str) -> None:
    con = attached(golden)
    wrong = []
    for text, stat, n, expected in exact(golden.con, name):
        kpi = KpiTable(**MONTHLY[name], **STATS.get(stat, {}))
        found = evaluate(con, name, kpi, month(text), now=AS_OF, as_of=AS_OF)
        assert found.value is not None
        value = found.value * SCALE.get(stat, 1)
        # for tickets_solved the file's n counts solve events
        is_same_n = name == "tickets_solved" or found.n == n
        if abs(value - expected) > 1e-4 or not is_same_n:  # made of minutes with four digits
            wrong.append((text, stat, n, expected, found.n, value))
    assert wrong == []


def test_the_backlog_of_all_months_in_one_question(golden: Desk) -> None:
    rows = exact(golden.con, "backlog_month_end")
    ends = [month(text).end for text, _, _, _ in rows]
    counts = snapshots(attached(golden), KpiTable(measure="backlog"), ends)
    assert counts == [value for _, _, _, value in rows]
