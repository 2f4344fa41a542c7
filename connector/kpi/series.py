"""A KPI day by day, in one pass over its rows: what forecasts and a goal's own history rest on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from connector.config.mapping import KpiTable
from connector.config.zones import midnight
from connector.kpi.aggregates import QUANTILES, Estimate
from connector.kpi.ask import Question, ask, naive, part
from connector.kpi.by_estimates import Answers, answers
from connector.kpi.by_imports import rests_on_imports
from connector.kpi.by_rows import Grouping
from connector.kpi.evaluate import snapshots
from connector.kpi.forms import parts_of
from connector.kpi.where import resolve
from connector.model.kpi import Direction, Family
from connector.model.series import DAY, DaySeries, SeriesKind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connector.model.series import Floats

KINDS: Final[Mapping[Family, SeriesKind]] = MappingProxyType(
    {
        Family.RATE: SeriesKind.SHARE,
        Family.COUNT: SeriesKind.COUNT,
        Family.SUM: SeriesKind.COUNT,
        Family.DAYS: SeriesKind.COUNT,
        Family.SNAPSHOT: SeriesKind.LEVEL,
        Family.NPS: SeriesKind.SCORE,
        Family.RATIO: SeriesKind.RATIO,
    }
)
"""What the days of a family are; numbers go by their aggregate, ages have no days."""

NUMBERS: Final = frozenset({Family.TIME, Family.NUMBER})
Part = tuple[float, float, float]
"""n, hits and total of one day."""


def daily(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    start: date,
    end: date,
    *,
    zone: str,
    aim: float,
    direction: Direction,
) -> DaySeries | None:
    """Return the local days [start, end) of a KPI; None for one that has no days.

    Days before the helpdesk's history begins are left out. For a quantile the hits are those at
    the aim or on its better side.
    """
    start = max(start, known_since(con, zone) or end)
    return days_between(con, kpi, start, end, zone=zone, aim=aim, direction=direction)


def days_between(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    start: date,
    end: date,
    *,
    zone: str,
    aim: float,
    direction: Direction,
) -> DaySeries | None:
    """Return the same days, where the history is known to begin at `start` or before."""
    question = _question(con, kpi, start, end, zone)
    kind = kind_of(question)
    if kind is None or start >= end:
        return None
    if kind is SeriesKind.LEVEL:
        return _levels(con, kpi, start, end, zone)
    parts = _parts(con, question, kind, aim=aim, direction=direction)
    return _series(kind, zone, start, end, parts, q=QUANTILES.get(question.aggregate))


def kind_of(question: Question) -> SeriesKind | None:
    """Return what the days of a question are; None where days say nothing of it."""
    if rests_on_imports(question):
        return None
    if question.family not in NUMBERS:
        return KINDS.get(question.family)
    if question.aggregate in QUANTILES:
        return SeriesKind.QUANTILE
    named = {"within": SeriesKind.SHARE, "mean": SeriesKind.MEAN}
    return named.get(question.aggregate, SeriesKind.COUNT)


def known_since(con: DuckDBPyConnection, zone: str) -> date | None:
    """Return the local day on which the history of the helpdesks begins: of all, the last."""
    rows = con.execute('select min("at") from events group by helpdesk').fetchall()
    rows = rows or con.execute("select min(created_at) from tickets group by helpdesk").fetchall()
    known = [first.replace(tzinfo=UTC) for (first,) in rows if first is not None]
    return max(known).astimezone(ZoneInfo(zone)).date() if known else None


def known_before(con: DuckDBPyConnection, day: date, zone: str) -> int:
    """Count what had happened before a local day, as far as it is known."""
    before = naive(midnight(day, zone))
    (count,) = con.execute('select count(*) from events where "at" < ?', [before]).fetchall()[0]
    return int(count)


def _question(
    con: DuckDBPyConnection, kpi: KpiTable, start: date, end: date, zone: str
) -> Question:
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, midnight(start, zone), midnight(end, zone), zone=zone)
    return msgspec.structs.replace(question, helpdesks=tuple(scope.tests))


def _parts(
    con: DuckDBPyConnection,
    question: Question,
    kind: SeriesKind,
    *,
    aim: float,
    direction: Direction,
) -> dict[date, Part]:
    by_day = Grouping(by=("day",), zone=question.zone)
    if kind is SeriesKind.RATIO:
        above, below = (
            answers(con, part(question, form), by_day) for form in parts_of(question.form)
        )
        days = above.keys() | below.keys()
        return {key[0]: (_value(below, key), 0.0, _value(above, key)) for key in days}
    asked = _asked(question, kind, aim=aim, direction=direction)
    found = {key[0]: one for key, (one, _) in answers(con, asked, by_day).items()}
    if kind is SeriesKind.QUANTILE and direction is Direction.HIGHER:
        return {day: (one.n, one.n - (one.k or 0), 0.0) for day, one in found.items()}
    return {day: (one.n, one.k or 0.0, _total(one, kind)) for day, one in found.items()}


def _asked(question: Question, kind: SeriesKind, *, aim: float, direction: Direction) -> Question:
    """Return the question whose daily answers add up: of a quantile, the share at its aim."""
    if kind is SeriesKind.QUANTILE:
        limit = aim if direction is not Direction.HIGHER else float(np.nextafter(aim, -np.inf))
        return msgspec.structs.replace(question, aggregate="within", limit=limit)
    if kind is SeriesKind.MEAN:
        return msgspec.structs.replace(question, aggregate="sum")
    return question


def _total(one: Estimate, kind: SeriesKind) -> float:
    if kind is SeriesKind.SCORE:
        return (one.value or 0.0) * one.n / 100
    return 0.0 if kind in {SeriesKind.SHARE, SeriesKind.QUANTILE} else one.value or 0.0


def _value(found: Answers, key: tuple[Any, ...]) -> float:
    return (found[key][0].value or 0.0) if key in found else 0.0


def _levels(con: DuckDBPyConnection, kpi: KpiTable, start: date, end: date, zone: str) -> DaySeries:
    days = (end - start).days
    ends = [midnight(start + (i + 1) * DAY, zone) for i in range(days)]
    levels = np.asarray(snapshots(con, kpi, ends, zone=zone), dtype=np.float64)
    nothing: Floats = np.zeros(days)
    return DaySeries(
        kind=SeriesKind.LEVEL, zone=zone, first=start, n=nothing, hits=nothing, total=levels
    )


def _series(
    kind: SeriesKind,
    zone: str,
    start: date,
    end: date,
    parts: Mapping[date, Part],
    *,
    q: float | None,
) -> DaySeries:
    rows = np.zeros((3, (end - start) // timedelta(days=1)))
    for day, numbers in parts.items():
        rows[:, (day - start).days] = numbers
    n, hits, total = rows
    return DaySeries(kind=kind, zone=zone, first=start, n=n, hits=hits, total=total, q=q)
