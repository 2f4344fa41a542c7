"""The adapter of a helpdesk in memory: what the tests of everything above the adapters run against.

- a cursor is a position in the account's log of changes;
- drop-down options are no tags here, and a stale `expected_stamp` is a conflict;
- the helpdesk is found by its name, among those that somebody in this process holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.memory_helpdesk import MemoryHelpdesk
from connector.errors import AuthenticationError, FatalError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.page import (
    EventSource,
    FieldAction,
    FieldPlan,
    FieldSpec,
    FieldStep,
    Identity,
    Page,
    Records,
    Schema,
    SchemaField,
    Stream,
    TicketField,
)
from connector.model.ticket import Event, EventRows, Role, Status, Ticket, TicketRows

__all__ = ["MemoryAdapter", "MemoryHelpdesk", "MemorySettings"]


class MemorySettings(AdapterSettings):
    """`[helpdesk.options]` of a helpdesk in memory."""

    account: str = "memory"
    token: SecretStr = SecretStr("secret")


class MemoryAdapter(Adapter):
    """Tickets of one helpdesk in memory."""

    kind = "memory"
    settings_model = MemorySettings
    capabilities = Capabilities(
        streams=frozenset(Stream) - {Stream.SLA},
        events=EventSource.STREAM,
        creates_fields=True,
        write_batch=100,
        detects_conflicts=True,
        native_figures=True,
    )

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Find the helpdesk; raise FatalError if nobody in this process holds one of that name."""
        assert isinstance(settings, MemorySettings)
        self._settings = settings
        self._watched = watched_fields
        desk = MemoryHelpdesk.by_name.get(settings.account)
        if desk is None:
            raise FatalError(
                f"there is no helpdesk {settings.account!r} in the memory of this process"
            )
        self._desk = desk
        self._requests = 0

    def _answer(self) -> MemoryHelpdesk:
        self._requests += 1
        self._desk.answer()
        if self._settings.token.get_secret_value() != self._desk.token:
            raise AuthenticationError(
                "memory: the token is wrong; see the token option", status=401
            )
        return self._desk

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._requests

    def check(self) -> Identity:
        """Say whose credentials these are."""
        desk = self._answer()
        user = desk.user
        if user.role != Role.ADMIN:
            raise AuthenticationError(f"{user.name} is {user.role}; the connector needs an admin")
        return Identity(id=user.id, name=user.name or "", role=user.role, server_time=desk.now)

    def discover(self) -> Schema:
        """List what mappings may name."""
        desk = self._answer()
        return Schema(
            groups={group.id: group.name for group in desk.groups.values()},
            fields=tuple(desk.fields.values()),
            people={
                p.id: p.name or ""
                for p in desk.people.values()
                if p.role in {Role.ADMIN, Role.AGENT}
            },
            channels=("email", "web"),
            priorities=("low", "normal", "high", "urgent"),
            types=("question", "incident", "problem", "task"),
            schedules={schedule.id: schedule.name for schedule in desk.schedules.values()},
        )

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""
        desk = self._answer()
        if stream in {Stream.GROUPS, Stream.SCHEDULES}:
            rows: Records = (
                tuple(desk.groups.values())
                if stream == Stream.GROUPS
                else tuple(desk.schedules.values())
            )
            return Page(
                records=rows, cursor=None, has_more=False, through=desk.now, server_time=desk.now
            )
        until = desk.visible_until
        feed = desk.feeds[stream]
        keys, position, has_more = feed.page(int(cursor or 0), desk.page_size, until)
        return Page(
            records=self._records(stream, keys),
            cursor=str(position),
            has_more=has_more,
            through=feed.at(position) if has_more else until,
            server_time=desk.now,
            expected=len(desk.tickets) if stream == Stream.TICKETS else None,
        )

    def _records(self, stream: Stream, keys: Sequence[str]) -> Records:
        desk = self._desk
        if stream == Stream.TICKETS:
            return TicketRows.of(self._seen(desk.tickets[key]) for key in keys)
        if stream == Stream.EVENTS:
            since = self._settings.history_since
            events = (desk.events[key] for key in keys)
            return EventRows.of(event for event in events if since is None or event.at >= since)
        if stream == Stream.PEOPLE:
            return tuple(desk.people[key] for key in keys)
        return tuple(desk.ratings[key] for key in keys)

    def _seen(self, ticket: Ticket) -> Ticket:
        fields = {name: value for name, value in ticket.fields.items() if name in self._watched}
        return Ticket(
            **{name: getattr(ticket, name) for name in ticket.__struct_fields__}
            | {"fields": fields}
        )

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist."""
        desk = self._answer()
        found = (desk.tickets[ticket_id] for ticket_id in ids if ticket_id in desk.tickets)
        return tuple(self._seen(ticket) for ticket in found if ticket.status != Status.DELETED)

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets."""
        desk = self._answer()
        return tuple(event for ticket_id in ids for event in desk.history(ticket_id))

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write every change at once; the receipt knows the outcomes."""
        if len(changes) > self.capabilities.write_batch:
            raise FatalError(
                f"memory takes at most {self.capabilities.write_batch} changes at once"
            )
        self._answer()
        return Receipt(
            changes=tuple(changes), results=tuple(self._write(change) for change in changes)
        )

    def _write(self, change: TicketChange) -> WriteResult:
        ticket = self._desk.tickets.get(change.ticket_id)
        if ticket is None or ticket.status == Status.DELETED:
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.MISSING)
        if ticket.status == Status.CLOSED:
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.LOCKED, detail="closed")
        if _is_stale(change.expected_stamp, ticket.stamp):
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.CONFLICT)
        tags = ({*ticket.tags} - {*change.remove_tags}) | {*change.add_tags}
        fields = {**ticket.fields, **change.fields}
        written = self._desk.replace(
            ticket,
            {
                "tags": tuple(sorted(tags)),
                "fields": {name: value for name, value in fields.items() if value},
            },
        )
        return WriteResult(ticket_id=ticket.id, outcome=Outcome.WRITTEN, ticket=self._seen(written))

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with the helpdesk's."""
        desk = self._answer()
        return FieldPlan(tuple(_step(spec, desk.fields, remove=remove) for spec in wanted))

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Do what the plan says."""
        desk = self._answer()
        fields = []
        for step in plan.steps:
            field_id = step.field_id or desk.new_id()
            if step.action == FieldAction.REMOVE:
                desk.fields.pop(field_id)
                continue
            if step.action in {FieldAction.CREATE, FieldAction.ADD_OPTIONS}:
                desk.fields[field_id] = SchemaField(
                    id=field_id,
                    title=step.spec.title,
                    kind=step.spec.kind,
                    options=step.spec.options,
                )
            if field_id in desk.fields:
                fields.append(_ours(step.spec.role, desk.fields[field_id]))
        return tuple(fields)

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        desk = self._answer()
        found = ((role, desk.fields.get(field_id)) for role, field_id in ids.items())
        return tuple(_ours(role, field) for role, field in found if field)


def _is_stale(expected: datetime | None, stamp: datetime) -> bool:
    return expected is not None and stamp > expected


def _ours(role: str, field: SchemaField) -> TicketField:
    return TicketField(
        role=role, id=field.id, title=field.title, active=field.active, options=field.options
    )


def _step(spec: FieldSpec, fields: Mapping[str, SchemaField], *, remove: bool) -> FieldStep:
    found = next((f for f in fields.values() if (f.title, f.kind) == (spec.title, spec.kind)), None)
    if remove:
        action = FieldAction.REMOVE if found else FieldAction.KEEP
        return FieldStep(action=action, spec=spec, field_id=found.id if found else None)
    if found is None:
        return FieldStep(action=FieldAction.CREATE, spec=spec, options=spec.options)
    missing = {value: name for value, name in spec.options.items() if value not in found.options}
    action = FieldAction.ADD_OPTIONS if missing else FieldAction.KEEP
    return FieldStep(action=action, spec=spec, field_id=found.id, options=missing)
