"""The far side of the memory adapter: a helpdesk that a test moves by hand, with its own clock."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import msgspec

from connector.errors import AdapterError
from connector.model.page import SchemaField
from connector.model.ticket import (
    Event,
    EventKind,
    Group,
    Mark,
    Person,
    Rating,
    Role,
    Schedule,
    Status,
    Ticket,
)

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
_TRACKED = {
    "status": EventKind.STATUS,
    "assignee_id": EventKind.ASSIGNEE,
    "group_id": EventKind.GROUP,
    "priority": EventKind.PRIORITY,
    "type": EventKind.TYPE,
}


class Feed:
    """Keys in the order of their last change; a reader's position is a number that never moves."""

    def __init__(self) -> None:
        self._log: list[tuple[datetime, str]] = []
        self._newest: dict[str, int] = {}

    def add(self, at: datetime, key: str) -> None:
        """Note that this key changed."""
        self._newest[key] = len(self._log)
        self._log.append((at, key))

    def page(self, position: int, size: int, until: datetime) -> tuple[list[str], int, bool]:
        """Return the keys after a position, where to go on, and whether more is there."""
        end = bisect_right(self._log, until, key=lambda entry: entry[0])
        keys: list[str] = []
        while position < end and len(keys) < size:
            _, key = self._log[position]
            if self._newest[key] == position:
                keys.append(key)
            position += 1
        return keys, position, position < end

    def at(self, position: int) -> datetime | None:
        """Return when the last entry before a position was made."""
        return self._log[position - 1][0] if 0 < position <= len(self._log) else None


