"""Calls about tickets: show, create, update, tags, comments, audits, batches and their jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.practice.history import audit_document, comment_document
from connector.practice.limits import TICKET, UPDATES
from connector.practice.refusal import Refusal, bad_request, not_found, too_many
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.wire import metric_document, ticket_document
from connector.practice.world import API, Comment, audit_id

BATCH = 100
ACCOUNT_ID = 2_811


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
    """List tickets that are neither deleted nor closed long ago, by id."""
    tickets = [t for t in call.world.tickets.values() if t.status != "deleted"]
    return listing(call, "tickets", tickets, lambda t: ticket_document(call.world, t, call.url))


def count(call: Call) -> Answer:
    """Count the tickets, as of now."""
    number = sum(1 for ticket in call.world.tickets.values() if ticket.status != "deleted")
    return Answer({"count": {"value": number, "refreshed_at": None}})


def create(call: Call) -> Answer:
    """Create one ticket."""
    body = _body(call, "ticket")
    ticket = call.desk.acts.create(body, author_id=call.user.id, via=API)
    answer = _shown(call, ticket.id, status=201)
    answer.headers["Location"] = f"{call.url}/api/v2/tickets/{ticket.id}.json"
    return answer


def update(call: Call) -> Answer:
    """Update one ticket; the answer tells the audit too, when there is one."""
    audit = call.desk.acts.update(call.key, call.user.id, _body(call, "ticket"))
    answer = _shown(call, call.key)
    if audit is not None and isinstance(answer.body, dict):
        place = call.world.tickets[call.key].audits[-1]
        answer.body["audit"] = audit_document(audit_id(place), audit)
    return answer


def delete(call: Call) -> Answer:
    """Delete one ticket."""
    call.desk.acts.delete(call.key, call.user.id)
    return Answer(b"", 204)


def update_many(call: Call) -> Answer:
    """Update up to a hundred tickets in a job: each its own change, or all the same one."""
    if "ids" in call.query:
        change = _body(call, "ticket")
        wanted = [change | {"id": one} for one in call.ids()]
    else:
        wanted = _items(call)
    if len(wanted) > BATCH:
        raise too_many(BATCH)
    return _job(call, "Bulk Update Ticket", wanted, _update_one)


def create_many(call: Call) -> Answer:
    """Create up to a hundred tickets in a job."""
    wanted = _items(call)
    if len(wanted) > BATCH:
        raise too_many(BATCH)
    return _job(call, "Bulk Create Ticket", wanted, _create_one)


def job(call: Call) -> Answer:
    """Tell how a job stands."""
    return Answer(call.desk.jobs.get(call.parts[0]).document(call.url))


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
    """List the audits of a ticket, oldest first."""
    ticket = call.world.ticket(call.key)
    found = list(call.world.history(ticket))
    return listing(call, "audits", found, lambda pair: audit_document(*pair))


def metrics(call: Call) -> Answer:
    """Show the helpdesk's own figures for a ticket."""
    ticket = call.world.ticket(call.key)
    return Answer({"ticket_metric": metric_document(call.world, ticket, call.url)})


def _shown(call: Call, ticket_id: int, status: int = 200) -> Answer:
    ticket = call.world.ticket(ticket_id)
    document: dict[str, Any] = {"ticket": ticket_document(call.world, ticket, call.url)}
    if "metric_sets" in call.query.get("include", ""):
        document["ticket"]["metric_set"] = metric_document(call.world, ticket, call.url)
    return Answer(document, status)


def _body(call: Call, key: str) -> dict[str, Any]:
    body = call.body.get(key)
    if not isinstance(body, dict):
        raise bad_request(f"Parameter {key} is required")
    return body


def _items(call: Call) -> list[dict[str, Any]]:
    items = call.body.get("tickets")
    if not isinstance(items, list) or not items:
        raise bad_request("Parameter tickets is required")
    return items


def _job(
    call: Call,
    kind: str,
    wanted: Iterable[Mapping[str, Any]],
    do: Callable[[Call, Mapping[str, Any]], dict[str, Any]],
) -> Answer:
    results = []
    for index, item in enumerate(wanted):
        try:
            results.append(do(call, item) | ({"index": index} if "Create" in kind else {}))
        except Refusal as refusal:
            results.append(_failure(kind, index, item, refusal))
    begun = call.desk.jobs.begin(kind, results, call.world.now())
    return Answer(begun.document(call.url, is_new=True))


def _update_one(call: Call, item: Mapping[str, Any]) -> dict[str, Any]:
    ticket_id = item.get("id")
    if not isinstance(ticket_id, int):
        raise not_found()
    call.desk.acts.update(ticket_id, call.user.id, item)
    return {"id": ticket_id, "action": "update", "status": "Updated", "success": True}


def _create_one(call: Call, item: Mapping[str, Any]) -> dict[str, Any]:
    ticket = call.desk.acts.create(item, author_id=call.user.id, via=API)
    return {"id": ticket.id, "account_id": ACCOUNT_ID}


def _failure(kind: str, index: int, item: Mapping[str, Any], refusal: Refusal) -> dict[str, Any]:
    failed = "TicketCreateFailed" if "Create" in kind else "TicketUpdateFailed"
    named = {404: "RecordNotFound", 409: "UpdateConflict"}
    outcome = {"error": named.get(refusal.status, failed), "details": refusal.sentence()}
    return {"index": index} | ({"id": item["id"]} if "id" in item else {}) | outcome


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
    Route("PUT", "tickets/update_many", update_many, (UPDATES,)),
    Route("POST", "tickets/create_many", create_many, (UPDATES,)),
    Route("POST", "tickets", create, (UPDATES,)),
    Route("GET", "tickets/{}", show),
    Route("PUT", "tickets/{}", update, (UPDATES, TICKET)),
    Route("DELETE", "tickets/{}", delete, (UPDATES,)),
    Route("GET", "tickets/{}/comments", comments),
    Route("GET", "tickets/{}/audits", audits),
    Route("GET", "tickets/{}/metrics", metrics),
    Route("GET", "tickets/{}/tags", tags),
    Route("PUT", "tickets/{}/tags", add_tags, (UPDATES,)),
    Route("POST", "tickets/{}/tags", set_tags, (UPDATES,)),
    Route("DELETE", "tickets/{}/tags", remove_tags, (UPDATES,)),
    Route("GET", "job_statuses/{*}", job),
)
