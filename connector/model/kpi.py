"""Measures (one ticket's number) and KPIs (many tickets' number), as values that travel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class Clock(StrEnum):
    """Which hours a time measure counts."""

    CALENDAR = "calendar"
    BUSINESS = "business"


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NEUTRAL = "neutral"


class Unit(StrEnum):
    """Units of values; times are stored in seconds, ratios run 0..1."""

    SECONDS = "s"
    RATIO = "ratio"
    COUNT = "count"


class Period(msgspec.Struct, frozen=True):
    """A half-open stretch of time [start, end), as UTC instants."""

    start: datetime
    end: datetime


class MeasureDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The header of a measure's SQL file: what it means and how it may be used.

    `stamp` is the period stamp code of kpi-reference section 1, `lag_s` the settlement lag,
    `family` says how values aggregate: time, rate, count or snapshot. `settles_by` names the event
    that settles one ticket (reply or resolution) for measures that tickets may show, else "".
    `not_yet` says in words why a ticket may have no value.
    """

    id: str
    title: str
    definition: str
    unit: str
    family: str
    clocks: tuple[str, ...]
    aggregates: tuple[str, ...]
    direction: str
    stamp: str
    lag_s: int
    source: str
    natural_range: tuple[float | None, float | None] = (None, None)
    settles_by: str = ""
    depends_on: tuple[str, ...] = ()
    starts: str = ""
    stops: str = ""
    excludes: str = ""
    not_yet: str = ""


class KpiValue(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI over one period: never a number without its definition, n, period and age.

    `value` is None when there is nothing to measure ("not yet" is never 0). `n` counts what the
    value rests on; `k` is the numerator of a rate or of `within`. `low` and `high` bound the 95 %
    interval. `flags` are words: provisional, stale, as_of_last_read, default_schedule.
    """

    id: str
    measure: str
    clock: str
    aggregate: str
    unit: str
    value: float | None
    n: int
    where: Mapping[str, object]
    period: Period
    as_of: datetime
    k: int | None = None
    low: float | None = None
    high: float | None = None
    flags: tuple[str, ...] = ()
    left_out: Mapping[str, int] = {}
