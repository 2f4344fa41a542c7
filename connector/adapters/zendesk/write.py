"""Changes in Zendesk's batch form, and what became of them; pure.

A job's own words are only a hint: what counts is whether the ticket, read again, shows what was
asked. So a job that was lost, or that failed as a whole, is settled the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connector.adapters.zendesk.wire import WireOutcome
from connector.errors import FatalError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.ticket import Status, Ticket

FINISHED = frozenset({"completed", "failed", "killed"})
DONE = frozenset({"Created", "Updated", "Deleted"})
CONFLICTS = frozenset({"UpdateConflict", "DatabaseConflict"})


def wire_change(change: TicketChange) -> dict[str, Any]:
    """Return one change as `update_many` takes it: only what is ours is named."""
    body: dict[str, Any] = {"id": number(change.ticket_id)}
    if change.add_tags:
        body["additional_tags"] = list(change.add_tags)
    if change.remove_tags:
        body["remove_tags"] = list(change.remove_tags)
    if change.fields:
        body["custom_fields"] = [
            # an empty text clears a field; null is refused by the API description
            {"id": number(field_id), "value": value or ""}
            for field_id, value in change.fields.items()
        ]
    return body


def number(vendor_id: str) -> int:
    """Return an id as the number that Zendesk wants; raise FatalError for any other text."""
    if not vendor_id.isdigit():
        raise FatalError(f"zendesk: {vendor_id!r} is no id of this helpdesk")
    return int(vendor_id)


def outcomes(changes: Sequence[TicketChange], results: Any) -> dict[str, WireOutcome]:
    """Return what the job says of each ticket it speaks of: matched by id, else by place."""
    asked = {change.ticket_id for change in changes}
    found: dict[str, WireOutcome] = {}
    for item in results if isinstance(results, list) else ():
        try:
            outcome = msgspec.convert(item, WireOutcome)
        except msgspec.ValidationError:
            continue
        if outcome.id is not None and str(outcome.id) in asked:
            found[str(outcome.id)] = outcome
        elif outcome.index is not None and 0 <= outcome.index < len(changes):
            found[changes[outcome.index].ticket_id] = outcome
    return found


def is_success(outcome: WireOutcome) -> bool:
    """Tell whether an entry says that the ticket was updated; all else is a failure."""
    if outcome.error:
        return False
    if outcome.success is not None:
        return outcome.success
    return outcome.status in DONE or (outcome.index is not None and outcome.id is not None)


def settled(
    changes: Sequence[TicketChange], results: Any, tickets: Mapping[str, Ticket]
) -> tuple[WriteResult, ...]:
    """Return what became of every change, given the tickets as they now are."""
    told = outcomes(changes, results)
    return tuple(
        _settled(change, told.get(change.ticket_id), tickets.get(change.ticket_id))
        for change in changes
    )


def _settled(change: TicketChange, told: WireOutcome | None, ticket: Ticket | None) -> WriteResult:
    outcome, detail = Outcome.REJECTED, ""
    if ticket is None:
        outcome = Outcome.MISSING
    elif shows(ticket, change):
        outcome = Outcome.WRITTEN
    elif ticket.status == Status.CLOSED:
        outcome, detail = Outcome.LOCKED, "closed"
    elif told is None:
        detail = "the job says nothing of this ticket"
    elif told.error in CONFLICTS:
        outcome, detail = Outcome.CONFLICT, told.error or ""
    elif is_success(told):
        detail = "answered with success, but the ticket does not show it"
    else:
        detail = told.error if told.error and told.error.isidentifier() else "failed"
    return WriteResult(ticket_id=change.ticket_id, outcome=outcome, detail=detail, ticket=ticket)


def shows(ticket: Ticket, change: TicketChange) -> bool:
    """Tell whether a ticket shows everything that was asked for."""
    tags = frozenset(ticket.tags)
    return (
        tags.issuperset(change.add_tags)
        and tags.isdisjoint(change.remove_tags)
        and all(
            (ticket.fields.get(name) or None) == (value or None)
            for name, value in change.fields.items()
        )
    )
