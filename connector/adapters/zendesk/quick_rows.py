"""Rows of the usual events: the same that `events.py` would make of them, for far less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from connector.adapters.base import utc
from connector.adapters.zendesk.codes import channel, code, plain
from connector.adapters.zendesk.parse import SCORES
from connector.adapters.zendesk.quick import (
    Begun,
    Changed,
    Child,
    Code,
    QuickEvent,
    Said,
    Scheduled,
    Spoken,
    is_bare,
)
from connector.model.ticket import EventKind, Status

Row = tuple[str, str, datetime, str, str | None, bool | None, str | None, str | None]
Told = tuple[str, str | None, str | None]
"""A kind, and the value now and before."""
SYSTEM = -1
MOST = 4_096
"""How many changes are remembered before it begins anew."""

# plain texts: a member of an enumeration costs the database a call
CREATED, COMMENT, SCHEDULE = map(str, (EventKind.CREATED, EventKind.COMMENT, EventKind.SCHEDULE))
STATUS, DELETED, RESTORED = map(str, (EventKind.STATUS, EventKind.DELETED, EventKind.RESTORED))
RATING = str(EventKind.RATING)
OTHERS = tuple(
    map(str, (EventKind.ASSIGNEE, EventKind.GROUP, EventKind.PRIORITY, EventKind.TYPE, RATING))
)


class QuickRows:
    """Adds the rows of usual events to those of a page.

    `entries` counts all entries, `bare` the changes that name nothing.
    """

    def __init__(self, rows: list[Row]) -> None:
        """Add to `rows`."""
        self.bare = 0
        self.entries = 0
        self._ids: set[str] = set()
        self._told_of = 0
        self._rows = rows
        self._known: dict[tuple[Code | bytes, ...], tuple[Told, ...]] = {}
        self._channels: dict[str, str | None] = {}

    @property
    def is_distinct(self) -> bool:
        """Tell whether no two entries have the same id, so that no row can be there twice."""
        return len(self._ids) == self._told_of

    def add(self, event: QuickEvent) -> None:
        """Add the rows of one event."""
        add = self._rows.append
        ticket_id, event_at = str(event.ticket_id), utc(event.timestamp)
        updater = event.updater_id
        actor = None if updater is None or updater == SYSTEM else str(updater)
        self.entries += len(event.child_events)
        has_begun = False
        for child in event.child_events:
            # types are compared, because asking for instances of structs takes a call
            if type(child) is Said or type(child) is Spoken:
                name, at = str(child.id), child.created_at or event_at
                public = child.comment_public if child.public is None else child.public
                by = actor if child.author_id is None else str(child.author_id)
                add((name, ticket_id, at, COMMENT, by, public, None, None))
            elif type(child) is Changed or type(child) is Begun:
                name, at = str(child.id), child.created_at or event_at
                if type(child) is Begun and not has_begun:
                    has_begun = True
                    add((name, ticket_id, at, CREATED, actor, None, self._channel(event.via), None))
                if child.comment_present and not _is_said(event.child_events):
                    add((name, ticket_id, at, COMMENT, actor, child.comment_public, None, None))
                for kind, now, before in self._told(child):
                    add((name, ticket_id, at, kind, actor, None, now, before))
            elif type(child) is Scheduled:
                name, at = str(child.id), child.created_at or event_at
                add((name, ticket_id, at, SCHEDULE, actor, None, *_schedules(child)))
            else:
                continue
            self._ids.add(name)
            self._told_of += 1

    def _told(self, child: Changed) -> tuple[Told, ...]:
        """Return what a change says; most changes say what others said before."""
        key = (
            child.status,
            child.assignee_id,
            child.group_id,
            child.priority,
            child.type,
            child.satisfaction_score,
            bytes(child.previous_value),
        )
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST:
                self._known.clear()
            found = self._known[key] = tuple(_told(child))
        if not (found or child.comment_present or type(child) is Begun) and is_bare(child):
            self.bare += 1
        return found

    def _channel(self, via: str) -> str | None:
        if via not in self._channels:
            self._channels[via] = channel(via)
        return self._channels[via]


def _told(child: Changed) -> list[Told]:
    """Return the rows of a change, in the order of `words.KINDS`."""
    was = plain(child.previous_value)
    before = code(was)
    found: list[Told] = []
    if child.status is not UNSET and not (child.status is None and was is None):
        now = code(child.status)
        found.append((STATUS, now, before))
        if now == Status.DELETED:
            found.append((DELETED, None, before))
        if before == Status.DELETED:
            found.append((RESTORED, now, None))
    others = (child.assignee_id, child.group_id, child.priority, child.type)
    for kind, value in zip(OTHERS, (*others, child.satisfaction_score), strict=True):
        if value is UNSET or (kind == RATING and value not in SCORES):
            continue  # nobody changed it, or nobody was asked
        if value is not None or was is not None:
            found.append((kind, code(value), before))
    return found


def _is_said(children: Sequence[Child]) -> bool:
    """Tell whether a comment is told by an entry of its own."""
    return any(isinstance(child, Said) for child in children)


def _schedules(child: Scheduled) -> tuple[str | None, str | None]:
    now = _text(child.new_schedule_id) or _text(child.schedule_id)
    return now, _text(child.previous_schedule_id)


def _text(value: int | str | None) -> str | None:
    return None if value is None else str(value)
