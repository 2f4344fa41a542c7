"""The last look: right before a batch is sent, its tickets are read once more.

Between the last read and the write minutes may pass in which people work. What they took off our
hands is left to the next run, which reads it, and plans anew with what it then knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from connector.adapters.base import Adapter
from connector.model.change import Outcome, WriteResult
from connector.model.ticket import Status, Ticket
from connector.writeback.note import is_same_note
from connector.writeback.plan import Plan, PlannedChange
from connector.writeback.planner import UNTOUCHED
from connector.writeback.reasons import WRITABLE, Cause


class LastLook(NamedTuple):
    """The changes of a batch that still fit their tickets, and why the others are left alone."""

    fits: tuple[PlannedChange, ...]
    left: tuple[WriteResult, ...]


def last_look(adapter: Adapter, plan: Plan, batch: Sequence[PlannedChange]) -> LastLook:
    """Read the tickets of a batch, in one request where the helpdesk permits, and part them."""
    tickets = {ticket.id: ticket for ticket in adapter.look([p.change.ticket_id for p in batch])}
    return parted(plan, batch, tickets)


def parted(plan: Plan, batch: Sequence[PlannedChange], tickets: Mapping[str, Ticket]) -> LastLook:
    """Part a batch into what may be sent and what is left alone, given the tickets as they are."""
    fits, left = [], []
    for planned in batch:
        ticket_id = planned.change.ticket_id
        ticket = tickets.get(ticket_id)
        found = _why_not(plan, planned, ticket)
        if ticket is not None and found is None:
            fits.append(_as_seen(planned, ticket))
        elif found is not None:
            outcome, detail = found
            left.append(WriteResult(ticket_id=ticket_id, outcome=outcome, detail=detail))
    return LastLook(tuple(fits), tuple(left))


def _why_not(
    plan: Plan, planned: PlannedChange, ticket: Ticket | None
) -> tuple[Outcome, str] | None:
    """Say why a change does not fit its ticket any more; None when it does."""
    if ticket is None or ticket.status == Status.DELETED:
        return Outcome.MISSING, "gone"
    if ticket.status == Status.CLOSED or ticket.marks & UNTOUCHED:
        return Outcome.LOCKED, "closed"
    if plan.ignore in ticket.tags:
        return Outcome.CONFLICT, "ignored"
    if not _is_as_planned(planned.status, ticket.status):
        return Outcome.CONFLICT, f"now {ticket.status}"
    if _is_touched(planned, ticket):
        return Outcome.CONFLICT, "changed since"
    return None


def _is_as_planned(planned: str, now: str) -> bool:
    """Tell whether a ticket is as far as it was; new and open are the same, an undo takes all."""
    if not planned or planned == now:
        return True
    return planned in WRITABLE and now in WRITABLE


def _is_touched(planned: PlannedChange, ticket: Ticket) -> bool:
    """Tell whether somebody changed what we are about to change, or did what we warn of.

    What differs on a ticket that nobody updated since was not read before, and is nobody's change.
    """
    read = planned.change.expected_stamp
    if read is not None and ticket.updated_at <= read:
        return False
    if _is_of_the_moment(planned) and planned.known_at is not None:
        return ticket.updated_at > planned.known_at or _differs(planned, ticket)
    return _differs(planned, ticket)


def _is_of_the_moment(planned: PlannedChange) -> bool:
    """Tell whether a change tells what a reply or a solution would settle."""
    return any(reason.cause is Cause.OUTCOME for reason in planned.reasons)


def _differs(planned: PlannedChange, ticket: Ticket) -> bool:
    change, tags = planned.change, set(ticket.tags)
    return (
        any(not is_same_note(ticket.fields.get(key), was) for key, was in planned.before.items())
        or not tags.isdisjoint(change.add_tags)
        or not tags.issuperset(change.remove_tags)
    )


def _as_seen(planned: PlannedChange, ticket: Ticket) -> PlannedChange:
    """Return a change whose image before is what the ticket shows now, so that undo is exact."""
    if not _differs(planned, ticket):
        return planned
    change = replace(
        planned.change,
        add_tags=tuple(tag for tag in planned.change.add_tags if tag not in ticket.tags),
        remove_tags=tuple(tag for tag in planned.change.remove_tags if tag in ticket.tags),
    )
    return replace(
        planned, change=change, before={key: ticket.fields.get(key) for key in planned.before}
    )
