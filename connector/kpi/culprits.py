"""The tickets that caused a breach: those on the bad side of what an anti-goal guards."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.aggregates import SHARES
from connector.kpi.ask import Question, ask, last_instant, part
from connector.kpi.forms import parts_of
from connector.kpi.weights import Choice, Weight, chosen
from connector.kpi.where import resolve
from connector.model.kpi import Direction, Family, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_MOST: Final = 10
NEWEST: Final = "m.at desc"
TALLIED: Final = frozenset({Family.COUNT, Family.SNAPSHOT, Family.DAYS})
MEASURED: Final = frozenset({Family.TIME, Family.NUMBER, Family.AGE})


class Line(msgspec.Struct, frozen=True):
    """The limit of an anti-goal, and which side of it is better."""

    limit: float
    better: Direction


def culprits(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    period: Period,
    line: Line,
    *,
    as_of: datetime,
    zone: str = "UTC",
    at_most: int = AT_MOST,
) -> tuple[Weight, ...]:
    """Return the tickets that pushed a KPI past its line in a period, each once.

    Of a share those on its bad side, of counts and snapshots those counted, both newest first; of
    times, points and ages those past the line, of amounts all, both heaviest first; of a ratio
    those of its numerator. Nothing where no ticket is at fault: of too few tickets, and of values
    from outside. Raises `MappingError` for names nobody knows.
    """
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=zone)
    if question.family is Family.RATIO:
        question = part(question, parts_of(question.form)[0])
        if question.family in MEASURED:
            return chosen(con, question, _heaviest(line.better), at_most=at_most)
    choice = _choice(question, line)
    return () if choice is None else chosen(con, question, choice, at_most=at_most)


def _choice(question: Question, line: Line) -> Choice | None:
    family, is_low_better = question.family, line.better is Direction.LOWER
    if family is Family.RATE:
        return _newest(f"{{value}} = {int(is_low_better)}")
    if question.aggregate in SHARES and question.limit is not None:
        return _newest(f"{{value}} {'<=' if is_low_better else '>'} ?", question.limit)
    if family is Family.NPS:
        return _newest("{value} < 0")
    if family in MEASURED:
        test = f"{{value}} {'>' if is_low_better else '<'} ?"
        return msgspec.structs.replace(_heaviest(line.better), test=test, limits=(line.limit,))
    whole = {Family.SUM: _heaviest(line.better), **dict.fromkeys(TALLIED, _newest("true"))}
    return whole.get(family) if is_low_better else None


def _newest(test: str, *limits: float) -> Choice:
    return Choice(order=NEWEST, test=test, limits=limits, once=True)


def _heaviest(better: Direction) -> Choice:
    worst = "desc" if better is Direction.LOWER else "asc"
    return Choice(order=f"{{value}} {worst}, {NEWEST}", once=True)
