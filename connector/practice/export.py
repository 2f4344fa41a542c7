"""The incremental exports: tickets by cursor and by time, ticket events, people by cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from itertools import islice
from urllib.parse import urlencode

import msgspec

from connector.practice.directory import User
from connector.practice.history import feed_document
from connector.practice.limits import EXPORTS
from connector.practice.refusal import Refusal, bad_request
from connector.practice.routing import Answer, Call, Route
from connector.practice.wire import joined, metric_bytes, ticket_bytes, user_document
from connector.practice.world import Ticket, audit_id

PAGE = 1000
WITHHELD_S = 60
Place = tuple[int, int]


def tickets_by_cursor(call: Call) -> Answer:
    """Answer one page of tickets in order of their generated stamp, by cursor."""
    start = _place(call)
    size = _size(call)
    found = list(islice(_exported(call, start), size + 1))
    shown = found[:size]
    after = (shown[-1].generated_at, shown[-1].id) if shown else start
    cursor = _cursor(after) if shown or "cursor" in call.query else None
    rest = {k: v for k, v in call.query.items() if k not in {"cursor", "start_time"}}
    following = None if cursor is None else _link(call, rest | {"cursor": cursor})
    envelope = {
        "after_url": following,
        "before_url": None,
        "after_cursor": cursor,
        "before_cursor": None,
        "end_of_stream": len(found) <= size,
    }
    return Answer(_ticket_page(call, shown, envelope))


def tickets_by_time(call: Call) -> Answer:
    """Answer one page of tickets by time: the next page begins at this one's last second."""
    start = _start(call)
    size = _size(call)
    found = list(islice(_exported(call, (start, -1)), size + 1))
    shown = found[:size]
    end = shown[-1].generated_at if shown else start
    return Answer(_ticket_page(call, shown, time_envelope(call, end, len(shown), len(found))))


def ticket_events(call: Call) -> Answer:
    """Answer one page of ticket events by time; the last second of a page repeats on the next."""
    world = call.world
    start = _start(call)
    size = _size(call)
    places = world.feed_places(start, world.now() - WITHHELD_S)
    shown = places[:size]
    with_comments = "comment_events" in call.query.get("include", "")
    events = [
        feed_document(audit_id(place), world.feed[place], with_comments=with_comments)
        for place in shown
        if _in_scope(call, world.tickets[world.feed[place].ticket_id])
    ]
    end = world.feed[shown[-1]].at if shown else start
    envelope = time_envelope(call, end, len(shown), len(places))
    return Answer({"ticket_events": events} | envelope)


def people_by_cursor(call: Call) -> Answer:
    """Answer one page of people in order of their last update, by cursor."""
    start = _place(call)
    size = _size(call)
    until = call.world.now() - WITHHELD_S
    everybody = call.world.directory.users.values()
    found: list[User] = sorted(
        (user for user in everybody if start < (user.updated_at, user.id) <= (until, 2**63)),
        key=lambda user: (user.updated_at, user.id),
    )
    shown = found[:size]
    after = (shown[-1].updated_at, shown[-1].id) if shown else start
    cursor = _cursor(after) if shown or "cursor" in call.query else None
    following = None if cursor is None else _link(call, {"cursor": cursor, "per_page": size})
    return Answer(
        {
            "users": [user_document(user, call.url) for user in shown],
            "after_url": following,
            "before_url": None,
            "after_cursor": cursor,
            "before_cursor": None,
            "end_of_stream": len(found) <= size,
        }
    )


def _exported(call: Call, after: Place) -> islice[Ticket]:
    tickets = call.world.exported(after, call.world.now() - WITHHELD_S)
    return islice((ticket for ticket in tickets if _in_scope(call, ticket)), None)


def _in_scope(call: Call, ticket: Ticket) -> bool:
    scope = call.query.get("support_type_scope", "agent")
    return scope in {"all", ticket.support_type}


def _ticket_page(call: Call, shown: list[Ticket], envelope: Mapping[str, object]) -> bytes:
    tickets = [ticket_bytes(call.world, ticket, call.url) for ticket in shown]
    if "metric_sets" in call.query.get("include", ""):
        # each in its ticket: tap-zendesk and others look for them there
        sets = (metric_bytes(call.world, ticket, call.url) for ticket in shown)
        pairs = zip(tickets, sets, strict=True)
        tickets = [one[:-1] + b',"metric_set":' + figures + b"}" for one, figures in pairs]
    return b'{"tickets":[' + joined(tickets) + b"]," + msgspec.json.encode(envelope)[1:]


def time_envelope(call: Call, end: int, shown: int, found: int) -> dict[str, object]:
    """Return what a page by time says of itself: the next page begins at this one's end."""
    rest = {k: v for k, v in call.query.items() if k != "start_time"}
    return {
        "count": shown,
        "end_of_stream": found <= shown,
        "end_time": end,
        "next_page": _link(call, rest | {"start_time": end}),
    }


def _link(call: Call, query: Mapping[str, object]) -> str:
    return f"{call.url}/api/v2/{call.path}.json?{urlencode(query)}"


def _size(call: Call) -> int:
    call.need_admin()
    return min(PAGE, max(1, call.number("per_page", PAGE)))


def _place(call: Call) -> Place:
    cursor = call.query.get("cursor")
    if cursor is None:
        return _start(call), -1
    try:
        stamp, number = base64.b64decode(cursor, validate=True).decode().split("||")[:2]
        return int(float(stamp)), int(number.strip("|"))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise bad_request("cursor is not valid") from None


def _cursor(place: Place) -> str:
    return base64.b64encode(f"{place[0]}.0||{place[1]}|".encode()).decode()


def _start(call: Call) -> int:
    if not call.query.get("start_time"):
        raise bad_request("Missing parameter: start_time")
    start = call.number("start_time", 0)
    if start > call.world.now() - WITHHELD_S:
        description = "Too recent start_time. Use a start_time older than 1 minute."
        raise Refusal(422, {"error": "StartTimeTooRecent", "description": description})
    return start


ROUTES = (
    Route("GET", "incremental/tickets/cursor", tickets_by_cursor, (EXPORTS,)),
    Route("GET", "incremental/tickets", tickets_by_time, (EXPORTS,)),
    Route("GET", "incremental/ticket_events", ticket_events, (EXPORTS,)),
    Route("GET", "incremental/users/cursor", people_by_cursor, (EXPORTS,)),
)
