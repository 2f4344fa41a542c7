"""Writing to tickets, one by one: read, merge, write if nobody was faster, read back.

- a write replaces all tags, so it names those of others too, and carries the ETag it was read with;
- a refusal is a sentence in an answer of 200, and an unknown field is dropped without one, so only
  what a ticket shows afterwards counts;
- the id of a merged ticket writes to the ticket it was merged into, and a deleted ticket is
  written like any other, so both are looked at first;
- clearing what is empty adds an empty value, so nothing is written that is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import requests

from connector.adapters.http import decode
from connector.adapters.readback import outcome_of, shows
from connector.adapters.rt.client import RtClient, number
from connector.adapters.rt.parse import TicketParser, tags_of
from connector.adapters.rt.settings import KIND, RtSettings
from connector.adapters.rt.tickets import Tickets, in_queues
from connector.adapters.rt.wire import WireTicket, WireValue
from connector.errors import AuthenticationError, ProtocolError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.ticket import Status, Ticket

TRIES = 2
"""How often a change is merged anew because somebody else was faster."""

_TICKET = msgspec.json.Decoder(WireTicket)
_REASONS = {
    "Permission Denied": "permission denied; grant ModifyTicket and ModifyCustomField",
    "Invalid value": "the field does not offer that value",
}
_SILENT = "answered with success, but the ticket does not show it"


class Seen(msgspec.Struct, frozen=True):
    """A ticket as it was read, with its tag of this version."""

    row: WireTicket
    etag: str


class Tried(msgspec.Struct, frozen=True):
    """What came of one change so far: an outcome, or what RT said to the write."""

    outcome: Outcome | None = None
    detail: str = ""


class Writer:
    """Writes changes to tickets."""

    def __init__(
        self, client: RtClient, tickets: Tickets, settings: RtSettings, parser: TicketParser
    ) -> None:
        """Write through `client`."""
        self._client = client
        self._tickets = tickets
        self._tags_field = settings.tags_field
        self._parser = parser

    def write(self, changes: Sequence[TicketChange]) -> tuple[WriteResult, ...]:
        """Write every change, read all tickets back at once, and say what became of each."""
        tried = [(change, self._try(change)) for change in changes]
        fields = frozenset(name for change in changes for name in change.fields)
        ids = (number(change.ticket_id) for change in changes)
        rows = self._tickets.by_ids(ids, in_queues(self._tickets.queues)) if changes else ()
        after = {str(row.id): self._parser.ticket(row, fields) for row in rows}
        return tuple(_result(change, one, after.get(change.ticket_id)) for change, one in tried)

    def _try(self, change: TicketChange) -> Tried:
        for _ in range(TRIES):
            tried = self._once(change)
            if tried is not None:
                return tried
        return Tried(Outcome.CONFLICT, "others change this ticket all the time")

    def _once(self, change: TicketChange) -> Tried | None:
        """Read, merge and write one ticket; None where somebody was faster."""
        try:
            seen = self._see(change.ticket_id)
            refused = self._refused(change, seen)
            if seen is None or refused is not None:
                return refused
            body = self._body(change, seen.row)
            if not body:
                return Tried()
            path = f"ticket/{change.ticket_id}"
            said = self._client.put(path, {"CustomFields": body}, if_match=seen.etag)
        except (AuthenticationError, ProtocolError) as error:
            if error.status == requests.codes.precondition_failed:
                return None
            return _of_refusal(error)
        return Tried(detail=_reason(said))

    def _see(self, ticket_id: str) -> Seen | None:
        """Return a ticket as it now is, None where there is none, or another in its place."""
        response = self._client.fetch(f"ticket/{number(ticket_id)}")
        row = decode(KIND, response, _TICKET)
        queues = frozenset(self._tickets.queues.values())
        is_read = not queues or str(row.queue.id) in queues
        is_there = str(row.id) == ticket_id and row.status != Status.DELETED and is_read
        return Seen(row, response.headers.get("ETag", "")) if is_there else None

    def _refused(self, change: TicketChange, seen: Seen | None) -> Tried | None:
        """Return the outcome of a change that is not to be tried."""
        if seen is None:
            return Tried(Outcome.MISSING)
        ticket = self._parser.ticket(seen.row, frozenset(change.fields))
        if shows(ticket, change):
            return None
        if ticket.status == Status.CLOSED:
            return Tried(Outcome.LOCKED, "closed")
        if change.expected_stamp is not None and ticket.stamp > change.expected_stamp:
            return Tried(Outcome.CONFLICT)
        return self._lacking(change, seen.row)

    def _lacking(self, change: TicketChange, row: WireTicket) -> Tried | None:
        """Return a refusal where the ticket has no such field; RT drops those without a word."""
        values = _values(row)
        names = {value.name for value in values}
        if (change.add_tags or change.remove_tags) and self._tags_field not in names:
            return Tried(Outcome.REJECTED, f"its queue has no field {self._tags_field!r}")
        missing = change.fields.keys() - {str(value.id) for value in values}
        if missing:
            return Tried(Outcome.REJECTED, f"its queue has no field {min(missing)}")
        return None

    def _body(self, change: TicketChange, row: WireTicket) -> dict[str, Any]:
        """Return what differs: field id to value, or to the whole set of tags."""
        values = {str(value.id): value for value in _values(row)}
        now = self._parser.ticket(row, frozenset(change.fields)).fields
        body: dict[str, Any] = {
            name: value or None
            for name, value in change.fields.items()
            if (now.get(name) or None) != (value or None)
        }
        tags = merged_tags(tags_of(_values(row), self._tags_field), change)
        if tags is not None:
            key = next(name for name, one in values.items() if one.name == self._tags_field)
            body[key] = tags
        return body


def merged_tags(there: Sequence[str], change: TicketChange) -> list[str] | None:
    """Return all tags with ours added and taken away, in order; None where that changes nothing."""
    kept = [tag for tag in there if tag not in change.remove_tags]
    tags = list(dict.fromkeys([*kept, *change.add_tags]))
    return None if tags == list(there) else tags


def _values(row: WireTicket) -> Sequence[WireValue]:
    return row.custom_fields if isinstance(row.custom_fields, list) else ()


def _reason(said: Iterable[str]) -> str:
    """Return why RT refused, from its sentences; those hold what people wrote, so never in full."""
    text = "\n".join(said)
    return next((reason for sign, reason in _REASONS.items() if sign in text), "")


def _of_refusal(error: AuthenticationError | ProtocolError) -> Tried:
    refusals: Mapping[int | None, Tried] = {
        requests.codes.not_found: Tried(Outcome.MISSING),
        requests.codes.forbidden: Tried(Outcome.REJECTED, "the token's user may not see it"),
        requests.codes.bad_request: Tried(Outcome.REJECTED, "400"),
        requests.codes.unprocessable_entity: Tried(Outcome.REJECTED, "422"),
    }
    found = refusals.get(error.status)
    if found is None:
        raise error
    return found


def _result(change: TicketChange, tried: Tried, ticket: Ticket | None) -> WriteResult:
    """Say what became of one change, given its ticket as it now is."""
    outcome, detail = tried.outcome, tried.detail
    if ticket is None and outcome is None:
        outcome, detail = Outcome.MISSING, ""
    elif outcome is None and ticket is not None:
        outcome = outcome_of(ticket, change)
        detail = "" if shows(ticket, change) else detail or _SILENT
    return WriteResult(
        ticket_id=change.ticket_id, outcome=outcome or Outcome.MISSING, detail=detail, ticket=ticket
    )
