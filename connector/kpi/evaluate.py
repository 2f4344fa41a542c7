"""KPIs: one number over many tickets and a period, its interval, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from connector.config.mapping import KpiTable
from connector.kpi.aggregates import SHARES, Estimate, estimate, share
from connector.kpi.flags import Flag, excluded, names
from connector.kpi.forms import Form, form_of
from connector.kpi.where import Scope, resolve
from connector.model.kpi import KpiValue, MeasureDefinition, Period, Unit

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

WARNINGS: Final = Flag.DEFAULT_SCHEDULE | Flag.PARTIAL_HISTORY | Flag.CLAMPED


EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI made ready to ask: definition, clock, aggregate, scope, and the stretch to look at."""

    form: Form
    clock: str
    aggregate: str
    limit: float | None
    scope: Scope
    start: datetime
    end: datetime

    @property
    def definition(self) -> MeasureDefinition:
        """Return what is asked for: the definition of the measure, or of its variant."""
        return self.form.definition

    @property
    def out(self) -> int:
        """Return the bits that leave a row out."""
        return int(excluded(self.definition.excludes))


def evaluate(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    *,
    now: datetime,
    as_of: datetime,
    scope: Scope | None = None,
) -> KpiValue:
    """Evaluate a KPI over attached sets; rows after `as_of` are not looked at.

    `scope` saves resolving `kpi.where` again. Raises `MappingError` for names nobody knows.
    """
    scope = resolve(kpi.where, con) if scope is None else scope
    question = ask(kpi, scope, period.start, last_instant(period, as_of))
    found, flags = _answer(con, question)
    return KpiValue(
        id=kpi_id,
        measure=kpi.measure,
        clock=question.clock,
        aggregate=question.aggregate,
        unit=unit_of(question.definition, question.aggregate),
        value=found.value,
        n=found.n,
        k=found.k,
        low=found.low,
        high=found.high,
        where=dict(kpi.where),
        period=period,
        as_of=as_of,
        flags=_flags(question.definition, period, min(now, as_of), flags),
        left_out=left_out(con, question),
    )


def ask(kpi: KpiTable, scope: Scope, start: datetime, end: datetime) -> Question:
    """Fill in a KPI's defaults; the mapping was checked when it was loaded."""
    form = form_of(kpi)
    definition = form.definition
    return Question(
        form=form,
        clock=kpi.clock if kpi.clock in definition.clocks else definition.clocks[0],
        aggregate=kpi.aggregate or definition.aggregates[0],
        limit=kpi.limit.number if kpi.limit else None,
        scope=scope,
        start=start,
        end=end,
    )


def last_instant(period: Period, as_of: datetime) -> datetime:
    """Return where to stop looking, exclusive: the period's end, or just after what is known."""
    return min(period.end, as_of + timedelta(microseconds=1))


def unit_of(definition: MeasureDefinition, aggregate: str) -> str:
    """Return the unit of a KPI's value: a share of times is a ratio."""
    return Unit.RATIO if aggregate in SHARES else definition.unit


def snapshots(con: DuckDBPyConnection, kpi: KpiTable, instants: Sequence[datetime]) -> list[int]:
    """Count the tickets that a snapshot KPI shows just before each instant."""
    question = ask(kpi, resolve(kpi.where, con), EVER, max(instants, default=EVER))
    source, params = counted(question)
    query = f'select epoch("at") as a, epoch(until) as b from {source}'
    spans = con.execute(query, params).fetchnumpy()
    starts, ends = np.sort(np.asarray(spans["a"])), np.sort(_present(spans["b"]))
    wanted = [instant.timestamp() for instant in instants]
    begun = np.searchsorted(starts, wanted, side="left")
    over = np.searchsorted(ends, wanted, side="left")
    return [int(count) for count in begun - over]


def counted(question: Question, *, alias: str = "m") -> tuple[str, list[Any]]:
    """Return the rows of `measures` in scope that count, whatever their stamp, as a FROM clause."""
    tests, params = scoped(question, alias)
    source = (
        f"measures as {alias} where {tests}"
        f" and {alias}.value is not null and {alias}.flags & {question.out} = 0"
    )
    return source, params


