"""The SLA targets of the example set: outcomes, times on the clock, breaches, months."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.config.mapping import KpiTable
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import form_of
from connector.kpi.measure import measure
from connector.model.kpi import Period
from tests.kpi.desk import Desk, attached
from tests.kpi.golden import load
from tests.kpi.golden_sla import METRICS, attainment, load_targets

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
CREATED = KpiTable(
    measure="sla_attainment", variant="created", settings={"metric": "first_reply_time"}
)
NO_ROW = {"2025-10": 1066}
"""Months in which the file has a target less: this ticket was solved without a reply, all of it
outside of hours. We hold that its target is achieved; the file has no row for it, since the tool
whose rows it recomputes loses targets that ended so without an open second."""


@pytest.fixture(scope="module")
def golden(shared: Path) -> Desk:
    desk = load(shared / "golden/dbt_zendesk/synthetic_even")
    load_targets(desk)
    forms = [*(attainment(metric) for metric in METRICS), form_of(CREATED)]
    measure(desk.con, now=AS_OF, forms=forms, everything=True)
    return desk


def compared(desk: Desk, columns: str, metric: str) -> list[tuple[object, ...]]:
    return desk.con.execute(
        f"select e.ticket_id, e.sla_applied_at, {columns} from sla_policies_exact as e"
        " left join m_sla as s on s.ticket_id = e.ticket_id and s.metric = e.metric"
        " and s.applied_at = e.sla_applied_at where e.metric = ?",
        [metric],
    ).fetchall()


@pytest.mark.parametrize("metric", METRICS)
def test_every_outcome_agrees(golden: Desk, metric: str) -> None:
    rows = compared(golden, "s.outcome is not distinct from 0, e.exact_breach = 1, s.part", metric)
    assert [row for row in rows if row[2] != row[3] or row[4] is None] == []
    assert len(rows) > 1000


@pytest.mark.parametrize("metric", METRICS)
def test_every_time_on_the_clock_agrees(golden: Desk, metric: str) -> None:
    rows = compared(golden, "abs(s.elapsed / 60 - e.exact_elapsed) <= 0.05", metric)
    assert [row for row in rows if row[2] is not True] == []


@pytest.mark.parametrize("metric", METRICS)
def test_every_breach_came_at_the_same_second(golden: Desk, metric: str) -> None:
    rows = compared(golden, "case when s.outcome = 0 then s.at end, e.exact_breach_at", metric)
    assert [row for row in rows if row[2] != row[3]] == []


@pytest.mark.parametrize("metric", METRICS)
def test_the_targets_that_the_file_calls_active_are_those_that_run(
    golden: Desk, metric: str
) -> None:
    rows = compared(golden, "s.since is not null, e.active = 1", metric)
    assert [row for row in rows if row[2] != row[3]] == []


def month(text: str) -> Period:
    year, number = map(int, text.split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    return Period(start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))


def test_every_month_agrees_by_creation(golden: Desk) -> None:
    con = attached(golden)
    months = golden.con.execute(
        "select month_utc, n, value from kpi_monthly_utc where kpi = 'sla_first_reply_attainment'"
    ).fetchall()
    differing = {}
    for text, n, expected in months:
        found = evaluate(con, "sla", CREATED, month(text), now=AS_OF, as_of=AS_OF)
        assert found.value is not None
        if found.n != n or abs(found.value * 100 - expected) > 1e-4:
            differing[text] = (
                found.n - n,
                round(found.value * found.n) - round(expected * n / 100),
            )
    assert differing == dict.fromkeys(NO_ROW, (1, 1))
    assert len(months) == 19
