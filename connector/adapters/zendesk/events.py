"""The ticket event export in our words; lenient, because no recorded page of it was ever found.

Every entry of an event is one of three things: it says something that KPIs need and becomes rows,
it is known to say nothing of the kind, or it is counted as unknown by the names of its kind and
keys. Nothing is dropped silently, and nothing is fatal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from connector.adapters.base import utc
from connector.adapters.zendesk.parse import SCORES, STATUSES, named, text
from connector.adapters.zendesk.wire import WireChild, WireEvent
from connector.model.ticket import EventKind, EventRows, Status

KINDS = {
    "status": EventKind.STATUS,
    "assignee_id": EventKind.ASSIGNEE,
    "group_id": EventKind.GROUP,
    "priority": EventKind.PRIORITY,
    "type": EventKind.TYPE,
    "satisfaction_score": EventKind.RATING,
}
CHANNELS = {
    "web form": "web",
    "web service": "api",
    "web widget": "web_widget",
    "mail": "email",
    "closed ticket": "closed_ticket",
    "mobile sdk": "mobile_sdk",
    "phone call (inbound)": "voice",
    "phone call (outbound)": "voice",
    "voicemail": "voice",
}
COMMENTS = frozenset({"Comment", "VoiceComment"})
CHANGES = frozenset({"Create", "Change"})
# kinds of entries that say nothing about times, states or people of a ticket
_SILENT_WORDS = """
    AgentMacroReference AttachmentRedactionEvent Cc CommentRedactionEvent EmailCcChange Error
    External FollowerNotificationEvent FollowersChange LogMeInTranscript Notification
    NotificationWithCcs OrganizationActivity Push TicketSharingEvent"""
SILENT = frozenset(_SILENT_WORDS.split())
# fields of a ticket whose changes no KPI asks for
_SILENT_KEYS_WORDS = """
    added_tags brand_id collaborator_ids custom_status_id custom_ticket_fields description
    due_at email_cc_ids follower_ids is_public locale_id organization_id problem_id
    raw_subject recipient removed_tags requester_id submitter_id subject tags
    ticket_form_id"""
SILENT_KEYS = frozenset(_SILENT_KEYS_WORDS.split())
# keys that belong to every entry, or to one of another kind
_FRAME_WORDS = """
    audit_id comment_present comment_public created_at event_type field_name id metadata
    previous_value type value via via_reference_id"""
FRAME = frozenset(_FRAME_WORDS.split())
MERGE_TAG = "closed_by_merge"
_SYSTEM = -1

Row = tuple[str, str, datetime, EventKind, str | None, bool | None, str | None, str | None]


class EventParser:
    """Collects the rows of one page; `key_names` decodes the page again, for the names alone.

    `understood` and `unknown` together count every entry of every event.
    """

    def __init__(self, key_names: Callable[[], Sequence[Mapping[str, Raw]]]) -> None:
        self.understood = 0
        self.unknown: Counter[str] = Counter()
        self._rows: dict[tuple[str, str, EventKind], Row] = {}
        self._key_names = key_names
        self._names: Sequence[Mapping[str, Raw]] | None = None

    def parse(self, events: Iterable[WireEvent]) -> EventRows:
        """Return the rows of these events as columns."""
        for place, event in enumerate(events):
            at = event.created_at if event.timestamp is None else utc(event.timestamp)
            if event.ticket_id is None or at is None or event.child_events is None:
                self._count_strange_event(place)
                continue
            has_comment = any(child.event_type in COMMENTS for child in event.child_events)
            add = _Adder(self._rows, event, at)
            for number, child in enumerate(event.child_events):
                before = len(self._rows)
                add.turn_to(child, number)
                is_known = self._child(child, add, has_comment=has_comment)
                if is_known or len(self._rows) > before:
                    self.understood += 1
                else:
                    self._count_strange_child(place, number)
        columns = zip(*self._rows.values(), strict=True) if self._rows else ([] for _ in range(8))
        names = ("id", "ticket_id", "at", "kind", "actor_id", "is_public", "value", "previous")
        return EventRows(**dict(zip(names, map(list, columns), strict=True)))

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
        if kind == "Create" and child.field_name is None:
            add(EventKind.CREATED, value=channel(add.event.via))
            is_known = True
        if child.comment_present:
            is_known = True
            if not has_comment:
                add(EventKind.COMMENT, actor=add.actor, public=child.comment_public)
        previous = _value(child.previous_value)
        for name, value in _changed(child):
            if name not in KINDS:
                is_known = is_known or name in SILENT_KEYS or name.isdigit()
                continue
            is_known = True
            if name == "satisfaction_score" and value not in SCORES:
                continue  # nobody was asked
            if value is not None or previous is not None:
                add.change(KINDS[name], _code(value), _code(previous))
        if MERGE_TAG in _tags(child):
            add(EventKind.MERGED)
        return is_known or any((child.tags, child.added_tags, child.custom_ticket_fields))

    def _count_strange_event(self, place: int) -> None:
        names = self._named(place)
        keys = sorted(named(key) for key in names if key not in FRAME)
        self.unknown[f"event {' '.join(keys[:8])}".strip()] += 1

    def _count_strange_child(self, place: int, number: int) -> None:
        raw = self._named(place).get("child_events", Raw(b"[]"))
        child = msgspec.json.decode(raw, type=list[dict[str, Raw]])[number]
        kind = next((k for k in ("event_type", "type") if k in child), None)
        label = named(_value(child[kind])) if kind else "entry"
        keys = sorted(named(key) for key in child if key not in FRAME)
        if "field_name" in child:
            keys = [named(_value(child["field_name"]))]
        if keys and set(keys) <= SILENT_KEYS:
            self.understood += 1
            return
        shown = "" if label not in CHANGES and kind else f" {' '.join(keys[:8])}"
        self.unknown[f"{label}{shown}".strip()] += 1

    def _named(self, place: int) -> Mapping[str, Raw]:
        if self._names is None:
            self._names = self._key_names()
        return self._names[place]


class _Adder:
    """Adds rows that come from the entries of one event, one entry after the other."""

    def __init__(
        self, rows: dict[tuple[str, str, EventKind], Row], event: WireEvent, at: datetime
    ) -> None:
        self.event = event
        self.actor = None if event.updater_id == _SYSTEM else text(event.updater_id)
        self._rows = rows
        self._ticket_id = str(event.ticket_id)
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
        """Add one row; the same entry told twice is one row."""
        by = self.actor if actor is None else actor
        key = (self._ticket_id, self._id, kind)
        self._rows[key] = (self._id, self._ticket_id, self._at, kind, by, public, value, previous)

    def change(self, kind: EventKind, value: str | None, previous: str | None) -> None:
        """Add a change of a value; deletion and its undoing are events of their own besides."""
        self(kind, value=value, previous=previous)
        if kind == EventKind.STATUS and value == Status.DELETED:
            self(EventKind.DELETED, previous=previous)
        if kind == EventKind.STATUS and previous == Status.DELETED:
            self(EventKind.RESTORED, value=value)


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
        return [(child.field_name, _value(child.value))]
    return [(name, getattr(child, name)) for name in KINDS if getattr(child, name) is not UNSET]


def _code(value: Any) -> str | None:
    """Return an id or a vocabulary word; anything longer would be somebody's text."""
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    word = str(value)
    return word if word in STATUSES or word.isdigit() else named(word)


def _tags(child: WireChild) -> tuple[str, ...]:
    found: list[str] = []
    for raw in (child.added_tags, child.tags):
        if raw and MERGE_TAG.encode() in bytes(raw):  # decoded only if that one may be among them
            tags = _value(raw)
            found += tags.split() if isinstance(tags, str) else tags
    return tuple(found)


def _value(raw: Raw) -> Any:
    return msgspec.json.decode(raw) if raw else None


def channel(via: object) -> str | None:
    """Return the ticket's channel code for an event's `via`, which is a title there."""
    if isinstance(via, dict):
        via = via.get("channel")
    if not isinstance(via, str) or not via:
        return None
    return CHANNELS.get(via.lower(), via.lower().replace(" ", "_"))
