"""A KPI by what its tickets can be told apart by: groups, people, tags, weeks, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.errors import UsageError
from connector.kpi.aggregates import Estimate, is_enough
from connector.kpi.ask import Question, ask, last_instant, unit_of
from connector.kpi.by_estimates import Answers, answers
from connector.kpi.by_rows import FIELD, NAMED, TIMES, Grouping
from connector.kpi.evaluate import said_flags
from connector.kpi.lookup import Lookup, helpdesks_of
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


class GroupValue(KpiValue, frozen=True, kw_only=True, gc=False):
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
    grouped = msgspec.structs.replace(grouped, fields=_fields(con, grouped))
    scope = resolve(kpi.where, con, zone=grouped.zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=grouped.zone)
    helpdesks = helpdesks_of(con)
    is_shared = kpi.credit == "replies" and "assignee" in (*kpi.where, *grouped.by)
    question = msgspec.structs.replace(question, is_shared=is_shared, helpdesks=helpdesks)
    if len(helpdesks) > 1 and grouped.needs_helpdesk and "helpdesk" not in grouped.by:
        grouped = msgspec.structs.replace(grouped, by=("helpdesk", *grouped.by))
    found = answers(con, question, grouped)
    words = _Words(con, helpdesks[0] if helpdesks else "", grouped)
    told = _Told(kpi_id, kpi, question, period, now=min(now, as_of), as_of=as_of)
    return list(told.values(found, _columns(found, grouped, words, period)))


def _fields(con: DuckDBPyConnection, grouped: Grouping) -> dict[str, Mapping[str, str]]:
    """Return the ids, in each helpdesk, of the fields that are told apart by, by title or id."""
    lookup = Lookup(con)
    found: dict[str, Mapping[str, str]] = {
        name: lookup.fields(name) for name in grouped.by if name.startswith(FIELD)
    }
    for name, ids in found.items():
        if lookup.helpdesks and not ids:
            hint = (
                "fields are read from when a mapping names them: in a where, a setting, a measure"
            )
            raise UsageError(f"no field that was read is {name.removeprefix(FIELD)}; {hint}")
    return found


class _Column(msgspec.Struct, frozen=True):
    """One dimension of all groups: what its keys are called, and in which order they come.

    A key is told apart by its helpdesk where groups of several are listed.
    """

    dimension: str
    keys: Sequence[Any]
    words: Mapping[Any, str | None]
    names: Mapping[Any, str]
    ranks: Mapping[Any, int]
    periods: Mapping[Any, Period]


class _Words:
    """What keys are called: ids as the vendor writes them, and names."""

    def __init__(self, con: DuckDBPyConnection, only: str, grouped: Grouping) -> None:
        self._only = only
        ids = con.execute("select helpdesk, kind, key, id from vendor_ids where key < 0").fetchall()
        self._ids = {(helpdesk, kind, key): id_ for helpdesk, kind, key, id_ in ids}
        self._names: dict[tuple[str, str, int], str] = {}
        for dimension in NAMES.keys() & set(grouped.by):
            for helpdesk, key, name in con.execute(NAMES[dimension]).fetchall():
                self._names[helpdesk, dimension, key] = name

    def said(self, dimension: str, key: Any, helpdesk: str | None) -> tuple[str | None, str | None]:
        """Return the id or word of a key, and the name of an id."""
        if key is None or dimension not in NAMED:
            return (None if key is None else str(key)), None
        here, kind = helpdesk or self._only, KINDS.get(dimension, dimension)
        id_ = self._ids.get((here, kind, key), str(key))
        return id_, self._names.get((here, dimension, key))


def _columns(found: Answers, grouped: Grouping, words: _Words, period: Period) -> list[_Column]:
    """Say every key of every dimension once, however many groups have it."""
    listed: list[Sequence[Any]] = list(zip(*found, strict=True)) or [() for _ in grouped.by]
    place = grouped.by.index("helpdesk") if "helpdesk" in grouped.by else None
    helpdesks = listed[place] if place is not None else [None] * len(found)
    columns = []
    for dimension, plain in zip(grouped.by, listed, strict=True):
        if dimension in TIMES:
            columns.append(_time_column(dimension, plain, grouped, period))
            continue
        keys = list(zip(helpdesks, plain, strict=True))
        said = {pair: words.said(dimension, pair[1], pair[0]) for pair in set(keys)}
        order = sorted(said, key=lambda pair: _place(*said[pair]))
        columns.append(
            _Column(
                dimension,
                keys,
                {pair: id_ for pair, (id_, _) in said.items()},
                {pair: name for pair, (_, name) in said.items() if name},
                {pair: rank for rank, pair in enumerate(order)},
                {},
            )
        )
    return columns


def _place(id_: str | None, name: str | None) -> tuple[bool, str, str]:
    return id_ is None, (name or id_ or "").casefold(), id_ or ""


def _time_column(dimension: str, keys: Sequence[Any], grouped: Grouping, period: Period) -> _Column:
    calendar = grouped.calendar
    assert calendar is not None
    buckets = {key: calendar.bucket(key) for key in sorted(set(keys))}
    return _Column(
        dimension,
        keys,
        {key: bucket.label for key, bucket in buckets.items()},
        {},
        {key: rank for rank, key in enumerate(buckets)},
        {
            key: Period(max(bucket.start, period.start), min(bucket.end, period.end))
            for key, bucket in buckets.items()
        },
    )


class _Told:
    """Writes the values of one KPI: what is the same for all groups, said once."""

    def __init__(
        self,
        kpi_id: str,
        kpi: KpiTable,
        question: Question,
        period: Period,
        *,
        now: datetime,
        as_of: datetime,
    ) -> None:
        self._question, self._period, self._now = question, period, now
        self._same: dict[str, Any] = {
            "id": kpi_id,
            "measure": kpi.measure,
            "clock": question.clock,
            "aggregate": question.aggregate,
            "unit": unit_of(question.definition, question.aggregate),
            "where": dict(kpi.where),
            "as_of": as_of,
        }
        self._flags: dict[tuple[Period, int], tuple[str, ...]] = {}

    def values(self, found: Answers, columns: Sequence[_Column]) -> Iterator[GroupValue]:
        """Yield the values of all groups, in order."""
        answered = list(found.values())
        ranks = [list(map(column.ranks.__getitem__, column.keys)) for column in columns]
        places = list(zip(*ranks, strict=True)) or [()] * len(answered)
        timed = next((column for column in columns if column.dimension in TIMES), None)
        named = [column for column in columns if column.names]
        for i in sorted(range(len(answered)), key=places.__getitem__):
            estimate, bits = answered[i]
            period = timed.periods[timed.keys[i]] if timed else self._period
            yield GroupValue(
                value=estimate.value,
                n=estimate.tickets,
                k=estimate.hits,
                low=estimate.low,
                high=estimate.high,
                period=period,
                flags=self._said_flags(estimate, period, bits),
                by={column.dimension: column.words[column.keys[i]] for column in columns},
                names={
                    column.dimension: column.names[column.keys[i]]
                    for column in named
                    if column.keys[i] in column.names
                },
                **self._same,
            )

    def _said_flags(self, found: Estimate, period: Period, bits: int) -> tuple[str, ...]:
        known = (period, bits)
        if known not in self._flags:
            self._flags[known] = said_flags(self._question.definition, period, self._now, bits)
        words = self._flags[known]
        return words if is_enough(self._question.aggregate, found) else (*words, SMALL)
