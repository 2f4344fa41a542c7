"""Why a ticket counts as it does: its measures, and the events that made them, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.errors import UsageError
from connector.kpi import catalogue
from connector.kpi.flags import names
from connector.kpi.forms import definition_id
from connector.kpi.hours import load_hours, load_versions
from connector.kpi.moments import BEHIND, Change, Dated, Mark, Segment, changes
from connector.kpi.sections import section_of
from connector.model.kpi import MeasureDefinition

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATE: Final = "date"
"""The kind of a row of the timeline that is no event: an instant that a ticket field names."""


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
    family: str = ""
    section: str = ""
    variant: str = ""
    not_yet: str = ""

    @property
    def is_running(self) -> bool:
        """Tell whether a clock runs that has no value yet."""
        return self.value is None and self.since is not None


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a ticket, without text; `who` is a staff member's name or a role.

    `open_s` are the business hours since the row before, in seconds, where the helpdesk has a
    schedule. `marks` say what the event does to measures.
    """

    id: int
    at: datetime
    kind: str
    who: str
    is_public: bool | None
    value: str | None
    previous: str | None
    open_s: int | None = None
    marks: tuple[Mark, ...] = ()


class TicketStory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured about a ticket and the events behind it.

    `timezone` is where its business hours are told, `as_of` up to when the events are known.
    """

    helpdesk: str
    id: str
    ticket_id: int
    status: str
    created_at: datetime
    measures: tuple[TicketMeasure, ...]
    timeline: tuple[TimelineRow, ...]
    timezone: str = "UTC"


def explain_ticket(
    con: DuckDBPyConnection,
    helpdesk: str,
    vendor_id: str,
    *,
    segments: Sequence[Segment] = (),
    own: Mapping[str, MeasureDefinition] | None = None,
) -> TicketStory:
    """Return every measure of a ticket and its timeline; `UsageError` if it is not stored.

    `segments` are the stretches in which its clocks ran, `own` the measures that admins defined.
    """
    row = con.execute(
        "select ticket_id, status, created_at from tickets where helpdesk = ? and id = ?",
        [helpdesk, vendor_id],
    ).fetchone()
    if row is None:
        raise UsageError(f"{helpdesk} has no ticket {vendor_id} in what was read so far")
    ticket_id, status, created_at = row
    definitions = {**(own or {}), **catalogue.definitions()}
    events = _timeline(con, helpdesk, ticket_id)
    measures = _measures(con, helpdesk, ticket_id, events, definitions)
    dated = [Dated(one.measure, one.clock, one.value, one.at, one.until) for one in measures]
    clocks = [one for one in segments if one.ticket_id == ticket_id]
    born = created_at.replace(microsecond=0, tzinfo=UTC)
    timeline = _marked(events, list(changes(clocks, dated, definitions)), born)
    zone, timeline = _timed(con, helpdesk, timeline)
    return TicketStory(
        helpdesk=helpdesk,
        id=vendor_id,
        ticket_id=ticket_id,
        status=status,
        created_at=created_at.replace(tzinfo=UTC),
        measures=measures,
        timeline=timeline,
        timezone=zone,
    )


def _marked(
    events: Sequence[TimelineRow], found: Sequence[Change], born: datetime
) -> tuple[TimelineRow, ...]:
    """Put each change on the event that made it, or on a row of its own where there is none."""
    rows = list(events)
    marks: dict[int, list[Mark]] = {}
    for change in sorted(found, key=lambda one: one.at):
        here = _row_of(rows, change)
        if here is None:
            here = len(rows)
            kind = "created" if change.at == born else DATE
            rows.append(_instant(change.at, kind))
        marks.setdefault(here, []).append(change.mark)
    told = [
        msgspec.structs.replace(row, marks=tuple(dict.fromkeys(marks.get(place, ()))))
        for place, row in enumerate(rows)
    ]
    return tuple(sorted(told, key=lambda row: (row.at, row.id, row.kind)))


def _row_of(rows: Sequence[TimelineRow], change: Change) -> int | None:
    """Return the event behind a change: the creation, one of the likeliest kind, or any then."""
    there = [i for i, row in enumerate(rows) if row.at.replace(microsecond=0) == change.at]
    for kind in ("created", *change.kinds):
        made = [i for i in there if rows[i].kind == kind]
        if made:
            return made[-1]
    return there[-1] if there else None


def _instant(at: datetime, kind: str) -> TimelineRow:
    return TimelineRow(id=0, at=at, kind=kind, who="", is_public=None, value=None, previous=None)


def _timed(
    con: DuckDBPyConnection, helpdesk: str, rows: tuple[TimelineRow, ...]
) -> tuple[str, tuple[TimelineRow, ...]]:
    """Tell the business hours between rows, by the schedule then in force; return its zone."""
    schedules = con.execute(
        "select distinct s.schedule_id, s.name, s.is_default from schedules as s"
        " where s.helpdesk = ? order by s.is_default desc, s.schedule_id",
        [helpdesk],
    ).fetchall()
    if not schedules or not rows:
        return "UTC", rows
    hours = load_hours(con, rows[0].at, rows[-1].at, helpdesk)
    by_name = {name: key for key, name, _ in reversed(schedules)}
    now, told = schedules[0][0], list(rows[:1])
    for before, row in pairwise(rows):
        now = by_name.get(before.value, now) if before.kind == "schedule" else now
        seconds = hours[now].open_seconds(before.at, row.at)
        told.append(msgspec.structs.replace(row, open_s=seconds))
    versions = load_versions(con, helpdesk)[now]
    return max(versions, key=lambda one: one.valid_from).timezone, tuple(told)


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
    con: DuckDBPyConnection,
    helpdesk: str,
    ticket_id: int,
    timeline: tuple[TimelineRow, ...],
    definitions: Mapping[str, MeasureDefinition],
) -> tuple[TicketMeasure, ...]:
    rows = con.execute(
        'select measure, clock, value, "at", until, flags, so_far, since, wakes_at from measures'
        ' where helpdesk = ? and ticket_id = ? order by measure, clock desc, "at"',
        [helpdesk, ticket_id],
    ).fetchall()
    return tuple(_measure(*row, timeline, definitions) for row in rows)


def _measure(*row: Any) -> TicketMeasure:
    name, clock, value, at, until, flags, so_far, since, wakes_at, timeline, definitions = row
    definition = definitions[definition_id(name)]
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
        family=definition.family,
        section=section_of(definition),
        variant=definition.id.partition(".")[2],
        not_yet=definition.not_yet,
    )


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
