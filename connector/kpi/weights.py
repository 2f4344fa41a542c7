"""The tickets behind a KPI in an order: those that weigh most, or those that caused a breach."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from connector.kpi.ask import Question, counted, in_stretch
from connector.kpi.estimates import value_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket behind a KPI."""

    helpdesk: str
    id: str
    value: float
    at: datetime | None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows to name and in which order, as SQL: `{value}` stands for a row's number.

    `test` may hold parameters, given in `limits`. With `once` a ticket is named once, by the row
    that comes first.
    """

    order: str
    test: str = "true"
    limits: tuple[float, ...] = ()
    once: bool = False


def chosen(
    con: DuckDBPyConnection, question: Question, choice: Choice, *, at_most: int
) -> tuple[Weight, ...]:
    """Return the first tickets behind a KPI, of the choice and in its order."""
    (source, params), (test, more) = counted(question), in_stretch(question)
    value = value_of(question)
    order = f"{choice.order.format(value=value)}, m.ticket_id"
    rows = (
        f"select m.helpdesk, m.ticket_id, {value} as value, m.at"
        f" from {source} and {test} and {choice.test.format(value=value)}"
    )
    if choice.once:
        ticket = "partition by m.helpdesk, m.ticket_id"
        rows += f" qualify row_number() over ({ticket} order by {order}) = 1"
    found = con.execute(
        "select m.helpdesk, t.id, m.value, m.at"
        f" from ({rows} order by {order} limit {at_most}) as m"
        " join tickets as t on t.helpdesk = m.helpdesk and t.ticket_id = m.ticket_id"
        f" order by {choice.order.format(value='m.value')}, m.ticket_id",
        [*params, *more, *choice.limits],
    ).fetchall()
    return tuple(_weight(*row) for row in found)


def _weight(helpdesk: str, id_: str, value: Any, at: datetime | None) -> Weight:
    stamp = at.replace(tzinfo=UTC) if at else None
    return Weight(helpdesk=helpdesk, id=id_, value=value, at=stamp)
