"""Redmine's tickets and journals in our words; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from connector.adapters.redmine.settings import RedmineSettings
from connector.adapters.redmine.wire import FieldValue, Issue, Journal, Named, WireStatus
from connector.model.ticket import Event, EventKind, Status, Ticket

STATUSES = {
    "new": Status.NEW,
    "in progress": Status.OPEN,
    "feedback": Status.PENDING,
    "resolved": Status.SOLVED,
    "closed": Status.CLOSED,
    "rejected": Status.CLOSED,
}
"""What the statuses of Redmine's own default data mean."""

OPENING = "0"
"""The id of what happened when a ticket was made, which no journal tells."""

KINDS = {
    "status_id": EventKind.STATUS,
    "assigned_to_id": EventKind.ASSIGNEE,
    "project_id": EventKind.GROUP,
    "priority_id": EventKind.PRIORITY,
    "tracker_id": EventKind.TYPE,
}


class Terms(msgspec.Struct, frozen=True):
    """What this Redmine's own names mean: which field holds tags, what a status stands for."""

    tags_field: str
    statuses: Mapping[str, str]

    @classmethod
    def of(cls, settings: RedmineSettings) -> Terms:
        """Return the terms of these settings; what an admin says goes before what we know."""
        own = {name.casefold(): str(family) for name, family in settings.statuses.items()}
        return cls(tags_field=settings.tags_field, statuses={**STATUSES, **own})

    def family(self, status: WireStatus) -> str | None:
        """Return what a status stands for; None where nobody can say."""
        known = self.statuses.get(status.name.casefold())
        return known or (str(Status.CLOSED) if status.is_closed else None)

    def tags(self, issue: Issue) -> FieldValue | None:
        """Return the field of tags, if this ticket has it."""
        named = (f for f in issue.custom_fields if self.tags_field in {str(f.id), f.name})
        return next(named, None)


class Words(msgspec.Struct, frozen=True):
    """What the ids in journals stand for, by attribute."""

    by_attribute: Mapping[str, Mapping[str, str]]

    def of(self, attribute: str, value: str | None) -> str | None:
        """Return the word for an id; one that was taken off the list since stays a number."""
        words = self.by_attribute.get(attribute)
        if not value or words is None:
            return value or None
        unknown = str(Status.OPEN) if attribute == "status_id" else value
        return words.get(value, unknown)


def ticket(issue: Issue, terms: Terms, watched: frozenset[str]) -> Ticket:
    """Return one ticket as read."""
    tags = terms.tags(issue)
    values = ((str(f.id), value_text(f.value)) for f in issue.custom_fields if str(f.id) in watched)
    return Ticket(
        id=str(issue.id),
        # a status we do not know is unsolved: such a ticket must not vanish from the backlog
        status=terms.family(issue.status) or Status.OPEN,
        created_at=issue.created_on,
        updated_at=issue.updated_on,
        stamp=issue.updated_on,
        requester_id=_id(issue.author),
        submitter_id=_id(issue.author),
        assignee_id=_id(issue.assigned_to),
        group_id=_id(issue.project),
        priority=issue.priority.name if issue.priority else None,
        type=issue.tracker.name if issue.tracker else None,
        tags=tuple(several(tags.value)) if tags else (),
        fields={name: value for name, value in values if value},
    )


def several(value: Any) -> list[str]:
    """Return the values of a field that may have several."""
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one not in {None, ""}]


def value_text(value: Any) -> str:
    """Return a custom field's value as text, empty where there is none."""
    return " ".join(several(value))


def events(issue: Issue, words: Words) -> Iterator[Event]:
    """Yield the whole history of one ticket, oldest first."""
    yield from _opening(issue, words)
    for journal in issue.journals:
        yield from _journal(issue, journal, words)


def _opening(issue: Issue, words: Words) -> Iterator[Event]:
    first = _current(issue)
    for journal in reversed(issue.journals):
        changed = (one for one in journal.details if one.property == "attr")
        first |= {one.name: one.old_value for one in changed if one.name in KINDS}
    teller = _Teller(issue, OPENING, issue.created_on, _id(issue.author))
    yield teller.tell(EventKind.CREATED)
    # what a ticket says when it is made is its first comment, even if that is its subject alone
    yield teller.tell(EventKind.COMMENT, is_public=True)
    for name, kind in KINDS.items():
        value = words.of(name, first[name])
        if value is not None:
            yield teller.tell(kind, value=value)


def _current(issue: Issue) -> dict[str, str | None]:
    return {
        "status_id": str(issue.status.id),
        "assigned_to_id": _id(issue.assigned_to),
        "project_id": _id(issue.project),
        "priority_id": _id(issue.priority),
        "tracker_id": _id(issue.tracker),
    }


def _journal(issue: Issue, journal: Journal, words: Words) -> Iterator[Event]:
    teller = _Teller(issue, str(journal.id), journal.created_on, _id(journal.user))
    if journal.notes:
        yield teller.tell(EventKind.COMMENT, is_public=not journal.private_notes)
    for one in journal.details:
        if one.property == "attr" and one.name in KINDS:
            value, previous = words.of(one.name, one.new_value), words.of(one.name, one.old_value)
            if value != previous:
                yield teller.tell(KINDS[one.name], value=value, previous=previous)


class _Teller(NamedTuple):
    """What all events of one entry of a history have in common."""

    issue: Issue
    id: str
    at: datetime
    actor_id: str | None

    def tell(
        self,
        kind: EventKind,
        *,
        is_public: bool | None = None,
        value: str | None = None,
        previous: str | None = None,
    ) -> Event:
        return Event(
            id=self.id,
            ticket_id=str(self.issue.id),
            at=self.at,
            kind=kind,
            actor_id=self.actor_id,
            is_public=is_public,
            value=value,
            previous=previous,
        )


def _id(named: Named | None) -> str | None:
    return None if named is None else str(named.id)
