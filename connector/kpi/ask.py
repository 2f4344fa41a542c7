"""A KPI made ready to ask: which rows of `measures` count for it, as SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.aggregates import SHARES
from connector.kpi.flags import excluded
from connector.kpi.forms import REPLY_SHARE, Form, form_of
from connector.model.kpi import Family, MeasureDefinition, Period, Unit

if TYPE_CHECKING:
    from connector.kpi.where import Scope

SPANNING: Final = frozenset({Family.SNAPSHOT, Family.AGE})
"""Families whose rows span time: those count that span the end of the stretch."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI with its defaults filled in: form, clock, aggregate, scope, the stretch to look at.

    `credit` and `group_as_of` say whose a row is. With `is_shared` a row counts for everybody who
    replied, by the weight that is their share of the replies. `helpdesks` are all that there
    are, where tickets have to be told apart by them.
    """

    form: Form
    clock: str
    aggregate: str
    limit: float | None
    scope: Scope
    start: datetime
    end: datetime
    zone: str = "UTC"
    credit: str = "assignee"
    group_as_of: str = "now"
    is_shared: bool = False
    helpdesks: tuple[str, ...] = ()

    @property
    def definition(self) -> MeasureDefinition:
        """Return what is asked for: the definition of the measure, or of its variant."""
        return self.form.definition

    @property
    def family(self) -> Family:
        """Return what the rows are."""
        return Family(self.definition.family)

    @property
    def out(self) -> int:
        """Return the bits that leave a row out."""
        return int(excluded(self.definition.excludes))


def ask(
    kpi: KpiTable, scope: Scope, start: datetime, end: datetime, *, zone: str = "UTC"
) -> Question:
    """Fill in a KPI's defaults; the mapping was checked when it was loaded."""
    form = form_of(kpi)
    definition = form.definition
    clocks = definition.clocks or ("calendar",)
    return Question(
        form=form,
        clock=kpi.clock if kpi.clock in clocks else clocks[0],
        aggregate=kpi.aggregate or definition.aggregates[0],
        limit=kpi.limit.number if kpi.limit else None,
        scope=scope,
        start=start,
        end=end,
        zone=zone,
        credit=kpi.credit,
        group_as_of=kpi.group_as_of,
        is_shared=kpi.credit == "replies" and "assignee" in kpi.where,
    )


def part(question: Question, form: Form) -> Question:
    """Return the question for one part of a ratio."""
    definition = form.definition
    clocks = definition.clocks or ("calendar",)
    return msgspec.structs.replace(
        question,
        form=form,
        clock=question.clock if question.clock in clocks else clocks[0],
        aggregate=definition.aggregates[0],
    )


def last_instant(period: Period, as_of: datetime) -> datetime:
    """Return where to stop looking, exclusive: the period's end, or just after what is known."""
    return min(period.end, as_of + timedelta(microseconds=1))


def unit_of(definition: MeasureDefinition, aggregate: str) -> str:
    """Return the unit of a KPI's value: a share of times is a ratio, money its currency."""
    return Unit.RATIO if aggregate in SHARES else definition.currency or definition.unit


def counted(question: Question, *, alias: str = "m") -> tuple[str, list[Any]]:
    """Return the rows of `measures` in scope that count, whatever their stamp, as a FROM clause.

    A shared row stands there once for everybody who replied, with their `weight`.
    """
    tests, params = counting(question, alias)
    return f"{relation(question)} as {alias} where {tests}", params


def counting(question: Question, alias: str = "m") -> tuple[str, list[Any]]:
    """Return the condition for the rows that count, whatever their stamp."""
    tests, params = scoped(question, alias)
    return f"{tests} and {alias}.value is not null and {alias}.flags & {question.out} = 0", params


def scoped(question: Question, alias: str = "m") -> tuple[str, list[Any]]:
    """Return the condition for a question's rows: measure, clock and, where one is set, scope."""
    tests = f"{alias}.measure = ? and {alias}.clock = ?"
    params: list[Any] = [question.form.key, question.clock]
    if question.scope.is_everything:
        return tests, params
    condition, more = question.scope.condition(alias)
    return f"{tests} and {condition}", [*params, *more]


def relation(question: Question, *, with_ticket: bool = False) -> str:
    """Return `measures`; where a scope or `with_ticket` needs it, with the columns of its ticket.

    Assignee and group are then those that the KPI gives credit to.
    """
    if question.scope.is_everything and not question.is_shared and not with_ticket:
        return "measures"
    group = "m.group_id" if question.group_as_of == "event" else "t.group_id"
    who = "m.assignee_id" if question.credit == "assignee_at_event" else "t.assignee_id"
    shared, weight = "", ""
    if question.is_shared:
        who, weight = "w.actor_id", ", w.value as weight"
        shared = (
            " join measures as w on w.helpdesk = m.helpdesk and w.ticket_id = m.ticket_id"
            f" and w.measure = '{REPLY_SHARE}' and w.value is not null"
        )
    return (
        f"(select m.* exclude (assignee_id, group_id), {who} as assignee_id, {group} as group_id,"
        f" t.* exclude (helpdesk, ticket_id, assignee_id, group_id){weight}"
        " from measures as m join tickets as t"
        f" on t.helpdesk = m.helpdesk and t.ticket_id = m.ticket_id{shared})"
    )


def in_stretch(question: Question, stamp: str = "m.at") -> tuple[str, list[Any]]:
    """Return the condition that a row belongs to the stretch looked at.

    A row that spans time does if it spans the end, all others if their stamp falls into it.
    """
    start, end = naive(question.start), naive(question.end)
    if question.family in SPANNING:
        return "m.at < ? and (m.until is null or m.until >= ?)", [end, end]
    return f"{stamp} >= ? and {stamp} < ?", [start, end]


def naive(instant: datetime) -> datetime:
    """Return an instant as the store writes it: UTC without a zone."""
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
