"""What a KPI was as the days of its period began, told from one reading of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from connector.config.mapping import KpiTable
from connector.config.zones import midnight
from connector.kpi.aggregates import Estimate, estimate, nps, share
from connector.kpi.ask import Question, ask, counted, in_stretch, unit_of
from connector.kpi.by_estimates import expanded
from connector.kpi.by_time import local
from connector.kpi.evaluate import said_flags, snapshots, value_alone
from connector.kpi.where import resolve
from connector.model.kpi import Family, KpiValue, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connector.kpi.aggregates import Values

ROWS: Final = frozenset({Family.TIME, Family.NUMBER, Family.RATE, Family.NPS, Family.SUM})
"""Families whose rows belong to the day of their stamp, whatever the period."""

LEAST_FOR_SKEWNESS: Final = 3


class DayRows(msgspec.Struct, frozen=True):
    """The rows of a period by local day: those of the first `until[i]` days come before the next.

    `weights` say how much of a ticket counts, None where all of it does.
    """

    values: Values
    weights: Values | None
    until: Sequence[int]

    def between(self, first: int, last: int) -> tuple[Values, Values | None]:
        """Return values and weights of the days [first, last), counted from the first one."""
        cut = slice(self.until[first], self.until[last])
        return self.values[cut], None if self.weights is None else self.weights[cut]


class Past:
    """A KPI over a period, as it was when local days began: the first one is `first`.

    `last` is the last day that is asked for. Raises `MappingError` for names nobody knows.
    """

    def __init__(
        self,
        con: DuckDBPyConnection,
        kpi_id: str,
        kpi: KpiTable,
        period: Period,
        *,
        first: date,
        last: date,
        zone: str,
    ) -> None:
        self._con, self._id, self._kpi, self._period, self._zone = con, kpi_id, kpi, period, zone
        self._first, self._days = first, max((last - first).days, 0)
        scope = resolve(kpi.where, con, zone=zone)
        end = min(midnight(max(first, last), zone), max(period.end, midnight(first, zone)))
        self._question = ask(kpi, scope, midnight(first, zone), end, zone=zone)
        self._rows: DayRows | None = None
        self._levels: Sequence[int] | None = None

    def value(self, day: date, *, since: date | None = None) -> KpiValue:
        """Return what the KPI was when a day began, over the days from the first one or `since`."""
        start = since or self._first
        instant = midnight(day, self._zone)
        if self._is_quick:
            return self._said(self._between(start, day), instant)
        whole = self._evaluated(midnight(start, self._zone), instant)
        flags = said_flags(self._question.definition, self._period, instant, 0)
        return msgspec.structs.replace(whole, period=self._period, flags=flags)

    def between(self, first: date, last: date) -> float | None:
        """Return the KPI over the local days [first, last); of a snapshot, at their end."""
        if self._is_quick:
            return self._between(first, last).value
        return self._evaluated(midnight(first, self._zone), midnight(last, self._zone)).value

    @property
    def _is_quick(self) -> bool:
        """Tell whether one reading of the rows tells all days."""
        family = self._question.family
        if family is Family.COUNT:
            return not self._question.is_shared
        return family in ROWS or family is Family.SNAPSHOT

    def _between(self, first: date, last: date) -> Estimate:
        if self._question.family is Family.SNAPSHOT:
            level = self._snapshots()[self._place(last)]
            return Estimate(value=float(level), n=level)
        if self._rows is None:
            self._rows = _read(self._con, self._question, self._first, self._days)
        values, weights = self._rows.between(self._place(first), self._place(last))
        return ESTIMATES.get(self._question.family, _number)(self._question, values, weights)

    def _place(self, day: date) -> int:
        return min(max((day - self._first).days, 0), self._days)

    def _snapshots(self) -> Sequence[int]:
        if self._levels is None:
            first = self._first.toordinal()
            ends = [date.fromordinal(first + i) for i in range(self._days + 1)]
            instants = [midnight(end, self._zone) for end in ends]
            self._levels = snapshots(self._con, self._kpi, instants, zone=self._zone)
        return self._levels

    def _evaluated(self, start: datetime, end: datetime) -> KpiValue:
        period = Period(start, max(start, min(end, self._period.end)))
        return value_alone(self._con, self._id, self._kpi, period, as_of=end, zone=self._zone)

    def _said(self, found: Estimate, instant: datetime) -> KpiValue:
        question = self._question
        return KpiValue(
            id=self._id,
            measure=self._kpi.measure,
            clock=question.clock,
            aggregate=question.aggregate,
            unit=unit_of(question.definition, question.aggregate),
            value=found.value,
            n=found.tickets,
            k=found.hits,
            low=found.low,
            high=found.high,
            where=dict(self._kpi.where),
            period=self._period,
            as_of=instant,
            flags=said_flags(question.definition, self._period, instant, 0),
        )


def _read(con: DuckDBPyConnection, question: Question, first: date, days: int) -> DayRows:
    """Read the rows of a question, those of a day together; a ticket to count stands once."""
    (source, params), (during, more) = counted(question), in_stretch(question)
    rows = f"{source} and {during}"
    if question.family is Family.COUNT:
        once = (
            f'select min(m."at") as "at", 1.0 as value from {rows} group by m.helpdesk, m.ticket_id'
        )
        rows = f"({once}) as m"
    shown = local('m."at"', question.zone, question.start, question.end)
    weight = ", m.weight" if question.is_shared else ""
    place = f"date_diff('day', date '{first}', {shown}::date)"
    query = f"select {place} as day, m.value{weight} from {rows}"
    found = con.execute(query, [*params, *more]).fetchnumpy()
    day = np.asarray(found["day"])
    order = np.argsort(day, kind="stable")
    return DayRows(
        np.asarray(found["value"], dtype=np.float64)[order],
        np.asarray(found["weight"], dtype=np.float64)[order] if weight else None,
        np.searchsorted(day[order], np.arange(days + 1), side="left").tolist(),
    )


def _rate(question: Question, values: Values, weights: Values | None) -> Estimate:
    del question
    if weights is None:
        return share(round(float(values.sum())), int(values.size))
    return share(float(np.dot(values, weights)), float(weights.sum()))


def _score(question: Question, values: Values, weights: Values | None) -> Estimate:
    del question
    ones = np.ones(values.size) if weights is None else weights
    up, down = float(ones[values > 0].sum()), float(ones[values < 0].sum())
    return nps(up, down, float(ones.sum()) if weights is not None else int(values.size))


def _sum(question: Question, values: Values, weights: Values | None) -> Estimate:
    del question
    return estimate(values, "sum", weights=weights)


def _count(question: Question, values: Values, weights: Values | None) -> Estimate:
    del question
    return estimate(values, "count", weights=weights)


def _number(question: Question, values: Values, weights: Values | None) -> Estimate:
    """Estimate a number; the interval of a plain mean is the bootstrap's by its expansion."""
    if question.aggregate == "mean" and weights is None and values.size >= LEAST_FOR_SKEWNESS:
        mean, spread = float(values.mean()), float(values.std())
        low, high = expanded(values.size, mean, spread, _skewness(values, mean, spread))
        return Estimate(value=mean, n=values.size, low=low, high=high)
    return estimate(values, question.aggregate, limit=question.limit, weights=weights)


def _skewness(values: Values, mean: float, spread: float) -> float:
    """Return the sample skewness, corrected for its size, as `expanded` takes it."""
    if not spread:
        return 0.0
    n = values.size
    plain = float(np.mean(((values - mean) / spread) ** 3))
    return plain * float(np.sqrt(n * (n - 1))) / (n - 2)


Estimating = Callable[["Question", "Values", Any], Estimate]
ESTIMATES: Final[Mapping[Family, Estimating]] = MappingProxyType(
    {
        Family.RATE: _rate,
        Family.NPS: _score,
        Family.SUM: _sum,
        Family.COUNT: _count,
    }
)
