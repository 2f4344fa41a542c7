"""What a ticket shows of ours: as read, as we last wrote it, as it should; and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from connector.model.change import TicketChange
from connector.model.ticket import Ticket
from connector.store.journal import Believed, Intent
from connector.writeback.labels import TicketLabels
from connector.writeback.note import is_same_note, is_same_state
from connector.writeback.ownership import Names
from connector.writeback.words import TicketOutcome, Word

TAG = "tag:"
"""Marks an aspect that is a tag; every other aspect is a field id."""


class Ours(msgspec.Struct, frozen=True):
    """Our part of a ticket: values of our fields by field id, and tags of our vocabulary."""

    fields: Mapping[str, str | None] = {}
    tags: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Tell whether the ticket shows nothing of ours."""
        return not self.tags and not any(self.fields.values())


class Wearer(msgspec.Struct, frozen=True, kw_only=True):
    """Where labels go in one helpdesk: the active fields it has for us, and the tags that are ours.

    `ids` are our fields by role; `silent` are roles whose field an admin deactivated: they show
    nowhere. `families` begin the ids of goals that are made for one of many. `stored` maps options
    to what a helpdesk keeps in their place, where that is the words that people read.
    """

    names: Names
    ids: Mapping[str, str] = {}
    silent: frozenset[str] = frozenset()
    vocabulary: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    stored: Mapping[str, str] = {}

    def field_id(self, role: str) -> str | None:
        """Return the id of our field with this role, if the helpdesk has it."""
        return self.ids.get(role)

    def wanted(self, labels: TicketLabels) -> Ours:
        """Express labels in fields, and in tags where there is no field for them."""
        fields: dict[str, str | None] = {}
        tags = set(labels.tags)
        options = (("status", labels.status_option), ("outcome", labels.outcome_option))
        for role, option in options:
            field_id = self.field_id(role)
            if field_id is not None:
                fields[field_id] = self.stored.get(option, option) if option else None
            elif option is not None and role not in self.silent:
                tags.add(option)
        note = self.field_id("note")
        if note is not None:
            fields[note] = labels.note
        return Ours(fields, frozenset(tags))

    def shown(self, ticket: Ticket) -> Ours:
        """Return our part of a ticket as read.

        A drop-down's option may be a tag as well; that tag belongs to the field and is not counted.
        """
        fields = {id_: ticket.fields.get(id_) or None for id_ in self.ids.values()}
        tags = self.vocabulary.intersection(ticket.tags)
        if self.families:
            made = (t for t in ticket.tags if self.names.is_made_for_one(t, self.families))
            tags = tags.union(made)
        return Ours(fields, tags - {value for value in fields.values() if value})

    def recall(self, own: Believed | None) -> Believed | None:
        """Forget what we wrote into fields that are no longer ours."""
        if own is None:
            return None
        ids = self.ids.values()
        fields = {key: value for key, value in own.fields.items() if key in ids}
        return msgspec.structs.replace(own, fields=fields)

    def status(self, ours: Ours) -> Word | None:
        """Return the status that is shown."""
        shown = self._options(ours, "status")
        return next(
            (word for option, word in self.names.statuses().items() if option in shown), None
        )

    def outcome(self, ours: Ours) -> TicketOutcome | None:
        """Return the outcome that is shown."""
        shown = self._options(ours, "outcome")
        return next((one for option, one in self.names.outcomes().items() if option in shown), None)

    def _options(self, ours: Ours, role: str) -> AbstractSet[str]:
        """Return where an option would stand: in the field of its role, else among the tags."""
        field_id = self.field_id(role)
        if field_id is None:
            return ours.tags
        value = ours.fields.get(field_id)
        if not value:
            return frozenset()
        if not self.stored:
            return {value}
        return {value, *(option for option, label in self.stored.items() if label == value)}


def as_believed(shown: Ours, own: Believed | None, stamp: datetime) -> Ours:
    """Return what the ticket shows now: the newest of the last read and our own writes.

    `stamp` is the version that was read. A helpdesk may withhold its newest minute, so a read can
    be older than what we wrote.
    """
    if own is None or stamp >= own.at:
        return shown
    return Ours({**shown.fields, **own.fields}, own.tags)


def aspects(ours: Ours) -> Mapping[str, str | None]:
    """Return fields and tags as one mapping, so that both are compared the same way."""
    return {**ours.fields, **{TAG + tag: tag for tag in ours.tags}}


def difference(shown: Ours, wanted: Ours, *, leave: frozenset[str] = frozenset()) -> Ours | None:
    """Return what to change, None when that would be nothing but dates in a note.

    Aspects in `leave` stay as they are. The tags of the result are those to add and to remove.
    """
    now, then = aspects(shown), aspects(wanted)
    keys = (now.keys() | then.keys()) - leave
    differs = {key for key in keys if not is_same_note(now.get(key), then.get(key))}
    if all(is_same_state(now.get(key), then.get(key)) for key in differs):
        return None
    fields = {key: value for key, value in wanted.fields.items() if key in differs}
    tags = frozenset(key.removeprefix(TAG) for key in differs if key.startswith(TAG))
    return Ours(fields, tags)


def changed_by_others(shown: Ours, own: Believed | None) -> frozenset[str]:
    """Return the aspects that no longer show what we last wrote."""
    if own is None:
        return frozenset()
    fields = {k for k, v in own.fields.items() if not is_same_note(shown.fields.get(k), v)}
    return frozenset(fields | {TAG + tag for tag in shown.tags ^ own.tags})


def change(ticket: Ticket, delta: Ours, wanted: Ours) -> TicketChange:
    """Return what to ask the helpdesk for."""
    gone = delta.tags - wanted.tags
    kept_by_fields = {value for value in wanted.fields.values() if value}
    return TicketChange(
        ticket_id=ticket.id,
        add_tags=tuple(sorted(delta.tags & wanted.tags)),
        remove_tags=tuple(sorted(gone - kept_by_fields)),
        fields=dict(delta.fields),
        expected_stamp=ticket.stamp,
    )


def after(
    own: Believed | None,
    intent: Intent,
    *,
    at: datetime,
    overruled: frozenset[str] = frozenset(),
) -> Believed:
    """Return what our writes have left on a ticket after one more was acknowledged.

    Aspects in `overruled` were taken back at once by the helpdesk itself, which would do so again.
    """
    old = own or Believed(at=at)
    before = Ours(intent.fields_before, old.tags - set(intent.add_tags) | set(intent.remove_tags))
    fields = {**old.fields, **intent.fields_after}
    tags = (old.tags | set(intent.add_tags)) - set(intent.remove_tags)
    touched = {*intent.fields_after, *(TAG + t for t in (*intent.add_tags, *intent.remove_tags))}
    put_right = {
        key
        for key in touched & changed_by_others(before, own)
        if is_same_state(_value(old.fields, old.tags, key), _value(fields, tags, key))
    }
    return Believed(
        at=at,
        fields=fields,
        tags=frozenset(tags),
        corrected=frozenset((old.corrected - touched) | put_right | overruled),
    )


def _value(fields: Mapping[str, str | None], tags: AbstractSet[str], key: str) -> str | None:
    tag = key.removeprefix(TAG)
    return fields.get(key) if tag == key else (tag if tag in tags else None)
