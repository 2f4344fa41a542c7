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
import numpy as np

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


class _Rows(msgspec.Struct, frozen=True):
    """Events in order of their stamps, how much of each counts, and how much of it was bad.

    `first` is the stamp of the first event ever, which may be older than all of these.
    """

    first: datetime | None
    stamps: Any
    ones: Any
    bad: Any

    def tally(self, start: datetime, end: datetime) -> Tally:
        """Return the events from one instant to before another."""
        bounds = [np.datetime64(naive(instant)) for instant in (start, end)]
        cut = slice(*np.searchsorted(self.stamps, bounds, side="left"))
        return Tally(float(self.bad[cut].sum()), float(self.ones[cut].sum()))


class Spendings:
    """A share KPI over a period as it was at moments up to `last`, from one reading of its rows.

    A hit is a row of 1, or a value within the KPI's limit; `is_bad_when_hit` says which side is
    bad. Business time is that of the helpdesks' default schedule; without one in the period it is
    calendar time. Raises `MappingError` for a KPI that is no share, or names nobody knows.
    """

    def __init__(
        self,
        con: DuckDBPyConnection,
        kpi: KpiTable,
        period: Period,
        *,
        last: datetime,
        zone: str,
        is_bad_when_hit: bool,
    ) -> None:
        scope = resolve(kpi.where, con, zone=zone)
        question = ask(kpi, scope, EVER, last_instant(period, last), zone=zone)
        _require_share(question)
        since = period.start - RECENT
        self._period = period
        self._business = _business(con, since, period)
        self._rows = _read(con, question, since, is_bad_when_hit=is_bad_when_hit)

    def at(self, as_of: datetime) -> Spending:
        """Count the events so far, those that were bad, and what is still to come."""
        period, business, rows = self._period, self._business, self._rows
        until, end = min(max(as_of, period.start), period.end), last_instant(period, as_of)
        since = min(period.start, until - RECENT)
        hours, day, week = (
            rows.tally(_back(business, period, until, seconds), end)
            for seconds in (HOURS_S, business.day_s, WEEK_DAYS * business.day_s)
        )
        so_far = rows.tally(period.start, end)
        known = until if rows.first is None or rows.first >= end else max(since, rows.first)
        to_come = rows.tally(since, end).events * business.hours.open_seconds(until, period.end)
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


def _read(
    con: DuckDBPyConnection, question: Question, since: datetime, *, is_bad_when_hit: bool
) -> _Rows:
    (source, params), (test, more) = counted(question), in_stretch(question)
    given = [*params, *more]
    row = con.execute(f"select min(m.at) from {source} and {test}", given).fetchone()
    assert row is not None
    one = "m.weight" if question.is_shared else "1"
    hit, limits = "m.value", []
    if question.family is not Family.RATE:
        hit, limits = "(m.value <= ?)::integer", [question.limit]
    bad = hit if is_bad_when_hit else f"(1 - {hit})"
    found = con.execute(
        f"select m.at as stamp, ({one})::double as ones, ({one} * {bad})::double as bad"
        f" from {source} and {test} and m.at >= ? order by stamp",
        [*limits, *given, naive(since)],
    ).fetchnumpy()
    first = None if row[0] is None else row[0].replace(tzinfo=UTC)
    return _Rows(first, *(np.asarray(found[name]) for name in ("stamp", "ones", "bad")))


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
