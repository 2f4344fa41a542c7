"""What the entries of a ticket's history mean to us; pure.

RT tells how a ticket began by nothing but what changed later: the first old value of a thing, or
else the value of today, is what it began with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from connector.adapters.rt.parse import person
from connector.adapters.rt.wire import WireTransaction
from connector.model.ticket import Event, EventKind, Status, Ticket

OPENING = "0"
"""The id of the events with which a ticket began, where its own beginning is hidden from us."""

KINDS = {
    "Status": EventKind.STATUS,
    "Owner": EventKind.ASSIGNEE,
    "Queue": EventKind.GROUP,
    "Priority": EventKind.PRIORITY,
}
CHANGES = frozenset({"Set", "Status", "Give", "Take", "Untake", "Steal", "Force"})
COMMENTS = {"Correspond": True, "Comment": False}
"""Kinds of entries that somebody wrote, and whether customers read them."""

_INTO = re.compile(r"/ticket/(\d+)$")


class Change(NamedTuple):
    """One thing of a ticket that changed, in our words."""

    kind: EventKind
    value: str | None
    previous: str | None


class Words(NamedTuple):
    """What RT's values mean: statuses, and who stands for nobody."""

    status: Callable[[str], Status]
    nobody: Callable[[], str]

    def change(self, entry: WireTransaction) -> Change | None:
        """Return what an entry says was changed, None if it is nothing that we follow."""
        kind = KINDS.get(entry.field or "")
        if kind is None or entry.type not in CHANGES:
            return None
        return Change(kind, self._value(kind, entry.new_value), self._value(kind, entry.old_value))

    def _value(self, kind: EventKind, value: str | None) -> str | None:
        if not value:
            return None
        if kind is EventKind.STATUS:
            return self.status(value)
        is_nobody = kind is EventKind.ASSIGNEE and value == self.nobody()
        return None if is_nobody else value


def begins(entry: WireTransaction) -> bool:
    """Tell whether an entry is a ticket's beginning."""
    return entry.type == "Create"


def told(
    ticket_id: str, entries: Sequence[WireTransaction], today: Ticket | None, words: Words
) -> Iterator[Event]:
    """Yield the events of one ticket from its entries, oldest first."""
    changes = {str(entry.id): words.change(entry) for entry in entries}
    values = _first_values(changes.values(), today)
    opening = next(filter(begins, entries), None)
    if opening is not None:
        yield from _opening(_Author(ticket_id, opening), values)
    elif today is not None:
        yield from _opening(_Author(ticket_id, None, today), values)
    status = values.get(EventKind.STATUS)
    for entry in entries:
        author = _Author(ticket_id, entry)
        change = changes[str(entry.id)]
        if entry.type in COMMENTS:
            yield author.event(EventKind.COMMENT, is_public=COMMENTS[entry.type])
        if change is not None and change.value != change.previous:
            yield from _changed(author, change)
            status = change.value if change.kind is EventKind.STATUS else status
        into = _merged_into(entry)
        if into not in {None, ticket_id}:
            yield author.event(EventKind.MERGED, into)
            # RT leaves the status as it was
            yield author.event(EventKind.STATUS, Status.CLOSED, status)


class _Author:
    """Makes events of one entry; or of a ticket's beginning, where that is hidden."""

    def __init__(
        self, ticket_id: str, entry: WireTransaction | None, today: Ticket | None = None
    ) -> None:
        self._ticket_id = ticket_id
        self._id = str(entry.id) if entry else OPENING
        self._actor = person(entry.creator) if entry else today.submitter_id if today else None
        at = entry.created if entry else today.created_at if today else None
        assert at is not None
        self._at: datetime = at

    def event(
        self,
        kind: EventKind,
        value: str | None = None,
        previous: str | None = None,
        *,
        is_public: bool | None = None,
    ) -> Event:
        """Return an event of this entry."""
        return Event(
            id=self._id,
            ticket_id=self._ticket_id,
            at=self._at,
            kind=kind,
            actor_id=self._actor,
            is_public=is_public,
            value=value,
            previous=previous,
        )


def _first_values(
    changes: Iterable[Change | None], today: Ticket | None
) -> Mapping[EventKind, str | None]:
    values: dict[EventKind, str | None] = {}
    for change in filter(None, changes):
        values.setdefault(change.kind, change.previous)
    if today is not None:
        values.setdefault(EventKind.STATUS, today.status)
        values.setdefault(EventKind.ASSIGNEE, today.assignee_id)
        values.setdefault(EventKind.GROUP, today.group_id)
        values.setdefault(EventKind.PRIORITY, today.priority)
    return values


def _opening(author: _Author, values: Mapping[EventKind, str | None]) -> Iterator[Event]:
    yield author.event(EventKind.CREATED)
    yield author.event(EventKind.COMMENT, is_public=True)
    for kind, value in values.items():
        if value is not None:
            yield author.event(kind, value)


def _changed(author: _Author, change: Change) -> Iterator[Event]:
    yield author.event(*change)
    if change.value == Status.DELETED:
        yield author.event(EventKind.DELETED)
    if change.previous == Status.DELETED:
        yield author.event(EventKind.RESTORED)


def _merged_into(entry: WireTransaction) -> str | None:
    if (entry.type, entry.field) != ("AddLink", "MergedInto"):
        return None
    found = _INTO.search(entry.new_value or "")
    return found[1] if found else None
