"""The ticket event export in our words; lenient, because no recorded page of it was ever found.

Every entry of an event is one of three things: it says something that KPIs need and becomes rows,
it is known to say nothing of the kind, or it is counted as unknown by the names of its kind and
keys. Nothing is dropped silently, and nothing is fatal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET, Raw

from connector.adapters.base import utc
from connector.adapters.zendesk.codes import channel, code, plain
from connector.adapters.zendesk.parse import SCORES, text
from connector.adapters.zendesk.quick import QuickEvent
from connector.adapters.zendesk.quick_rows import SYSTEM, QuickRows, Row
from connector.adapters.zendesk.strange import Strange
from connector.adapters.zendesk.wire import WireChild, WireEvent
from connector.adapters.zendesk.words import (
    CHANGES,
    COMMENTS,
    KINDS,
    MERGE_TAG,
    MERGES,
    SILENT,
    SILENT_KEYS,
)
from connector.model.ticket import EventKind, EventRows, Status

ONCE = frozenset({EventKind.CREATED, EventKind.MERGED})
"""What one event tells once, in however many entries."""


class EventParser:
    """Collects the rows of one page; `key_names` decodes the page again, for the names alone.

    `understood` and `unknown` together count every entry of every event; `unknown_keys` counts
    the keys that nobody knows beside understood ones.
    """

    def __init__(self, key_names: Callable[[], Sequence[Mapping[str, Raw]]]) -> None:
        self.understood = 0
        self._rows: list[Row] = []
        self._has_parsed = False
        self._quick = QuickRows(self._rows)
        self._strange = Strange(key_names)

    @property
    def unknown(self) -> Counter[str]:
        """Return the events and entries that were not understood, by kind and key names."""
        return self._strange.entries

    @property
    def unknown_keys(self) -> Counter[str]:
        """Return the unknown keys of what was understood."""
        return self._strange.keys

    def parse(self, events: Iterable[WireEvent | QuickEvent]) -> EventRows:
        """Return the rows of these events as columns; the same entry told twice is one row."""
        for place, event in enumerate(events):
            if isinstance(event, QuickEvent):
                self._quick.add(event)
            else:
                self._parse(place, event)
        quick = self._quick
        self.understood += quick.entries - quick.bare
        self._strange.count_bare(quick.bare)
        self._strange.count_keys()
        is_distinct = quick.is_distinct and not self._has_parsed
        rows = self._rows if is_distinct else _distinct(self._rows)
        columns = [list(column) for column in zip(*rows, strict=True)]
        names = ("id", "ticket_id", "at", "kind", "actor_id", "is_public", "value", "previous")
        return EventRows(**dict(zip(names, columns or [[] for _ in names], strict=True)))

    def _parse(self, place: int, event: WireEvent) -> None:
        self._has_parsed = True
        self._strange.look_at(place)
        at = event.created_at if event.timestamp is None else utc(event.timestamp)
        if event.ticket_id is None or at is None or event.child_events is None:
            self._strange.count_event(place)
            return
        add = _Adder(self._rows, event, at)
        self._children(place, event.child_events, add)
        self._merges(event, event.child_events, add)

    def _children(self, place: int, children: Sequence[WireChild], add: _Adder) -> None:
        has_comment = any(child.event_type in COMMENTS for child in children)
        for number, child in enumerate(children):
            before = len(self._rows)
            add.turn_to(child, number)
            is_known = self._child(child, add, has_comment=has_comment)
            if is_known or len(self._rows) > before or not self._strange.has_counted(place, number):
                self.understood += 1

    def _merges(self, event: WireEvent, children: Sequence[WireChild], add: _Adder) -> None:
        """Add merges that are told by the way of a closing, or by the ticket merged into."""
        ways = [way for way in (_way(event.via), *map(_way_of, children)) if way]
        if any(way.is_merge for way in ways) and any(map(_closes, children)):
            into = next((way.into for way in ways if way.into not in {None, add.ticket_id}), None)
            add(EventKind.MERGED, value=into)
        merged = event.merged_ticket_ids if isinstance(event.merged_ticket_ids, list) else ()
        for ticket_id in merged:
            if str(ticket_id).isdigit() and str(ticket_id) != add.ticket_id:
                add.merged_away(str(ticket_id))

    def _child(self, child: WireChild, add: _Adder, *, has_comment: bool) -> bool:
        """Add the rows of one entry; tell whether it is known to need none."""
        kind = _kind(child)
        if kind in COMMENTS:
            public = child.comment_public if child.public is None else child.public
            add(EventKind.COMMENT, actor=text(child.author_id) or add.actor, public=public)
            return True
        if kind == "SatisfactionRating":
            if child.score in SCORES:
                add(EventKind.RATING, value=str(child.score))
            return child.score in SCORES
        if kind == "ScheduleAssignment":
            schedule = text(child.new_schedule_id) or text(child.schedule_id)
            add(EventKind.SCHEDULE, value=schedule, previous=text(child.previous_schedule_id))
            return True
        if kind in SILENT:
            return True
        if kind is not None and kind not in CHANGES:
            return False
        return self._change(child, add, kind, has_comment=has_comment)

    def _change(
        self, child: WireChild, add: _Adder, kind: str | None, *, has_comment: bool
    ) -> bool:
        is_known = False
        if kind == "Create":
            add(EventKind.CREATED, value=channel(add.event.via))
            is_known = True
        if child.comment_present:
            is_known = True
            if not has_comment:
                add(EventKind.COMMENT, actor=add.actor, public=child.comment_public)
        previous = plain(child.previous_value)
        for name, value in _changed(child):
            if name not in KINDS:
                is_known = is_known or name in SILENT_KEYS or name.isdigit()
                continue
            is_known = True
            if name == "satisfaction_score" and value not in SCORES:
                continue  # nobody was asked
            if value is not None or previous is not None:
                add.change(KINDS[name], code(value), code(previous))
        if MERGE_TAG in _tags(child):
            add(EventKind.MERGED)
        return is_known or any((child.tags, child.added_tags, child.custom_ticket_fields))


class _Adder:
    """Adds rows that come from the entries of one event, one entry after the other."""

    def __init__(self, rows: list[Row], event: WireEvent, at: datetime) -> None:
        self.event = event
        self.actor = None if event.updater_id == SYSTEM else text(event.updater_id)
        self.ticket_id = str(event.ticket_id)
        self._rows = rows
        self._told: set[EventKind] = set()
        self._event_at = at
        self._id = ""
        self._at = at

    def turn_to(self, child: WireChild, number: int) -> None:
        """Add rows of this entry from now on; one without an id is known by its place."""
        self._at = child.created_at or self._event_at
        if child.id is not None:
            self._id = str(child.id)
        else:
            self._id = f"{self.event.id}-{number}" if number else str(self.event.id)

    def __call__(
        self,
        kind: EventKind,
        *,
        actor: str | None = None,
        public: bool | None = None,
        value: str | None = None,
        previous: str | None = None,
    ) -> None:
        """Add one row."""
        if kind in ONCE and kind in self._told:
            return
        self._told.add(kind)
        by = self.actor if actor is None else actor
        row = (self._id, self.ticket_id, self._at, kind, by, public, value, previous)
        self._rows.append(row)

    def merged_away(self, ticket_id: str) -> None:
        """Add that another ticket was merged into this one."""
        row = (str(self.event.id), ticket_id, self._event_at, EventKind.MERGED, self.actor, None)
        self._rows.append((*row, self.ticket_id, None))

    def change(self, kind: EventKind, value: str | None, previous: str | None) -> None:
        """Add a change of a value; deletion and its undoing are events of their own besides."""
        self(kind, value=value, previous=previous)
        if kind == EventKind.STATUS and value == Status.DELETED:
            self(EventKind.DELETED, previous=previous)
        if kind == EventKind.STATUS and previous == Status.DELETED:
            self(EventKind.RESTORED, value=value)


class _Way(NamedTuple):
    """How something came in, as far as merges need it."""

    is_merge: bool
    into: str | None


def _way(via: object) -> _Way | None:
    if isinstance(via, str):
        return _Way(via.lower() in MERGES, None)
    if not isinstance(via, dict):
        return None
    source = via.get("source")
    source = source if isinstance(source, dict) else {}
    target = source.get("to")
    into = target.get("ticket_id") if isinstance(target, dict) else None
    is_merge = any(str(word).lower() in MERGES for word in (via.get("channel"), source.get("rel")))
    return _Way(is_merge, str(into) if str(into).isdigit() else None)


def _way_of(child: WireChild) -> _Way | None:
    # decoded only if it may be a merge: it also names people and their addresses
    return _way(plain(child.via)) if b"erge" in bytes(child.via) else None


def _distinct(rows: list[Row]) -> Collection[Row]:
    """Return the rows with the last of each key, where the first of it stood."""
    keys = [row[:4:3] + row[1:2] for row in rows]
    if len(set(keys)) == len(rows):
        return rows
    return dict(zip(keys, rows, strict=True)).values()


def _closes(child: WireChild) -> bool:
    return any(name == "status" and value == "closed" for name, value in _changed(child))


def _kind(child: WireChild) -> str | None:
    """Return the kind of an entry; the audits' form has it in `type`, the oldest has none."""
    if child.event_type is not None:
        return child.event_type
    if child.field_name is not None or isinstance(child.type, str):
        kind = child.type if isinstance(child.type, str) else None
        is_kind = kind in CHANGES | COMMENTS | SILENT or child.field_name is not None
        return kind if is_kind else None
    return None


def _changed(child: WireChild) -> list[tuple[str, Any]]:
    if child.field_name is not None:
        return [(child.field_name, plain(child.value))]
    return [(name, getattr(child, name)) for name in KINDS if getattr(child, name) is not UNSET]


def _tags(child: WireChild) -> tuple[str, ...]:
    found: list[str] = []
    for raw in (child.added_tags, child.tags):
        if raw and MERGE_TAG.encode() in bytes(raw):  # decoded only if that one may be among them
            tags = plain(raw)
            found += tags.split() if isinstance(tags, str) else tags
    return tuple(found)
