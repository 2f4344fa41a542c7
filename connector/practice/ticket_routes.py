"""Calls about tickets: show, create, update, tags, comments and audits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.practice.batch_routes import BATCH
from connector.practice.history import audit_document, comment_document
from connector.practice.limits import TICKET, UPDATES
from connector.practice.refusal import bad_request, not_found, too_many
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.ticket_rows import ticket_document
from connector.practice.wire import metric_document
from connector.practice.world import API, Comment, Ticket


def show(call: Call) -> Answer:
    """Show one ticket."""
    return _shown(call, call.key)


def show_many(call: Call) -> Answer:
    """Show the tickets that exist among the ids asked for."""
    ids = call.ids()
    if len(ids) > BATCH:
        raise too_many(BATCH)
    found = (call.world.tickets.get(one) for one in sorted(set(ids)))
    tickets = [ticket for ticket in found if ticket is not None and ticket.status != "deleted"]
    return Answer(
        {
            "tickets": [ticket_document(call.world, ticket, call.url) for ticket in tickets],
            "next_page": None,
            "previous_page": None,
            "count": len(tickets),
        }
    )


def list_tickets(call: Call) -> Answer:
    """List tickets that are neither deleted nor archived, by id."""
    tickets = list(_listed(call))
    return listing(call, "tickets", tickets, lambda t: ticket_document(call.world, t, call.url))


def count(call: Call) -> Answer:
    """Count the tickets, as of now."""
    number = sum(1 for _ in _listed(call))
    return Answer({"count": {"value": number, "refreshed_at": None}})


def create(call: Call) -> Answer:
    """Create one ticket."""
    body = call.content("ticket")
    ticket = call.desk.acts.create(body, author_id=call.user.id, via=API)
    answer = _shown(call, ticket.id, status=201)
    answer.headers["Location"] = f"{call.url}/api/v2/tickets/{ticket.id}.json"
    return answer


def update(call: Call) -> Answer:
    """Update one ticket; the answer tells the audit too, when there is one."""
    audit = call.desk.acts.update(call.key, call.user.id, call.content("ticket"))
    answer = _shown(call, call.key)
    if audit is not None and isinstance(answer.body, dict):
        history = reversed([*call.world.history(call.world.tickets[call.key])])
        number = next(number for number, one in history if one == audit)
        answer.body["audit"] = audit_document(number, audit)
    return answer


def delete(call: Call) -> Answer:
    """Delete one ticket."""
    call.desk.acts.delete(call.key, call.user.id)
    return Answer(b"", 204)


def tags(call: Call) -> Answer:
    """Show the tags of a ticket."""
    return Answer({"tags": list(call.world.ticket(call.key).tags)})


def add_tags(call: Call) -> Answer:
    """Add tags and leave the others alone."""
    return _write_tags(call, "additional_tags")


def set_tags(call: Call) -> Answer:
    """Replace all tags."""
    answer = _write_tags(call, "tags")
    answer.status = 201
    return answer


def remove_tags(call: Call) -> Answer:
    """Remove tags and leave the others alone."""
    return _write_tags(call, "remove_tags")


def comments(call: Call) -> Answer:
    """List the comments of a ticket, oldest first."""
    ticket = call.world.ticket(call.key)
    found = []
    for number, audit in call.world.history(ticket):
        said = [change for change in audit.changes if isinstance(change, Comment)]
        found += [comment_document(number + 1, number, audit, one) for one in said]
    return listing(call, "comments", found, dict)


def audits(call: Call) -> Answer:
    """List the audits of a ticket, oldest first; those of an archived one have no pages."""
    ticket = call.world.ticket(call.key)
    found = list(call.world.history(ticket))
    if ticket.is_archived:
        shown = [audit_document(*pair) for pair in found]
        ends = {"next_page": None, "previous_page": None, "count": len(found)}
        return Answer({"audits": shown} | ends)
    return listing(call, "audits", found, lambda pair: audit_document(*pair))


def metrics(call: Call) -> Answer:
    """Show the helpdesk's own figures for a ticket."""
    ticket = call.world.ticket(call.key)
    if ticket.is_archived:
        raise not_found()
    return Answer({"ticket_metric": metric_document(call.world, ticket, call.url)})


def _listed(call: Call) -> Iterator[Ticket]:
    for ticket in call.world.tickets.values():
        if ticket.status != "deleted" and not ticket.is_archived:
            yield ticket


def _shown(call: Call, ticket_id: int, status: int = 200) -> Answer:
    ticket = call.world.ticket(ticket_id)
    document: dict[str, Any] = {"ticket": ticket_document(call.world, ticket, call.url)}
    if "metric_sets" in call.query.get("include", ""):
        document["ticket"]["metric_set"] = metric_document(call.world, ticket, call.url)
    return Answer(document, status)


def _write_tags(call: Call, key: str) -> Answer:
    given = call.body.get("tags", call.query.get("tags"))
    if given is None:
        raise bad_request("Parameter tags is required")
    stamp = {
        name: call.body[name] for name in ("safe_update", "updated_stamp") if name in call.body
    }
    call.desk.acts.update(call.key, call.user.id, {key: given} | stamp)
    return tags(call)


ROUTES = (
    Route("GET", "tickets", list_tickets),
    Route("GET", "tickets/count", count),
    Route("GET", "tickets/show_many", show_many),
    Route("POST", "tickets", create, (UPDATES,)),
    Route("GET", "tickets/{}", show),
    Route("PUT", "tickets/{}", update, (UPDATES, TICKET)),
    Route("DELETE", "tickets/{}", delete, (UPDATES,)),
    Route("GET", "tickets/{}/comments", comments),
    Route("GET", "tickets/{}/audits", audits),
    Route("GET", "tickets/{}/metrics", metrics),
    Route("GET", "tickets/{}/tags", tags),
    Route("PUT", "tickets/{}/tags", add_tags, (UPDATES, TICKET)),
    Route("POST", "tickets/{}/tags", set_tags, (UPDATES, TICKET)),
    Route("DELETE", "tickets/{}/tags", remove_tags, (UPDATES, TICKET)),
)
