"""SLA policies and the export of ticket metric events, by time and by cursor."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from typing import Any

from connector.practice.clock import stamp
from connector.practice.export import WITHHELD_S, time_envelope
from connector.practice.limits import EXPORTS
from connector.practice.refusal import bad_request, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.side_routes import any_start
from connector.practice.slas import (
    Policy,
    change_policy,
    end_policy,
    policies_now,
    policy_document,
)
from connector.practice.stopwatches import NEVER, Step, timeline
from connector.practice.world import UNSOLVED, World

STEP_BASE = 28_800_000_000_000
STEPS_OF_A_TICKET = 4096
PAGE, CURSOR_PAGE = 1000, 100
Place = tuple[int, int, int]


class StepFeed:
    """All steps in order of time; each ticket's are worked out once, and again when it moves.

    Steps of tickets that nobody touched since the earliest start asked for are left out.
    """

    def __init__(self, world: World) -> None:
        """Begin empty; the first request pays."""
        self._world = world
        self._since = NEVER
        self._seen = 0
        self._steps: dict[int, list[Step]] = {}
        self._order: list[Place] = []
        self._due: list[tuple[int, int]] = []

    def between(self, start: int, until: int) -> list[Place]:
        """Return the places of all steps from one instant to another, both included."""
        self._refresh(start)
        low = bisect_left(self._order, (start, 0, 0))
        return self._order[low : bisect_left(self._order, (until + 1, 0, 0))]

    def document(self, place: Place) -> dict[str, Any]:
        """Return one step as the wire has it."""
        _, ticket_id, number = place
        step = self._steps[ticket_id][number]
        document: dict[str, Any] = {
            "id": STEP_BASE + ticket_id * STEPS_OF_A_TICKET + number,
            "ticket_id": ticket_id,
            "metric": step.metric,
            "instance_id": step.instance,
            "type": step.kind,
            "time": stamp(step.at),
            "deleted": False,
        }
        return document | (step.more or {})

    def _refresh(self, start: int) -> None:
        world, now = self._world, self._world.now()
        if start < self._since:
            self._since = start
            tickets = world.tickets.values()
            moved = {t.id for t in tickets if t.updated_at >= start or t.status in UNSOLVED}
        else:
            moved = {audit.ticket_id for audit in world.feed[self._seen :]}
        self._seen = len(world.feed)
        while self._due and self._due[0][0] <= now:
            moved.add(heapq.heappop(self._due)[1])
        is_many = len(moved) > len(self._steps) // 4
        for ticket_id in sorted(moved):
            self._work_out(ticket_id, now, is_many=is_many)
        if is_many:
            self._order.sort()

    def _work_out(self, ticket_id: int, now: int, *, is_many: bool) -> None:
        found = timeline(self._world, self._world.tickets[ticket_id], now)
        known = len(self._steps.get(ticket_id, ()))
        self._steps[ticket_id] = found.steps
        for number in range(known, len(found.steps)):
            place = (found.steps[number].at, ticket_id, number)
            if is_many:
                self._order.append(place)
            else:
                insort(self._order, place)
        if found.due_at != NEVER:
            heapq.heappush(self._due, (found.due_at, ticket_id))


def policies(call: Call) -> Answer:
    """List SLA policies in their order."""
    call.need_admin()
    found = policies_now(call.world)
    return listing(call, "sla_policies", found, lambda one: policy_document(one, call.url))


def policy(call: Call) -> Answer:
    """Show one SLA policy."""
    call.need_admin()
    return _shown(call, _found(call, call.key))


def create_policy(call: Call) -> Answer:
    """Create an SLA policy; it is for what happens to tickets from now on."""
    call.need_admin()
    made = call.desk.acts.add_policy(call.content("sla_policy"))
    answer = _shown(call, made)
    answer.status = 201
    answer.headers["Location"] = f"{call.url}/api/v2/slas/policies/{made.id}.json"
    return answer


def update_policy(call: Call) -> Answer:
    """Change an SLA policy; a list of targets that is given replaces all that it had."""
    call.need_admin()
    found = _found(call, call.key)
    return _shown(call, change_policy(call.world, found, call.content("sla_policy")))


def delete_policy(call: Call) -> Answer:
    """Delete an SLA policy."""
    call.need_admin()
    end_policy(call.world, _found(call, call.key))
    return Answer(b"", 204)


def reorder_policies(call: Call) -> Answer:
    """Put all SLA policies in a new order; the answer is empty."""
    call.need_admin()
    ids = call.body.get("sla_policy_ids") or [
        int(one) for one in call.query.get("sla_policy_ids", "").split(",") if one.isdigit()
    ]
    if not isinstance(ids, list) or sorted(ids) != sorted(p.id for p in policies_now(call.world)):
        raise not_found()
    for place, number in enumerate(ids, start=1):
        change_policy(call.world, _found(call, number), {"position": place})
    return Answer(b"")


def _found(call: Call, number: int) -> Policy:
    found = next((one for one in policies_now(call.world) if one.id == number), None)
    if found is None:
        raise not_found()
    return found


def _shown(call: Call, found: Policy) -> Answer:
    return Answer({"sla_policy": policy_document(found, call.url)})


def metric_events(call: Call) -> Answer:
    """Answer one page of metric events: by cursor with `page[size]`, else by time."""
    call.need_admin()
    start = any_start(call)
    until = call.world.now() - WITHHELD_S
    found = call.desk.steps.between(start, until)
    if call.query.get("exclude_deleted") == "true":
        tickets = call.world.tickets
        found = [place for place in found if tickets[place[1]].status != "deleted"]
    if "page[size]" in call.query:
        return _by_cursor(call, found)
    shown = found[:PAGE]
    end = shown[-1][0] if shown else start
    envelope = time_envelope(call, end, len(shown), len(found))
    del envelope["end_of_stream"]
    return Answer({"ticket_metric_events": _documents(call, shown)} | envelope)


def _by_cursor(call: Call, found: list[Place]) -> Answer:
    size = min(CURSOR_PAGE, max(1, call.number("page[size]", CURSOR_PAGE)))
    after = call.query.get("page[after]", "")
    if after:
        found = found[bisect_left(found, _next(after)) :]
    shown, has_more = found[:size], len(found) > size
    last = ".".join(map(str, shown[-1])) if shown else after or None
    rest = {name: value for name, value in call.query.items() if name != "page[after]"}
    following = call.link(call.path, **rest, **{"page[after]": last}) if has_more else None
    return Answer(
        {
            "ticket_metric_events": _documents(call, shown),
            "meta": {"has_more": has_more, "after_cursor": last, "before_cursor": after or None},
            "links": {"prev": None, "next": following},
        }
    )


def _documents(call: Call, places: list[Place]) -> list[dict[str, Any]]:
    return [call.desk.steps.document(place) for place in places]


def _next(cursor: str) -> Place:
    try:
        at, ticket_id, number = (int(part) for part in cursor.split("."))
    except ValueError:
        raise bad_request("page[after] is not valid") from None
    return at, ticket_id, number + 1


ROUTES = (
    Route("GET", "slas/policies", policies),
    Route("POST", "slas/policies", create_policy),
    Route("PUT", "slas/policies/reorder", reorder_policies),
    Route("GET", "slas/policies/{}", policy),
    Route("PUT", "slas/policies/{}", update_policy),
    Route("DELETE", "slas/policies/{}", delete_policy),
    Route("GET", "incremental/ticket_metric_events", metric_events, (EXPORTS,)),
)
