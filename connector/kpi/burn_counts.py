"""Events of a period and the bad ones among them, in windows of business time before a moment.

A row counts when its stamp says. An outcome that is known only later (a ticket that reopens a week
after it was solved) turns an older event bad, so recent windows of such KPIs look better than
they will.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median_high
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connector.config.mapping import KpiTable
from connector.errors import MappingError, Problem
from connector.kpi.aggregates import SHARES
from connector.kpi.ask import (
    EVER,
    SPANNING,
    Question,
    ask,
    counted,
    in_stretch,
    last_instant,
    naive,
)
from connector.kpi.hours import DAY_S, Hours, build, default_versions
from connector.kpi.where import resolve
from connector.model.budget import BurnCounts, Spending, Tally
from connector.model.kpi import Family, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RECENT: Final = timedelta(days=28)
"""How far back, at least, one looks to tell how many events the rest of a period will bring."""

HOURS_S: Final = 2 * 3600
WEEK_DAYS: Final = 5
DAY: Final = timedelta(days=1)


class _Business(msgspec.Struct, frozen=True):
    """Open hours around a period, and the open seconds of a usual day in it."""

    hours: Hours
    day_s: int


def burn_counts(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    period: Period,
    *,
    as_of: datetime,
    zone: str,
    is_bad_when_hit: bool,
) -> Spending:
    """Count the events of a share KPI so far, those that were bad, and what is still to come.

    A hit is a row of 1, or a value within the KPI's limit; `is_bad_when_hit` says which side is
    bad. Business time is that of the helpdesks' default schedule; without one in the period it is
    calendar time. Raises `MappingError` for a KPI that is no share, or names nobody knows.
    """
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, EVER, last_instant(period, as_of), zone=zone)
    _require_share(question)
    until = min(max(as_of, period.start), period.end)
    since = min(period.start, until - RECENT)
    business = _business(con, since, period)
    starts = [
        _back(business, period, until, seconds)
        for seconds in (HOURS_S, business.day_s, WEEK_DAYS * business.day_s)
    ]
    row = _counted(con, question, [since, period.start, *starts], is_bad_when_hit=is_bad_when_hit)
    first, recent, *_ = row
    tallies = [Tally(bad, events) for events, bad in zip(row[3::2], row[4::2], strict=True)]
    so_far, hours, day, week = tallies
    known = until if first is None else max(since, first.replace(tzinfo=UTC))
    to_come = recent * business.hours.open_seconds(until, period.end)
    passed = max(business.hours.open_seconds(known, until), business.day_s)
    return Spending(
        counts=BurnCounts(period=so_far, hours=hours, day=day, week=week),
        expected=so_far.events + to_come / passed,
        days=business.hours.open_seconds(period.start, period.end) / business.day_s,
    )


def _require_share(question: Question) -> None:
    family, is_share = question.family, question.aggregate in SHARES
    if not is_share or family in SPANNING or family in {Family.RATIO, Family.IMPORTED}:
        message = f"a budget needs a share of tickets, not the {question.aggregate} of a measure"
        hint = 'write mode = "level", or measure by a rate or by aggregate = "within"'
        raise MappingError([Problem(message, key="mode", hint=hint)])


def _counted(
    con: DuckDBPyConnection,
    question: Question,
    starts: list[datetime],
    *,
    is_bad_when_hit: bool,
) -> tuple[Any, ...]:
    """Return the first event ever, and events and bad ones from each start on."""
    (source, params), (test, more) = counted(question), in_stretch(question)
    one = "m.weight" if question.is_shared else "1"
    hit, limits = "m.value", []
    if question.family is not Family.RATE:
        hit, limits = "(m.value <= ?)::integer", [question.limit]
    bad = hit if is_bad_when_hit else f"(1 - {hit})"
    sums = ", ".join(
        f"coalesce(sum({what}) filter (stamp >= ?), 0)" for _ in starts for what in ("one", "bad")
    )
    row = con.execute(
        f"select min(stamp), {sums} from"
        f" (select m.at as stamp, {one} as one, {one} * {bad} as bad from {source} and {test})",
        [*(naive(start) for start in starts for _ in range(2)), *limits, *params, *more],
    ).fetchone()
    assert row is not None
    return row


def _business(con: DuckDBPyConnection, since: datetime, period: Period) -> _Business:
    versions = default_versions(con)
    hours = build(versions, since, period.end)
    if versions:
        usual = _usual_day(hours, period, ZoneInfo(versions[-1].timezone))
        if usual:
            return _Business(hours, usual)
    always = (int(since.timestamp()), int(period.end.timestamp()))
    return _Business(Hours.of([always]), DAY_S)


def _usual_day(hours: Hours, period: Period, zone: ZoneInfo) -> int:
    """Return the open seconds of the middle one of the days that are open; 0 without any."""
    day, found = period.start.astimezone(zone).date(), []
    last = period.end.astimezone(zone).date()
    while day <= last:
        opens, closes = (
            datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + DAY)
        )
        found.append(hours.open_seconds(opens, closes))
        day += DAY
    return median_high([seconds for seconds in found if seconds] or [0])


def _back(business: _Business, period: Period, until: datetime, seconds: int) -> datetime:
    """Return where so much business time before a moment begins; the period's start at most."""
    start = business.hours.ago(until, seconds)
    return period.start if start is None else max(start, period.start)
