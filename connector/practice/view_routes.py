"""Views: lists of tickets that agents work through, one of all unsolved ones from the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import (
    Condition,
    Moment,
    condition_document,
    conditions_of,
    holds,
)
from connector.practice.directory import STAFF
from connector.practice.refusal import forbidden, invalid, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.ticket_rows import ticket_document
from connector.practice.world import Ticket, World

VIEW_BASE = 28_800_000_000_000
VIEW_STRIDE = 4
NEEDED = frozenset({"status", "type", "group_id", "assignee_id", "requester_id"})
MOST_COLUMNS = 10
UNSOLVED = Condition("status", "less_than", "solved")


@dataclass(frozen=True, slots=True)
class View:
    """A shared view."""

    id: int
    title: str
    every: tuple[Condition, ...]
    some: tuple[Condition, ...] = ()
    columns: tuple[str, ...] = ()
    description: str | None = None
    active: bool = True
    position: int = 1
    created_at: int = 0
    updated_at: int = 0


ALL_UNSOLVED = View(VIEW_BASE, "All unsolved tickets", (UNSOLVED,))


def views(call: Call) -> Answer:
    """List the views, active or not, or only those that are active."""
    _need_staff(call)
    found = [one for one in _views(call.world) if one.active or not call.path.endswith("active")]
    return listing(call, "views", found, lambda one: _document(one, call.url))


def view(call: Call) -> Answer:
    """Show one view."""
    _need_staff(call)
    return _shown(call, _found(call))


def create(call: Call) -> Answer:
    """Make a view."""
    call.need_admin()
    world, now = call.world, call.world.now()
    place = max((one.id for one in _views(world)), default=VIEW_BASE) + VIEW_STRIDE
    blank = View(place, "", (), position=len(world.views) + 2, created_at=now)
    made = _changed(blank, {"title": "", "all": []} | call.content("view"), now)
    world.views[made.id] = made
    answer = _shown(call, made)
    answer.status = 201
    answer.headers["Location"] = f"{call.url}/api/v2/views/{made.id}.json"
    return answer


def update(call: Call) -> Answer:
    """Change a view; conditions that are given replace all that it had."""
    call.need_admin()
    made = _changed(_found(call), call.content("view"), call.world.now())
    call.world.views[made.id] = made
    return _shown(call, made)


def delete(call: Call) -> Answer:
    """Delete a view."""
    call.need_admin()
    found = _found(call)
    if found.id not in call.world.views:
        raise forbidden()
    del call.world.views[found.id]
    return Answer(b"", 204)


def count(call: Call) -> Answer:
    """Count the tickets in a view, as of now."""
    _need_staff(call)
    found = _found(call)
    number = len(tickets_in(call.world, found))
    url = f"{call.url}/api/v2/views/{found.id}/count.json"
    counted = {"view_id": found.id, "url": url, "value": number, "pretty": str(number)}
    return Answer({"view_count": counted | {"fresh": True, "active": found.active}})


def tickets(call: Call) -> Answer:
    """List the tickets in a view."""
    _need_staff(call)
    found = tickets_in(call.world, _found(call))
    return listing(call, "tickets", found, lambda one: ticket_document(call.world, one, call.url))


def tickets_in(world: World, view: View) -> list[Ticket]:
    """Return the tickets that a view shows."""
    moment = Moment(world)
    shown = (one for one in world.tickets.values() if one.status != "deleted")
    return [one for one in shown if holds(one, moment, view.every, view.some)]


def _changed(view: View, body: Mapping[str, Any], now: int) -> View:
    title = body.get("title", view.title)
    if not isinstance(title, str) or not title.strip():
        raise invalid("title", "Title: cannot be blank")
    every = conditions_of(body["all"]) if "all" in body else view.every
    some = conditions_of(body["any"]) if "any" in body else view.some
    if not any(one.field in NEEDED for one in every):
        raise invalid("base", f"At least one condition must be on {', '.join(sorted(NEEDED))}")
    columns = tuple(map(str, (body.get("output") or {}).get("columns") or view.columns))
    if len(columns) > MOST_COLUMNS:
        raise invalid("base", f"At most {MOST_COLUMNS} columns")
    return replace(
        view,
        title=title,
        every=every,
        some=some,
        columns=columns,
        description=body.get("description", view.description),
        active=bool(body.get("active", view.active)),
        updated_at=now,
    )


def _views(world: World) -> list[View]:
    return [ALL_UNSOLVED, *world.views.values()]


def _found(call: Call) -> View:
    found = next((one for one in _views(call.world) if one.id == call.key), None)
    if found is None:
        raise not_found()
    return found


def _need_staff(call: Call) -> None:
    if call.user.role not in STAFF:
        raise forbidden()


def _shown(call: Call, view: View) -> Answer:
    return Answer({"view": _document(view, call.url)})


def _document(view: View, url: str) -> dict[str, Any]:
    columns = [{"id": one, "title": one.replace("_", " ").title()} for one in view.columns]
    return {
        "id": view.id,
        "url": f"{url}/api/v2/views/{view.id}.json",
        "title": view.title,
        "raw_title": view.title,
        "active": view.active,
        "default": False,
        "position": view.position,
        "description": view.description,
        "conditions": {
            "all": [condition_document(one) for one in view.every],
            "any": [condition_document(one) for one in view.some],
        },
        "execution": {"group_by": None, "sort_by": None, "columns": columns, "fields": columns},
        "restriction": None,
        "created_at": stamp(view.created_at),
        "updated_at": stamp(view.updated_at),
    }


ROUTES = (
    Route("GET", "views", views),
    Route("POST", "views", create),
    Route("GET", "views/active", views),
    Route("GET", "views/{}", view),
    Route("PUT", "views/{}", update),
    Route("DELETE", "views/{}", delete),
    Route("GET", "views/{}/count", count),
    Route("GET", "views/{}/tickets", tickets),
)
