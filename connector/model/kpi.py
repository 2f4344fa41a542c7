"""Measures (one ticket's number) and KPIs (many tickets' number), as values that travel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

LONGEST_WINDOW_S: Final = 30 * 86_400
"""How long after a ticket, at most, another one of the same requester says something of it."""


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
    POINTS = "points"


class Period(msgspec.Struct, frozen=True):
    """A half-open stretch of time [start, end), as UTC instants."""

    start: datetime
    end: datetime


class Family(StrEnum):
    """What the rows of a measure are, and so how they become one number.

    `TIME` rows are clocks (seconds), `NUMBER` rows any other value (replies, points, an overrun),
    `RATE` rows 0 or 1, `COUNT` rows tickets to count once, `SUM` rows amounts to add up. Rows of a
    `SNAPSHOT` span the time in which they count, those of an `AGE` as well, and are as old as
    `since` says. `NPS` rows are -1, 0 or 1. A `RATIO` has no rows: it divides the values of two
    other measures. `DAYS` rows are staff at work, counted once a local day. `IMPORTED` values come
    from outside.
    """

    TIME = "time"
    NUMBER = "number"
    RATE = "rate"
    COUNT = "count"
    SUM = "sum"
    SNAPSHOT = "snapshot"
    AGE = "age"
    NPS = "nps"
    RATIO = "ratio"
    DAYS = "days"
    IMPORTED = "imported"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a KPI may set of its measure.

    `kind` is `duration` (seconds), `number`, `names` (a list of texts), `groups` (names of groups
    of the helpdesk), `tag`, `field` (a ticket field), `yes_no` (0 or 1), or `choice` (one of the
    words in `options`). `default` is written like the value; without one ("" ) the KPI has to set
    it, unless `is_optional`.
    """

    name: str
    kind: str
    default: str = ""
    low: float | None = None
    high: float | None = None
    is_optional: bool = False
    options: tuple[str, ...] = ()


class MeasureDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The header of a measure's SQL file: what it means and how it may be used.

    `stamp` is the period stamp code of kpi-reference section 1, `lag_s` the settlement lag,
    `family` says how values aggregate (`Family`). `settles_by` names the event that settles one
    ticket (reply or resolution) for measures that tickets may show, else "". `not_yet` says in
    words why a ticket may have no value. A variant has the id `MEASURE.VARIANT`, and `variant_of`
    names the measure. Of the settings in `needs_one_of` a KPI has to set one or more. `wakes` says
    in words what time alone changes. A ratio divides `numerator` by `denominator`. A measure that
    an admin defined has no file: `template` names the SQL that it fills with what was `given` (keys
    that end in `field` hold ticket fields, by title or id).
    `currency` is that of an amount of money.
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
    variant_of: str = ""
    settings: Mapping[str, Setting] = {}
    needs_one_of: tuple[str, ...] = ()
    wakes: str = ""
    numerator: str = ""
    denominator: str = ""
    template: str = ""
    given: Mapping[str, float | str] = {}
    currency: str = ""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a KPI was over a period that is over and settled; later versions do not rewrite it.

    `reason` says what made this version of the one before it, "" for a first one.
    """

    version: int
    value: float | None
    n: int
    k: int | None = None
    low: float | None = None
    high: float | None = None
    frozen_at: datetime
    as_of: datetime
    reason: str = ""


class KpiValue(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI over one period: never a number without its definition, n, period and age.

    `value` is None when there is nothing to measure ("not yet" is never 0). `n` counts what the
    value rests on; `k` is the numerator of a rate or of `within`. `low` and `high` bound the 95 %
    interval. `flags` are words: provisional, stale, as_of_last_read, default_schedule. Once the
    period is over and settled the value is that of the first of `versions`, kept since `frozen`.
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
    frozen: datetime | None = None
    versions: tuple[Version, ...] = ()