def scoped(question: Question, alias: str = "m") -> tuple[str, list[Any]]:
    """Return the condition for a question's rows: measure, clock and, where one is set, scope."""
    tests = f"{alias}.measure = ? and {alias}.clock = ?"
    params: list[Any] = [question.form.key, question.clock]
    if question.scope.is_everything:
        return tests, params
    condition, more = question.scope.condition("t")
    inside = f"(select t.helpdesk, t.ticket_id from tickets as t where {condition})"
    return f"{tests} and ({alias}.helpdesk, {alias}.ticket_id) in {inside}", [*params, *more]


def in_stretch(question: Question, stamp: str = "m.at") -> tuple[str, list[Any]]:
    """Return the condition that a row belongs to the stretch looked at.

    A row of a snapshot does if it spans the end, all others if their stamp falls into it.
    """
    start, end = naive(question.start), naive(question.end)
    if question.definition.family == "snapshot":
        return "m.at < ? and (m.until is null or m.until >= ?)", [end, end]
    return f"{stamp} >= ? and {stamp} < ?", [start, end]


def naive(instant: datetime) -> datetime:
    """Return an instant as the store writes it: UTC without a zone."""
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def _answer(con: DuckDBPyConnection, question: Question) -> tuple[Estimate, int]:
    """Return the estimate and the flags of the rows behind it."""
    (source, params), (test, more) = counted(question), in_stretch(question)
    source, params = f"{source} and {test}", [*params, *more]
    if question.definition.family == "time":
        found = con.execute(f"select m.value, m.flags from {source}", params).fetchnumpy()
        bits = int(np.bitwise_or.reduce(np.asarray(found["flags"]), initial=0))
        values = np.asarray(found["value"], dtype=np.float64)
        return estimate(values, question.aggregate, limit=question.limit), bits
    if question.definition.family == "rate":
        totals = "count(*), coalesce(sum(m.value), 0)::bigint, coalesce(bit_or(m.flags), 0)"
        n, k, bits = _one(con, f"select {totals} from {source}", params)
        return share(k, n), bits
    tickets = f"select bit_or(m.flags) as flags from {source} group by m.helpdesk, m.ticket_id"
    totals = "count(*), coalesce(bit_or(flags), 0)"
    n, bits = _one(con, f"select {totals} from ({tickets})", params)
    return Estimate(value=float(n), n=n), bits


def _one(con: DuckDBPyConnection, query: str, params: list[Any]) -> tuple[int, ...]:
    row = con.execute(query, params).fetchone()
    assert row is not None
    return row


def left_out(con: DuckDBPyConnection, question: Question) -> dict[str, int]:
    """Count the tickets of the period that do not count, by reason.

    A ticket without a stamp ("no reply yet") belongs to the period it was created in.
    """
    tests, params = scoped(question)
    reasons = {flag: words for flag, words in REASONS.items() if _applies(question, flag)}
    cases = " ".join(
        f"when m.flags & {flag.value} > 0 then '{words}'" for flag, words in reasons.items()
    )
    during, more = in_stretch(question, "coalesce(m.at, c.created_at)")
    rows = con.execute(
        "select reason, count(*) from ("
        f"select distinct m.helpdesk, m.ticket_id, case {cases} else ? end as reason"
        " from measures as m join tickets as c"
        " on c.helpdesk = m.helpdesk and c.ticket_id = m.ticket_id"
        f" where {tests} and (m.value is null or m.flags & {question.out} > 0) and {during}"
        ") group by reason order by 2 desc, 1",
        [question.definition.not_yet or "no value yet", *params, *more],
    ).fetchall()
    return dict(rows)


def _applies(question: Question, flag: Flag) -> bool:
    return bool(flag & (question.out | Flag.PARTIAL_HISTORY | Flag.NO_SCHEDULE))


def _flags(
    definition: MeasureDefinition, period: Period, known: datetime, bits: int
) -> tuple[str, ...]:
    """Return the words that go with a value: provisional until the end and the settlement lag."""
    settled = period.end + timedelta(seconds=definition.lag_s)
    words = ("provisional",) if known < settled else ()
    if definition.family != "snapshot":  # only there a partial trail still gives a value
        bits &= ~Flag.PARTIAL_HISTORY
    return (*words, *names(bits & WARNINGS))


def _present(column: Any) -> Any:
    """Return the numbers of a column without its gaps."""
    return column.compressed() if isinstance(column, np.ma.MaskedArray) else np.asarray(column)
