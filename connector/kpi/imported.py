"""KPIs of imported values and answers: what a period has, as one estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from connector.kpi.aggregates import Estimate, estimate, nps, share
from connector.kpi.ask import Question, naive
from connector.kpi.forms import Form, parts_of
from connector.kpi.imported_checks import DECIMALS
from connector.model.imported import ImportedAnswer, ImportedValue
from connector.model.kpi import Family, Unit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES: Final = """
create temp table if not exists imported_values (
  measure varchar, source varchar, starts_at timestamp, ends_at timestamp, value double, n bigint,
  numerator double, denominator double, unit varchar,
  definition varchar, origin varchar, file varchar, as_of timestamp
);
create temp table if not exists imported_answers (
  measure varchar, source varchar, "at" timestamp, score double,
  definition varchar, origin varchar, file varchar
)
"""
PROMOTERS_FROM: Final = 9
DETRACTORS_TO: Final = 6
EASY_FROM: Final = 5
"""Answers 5 to 7 agree that it was easy."""

ANSWERS: Final = """
select score from imported_answers where measure = ? and "at" >= ? and "at" < ?
"""
VALUES: Final = """
select value, n, numerator, denominator, unit from imported_values
where measure = ? and starts_at >= ? and (ends_at <= ? or ends_at = starts_at) and starts_at < ?
order by ends_at, starts_at
"""
COVERED: Final = """
select min(starts_at), max(ends_at), sum(epoch(ends_at) - epoch(starts_at)) from imported_values
where list_contains(?, measure) and starts_at >= ? and ends_at <= ? and starts_at < ends_at
"""
SOURCES: Final = """
select source, definition, origin, count(*), list(distinct file order by file), max(told_at)
from (
  select source, definition, origin, file, as_of as told_at from imported_values
  where list_contains(?, measure) and starts_at >= ? and (ends_at <= ? or ends_at = starts_at)
    and starts_at < ?
  union all
  select source, definition, origin, file, "at" from imported_answers
  where list_contains(?, measure) and "at" >= ? and "at" < ?
)
group by all order by source, definition
"""


class ImportedSource(msgspec.Struct, frozen=True, kw_only=True):
    """An import behind a value: what it means, where it is from, and how many rows count.

    `as_of` is when the newest of them was true: as stated for a value, given for an answer.
    """

    source: str
    definition: str
    origin: str
    rows: int
    files: tuple[str, ...]
    as_of: datetime


def lay_imports(
    con: DuckDBPyConnection,
    values: Iterable[ImportedValue],
    answers: Iterable[ImportedAnswer],
    measures: Mapping[str, str],
) -> None:
    """Put what was imported beside attached sets; `measures` says what each source feeds."""
    con.execute(TABLES)
    told = [
        (
            measures[one.source], one.source, naive(one.start), naive(one.end), one.value, one.n,
            one.numerator, one.denominator, one.unit, one.definition, one.origin, one.file,
            naive(one.as_of),
        )
        for one in values
        if one.source in measures
    ]  # fmt: skip
    asked = [
        (
            measures[one.source], one.source, naive(one.at), one.score, one.definition, one.origin,
            one.file,
        )
        for one in answers
        if one.source in measures
    ]  # fmt: skip
    if told:
        con.executemany(_insert("imported_values", told[0]), told)
    if asked:
        con.executemany(_insert("imported_answers", asked[0]), asked)


def _insert(table: str, row: tuple[object, ...]) -> str:
    return f"insert into {table} values ({', '.join('?' for _ in row)})"


def sources(con: DuckDBPyConnection, question: Question) -> tuple[ImportedSource, ...]:
    """Return the imports behind a question, or behind either part of a ratio."""
    forms: tuple[Form, ...] = (question.form,)
    if question.family is Family.RATIO:
        forms = parts_of(question.form)
    asked = [form.definition for form in forms if _is_imported(form)]
    if not asked or not _has_imports(con):
        return ()
    start, end = naive(question.start), naive(question.end)
    names = [one.variant_of or one.id for one in asked]
    rows = con.execute(SOURCES, [names, start, end, end, names, start, end]).fetchall()
    return tuple(
        ImportedSource(
            source=source,
            definition=definition,
            origin=origin,
            rows=count,
            files=tuple(files),
            as_of=as_of.replace(tzinfo=UTC),
        )
        for source, definition, origin, count, files, as_of in rows
    )


def imported(con: DuckDBPyConnection, question: Question) -> Estimate:
    """Return the value of an imported measure: its answers, or its values inside the stretch.

    A value whose period reaches over an edge of the stretch belongs to none of the two.
    """
    measure = question.definition.variant_of or question.definition.id
    start, end = naive(question.start), naive(question.end)
    if not _has_imports(con):
        return Estimate(value=None, n=0)
    scores = [score for (score,) in con.execute(ANSWERS, [measure, start, end]).fetchall()]
    if scores:
        return _answered(question, np.asarray(scores, dtype=np.float64))
    rows = con.execute(VALUES, [measure, start, end, end]).fetchall()
    return _told(question, rows) if rows else Estimate(value=None, n=0)


def covered(con: DuckDBPyConnection, question: Question) -> Question:
    """Return a ratio's question for the part of its stretch that imported periods cover.

    Periods with a gap between them cover nothing; without an imported part it stays as it is.
    """
    asked = [form.definition.id for form in parts_of(question.form) if _is_imported(form)]
    if not asked or not _has_imports(con):
        return question
    start, end = naive(question.start), naive(question.end)
    ((first, last, seconds),) = con.execute(COVERED, [asked, start, end]).fetchall()
    if first is None or (last - first).total_seconds() != seconds:
        return msgspec.structs.replace(question, end=question.start)
    first, last = (instant.replace(tzinfo=UTC) for instant in (first, last))
    return msgspec.structs.replace(question, start=first, end=last)


def _is_imported(form: Form) -> bool:
    return form.definition.family == Family.IMPORTED


def _has_imports(con: DuckDBPyConnection) -> bool:
    query = "select count(*) from duckdb_tables() where table_name = 'imported_values'"
    ((count,),) = con.execute(query).fetchall()
    return bool(count)


def _answered(question: Question, scores: Any) -> Estimate:
    definition = question.definition
    if question.aggregate == "nps":
        return nps(
            int((scores >= PROMOTERS_FROM).sum()), int((scores <= DETRACTORS_TO).sum()), scores.size
        )
    if question.aggregate == "rate":
        good = scores >= (EASY_FROM if definition.variant_of == "ces" else 1)
        return share(int(good.sum()), scores.size)
    return estimate(scores, question.aggregate)


def _told(question: Question, rows: list[tuple[Any, ...]]) -> Estimate:
    """Make one of several values: pooled, added up, weighted by n, or else the newest."""
    parts = [(above, below) for _, _, above, below, _ in rows if above is not None]
    values = [(_major(value, unit), n) for value, n, _, _, unit in rows if value is not None]
    if question.aggregate == "sum":
        total = sum(value for value, _ in values) + sum(above for above, _ in parts)
        return Estimate(value=float(total), n=sum(n or 0 for _, n in values))
    if question.aggregate == "latest" or (values and not all(n for _, n in values)):
        value, n, above, below, unit = rows[-1]
        if above is not None:
            return _quotient(question, above, below)
        return _with_n(question, _major(value, unit), n)
    above = sum(above for above, _ in parts) + sum(value * n for value, n in values)
    below = sum(below for _, below in parts) + sum(n for _, n in values)
    return _quotient(question, above, below)


def _with_n(question: Question, value: float, n: int | None) -> Estimate:
    """Return a value as given; only a share has an interval that n alone tells."""
    return _quotient(question, value * n, n) if n else Estimate(value=value, n=0)


def _quotient(question: Question, above: float, below: float) -> Estimate:
    if question.definition.unit == Unit.RATIO and 0 <= above <= below:
        return share(above, below)
    return Estimate(value=above / below, n=below)


def _major(value: float, unit: str) -> float:
    """Return money in whole units of its currency; other values as they are."""
    is_money = len(unit) == 3 and unit.isupper()  # noqa: PLR2004  # three letters, as in EUR
    return value / 10 ** DECIMALS.get(unit, 2) if is_money else value
