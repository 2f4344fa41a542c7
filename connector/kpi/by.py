"""A KPI by what its tickets can be told apart by: groups, people, tags, weeks, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.aggregates import Estimate, is_enough
from connector.kpi.ask import Question, ask, last_instant, unit_of
from connector.kpi.by_estimates import Answers, answers
from connector.kpi.by_rows import NAMED, TIMES, Grouping
from connector.kpi.by_time import Bucket
from connector.kpi.evaluate import said_flags
from connector.kpi.where import resolve
from connector.model.kpi import KpiValue, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SMALL: Final = "small_sample"
KINDS: Final = {"assignee": "person"}
NAMES: Final = {
    "group": "select helpdesk, group_id, name from groups where name is not null",
    "assignee": "select helpdesk, person_id, name from people"
    " where role in ('admin', 'agent') and name is not null",
}


class GroupValue(KpiValue, frozen=True, kw_only=True):
    """A KPI of one group. `by` has the id or word of each dimension (None: it has none there).

    `names` are the names of those ids that have one.
    """

    by: Mapping[str, str | None]
    names: Mapping[str, str] = {}


def evaluate_by(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    grouped: Grouping,
    *,
    now: datetime,
    as_of: datetime,
) -> list[GroupValue]:
    """Evaluate a KPI for every group that has tickets, in the order of the groups' names.

    Groups too small to say something carry the flag `small_sample`; there is no order by value, so
    that nobody is ranked by chance. Raises `MappingError` for names nobody knows.
    """
    scope = resolve(kpi.where, con, zone=grouped.zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=grouped.zone)
    helpdesks = tuple(
        name for (name,) in con.execute("select distinct helpdesk from tickets").fetchall()
    )
    is_shared = kpi.credit == "replies" and "assignee" in (*kpi.where, *grouped.by)
    question = msgspec.structs.replace(question, is_shared=is_shared, helpdesks=helpdesks)
    if len(helpdesks) > 1 and grouped.needs_helpdesk and "helpdesk" not in grouped.by:
        grouped = msgspec.structs.replace(grouped, by=("helpdesk", *grouped.by))
    found = answers(con, question, grouped)
    told = _Told(kpi_id, kpi, question, grouped, period, now=min(now, as_of), as_of=as_of)
    values = told.values(found, _Words(con, grouped, helpdesks))
    return sorted(values, key=lambda value: _place(value, grouped))


def _place(value: GroupValue, grouped: Grouping) -> list[tuple[bool, str, str]]:
    when = value.period.start.isoformat()
    told = (
        (value.by[name], when if name in TIMES else value.names.get(name)) for name in grouped.by
    )
    return [(id_ is None, (name or id_ or "").casefold(), id_ or "") for id_, name in told]


class _Words:
    """What keys are called: ids as the vendor writes them, and names."""

    def __init__(
        self, con: DuckDBPyConnection, grouped: Grouping, helpdesks: tuple[str, ...]
    ) -> None:
        self._grouped = grouped
        self._only = helpdesks[0] if helpdesks else ""
        ids = con.execute("select helpdesk, kind, key, id from vendor_ids where key < 0").fetchall()
        self._ids = {(helpdesk, kind, key): id_ for helpdesk, kind, key, id_ in ids}
        self._names: dict[tuple[str, str, int], str] = {}
        for dimension in NAMES.keys() & set(grouped.by):
            for helpdesk, key, name in con.execute(NAMES[dimension]).fetchall():
                self._names[helpdesk, dimension, key] = name

    def said(self, key: tuple[Any, ...]) -> tuple[dict[str, str | None], dict[str, str]]:
        """Return ids and words of a group, and the names of its ids."""
        by: dict[str, str | None] = {}
        names: dict[str, str] = {}
        helpdesk = self._only
        for dimension, value in zip(self._grouped.by, key, strict=True):
            if dimension == "helpdesk":
                helpdesk = value
            if value is None or dimension not in NAMED:
                by[dimension] = None if value is None else str(value)
                continue
            kind = KINDS.get(dimension, dimension)
            by[dimension] = self._ids.get((helpdesk, kind, value), str(value))
            if (helpdesk, dimension, value) in self._names:
                names[dimension] = self._names[helpdesk, dimension, value]
        return by, names


class _Told:
    """Writes the values of one KPI: what is the same for all groups, said once."""

    def __init__(
        self,
        kpi_id: str,
        kpi: KpiTable,
        question: Question,
        grouped: Grouping,
        period: Period,
        *,
        now: datetime,
        as_of: datetime,
    ) -> None:
        definition = question.definition
        self._question, self._grouped, self._period, self._now = question, grouped, period, now
        self._same: dict[str, Any] = {
            "id": kpi_id,
            "measure": kpi.measure,
            "clock": question.clock,
            "aggregate": question.aggregate,
            "unit": unit_of(definition, question.aggregate),
            "where": dict(kpi.where),
            "as_of": as_of,
        }
        self._buckets: dict[Any, tuple[Bucket, Period]] = {}
        self._flags: dict[tuple[Period, int], tuple[str, ...]] = {}

    def values(self, found: Answers, words: _Words) -> Iterator[GroupValue]:
        """Yield the values of all groups."""
        place = next((i for i, name in enumerate(self._grouped.by) if name in TIMES), None)
        for key, (estimate, bits) in found.items():
            by, names = words.said(key)
            period = self._period
            if place is not None:
                bucket, period = self._bucket(key[place])
                by[self._grouped.by[place]] = bucket.label
            yield GroupValue(
                value=estimate.value,
                n=estimate.tickets,
                k=estimate.hits,
                low=estimate.low,
                high=estimate.high,
                period=period,
                flags=self._said_flags(estimate, period, bits),
                by=by,
                names=names,
                **self._same,
            )

    def _bucket(self, key: Any) -> tuple[Bucket, Period]:
        if key not in self._buckets:
            calendar = self._grouped.calendar
            assert calendar is not None
            bucket = calendar.bucket(key)
            start, end = self._period.start, self._period.end
            self._buckets[key] = bucket, Period(max(bucket.start, start), min(bucket.end, end))
        return self._buckets[key]

    def _said_flags(self, found: Estimate, period: Period, bits: int) -> tuple[str, ...]:
        known = (period, bits)
        if known not in self._flags:
            self._flags[known] = said_flags(self._question.definition, period, self._now, bits)
        words = self._flags[known]
        return words if is_enough(self._question.aggregate, found) else (*words, SMALL)
