"""The rows behind a KPI to one estimate: what each family of measures does with its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from connector.kpi.aggregates import Estimate, estimate, nps, share
from connector.kpi.ask import Question, counted, in_stretch, naive, part
from connector.kpi.by_time import local
from connector.kpi.forms import parts_of
from connector.kpi.imported import covered, imported
from connector.model.kpi import Family

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Answer = tuple[Estimate, int]
"""An estimate, and the flags of the rows behind it as bits."""


def answer(con: DuckDBPyConnection, question: Question) -> Answer:
    """Return the estimate of a KPI over its stretch, and the flags of the rows behind it."""
    return FAMILIES[question.family](con, question)


def value_of(question: Question, alias: str = "m") -> str:
    """Return the number of one row as SQL: an age is told at the end of the stretch."""
    if question.family is Family.AGE:
        end = naive(question.end).replace(microsecond=0)
        return f"(epoch(timestamp '{end}') - epoch({alias}.since))"
    return f"{alias}.value"


def _source(question: Question) -> tuple[str, list[Any]]:
    (source, params), (test, more) = counted(question), in_stretch(question)
    return f"{source} and {test}", [*params, *more]


def _numbers(con: DuckDBPyConnection, question: Question) -> Answer:
    source, params = _source(question)
    weight = ", m.weight" if question.is_shared else ""
    query = f"select {value_of(question)} as value, m.flags{weight} from {source}"
    found = con.execute(query, params).fetchnumpy()
    bits = int(np.bitwise_or.reduce(np.asarray(found["flags"]), initial=0))
    values = np.asarray(found["value"], dtype=np.float64)
    weights = np.asarray(found["weight"], dtype=np.float64) if weight else None
    return estimate(values, question.aggregate, limit=question.limit, weights=weights), bits


def _rate(con: DuckDBPyConnection, question: Question) -> Answer:
    source, params = _source(question)
    one, hit = ("m.weight", "m.weight * m.value") if question.is_shared else ("1", "m.value")
    totals = f"coalesce(sum({one}), 0), coalesce(sum({hit}), 0), coalesce(bit_or(m.flags), 0)"
    n, k, bits = _one(con, f"select {totals} from {source}", params)
    return share(_plain(k), _plain(n)), int(bits)


def _nps(con: DuckDBPyConnection, question: Question) -> Answer:
    source, params = _source(question)
    one = "m.weight" if question.is_shared else "1"
    totals = ", ".join(
        f"coalesce(sum({one}){test}, 0)"
        for test in ("", " filter (m.value > 0)", " filter (m.value < 0)")
    )
    n, promoters, detractors, bits = _one(
        con, f"select {totals}, coalesce(bit_or(m.flags), 0) from {source}", params
    )
    return nps(_plain(promoters), _plain(detractors), _plain(n)), int(bits)


def _sum(con: DuckDBPyConnection, question: Question) -> Answer:
    source, params = _source(question)
    one, amount = ("m.weight", "m.weight * m.value") if question.is_shared else ("1", "m.value")
    totals = f"coalesce(sum({amount}), 0), coalesce(sum({one}), 0), coalesce(bit_or(m.flags), 0)"
    total, n, bits = _one(con, f"select {totals} from {source}", params)
    return Estimate(value=float(total), n=_plain(n)), int(bits)


def _tickets(con: DuckDBPyConnection, question: Question) -> Answer:
    """Count tickets, each once; a shared one by all the shares of it in scope."""
    source, params = _source(question)
    who = ", m.assignee_id" if question.is_shared else ""
    weight = "any_value(m.weight)" if question.is_shared else "1"
    tickets = (
        f"select {weight} as weight, bit_or(m.flags) as flags"
        f" from {source} group by m.helpdesk, m.ticket_id{who}"
    )
    totals = "coalesce(sum(weight), 0), coalesce(bit_or(flags), 0)"
    n, bits = _one(con, f"select {totals} from ({tickets})", params)
    return Estimate(value=float(n), n=_plain(n)), int(bits)


def _days(con: DuckDBPyConnection, question: Question) -> Answer:
    """Count the local days on which each of the staff was at work."""
    source, params = _source(question)
    day = local("m.at", question.zone, question.start, question.end)
    days = (
        f"select bit_or(m.flags) as flags from {source} and m.actor_id is not null"
        f" group by m.helpdesk, m.actor_id, date_trunc('day', {day})"
    )
    n, bits = _one(con, f"select count(*), coalesce(bit_or(flags), 0) from ({days})", params)
    return Estimate(value=float(n), n=n), int(bits)


def _ratio(con: DuckDBPyConnection, question: Question) -> Answer:
    """Divide the totals of two measures over the same stretch and scope; nothing by nothing.

    Where one of them is imported, the stretch is what the imported periods cover.
    """
    numerator, denominator = parts_of(question.form)
    question = covered(con, question)
    (above, above_bits) = answer(con, part(question, numerator))
    (below, below_bits) = answer(con, part(question, denominator))
    return divided(above, below), above_bits | below_bits


def divided(above: Estimate, below: Estimate) -> Estimate:
    """Return one estimate in units of another; None where there is nothing to divide by."""
    k = None if above.value is None else round(above.value)
    n = round(below.value or 0)
    value = above.value / below.value if above.value is not None and below.value else None
    return Estimate(value=value, n=n, k=k)


def _imported(con: DuckDBPyConnection, question: Question) -> Answer:
    return imported(con, question), 0


def _one(con: DuckDBPyConnection, query: str, params: list[Any]) -> tuple[Any, ...]:
    row = con.execute(query, params).fetchone()
    assert row is not None
    return row


def _plain(number: float) -> float:
    """Return whole numbers as such: only shared tickets make fractions."""
    return int(number) if number == int(number) else float(number)


FAMILIES: Final[Mapping[Family, Callable[[DuckDBPyConnection, Question], Answer]]] = (
    MappingProxyType(
        {
            Family.TIME: _numbers,
            Family.NUMBER: _numbers,
            Family.AGE: _numbers,
            Family.RATE: _rate,
            Family.NPS: _nps,
            Family.SUM: _sum,
            Family.COUNT: _tickets,
            Family.SNAPSHOT: _tickets,
            Family.DAYS: _days,
            Family.RATIO: _ratio,
            Family.IMPORTED: _imported,
        }
    )
)
