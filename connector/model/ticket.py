"""Tickets and what happens to them, in our own words; every adapter translates into these.

Vendor ids are strings. Times are aware UTC datetimes. No record carries a subject, a body, an
e-mail address or a customer's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import IntFlag, StrEnum
from typing import Any, Self

import msgspec


class Status(StrEnum):
    """The six status families every helpdesk's statuses map onto, and the deleted ones."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    DELETED = "deleted"


UNSOLVED = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD})


class Mark(IntFlag):
    """What is special about a ticket; several may hold at once."""

    NONE = 0
    MERGED = 1  # closed as the merged-away side
    SPAM = 2  # spam, or suspended
    CHILD = 4  # a side conversation's ticket
    FOLLOW_UP = 8  # opened from a closed ticket, may have inherited tags and fields
    MESSAGING = 16  # messaging, chat or voice: the replies are kept elsewhere


class EventKind(StrEnum):
    """What one event says; `value` and `previous` hold the new and old value, if any."""

    CREATED = "created"  # value: channel
    COMMENT = "comment"  # is_public says reply or note; opening comments are comments too
    STATUS = "status"  # value: a Status
    ASSIGNEE = "assignee"  # value: person id, None when unassigned
    GROUP = "group"  # value: group id
    PRIORITY = "priority"
    TYPE = "type"
    SCHEDULE = "schedule"  # value: schedule id
    RATING = "rating"  # value: good, bad or offered
    MERGED = "merged"  # value: id of the ticket it went into, if known
    DELETED = "deleted"
    RESTORED = "restored"


class Role(StrEnum):
    """Who a person is to the helpdesk; `ADMIN` and `AGENT` are staff."""

    ADMIN = "admin"
    AGENT = "agent"
    CUSTOMER = "customer"


NATIVE_FIGURES = (
    "first_reply_time_calendar",
    "first_reply_time_business",
    "first_resolution_time_calendar",
    "first_resolution_time_business",
    "full_resolution_time_calendar",
    "full_resolution_time_business",
    "agent_wait_time_calendar",
    "agent_wait_time_business",
    "requester_wait_time_calendar",
    "requester_wait_time_business",
    "on_hold_time_calendar",
    "on_hold_time_business",
    "reopens",
    "replies",
    "assignee_stations",
    "group_stations",
)
"""The helpdesk's own figures for one ticket, where it offers them; times in seconds."""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket as last read.

    `stamp` orders versions of the same ticket: the newest wins. `fields` holds only the watched
    custom fields (ids that mappings or the write-back name), values as text, empty ones absent.
    `native` maps names of `NATIVE_FIGURES` to numbers.
    """

    id: str
    status: str
    created_at: datetime
    updated_at: datetime
    stamp: datetime
    requester_id: str | None = None
    submitter_id: str | None = None
    assignee_id: str | None = None
    group_id: str | None = None
    organization_id: str | None = None
    brand_id: str | None = None
    form_id: str | None = None
    channel: str | None = None
    priority: str | None = None
    type: str | None = None
    marks: int = 0
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    native: Mapping[str, float] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a ticket; unique by (ticket_id, id, kind), ordered by (at, id)."""

    id: str
    ticket_id: str
    at: datetime
    kind: str
    actor_id: str | None = None
    is_public: bool | None = None
    value: str | None = None
    previous: str | None = None


class TicketRows(msgspec.Struct, kw_only=True):
    """The tickets of one page as columns of equal length; the bulk path builds no objects."""

    id: list[str]
    status: list[str]
    created_at: list[datetime]
    updated_at: list[datetime]
    stamp: list[datetime]
    requester_id: list[str | None]
    submitter_id: list[str | None]
    assignee_id: list[str | None]
    group_id: list[str | None]
    organization_id: list[str | None]
    brand_id: list[str | None]
    form_id: list[str | None]
    channel: list[str | None]
    priority: list[str | None]
    type: list[str | None]
    marks: list[int]
    tags: list[tuple[str, ...]]
    fields: list[Mapping[str, str]]
    native: list[Mapping[str, float] | None]

    def __len__(self) -> int:
        """Return the number of tickets."""
        return len(self.id)

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> Self:
        """Turn tickets into columns."""
        return cls(**_columns(tickets, cls.__struct_fields__))

    def rows(self) -> Iterator[Ticket]:
        """Yield the tickets as objects, for tests and small pages."""
        for row in _rows(self):
            yield Ticket(**row)


class EventRows(msgspec.Struct, kw_only=True):
    """The events of one page as columns of equal length."""

    id: list[str]
    ticket_id: list[str]
    at: list[datetime]
    kind: list[str]
    actor_id: list[str | None]
    is_public: list[bool | None]
    value: list[str | None]
    previous: list[str | None]

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.id)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """Turn events into columns."""
        return cls(**_columns(events, cls.__struct_fields__))

    def rows(self) -> Iterator[Event]:
        """Yield the events as objects, for tests and small pages."""
        for row in _rows(self):
            yield Event(**row)


def _columns(rows: Iterable[msgspec.Struct], names: tuple[str, ...]) -> dict[str, Any]:
    rows = tuple(rows)
    return {name: [getattr(row, name) for row in rows] for name in names}


def _rows(columns: msgspec.Struct) -> Iterator[dict[str, Any]]:
    names = columns.__struct_fields__
    for values in zip(*(getattr(columns, name) for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a ticket names. `name` is kept for staff only and is None for customers."""

    id: str
    role: str
    name: str | None = None
    active: bool = True
    updated_at: datetime | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group, team or queue that tickets are assigned to."""

    id: str
    name: str
    deleted: bool = False


class Holiday(msgspec.Struct, frozen=True):
    """Local days on which a schedule is closed, both ends included."""

    name: str
    start_on: date
    end_on: date


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Weekly business hours: minutes since local Sunday 00:00, in an IANA zone."""

    id: str
    name: str
    timezone: str
    intervals: tuple[tuple[int, int], ...]
    holidays: tuple[Holiday, ...] = ()
    is_default: bool = False


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """A satisfaction rating: `score` is good, bad or offered; `points` where the scale has them.

    `reason` is the id of what a customer chose from the helpdesk's list of reasons for a bad one,
    never what somebody wrote.
    """

    id: str
    ticket_id: str
    score: str
    offered_at: datetime
    rated_at: datetime | None = None
    assignee_id: str | None = None
    group_id: str | None = None
    points: int | None = None
    reason: str | None = None
    updated_at: datetime | None = None
