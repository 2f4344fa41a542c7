"""RT's tickets in our words; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from connector.adapters.rt.settings import RtSettings
from connector.adapters.rt.wire import Id, Named, WireTicket, WireValue, text
from connector.model.ticket import Mark, Status, Ticket

NOBODY = frozenset({"Nobody", "RT_System"})
"""Users that stand for no person: who owns what nobody owns, and RT itself."""

JOINED_BY = ", "
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,49}")


class TicketParser:
    """Turns tickets into ours, and counts the statuses that nobody explained."""

    def __init__(self, settings: RtSettings, watched: frozenset[str]) -> None:
        """Take what statuses mean, which field holds the tags, and the fields that are read."""
        self._families = settings.families
        self._tags_field = settings.tags_field
        self._watched = watched
        self.unknown: Counter[str] = Counter()

    def ticket(self, row: WireTicket, more: frozenset[str] = frozenset()) -> Ticket:
        """Return one ticket with the fields that are watched, and `more`."""
        values = row.custom_fields if isinstance(row.custom_fields, list) else ()
        wanted = self._watched | more
        priority = text(row.priority)
        return Ticket(
            id=str(row.id),
            status=self.status(row.status),
            created_at=row.created,
            updated_at=row.last_updated,
            stamp=row.last_updated,
            requester_id=_requester(row.requestor),
            submitter_id=person(row.creator),
            assignee_id=person(row.owner),
            group_id=str(row.queue.id),
            priority=priority,
            tags=tags_of(values, self._tags_field),
            fields={
                str(value.id): _joined(value)
                for value in values
                if str(value.id) in wanted and any(value.values)
            },
        )

    def status(self, word: str) -> Status:
        """Return what a status means; one we do not know is unsolved, so that nothing vanishes."""
        family = self._families.get(word.lower())
        if family is None:
            self.unknown[f"status {word if _WORD.fullmatch(word) else 'unreadable'}"] += 1
        return family or Status.OPEN


def gone(ticket: Ticket, *, at: datetime) -> Ticket:
    """Return a ticket as deleted; `at` is when that was seen."""
    seen_at = max(at, ticket.stamp)
    return replace(ticket, status=Status.DELETED, stamp=seen_at, updated_at=seen_at)


def merged(ticket: Ticket, *, at: datetime) -> Ticket:
    """Return a ticket as merged into another; RT leaves its status as it was."""
    seen_at = max(at, ticket.stamp)
    marks = ticket.marks | int(Mark.MERGED)
    return replace(ticket, status=Status.CLOSED, marks=marks, stamp=seen_at, updated_at=seen_at)


def is_merged(row: WireTicket) -> bool:
    """Tell whether a ticket of a list was merged into another."""
    effective = row.effective_id
    into: Id | None = effective.id if isinstance(effective, Named) else effective
    return into is not None and str(into) != str(row.id)


def tags_of(values: Sequence[WireValue], tags_field: str) -> tuple[str, ...]:
    """Return the values of the field that holds tags, in RT's order."""
    found = next((value for value in values if value.name == tags_field), None)
    return tuple(str(tag) for tag in found.values if tag) if found else ()


def person(user: Named | str | None) -> str | None:
    """Return the id of a user, None for those that are no person."""
    if not isinstance(user, Named) or user.name in NOBODY or user.id in NOBODY:
        return None
    # where no fields were asked for, a name stands in the place of the id
    return str(user.id) if str(user.id).isdigit() else None


def _requester(requestors: Sequence[Named] | str | None) -> str | None:
    users = (one for one in requestors or () if isinstance(one, Named) and one.type == "user")
    return next(filter(None, map(person, users)), None)


def _joined(value: WireValue) -> str:
    return JOINED_BY.join(str(one) for one in value.values if one not in {None, ""})
