"""Tickets in the vendor's form, as the exports print them by the thousand.

What rows have in common, how a ticket came in and its custom values, is printed once and put into
each row as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from connector.practice.statuses import STATUS_IDS
from connector.practice.wire import Document, via_document, wire_value
from connector.practice.world import Comment, Ticket, Via, World

SCRUBBED = "SCRUBBED"
MACHINE_CHANNELS = frozenset({"native_messaging", "chat"})
SEVERAL = 1 << 12
Raw = msgspec.Raw
encode = msgspec.json.Encoder().encode
_instant = datetime.fromtimestamp
_NONE = Raw(b"[]")


class TicketRow(msgspec.Struct, gc=False):
    """A ticket as exports and show calls give it; what never varies here stands last."""

    url: str
    id: int
    via: Raw
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int
    type: str | None
    subject: str
    raw_subject: str
    description: str
    priority: str | None
    status: str
    requester_id: int
    submitter_id: int
    assignee_id: int | None
    organization_id: int | None
    group_id: int | None
    tags: tuple[str, ...]
    custom_fields: Raw
    satisfaction_rating: Raw
    custom_status_id: int | None
    fields: Raw
    ticket_form_id: int | None
    brand_id: int | None
    from_messaging_channel: bool
    support_type: str
    followup_ids: tuple[int, ...]
    external_id: None = None
    recipient: None = None
    collaborator_ids: tuple[int, ...] = ()
    follower_ids: tuple[int, ...] = ()
    email_cc_ids: tuple[int, ...] = ()
    forum_topic_id: None = None
    problem_id: None = None
    has_incidents: bool = False
    is_public: bool = True
    due_at: None = None
    sharing_agreement_ids: tuple[int, ...] = ()
    allow_channelback: bool = False
    allow_attachments: bool = True


class Tickets:
    """Tickets of one world as rows whose links begin with one address."""

    def __init__(self, world: World, url: str) -> None:
        """Begin with the fields that there are now."""
        self._world = world
        self._base = f"{url}/api/v2/tickets/"
        self._custom = world.fields.custom()
        self._values: dict[object, Raw] = {}

    def row(self, ticket: Ticket) -> TicketRow:
        """Return one ticket; a deleted one has lost its content."""
        number, status = ticket.id, ticket.status
        is_deleted = status == "deleted"
        subject = SCRUBBED if is_deleted else ticket.subject
        values = _NONE if is_deleted else self._values_of(ticket.values)
        return TicketRow(
            f"{self._base}{number}.json",
            number,
            _via(ticket.via),
            _instant(ticket.created_at, UTC),
            _instant(ticket.updated_at, UTC),
            ticket.generated_at,
            ticket.type,
            subject,
            subject,
            SCRUBBED if is_deleted else _opening(self._world, ticket),
            ticket.priority,
            status,
            ticket.requester_id,
            ticket.submitter_id,
            ticket.assignee_id,
            ticket.organization_id,
            ticket.group_id,
            () if is_deleted else ticket.tags,
            values,
            _score(ticket.satisfaction_score),
            ticket.custom_status_id or STATUS_IDS.get(status),
            values,
            ticket.ticket_form_id,
            ticket.brand_id,
            ticket.via.channel in MACHINE_CHANNELS,
            ticket.support_type,
            ticket.followup_ids,
        )

    def _values_of(self, values: dict[int, Any]) -> Raw:
        key = tuple(values.items())
        known = self._values.get(key)
        if known is None:
            pairs = [
                {"id": one.id, "value": wire_value(one, values.get(one.id))} for one in self._custom
            ]
            known = self._values[key] = Raw(encode(pairs))
        return known


def ticket_document(world: World, ticket: Ticket, url: str) -> Document:
    """Return one ticket as show calls give it."""
    return msgspec.structs.asdict(Tickets(world, url).row(ticket))


def _opening(world: World, ticket: Ticket) -> str:
    """Return the text a ticket began with."""
    if not ticket.audits:
        return ""
    changes = world.feed[ticket.audits[0]].changes
    return next((change.text for change in changes if isinstance(change, Comment)), "")


@lru_cache(SEVERAL)
def _via(via: Via) -> Raw:
    return Raw(encode(via_document(via)))


@lru_cache(SEVERAL)
def _score(score: str | None) -> Raw:
    return Raw(encode({"score": score or "unoffered"}))
