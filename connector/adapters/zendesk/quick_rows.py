"""Rows of the usual events: the same that `events.py` would make of them, for far less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Raw

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
    is_bare,
)
from connector.model.ticket import EventKind, Status

Row = tuple[str, str, datetime, EventKind, str | None, bool | None, str | None, str | None]
SYSTEM = -1
MOST = 4_096
"""How many values are remembered as codes before it begins anew."""

COMMENT = EventKind.COMMENT


class QuickRows:
    """Adds the rows of usual events to those of a page."""

    def __init__(self, rows: list[Row]) -> None:
        """Add to `rows`; `bare` counts changes that name nothing."""
        self.bare = 0
        self._rows = rows
        self._codes: dict[Code, str | None] = {}
        self._previous: dict[bytes, tuple[bool, str | None]] = {}
        self._channels: dict[str, str | None] = {}

    def add(self, event: QuickEvent) -> None:
        """Add the rows of one event."""
        rows = self._rows
        ticket_id = str(event.ticket_id)
        event_at = utc(event.timestamp)
        updater = event.updater_id
        actor = None if updater is None or updater == SYSTEM else str(updater)
        children = event.child_events
        has_begun = False
        for child in children:
            if isinstance(child, Said):
                public = child.comment_public if child.public is None else child.public
                by = actor if child.author_id is None else str(child.author_id)
                at = child.created_at or event_at
                rows.append((str(child.id), ticket_id, at, COMMENT, by, public, None, None))
            elif isinstance(child, Changed):
                begin = (str(child.id), ticket_id, child.created_at or event_at)
                is_begin = isinstance(child, Begun)
                if is_begin and not has_begun:
                    has_begun = True
                    via = self._channel(event.via)
                    rows.append((*begin, EventKind.CREATED, actor, None, via, None))
                is_told = self._change(child, begin, actor, children)
                self.bare += not (is_begin or is_told) and is_bare(child)
            elif isinstance(child, Scheduled):
                schedule = _text(child.new_schedule_id) or _text(child.schedule_id)
                before = _text(child.previous_schedule_id)
                at = child.created_at or event_at
                kind = EventKind.SCHEDULE
                rows.append((str(child.id), ticket_id, at, kind, actor, None, schedule, before))

    def _change(
        self,
        child: Changed,
        begin: tuple[str, str, datetime],
        actor: str | None,
        children: Sequence[Child],
    ) -> bool:
        """Add the rows of one change; tell whether it needs any, or might have."""
        rows = self._rows
        if child.comment_present and not any(isinstance(one, Said) for one in children):
            rows.append((*begin, COMMENT, actor, child.comment_public, None, None))
        values = _values(child)
        for kind, value in values:
            if kind is EventKind.RATING and value not in SCORES:
                continue  # nobody was asked
            was_none, previous = self._before(child.previous_value)
            if value is None and was_none:
                continue
            now = self._code(value)
            rows.append((*begin, kind, actor, None, now, previous))
            if kind is EventKind.STATUS and now == Status.DELETED:
                rows.append((*begin, EventKind.DELETED, actor, None, None, previous))
            if kind is EventKind.STATUS and previous == Status.DELETED:
                rows.append((*begin, EventKind.RESTORED, actor, None, now, None))
        return bool(values) or bool(child.comment_present)

    def _code(self, value: Code) -> str | None:
        codes = self._codes
        if value not in codes:
            if len(codes) >= MOST:
                codes.clear()
            codes[value] = code(value)
        return codes[value]

    def _before(self, raw: Raw) -> tuple[bool, str | None]:
        """Return whether a value was null before, and its code."""
        known = self._previous
        key = bytes(raw)
        if key not in known:
            if len(known) >= MOST:
                known.clear()
            value = plain(raw)
            known[key] = (value is None, code(value))
        return known[key]

    def _channel(self, via: str) -> str | None:
        if via not in self._channels:
            self._channels[via] = channel(via)
        return self._channels[via]


def _values(child: Changed) -> list[tuple[EventKind, Code]]:
    """Return the values that a change names, in the order of `KINDS`."""
    found: list[tuple[EventKind, Code]] = []
    if child.status is not UNSET:
        found.append((EventKind.STATUS, child.status))
    if child.assignee_id is not UNSET:
        found.append((EventKind.ASSIGNEE, child.assignee_id))
    if child.group_id is not UNSET:
        found.append((EventKind.GROUP, child.group_id))
    if child.priority is not UNSET:
        found.append((EventKind.PRIORITY, child.priority))
    if child.type is not UNSET:
        found.append((EventKind.TYPE, child.type))
    if child.satisfaction_score is not UNSET:
        found.append((EventKind.RATING, child.satisfaction_score))
    return found


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
