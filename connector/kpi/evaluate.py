"""KPIs: one number over many tickets and a period, its interval, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np

from connector.config.mapping import KpiTable
from connector.kpi.ask import (
    EVER,
    SPANNING,
    Question,
    ask,
    counted,
    in_stretch,
    last_instant,
    naive,
    part,
    relation,
    scoped,
    unit_of,
)
from connector.kpi.estimates import answer
from connector.kpi.flags import Flag, names
from connector.kpi.forms import parts_of
from connector.kpi.imported import covered
from connector.kpi.where import resolve
from connector.model.kpi import Family, KpiValue, MeasureDefinition, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REASONS: Final = {
    Flag.DELETED: "deleted",
    Flag.SPAM: "spam or suspended",
    Flag.MERGED: "merged into another ticket",
    Flag.CHILD: "side conversations",
    Flag.MESSAGING: "messaging, chat or voice",
    Flag.PARTIAL_HISTORY: "partial history",
    Flag.NO_SCHEDULE: "no business hours in the helpdesk",
}
"""Why a ticket is left out, in the order in which one reason is chosen; `not_yet` comes last."""

SOON: Final = timedelta(hours=1)
DUE_SOON: Final = "due within 1 h"
"""What is said instead of `not_yet` of a target that time will break so soon."""

WARNINGS: Final = Flag.DEFAULT_SCHEDULE | Flag.PARTIAL_HISTORY | Flag.CLAMPED


def evaluate(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    *,
    now: datetime,
    as_of: datetime,
    zone: str = "UTC",
) -> KpiValue:
    """Evaluate a KPI over attached sets; rows after `as_of` are not looked at.

    `zone` is where the days begin that are counted. Raises `MappingError` for names nobody knows.
    """
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=zone)
    found = _valued(con, kpi_id, kpi, question, _Stretch(period, as_of, min(now, as_of)))
    return msgspec.structs.replace(found, left_out=left_out(con, question))


def value_alone(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    *,
    as_of: datetime,
    zone: str = "UTC",
) -> KpiValue:
    """Evaluate a KPI as `evaluate` does, but do not count what is left out, which costs as much."""
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=zone)
    return _valued(con, kpi_id, kpi, question, _Stretch(period, as_of, as_of))


class _Stretch(NamedTuple):
    """The period that is asked for, up to when rows count, and up to when they are known."""

    period: Period
    as_of: datetime
    known: datetime


def _valued(
    con: DuckDBPyConnection, kpi_id: str, kpi: KpiTable, question: Question, stretch: _Stretch
) -> KpiValue:
    found, bits = answer(con, question)
    return KpiValue(
        id=kpi_id,
        measure=kpi.measure,
        clock=question.clock,
        aggregate=question.aggregate,
        unit=unit_of(question.definition, question.aggregate),
        value=found.value,
        n=found.tickets,
        k=found.hits,
        low=found.low,
        high=found.high,
        where=dict(kpi.where),
        period=stretch.period,
        as_of=stretch.as_of,
        flags=said_flags(question.definition, stretch.period, stretch.known, bits),
    )


def snapshots(
    con: DuckDBPyConnection, kpi: KpiTable, instants: Sequence[datetime], *, zone: str = "UTC"
) -> list[int]:
    """Count the tickets that a snapshot KPI shows just before each instant."""
    question = ask(kpi, resolve(kpi.where, con, zone=zone), EVER, max(instants, default=EVER))
    source, params = counted(question)
    query = f'select epoch("at") as a, epoch(until) as b from {source}'
    spans = con.execute(query, params).fetchnumpy()
    starts, ends = np.sort(np.asarray(spans["a"])), np.sort(_present(spans["b"]))
    wanted = [instant.timestamp() for instant in instants]
    begun = np.searchsorted(starts, wanted, side="left")
    over = np.searchsorted(ends, wanted, side="left")
    return [int(count) for count in begun - over]


def left_out(con: DuckDBPyConnection, question: Question) -> dict[str, int]:
    """Count the tickets of the period that do not count, by reason.

    A ticket without a stamp ("no reply yet") belongs to the period it was created in. What is
    left out of a ratio is left out of one of its parts. What time alone changes is a promise:
    each is counted, those that are due soon apart.
    """
    if question.family is Family.RATIO:
        return _left_out_of_parts(con, question)
    reasons = {flag: words for flag, words in REASONS.items() if _applies(question, flag)}
    cases = " ".join(
        f"when m.flags & {flag.value} > 0 then '{words}'" for flag, words in reasons.items()
    )
    waits = question.definition.not_yet or "no value yet"
    soon = f"when m.value is null and m.until <= ? then '{DUE_SOON}'"
    rest, params = _left_out_rows(question)
    rows = con.execute(
        "select reason, count(*) from ("
        f"select {'' if question.definition.wakes else 'distinct'} m.helpdesk, m.ticket_id,"
        f" case {cases} {soon} else ? end as reason from ({rest}) as m"
        ") group by reason order by 2 desc, 1",
        [naive(question.end + SOON), waits, *params],
    ).fetchall()
    return dict(rows)


def _left_out_rows(question: Question) -> tuple[str, list[Any]]:
    """Return a query for the rows of the period that do not count.

    Rows without a stamp are asked for apart, since they alone need the time of their ticket.
    """
    tests, params = scoped(question)
    left = f"(m.value is null or m.flags & {question.out} > 0)"
    columns = "m.helpdesk, m.ticket_id, m.value, m.until, m.flags"
    chosen = f"select {columns} from {{}} as m where {tests} and {left}"
    during, more = in_stretch(question)
    dated = f"{chosen.format(relation(question))} and {during}"
    if question.family in SPANNING:
        return dated, [*params, *more]
    during, _ = in_stretch(question, "m.created_at")
    ticket = relation(question, with_ticket=True)
    undated = f"{chosen.format(ticket)} and m.at is null and {during}"
    return f"{dated} union all {undated}", [*params, *more, *params, *more]


def _left_out_of_parts(con: DuckDBPyConnection, question: Question) -> dict[str, int]:
    found: dict[str, int] = {}
    question = covered(con, question)
    for form in parts_of(question.form):
        for reason, tickets in left_out(con, part(question, form)).items():
            found[reason] = max(tickets, found.get(reason, 0))
    return found


def _applies(question: Question, flag: Flag) -> bool:
    return bool(flag & (question.out | Flag.PARTIAL_HISTORY | Flag.NO_SCHEDULE))


def said_flags(
    definition: MeasureDefinition, period: Period, known: datetime, bits: int
) -> tuple[str, ...]:
    """Return the words that go with a value: provisional until the end and the settlement lag."""
    settled = period.end + timedelta(seconds=definition.lag_s)
    words = ("provisional",) if known < settled else ()
    if definition.family not in SPANNING:  # only there a partial trail still gives a value
        bits &= ~Flag.PARTIAL_HISTORY
    return (*words, *names(bits & WARNINGS))


def _present(column: Any) -> Any:
    """Return the numbers of a column without its gaps."""
    return column.compressed() if isinstance(column, np.ma.MaskedArray) else np.asarray(column)
