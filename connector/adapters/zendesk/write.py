"""Changes as Zendesk's `update_many` takes them, and what became of them; pure.

There are two forms. In the batch form each ticket has its own change; in the ids form one change
goes to all tickets of the query. Two editions of the vendor's page ("Adding tags to tickets
without overwriting existing tags") disagree on whether the batch form honours tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from connector.adapters.readback import outcome_of, shows
from connector.adapters.zendesk.wire import WireOutcome
from connector.errors import FatalError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.ticket import Status, Ticket

FINISHED = frozenset({"completed", "failed", "killed"})
DONE = frozenset({"Created", "Updated", "Deleted"})
CONFLICTS = frozenset({"UpdateConflict", "DatabaseConflict"})
MOST_JOBS = 10
"""Jobs that one batch has in work at once."""
MOST_OPEN = 30
"""Jobs that Zendesk has in work at once for an account."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One request to `update_many`, and the changes it makes, in the order of its entries."""

    changes: tuple[TicketChange, ...]
    body: Mapping[str, Any]
    params: Mapping[str, str] = {}


def in_batch_form(changes: Sequence[TicketChange]) -> Order:
    """Return one request with a change for each ticket."""
    body = {"tickets": [wire_change(change) for change in changes]}
    return Order(changes=tuple(changes), body=body)


def in_ids_form(changes: Sequence[TicketChange]) -> list[list[Order]]:
    """Return requests with one change for many tickets, in waves that follow each other.

    Tickets of a wave are all different, so its jobs do not get in each other's way. Changes that
    differ too much go as their fields in the batch form first, then as their tags.
    """
    whole = [_for_all(group) for group in _equal(changes)]
    if len(whole) <= MOST_JOBS:
        return [whole]
    fields = fields_alone(changes)
    tags = [_for_all(group) for group in _equal(tags_alone(changes))]
    waves = [[in_batch_form(fields)]] if fields else []
    return waves + [tags[at : at + MOST_JOBS] for at in range(0, len(tags), MOST_JOBS)]


def tags_alone(changes: Sequence[TicketChange]) -> list[TicketChange]:
    """Return what of these changes is about tags."""
    return [replace(c, fields={}) for c in changes if c.add_tags or c.remove_tags]


def fields_alone(changes: Sequence[TicketChange]) -> list[TicketChange]:
    """Return what of these changes is about fields."""
    return [replace(c, add_tags=(), remove_tags=()) for c in changes if c.fields]


def clearing_alone(changes: Sequence[TicketChange]) -> list[TicketChange]:
    """Return what of these changes empties a field."""
    emptied = [replace(c, fields={k: v for k, v in c.fields.items() if not v}) for c in changes]
    return fields_alone(emptied)


def _equal(changes: Sequence[TicketChange]) -> list[list[TicketChange]]:
    groups: dict[object, list[TicketChange]] = {}
    for change in changes:
        fields = frozenset(change.fields.items())
        key = (frozenset(change.add_tags), frozenset(change.remove_tags), fields)
        groups.setdefault(key, []).append(change)
    return list(groups.values())


def _for_all(group: Sequence[TicketChange]) -> Order:
    ids = ",".join(str(number(change.ticket_id)) for change in group)
    body = wire_change(group[0])
    del body["id"]
    return Order(changes=tuple(group), body={"ticket": body}, params={"ids": ids})


def wire_change(change: TicketChange) -> dict[str, Any]:
    """Return one change as the batch form takes it: only what is ours is named."""
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


def settled(change: TicketChange, told: WireOutcome | None, ticket: Ticket | None) -> WriteResult:
    """Return what became of one change, given its ticket as it now is.

    A job's own words are only a hint here: what counts is whether the ticket shows what was asked.
    A trigger may take a part of it back at once; what is left was written all the same.
    """
    outcome, detail = Outcome.REJECTED, ""
    is_done = told is not None and is_success(told)
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
    elif is_done:
        outcome = outcome_of(ticket, change)
        detail = "answered with success, but the ticket does not show it"
    else:
        detail = told.error if told.error and told.error.isidentifier() else "failed"
    return WriteResult(
        ticket_id=change.ticket_id,
        outcome=outcome,
        detail=detail,
        ticket=ticket,
        is_done=is_done,
    )
