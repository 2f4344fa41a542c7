"""KPIs of imported values and answers: what a period has, as one estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from connector.kpi.aggregates import Estimate, estimate, nps, share
from connector.kpi.ask import Question, naive
from connector.kpi.imported_checks import DECIMALS
from connector.model.imported import ImportedAnswer, ImportedValue
from connector.model.kpi import Unit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES: Final = """
create table if not exists imported_values (
  measure varchar, source varchar, starts_at timestamp, ends_at timestamp, value double, n bigint,
  numerator double, denominator double, unit varchar
);
create table if not exists imported_answers (
  measure varchar, source varchar, "at" timestamp, score double
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
            one.numerator, one.denominator, one.unit,
        )
        for one in values
        if one.source in measures
    ]  # fmt: skip
    asked = [
        (measures[one.source], one.source, naive(one.at), one.score)
        for one in answers
        if one.source in measures
    ]
    if told:
        con.executemany("insert into imported_values values (?, ?, ?, ?, ?, ?, ?, ?, ?)", told)
    if asked:
        con.executemany("insert into imported_answers values (?, ?, ?, ?)", asked)


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
