"""Why a number is what it is: the card of a KPI, and the measures of one ticket with its events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.errors import UsageError
from connector.kpi import catalogue
from connector.kpi.ask import ask, counted, in_stretch, last_instant
from connector.kpi.evaluate import evaluate
from connector.kpi.flags import names
from connector.kpi.forms import definition_id
from connector.kpi.where import resolve
from connector.model.kpi import Direction, KpiValue, MeasureDefinition, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEAVIEST: Final = 10
BEHIND: Final = {
    "comments": ("comment",),
    "states": ("status", "deleted", "restored"),
    "solves": ("status",),
    "ratings": ("rating",),
}
"""Kinds of events that a measure's inputs are made of."""

ORDERS: Final = {
    "time": "m.value desc",
    "rate": "m.value {worst}, m.at desc",
    "count": "m.at desc",
    "snapshot": "m.at",
}
"""Which tickets weigh most: the longest times, the bad outcomes, the newest counts, the oldest."""


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket behind a KPI."""

    helpdesk: str
    id: str
    value: float
    at: datetime | None


class KpiCard(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI with what it means and the tickets that weigh most."""

    definition: MeasureDefinition
    value: KpiValue
    heaviest: tuple[Weight, ...]


class TicketMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of a ticket; `because` are ids of the events it starts and stops at.

    A clock without a value has used `so_far` seconds and, while it runs, runs since `since`;
    `wakes_at` is when time alone will change it, at `until` for a target that is due then.
    """

    measure: str
    title: str
    clock: str
    unit: str
    value: float | None
    at: datetime | None
    until: datetime | None
    flags: tuple[str, ...]
    because: tuple[int, ...]
    so_far: float | None = None
    since: datetime | None = None
    wakes_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether a clock runs that has no value yet."""
        return self.value is None and self.since is not None


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a ticket, without text; `who` is a staff member's name or a role."""

    id: int
    at: datetime
    kind: str
    who: str
    is_public: bool | None
    value: str | None
    previous: str | None


class TicketStory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured about a ticket and the events behind it."""

    helpdesk: str
    id: str
    ticket_id: int
    status: str
    created_at: datetime
    measures: tuple[TicketMeasure, ...]
    timeline: tuple[TimelineRow, ...]


def explain_kpi(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    *,
    now: datetime,
    as_of: datetime,
) -> KpiCard:
    """Return a KPI's value, its definition, and the ten tickets that weigh most."""
    scope = resolve(kpi.where, con)
    value = evaluate(con, kpi_id, kpi, period, now=now, as_of=as_of)
    question = ask(kpi, scope, period.start, last_instant(period, as_of))
    (source, params), (test, more) = counted(question), in_stretch(question)
    worst = "asc" if question.definition.direction == Direction.HIGHER else "desc"
    order = ORDERS[question.definition.family].format(worst=worst)
    rows = con.execute(
        "select w.helpdesk, t.id, w.value, w.at from"
        " (select m.helpdesk, m.ticket_id, m.value, m.at,"
        f" row_number() over (order by {order}, m.ticket_id) as nth"
        f" from {source} and {test} qualify nth <= {HEAVIEST}) as w"
        " join tickets as t on t.helpdesk = w.helpdesk and t.ticket_id = w.ticket_id"
        " order by w.nth",
        [*params, *more],
    ).fetchall()
    heaviest = tuple(
        Weight(helpdesk=name, id=vendor_id, value=number, at=_aware(at))
        for name, vendor_id, number, at in rows
    )
    return KpiCard(definition=question.definition, value=value, heaviest=heaviest)


def explain_ticket(con: DuckDBPyConnection, helpdesk: str, vendor_id: str) -> TicketStory:
    """Return every measure of a ticket and its timeline; `UsageError` if it is not stored."""
    row = con.execute(
        "select ticket_id, status, created_at from tickets where helpdesk = ? and id = ?",
        [helpdesk, vendor_id],
    ).fetchone()
    if row is None:
        raise UsageError(f"{helpdesk} has no ticket {vendor_id} in what was read so far")
    ticket_id, status, created_at = row
    timeline = _timeline(con, helpdesk, ticket_id)
    return TicketStory(
        helpdesk=helpdesk,
        id=vendor_id,
        ticket_id=ticket_id,
        status=status,
        created_at=created_at.replace(tzinfo=UTC),
        measures=_measures(con, helpdesk, ticket_id, timeline),
        timeline=timeline,
    )


def _timeline(con: DuckDBPyConnection, helpdesk: str, ticket_id: int) -> tuple[TimelineRow, ...]:
    rows = con.execute(
        "select e.event_id, e.at, e.kind, e.is_public,"
        " case when e.actor_id is null then 'system'"
        " else coalesce(p.name, p.role, 'unknown') end,"
        f" {_named('e.value')}, {_named('e.previous')}"
        " from events as e"
        " left join people as p on p.helpdesk = e.helpdesk and p.person_id = e.actor_id"
        " where e.helpdesk = ? and e.ticket_id = ? order by e.at, e.event_id, e.kind",
        [helpdesk, ticket_id],
    ).fetchall()
    return tuple(
        TimelineRow(
            id=event_id,
            at=at.replace(tzinfo=UTC),
            kind=kind,
            who=who,
            is_public=is_public,
            value=value,
            previous=previous,
        )
        for event_id, at, kind, is_public, who, value, previous in rows
    )


def _named(column: str) -> str:
    """Return an expression that shows ids of groups, staff and schedules as names where known."""
    known = {
        "group": ("groups", "group_id", "name"),
        "assignee": ("people", "person_id", "name"),
        "schedule": ("schedules", "schedule_id", "name"),
    }
    cases = " ".join(
        f"when '{kind}' then (select any_value(n.{name}) from {table} as n"
        f" where n.helpdesk = e.helpdesk and n.{key} = coalesce(try_cast({column} as bigint),"
        f" (select any_value(v.key) from vendor_ids as v where v.helpdesk = e.helpdesk"
        f" and v.kind = '{'person' if kind == 'assignee' else kind}' and v.id = {column})))"
        for kind, (table, key, name) in known.items()
    )
    return f"coalesce(case e.kind {cases} end, {column})"


def _measures(
    con: DuckDBPyConnection, helpdesk: str, ticket_id: int, timeline: tuple[TimelineRow, ...]
) -> tuple[TicketMeasure, ...]:
    rows = con.execute(
        'select measure, clock, value, "at", until, flags, so_far, since, wakes_at from measures'
        ' where helpdesk = ? and ticket_id = ? order by measure, clock desc, "at"',
        [helpdesk, ticket_id],
    ).fetchall()
    return tuple(_measure(*row, timeline) for row in rows)


def _measure(*row: Any) -> TicketMeasure:
    name, clock, value, at, until, flags, so_far, since, wakes_at, timeline = row
    definition = catalogue.definitions()[definition_id(name)]
    stop = _aware(at)
    kinds = {kind for source in definition.depends_on for kind in BEHIND.get(source, ())}
    ends = {stop, _aware(until)} - {None}
    because = (
        event.id
        for event in timeline
        if (event.kind in kinds and event.at.replace(microsecond=0) in ends)
        or (event.kind == "created" and "created" in definition.starts)
    )
    return TicketMeasure(
        measure=name,
        title=definition.title,
        clock=clock,
        unit=definition.unit,
        value=value,
        at=stop,
        until=_aware(until),
        flags=names(flags),
        because=tuple(dict.fromkeys(because)),
        so_far=so_far,
        since=_aware(since),
        wakes_at=_aware(wakes_at),
    )


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
