"""The example set: counts of every ticket, shares of every formula, and flow by month."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.config.mapping import KpiTable
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import usual_form
from connector.kpi.measure import measure
from connector.model.kpi import Period
from tests.kpi.desk import Desk, attached
from tests.kpi.golden import load

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
EVER = Period(datetime(2024, 1, 1, tzinfo=UTC), AS_OF)
COUNTS = {
    "count_public_agent_comments": "replies_per_ticket.dbt",
    "count_agent_comments": "comments_per_ticket.staff",
    "count_end_user_comments": "customer_comments_per_ticket.dbt",
    "count_internal_comments": "comments_per_ticket.internal",
    "total_comments": "comments_per_ticket",
    "count_ticket_handoffs": "handoffs",
    "count_resolutions": "solves_per_ticket.dbt",
    "assignee_stations_count": "assignee_stations",
    "unique_assignee_count": "assignee_stations.distinct",
    "group_stations_count": "group_stations",
}
"""Columns of the file, which are there for every ticket, by the measure that has them so far."""

SHARES = {
    "under_two": 30.9,
    "exactly_one": 28.5,
    "messaging": 28.5,
    "dbt": 27.4,
    "freshworks": 32.0,
    "intercom": 63.6,
    "zoho": 28.5,
    None: 27.9,
}
"""kpi-reference, section 3, in percent."""

MONTHLY: dict[str, tuple[dict[str, Any], float]] = {
    "one_touch_pct": ({"measure": "one_touch_rate"}, 100),
    "reopen_rate_14d": ({"measure": "reopen_rate"}, 100),
    "replies_per_solved_ticket": ({"measure": "replies_per_ticket"}, 1),
    "csat_response_rate": ({"measure": "csat_response_rate"}, 100),
    "backlog_age_days": ({"measure": "backlog_age"}, 1 / 86_400),
    "backlog_month_end": ({"measure": "backlog"}, 1),
    "tickets_created": ({"measure": "tickets_created"}, 1),
}
MEASURES = {
    *COUNTS.values(),
    *(f"one_touch_rate.{variant}" for variant in SHARES if variant),
    *(str(options["measure"]) for options, _ in MONTHLY.values()),
    "solves_per_ticket", "reopens_per_ticket", "net_flow", "tickets_solved.every_close",
}  # fmt: skip


@pytest.fixture(scope="module")
def golden(shared: Path) -> Desk:
    desk = load(shared / "golden/dbt_zendesk/synthetic_even")
    forms = [usual_form(definitions()[name]) for name in sorted(MEASURES)]
    measure(desk.con, now=AS_OF, forms=forms, everything=True)
    return desk


def month(text: str) -> Period:
    year, number = map(int, text.split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    return Period(start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("column", COUNTS)
def test_every_ticket_has_the_exact_count(golden: Desk, column: str) -> None:
    rows = golden.con.execute(
        f"select count(*), count(*) filter (m.so_far = coalesce(e.{column}, 0)),"
        f" count(*) filter (m.value = coalesce(e.{column}, 0)), count(m.value)"
        " from ticket_metrics_exact as e"
        " left join measures as m on m.ticket_id = e.ticket_id and m.measure = ?",
        [COUNTS[column]],
    ).fetchall()
    assert rows == [(1382, 1382, 1323, 1323)]


def test_only_tickets_closed_without_being_solved_have_other_solves_than_the_file(
    golden: Desk,
) -> None:
    rows = golden.con.execute(
        "select m.so_far - e.count_resolutions, e.count_resolutions, e.last_solved_at is not null"
        " from ticket_metrics_exact as e"
        " join measures as m on m.ticket_id = e.ticket_id and m.measure = 'solves_per_ticket'"
        " where m.so_far != coalesce(e.count_resolutions, 0)"
    ).fetchall()
    assert rows == 4 * [(1, 0, True)]


@pytest.mark.parametrize("variant", SHARES)
def test_every_formula_gives_the_share_of_the_reference(golden: Desk, variant: str | None) -> None:
    kpi = KpiTable(measure="one_touch_rate", variant=variant)
    found = evaluate(attached(golden), "kpi", kpi, EVER, now=AS_OF, as_of=AS_OF)
    assert found.n == 1321
    assert found.value is not None
    assert round(100 * found.value, 1) == SHARES[variant]


@pytest.mark.parametrize("name", MONTHLY)
def test_every_month_agrees_exactly(golden: Desk, name: str) -> None:
    con = attached(golden)
    options, scale = MONTHLY[name]
    rows = golden.con.execute(
        "select month_utc, n, value from kpi_monthly_utc where kpi = ?", [name]
    ).fetchall()
    wrong = []
    for text, n, expected in rows:
        kpi = KpiTable(**options)
        found = evaluate(con, name, kpi, month(text), now=AS_OF, as_of=AS_OF)
        value = None if found.value is None else found.value * scale
        if found.n != n or value is None or abs(value - expected) > 1e-4:
            wrong.append((text, n, expected, found.n, value))
    assert (len(rows), wrong) == (19, [])


def test_solves_and_net_flow_of_every_month_are_those_of_the_file(golden: Desk) -> None:
    con = attached(golden)
    solves = dict(
        golden.con.execute(
            "select month_utc, n from kpi_monthly_utc where kpi = 'tickets_solved'"
        ).fetchall()
    )
    kpi = KpiTable(measure="tickets_solved", variant="every_close")
    found = {
        text: evaluate(con, "kpi", kpi, month(text), now=AS_OF, as_of=AS_OF).value
        for text in solves
    }
    assert found == solves
