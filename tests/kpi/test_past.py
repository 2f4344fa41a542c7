"""What a KPI was on past days, told in one reading, against asking for each day."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from duckdb import DuckDBPyConnection

from connector.config.mapping import KpiTable
from connector.config.zones import midnight
from connector.kpi.evaluate import evaluate
from connector.kpi.past import Past
from connector.kpi.series import daily
from connector.model.kpi import Direction, Period
from connector.model.series import DAY, SeriesKind
from tests.kpi.desk import Desk, attached

ZONE = "Europe/Berlin"
FIRST, LAST = date(2026, 3, 9), date(2026, 4, 20)  # the clocks change in between
HOUR = 3600
ROWS: Mapping[str, Callable[[random.Random], float]] = {
    "first_reply_time": lambda r: r.lognormvariate(8, 1),
    "csat_pct": lambda r: float(r.random() < 0.8),
    "tickets_solved": lambda _: 1.0,
    "tickets_created": lambda _: 1.0,
    "nps": lambda r: float(r.choice((-1, 0, 1))),
    "replies_per_ticket": lambda r: float(r.randint(1, 6)),
}
KPIS = {
    "median": KpiTable(measure="first_reply_time"),
    "p90": KpiTable(measure="first_reply_time", aggregate="p90"),
    "within": KpiTable.model_validate(
        {"measure": "first_reply_time", "aggregate": "within", "limit": "1 h"}
    ),
    "share": KpiTable(measure="csat_pct"),
    "count": KpiTable(measure="tickets_solved"),
    "score": KpiTable(measure="nps"),
    "mean": KpiTable(measure="replies_per_ticket"),
    "level": KpiTable(measure="backlog"),
    "ratio": KpiTable(measure="solve_rate"),
    "filtered": KpiTable.model_validate({"measure": "csat_pct", "where": {"channel": ["web"]}}),
}


@pytest.fixture(scope="module")
def con() -> DuckDBPyConnection:
    return filled(random.Random(7))  # noqa: S311  # a fixed draw, no secret


def filled(chance: random.Random, tickets: int = 150, rows: int = 400) -> DuckDBPyConnection:
    """Return a store whose measures are drawn by chance, from a week before the period on."""
    desk = Desk()
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for ticket in range(1, tickets + 1):
        channel = chance.choice(("web", "email"))
        desk.ticket(ticket, at=start, opening=None, channel=channel)
    for measure, value in ROWS.items():
        for _ in range(rows):
            at = start + timedelta(seconds=chance.uniform(0, 55 * 86_400))
            desk.insert(
                "measures", ticket_id=chance.randint(1, tickets), measure=measure,
                clock="calendar", value=value(chance), at=at, flags=0,
            )  # fmt: skip
    for ticket in range(1, tickets + 1):
        at = start + timedelta(seconds=chance.uniform(0, 50 * 86_400))
        until = at + timedelta(days=chance.expovariate(0.2)) if chance.random() < 0.8 else None
        desk.insert(
            "measures", ticket_id=ticket, measure="backlog", clock="calendar", value=1.0,
            at=at, until=until, flags=0,
        )  # fmt: skip
    return attached(desk)


def past(con: DuckDBPyConnection, name: str, last: date = LAST) -> Past:
    period = Period(midnight(FIRST, ZONE), midnight(LAST, ZONE))
    return Past(con, name, KPIS[name], period, first=FIRST, last=last, zone=ZONE)


@pytest.mark.parametrize("name", KPIS)
def test_a_past_day_says_what_asking_for_it_says(con: DuckDBPyConnection, name: str) -> None:
    told = past(con, name)
    for days in (0, 1, 13, 21, 41):
        day = FIRST + days * DAY
        instant = midnight(day, ZONE)
        period = Period(midnight(FIRST, ZONE), instant)
        asked = evaluate(con, name, KPIS[name], period, now=instant, as_of=instant, zone=ZONE)
        found = told.value(day)
        assert (found.n, found.k) == (asked.n, asked.k)
        assert found.value == pytest.approx(asked.value)
        assert found.as_of == instant
        if name != "mean":  # its interval is the bootstrap's expansion there, not its draws
            assert (found.low, found.high) == pytest.approx((asked.low, asked.high))


@pytest.mark.parametrize("name", KPIS)
def test_a_week_says_what_asking_for_it_says(con: DuckDBPyConnection, name: str) -> None:
    first, last = FIRST + 14 * DAY, FIRST + 21 * DAY
    if name == "count":  # a ticket counts once a period, on the day it first counts
        first = FIRST
    period = Period(midnight(first, ZONE), midnight(last, ZONE))
    asked = evaluate(con, name, KPIS[name], period, now=period.end, as_of=period.end, zone=ZONE)
    assert past(con, name).between(first, last) == pytest.approx(asked.value)


def test_the_interval_of_a_past_mean_is_near_the_bootstrap(con: DuckDBPyConnection) -> None:
    found = past(con, "mean").value(LAST)
    period = Period(midnight(FIRST, ZONE), midnight(LAST, ZONE))
    asked = evaluate(con, "mean", KPIS["mean"], period, now=period.end, as_of=period.end, zone=ZONE)
    assert asked.low is not None
    assert asked.high is not None
    assert (found.low, found.high) == pytest.approx((asked.low, asked.high), abs=0.03)


def test_days_after_the_last_one_that_is_asked_for_change_nothing(con: DuckDBPyConnection) -> None:
    early = past(con, "share", last=FIRST + 10 * DAY)
    assert early.value(FIRST + 10 * DAY) == past(con, "share").value(FIRST + 10 * DAY)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("within", SeriesKind.SHARE),
        ("share", SeriesKind.SHARE),
        ("filtered", SeriesKind.SHARE),
        ("count", SeriesKind.COUNT),
        ("level", SeriesKind.LEVEL),
        ("ratio", SeriesKind.RATIO),
        ("mean", SeriesKind.MEAN),
    ],
)
def test_each_day_of_a_series_is_the_kpi_of_that_day(
    con: DuckDBPyConnection, name: str, kind: SeriesKind
) -> None:
    found = daily(con, KPIS[name], FIRST, LAST, zone=ZONE, aim=0.5, direction=Direction.HIGHER)
    assert found is not None
    assert (found.kind, found.first, found.end) == (kind, FIRST, LAST)
    for i in range(0, len(found), 5):
        day = FIRST + i * DAY
        period = Period(midnight(day, ZONE), midnight(day + DAY, ZONE))
        asked = evaluate(con, name, KPIS[name], period, now=period.end, as_of=period.end, zone=ZONE)
        amounts = {SeriesKind.SHARE: found.hits[i], SeriesKind.SCORE: 100 * found.total[i]}
        amount = amounts.get(kind, found.total[i])
        if kind not in {SeriesKind.COUNT, SeriesKind.LEVEL}:
            amount = amount / found.n[i] if found.n[i] else None
        assert amount == pytest.approx(asked.value)


@pytest.mark.parametrize("direction", [Direction.LOWER, Direction.HIGHER])
def test_the_hits_of_a_quantile_tell_whether_it_meets_its_aim(
    con: DuckDBPyConnection, direction: Direction
) -> None:
    aim = 3000.0
    found = daily(con, KPIS["median"], FIRST, LAST, zone=ZONE, aim=aim, direction=direction)
    assert found is not None
    assert (found.kind, found.q) == (SeriesKind.QUANTILE, 0.5)
    period = Period(midnight(FIRST, ZONE), midnight(LAST, ZONE))
    asked = evaluate(con, "median", KPIS["median"], period, now=period.end, as_of=period.end)
    assert asked.value is not None
    meets = asked.value <= aim if direction is Direction.LOWER else asked.value >= aim
    assert (found.hits.sum() >= found.n.sum() / 2) == meets


def test_a_series_begins_where_history_does(con: DuckDBPyConnection) -> None:
    early = date(2025, 1, 1)
    found = daily(con, KPIS["share"], early, LAST, zone=ZONE, aim=0.5, direction=Direction.HIGHER)
    assert found is not None
    assert found.first == date(2026, 3, 1)


def test_an_age_has_no_days(con: DuckDBPyConnection) -> None:
    kpi = KpiTable(measure="backlog_age")
    assert daily(con, kpi, FIRST, LAST, zone=ZONE, aim=1.0, direction=Direction.LOWER) is None
