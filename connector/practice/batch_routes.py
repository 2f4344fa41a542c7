"""Batches of tickets and the jobs that carry them out, item by item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.practice.limits import TICKET, UPDATES
from connector.practice.refusal import Refusal, bad_request, invalid, not_found, too_many
from connector.practice.routing import Answer, Call, Route
from connector.practice.world import API

BATCH = 100
ACCOUNT_ID = 2_811
TAG_KEYS = frozenset({"additional_tags", "remove_tags"})
ERRORS = {404: "RecordNotFound", 409: "UpdateConflict", 429: "APIRateLimitExceeded"}
Item = Mapping[str, Any]


def update_many(call: Call) -> Answer:
    """Update up to a hundred tickets in a job: each its own change, or all the same one."""
    if "ids" in call.query:
        change = call.content("ticket")
        wanted = [change | {"id": one} for one in call.ids()]
    else:
        wanted = _items(call)
        if call.desk.batch_ignores_tags:
            wanted = [{k: v for k, v in item.items() if k not in TAG_KEYS} for item in wanted]
    return _job(call, "Bulk Update Ticket", wanted, _update_one)


def create_many(call: Call) -> Answer:
    """Create up to a hundred tickets in a job."""
    return _job(call, "Bulk Create Ticket", _items(call), _create_one)


def job(call: Call) -> Answer:
    """Tell how a job stands."""
    return Answer(call.desk.jobs.get(call.parts[0]).document(call.url))


def jobs(call: Call) -> Answer:
    """List the jobs begun last; being listed brings none of them nearer to its end."""
    shown = [one.document(call.url, is_new=not one.is_told) for one in call.desk.jobs.latest()]
    return Answer({"job_statuses": [one["job_status"] for one in shown]})


def _items(call: Call) -> list[dict[str, Any]]:
    items = call.body.get("tickets")
    if not isinstance(items, list) or not items:
        raise bad_request("Parameter tickets is required")
    return items


def _job(
    call: Call, kind: str, wanted: list[Any], do: Callable[[Call, Item], dict[str, Any]]
) -> Answer:
    if len(wanted) > BATCH:
        raise too_many(BATCH)
    if call.desk.limiter.limits.enforced:
        call.desk.jobs.check_room(call.desk.limiter.limits.jobs)
    results = list(_results(call, kind, wanted, do))
    begun = call.desk.jobs.begin(kind, results, call.world.now())
    return Answer(begun.document(call.url, is_new=True))


def _results(
    call: Call, kind: str, wanted: Iterable[Item], do: Callable[[Call, Item], dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    for index, item in enumerate(wanted):
        try:
            yield do(call, item) | ({"index": index} if "Create" in kind else {})
        except Refusal as refusal:
            yield _failure(kind, index, item, refusal)


def _update_one(call: Call, item: Item) -> dict[str, Any]:
    ticket_id = item.get("id")
    if not isinstance(ticket_id, int):
        raise not_found()
    if ticket_id in call.desk.jobs.failing:
        raise invalid("base", call.desk.jobs.failing[ticket_id])
    call.world.ticket(ticket_id)
    call.desk.limiter.admit((TICKET,), f"{call.user.id} {ticket_id}")
    call.desk.acts.update(ticket_id, call.user.id, item)
    return {"id": ticket_id, "action": "update", "status": "Updated", "success": True}


def _create_one(call: Call, item: Item) -> dict[str, Any]:
    ticket = call.desk.acts.create(item, author_id=call.user.id, via=API)
    return {"id": ticket.id, "account_id": ACCOUNT_ID}


def _failure(kind: str, index: int, item: Item, refusal: Refusal) -> dict[str, Any]:
    failed = "TicketCreateFailed" if "Create" in kind else "TicketUpdateFailed"
    outcome = {"error": ERRORS.get(refusal.status, failed), "details": refusal.sentence()}
    return {"index": index} | ({"id": item["id"]} if "id" in item else {}) | outcome


ROUTES = (
    Route("PUT", "tickets/update_many", update_many, (UPDATES,)),
    Route("POST", "tickets/create_many", create_many, (UPDATES,)),
    Route("GET", "job_statuses", jobs),
    Route("GET", "job_statuses/{*}", job),
)
