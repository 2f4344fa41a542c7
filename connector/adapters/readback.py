"""Does a ticket show what was asked for? A helpdesk's own words are a hint; this is what counts."""

from __future__ import annotations

from connector.model.change import Outcome, TicketChange
from connector.model.ticket import Ticket


def shows(ticket: Ticket, change: TicketChange) -> bool:
    """Tell whether a ticket shows everything that was asked for."""
    return not lacking(ticket, change)


def shows_some(ticket: Ticket, change: TicketChange) -> bool:
    """Tell whether a ticket shows at least a part of what was asked for.

    What is gone may have been taken away by somebody else, so it counts only where nothing was to
    be added.
    """
    added = {f"tag:{tag}" for tag in change.add_tags}
    added |= {field_id for field_id, value in change.fields.items() if value}
    removed = {f"tag:{tag}" for tag in change.remove_tags} | set(change.fields)
    return bool((added or removed) - lacking(ticket, change))


def outcome_of(ticket: Ticket, change: TicketChange) -> Outcome:
    """Return what became of a change that was taken: written also where a part did not stay.

    What a part is left of can be undone; all of it missing is a refusal, whatever was answered.
    """
    is_there = shows(ticket, change) or shows_some(ticket, change)
    return Outcome.WRITTEN if is_there else Outcome.REJECTED


def lacking(ticket: Ticket, change: TicketChange) -> frozenset[str]:
    """Return what a ticket does not show of what was asked for: field ids, and `tag:` and a tag."""
    tags = frozenset(ticket.tags)
    amiss = (frozenset(change.add_tags) - tags) | (tags & frozenset(change.remove_tags))
    fields = (
        field_id
        for field_id, value in change.fields.items()
        if (ticket.fields.get(field_id) or None) != (value or None)
    )
    return frozenset(f"tag:{tag}" for tag in amiss).union(fields)