class MemoryHelpdesk:
    """One account in memory; adapters find it by name while somebody holds it.

    `now` is its clock; `withhold_s` keeps the newest changes back, as some vendors do.
    """

    by_name: ClassVar[WeakValueDictionary[str, MemoryHelpdesk]] = WeakValueDictionary()

    def __init__(
        self,
        name: str = "memory",
        *,
        now: datetime = START,
        withhold_s: float = 0,
        page_size: int = 1000,
    ) -> None:
        """Open an empty account that takes the name over from any older one."""
        self.name = name
        self.now = now
        self.withhold_s = withhold_s
        self.page_size = page_size
        self.token = "secret"  # noqa: S105  # what tests sign in with
        self.user = Person(id="1", role=Role.ADMIN, name="Connector")
        self.tickets: dict[str, Ticket] = {}
        self.events: dict[str, Event] = {}
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.schedules: dict[str, Schedule] = {}
        self.ratings: dict[str, Rating] = {}
        self.fields: dict[str, SchemaField] = {}
        self.feeds = {stream: Feed() for stream in ("tickets", "events", "people", "ratings")}
        self.requests = 0
        self._failures: deque[AdapterError | None] = deque()
        self._last_id = 1000
        self._last_stamp = now - TICK
        self.add_person(self.user)
        MemoryHelpdesk.by_name[name] = self

    @property
    def visible_until(self) -> datetime:
        """Return the instant up to which changes can be read."""
        return self.now - timedelta(seconds=self.withhold_s)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def fail_next(self, error: AdapterError, times: int = 1, *, after: int = 0) -> None:
        """Answer the next requests with this error, or those that come `after` so many others."""
        self._failures.extend([None] * after + [error] * times)

    def answer(self) -> None:
        """Count one request, and raise the failure that was ordered for it, if any."""
        self.requests += 1
        failure = self._failures.popleft() if self._failures else None
        if failure is not None:
            raise failure

    def missing_id(self) -> str:
        """Return an id that nothing has."""
        return "999999"

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        self._last_id += 1
        return str(self._last_id)

    def put(self, ticket_id: str | None = None, *, by: str | None = None, **values: Any) -> str:
        """Create a ticket, or change the named values of an existing one; return its id."""
        ticket_id = ticket_id or self.new_id()
        old = self.tickets.get(ticket_id)
        if old is None:
            self._create(ticket_id, values)
        else:
            self._replace(old, values)
            for name in _TRACKED.keys() & values.keys():
                if getattr(old, name) != values[name]:
                    kind = _TRACKED[name]
                    self.add_event(
                        ticket_id, kind, by=by, value=values[name], previous=getattr(old, name)
                    )
        return ticket_id

    def _create(self, ticket_id: str, values: Mapping[str, Any]) -> None:
        stamp = self._next_stamp()
        basics: dict[str, Any] = {
            "status": Status.NEW,
            "created_at": self.now,
            "updated_at": self.now,
            "requester_id": "900",
            "channel": "web",
        }
        ticket = Ticket(id=ticket_id, stamp=stamp, **(basics | dict(values)))
        self.tickets[ticket_id] = ticket
        self.feeds["tickets"].add(self.now, ticket_id)
        requester = ticket.requester_id
        self.add_event(ticket_id, EventKind.CREATED, by=requester, value=ticket.channel)
        self.add_event(ticket_id, EventKind.COMMENT, by=requester, is_public=True)
        for name, kind in _TRACKED.items():
            if getattr(ticket, name) is not None:
                self.add_event(ticket_id, kind, by=requester, value=getattr(ticket, name))

    def _replace(self, ticket: Ticket, values: Mapping[str, Any]) -> Ticket:
        stamp = self._next_stamp()
        moved = {"updated_at": self.now, "stamp": stamp} | dict(values)
        changed = msgspec.structs.replace(ticket, **moved)
        self.tickets[ticket.id] = changed
        self.feeds["tickets"].add(self.now, ticket.id)
        return changed

    def _next_stamp(self) -> datetime:
        self._last_stamp = max(self.now, self._last_stamp + TICK)
        return self._last_stamp

    def set_status(self, ticket_id: str, status: str, *, by: str | None = None) -> None:
        """Move a ticket to another status."""
        self.put(ticket_id, by=by, status=status)

    def comment(self, ticket_id: str, *, by: str, is_public: bool = True) -> None:
        """Reply to a ticket, or leave a note on it."""
        self._replace(self.tickets[ticket_id], {})
        self.add_event(ticket_id, EventKind.COMMENT, by=by, is_public=is_public)

    def tag(self, ticket_id: str, *tags: str) -> None:
        """Add tags, as a person would."""
        ticket = self.tickets[ticket_id]
        self._replace(ticket, {"tags": tuple(sorted({*ticket.tags, *tags}))})

    def untag(self, ticket_id: str, *tags: str) -> None:
        """Remove tags, as a person would."""
        ticket = self.tickets[ticket_id]
        self._replace(ticket, {"tags": tuple(tag for tag in ticket.tags if tag not in tags)})

    def set_field(self, ticket_id: str, field_id: str, value: str | None) -> None:
        """Set or clear a custom field, as a person would."""
        fields = dict(self.tickets[ticket_id].fields)
        fields.pop(field_id, None)
        self._replace(
            self.tickets[ticket_id], {"fields": fields | ({field_id: value} if value else {})}
        )

    def delete(self, ticket_id: str) -> None:
        """Delete a ticket; readers see it once more, as deleted."""
        self.put(ticket_id, status=Status.DELETED)
        self.add_event(ticket_id, EventKind.DELETED)

    def merge(self, ticket_id: str, into: str) -> None:
        """Close a ticket as merged into another one."""
        marks = self.tickets[ticket_id].marks | Mark.MERGED
        self.put(ticket_id, status=Status.CLOSED, marks=int(marks))
        self.add_event(ticket_id, EventKind.MERGED, value=into)

    def add_event(
        self,
        ticket_id: str,
        kind: EventKind,
        *,
        by: str | None = None,
        is_public: bool | None = None,
        value: str | None = None,
        previous: str | None = None,
    ) -> None:
        """Note that something happened to a ticket now."""
        event = Event(
            id=self.new_id(), ticket_id=ticket_id, at=self.now, kind=kind, actor_id=by,
            is_public=is_public, value=value, previous=previous,
        )  # fmt: skip
        self.events[event.id] = event
        self.feeds["events"].add(self.now, event.id)

    def add_person(self, person: Person) -> str:
        """Add somebody, or replace them."""
        self.people[person.id] = person
        self.feeds["people"].add(self.now, person.id)
        return person.id

    def add_group(self, name: str, group_id: str | None = None) -> str:
        """Add a group, or rename it."""
        group_id = group_id or self.new_id()
        self.groups[group_id] = Group(id=group_id, name=name)
        return group_id

    def add_schedule(self, schedule: Schedule) -> str:
        """Add business hours, or replace them."""
        self.schedules[schedule.id] = schedule
        return schedule.id

    def rate(
        self, ticket_id: str, score: str, *, points: int | None = None, reason: str | None = None
    ) -> str:
        """Offer a rating, or answer the one that was offered."""
        old = next((r for r in self.ratings.values() if r.ticket_id == ticket_id), None)
        ticket = self.tickets[ticket_id]
        rating = Rating(
            id=old.id if old else self.new_id(), ticket_id=ticket_id, score=score, points=points,
            reason=reason, offered_at=old.offered_at if old else self.now, updated_at=self.now,
            rated_at=None if score == "offered" else self.now,
            assignee_id=ticket.assignee_id, group_id=ticket.group_id,
        )  # fmt: skip
        self.ratings[rating.id] = rating
        self.feeds["ratings"].add(self.now, rating.id)
        self.add_event(ticket_id, EventKind.RATING, by=ticket.requester_id, value=score)
        return rating.id

    def replace(self, ticket: Ticket, values: Mapping[str, Any]) -> Ticket:
        """Change a ticket without an event, as a write through the adapter does."""
        return self._replace(ticket, values)

    def history(self, ticket_id: str) -> Iterator[Event]:
        """Yield what happened to one ticket."""
        return (event for event in self.events.values() if event.ticket_id == ticket_id)
