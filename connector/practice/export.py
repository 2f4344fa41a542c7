"""The incremental exports: tickets by cursor and by time, ticket events, people by cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from connector.practice.event_rows import event_row
from connector.practice.limits import EXPORTS
from connector.practice.printed import Place, Printed, stretches
from connector.practice.refusal import Refusal, bad_request
from connector.practice.routing import Answer, Call, Route
from connector.practice.ticket_rows import Tickets
from connector.practice.wire import metric_bytes, user_document
from connector.practice.world import Ticket, audit_id

PAGE = 1000
WITHHELD_S = 60


class Sheet(NamedTuple):
    """One page of tickets: its rows, where it ends, how many there are, and whether more follow."""

    rows: bytes
    end: Place | None
    shown: int
    has_more: bool

    def answer(self, envelope: Mapping[str, object]) -> Answer:
        """Return the whole page."""
        return _page("tickets", self.rows, envelope)


def tickets_by_cursor(call: Call) -> Answer:
    """Answer one page of tickets in order of their generated stamp, by cursor."""
    start = _place(call)
    sheet = _sheet(call, start, _size(call))
    cursor = _cursor(sheet.end or start) if sheet.shown or "cursor" in call.query else None
    rest = {k: v for k, v in call.query.items() if k not in {"cursor", "start_time"}}
    following = None if cursor is None else _link(call, rest | {"cursor": cursor})
    return sheet.answer(
        {
            "after_url": following,
            "before_url": None,
            "after_cursor": cursor,
            "before_cursor": None,
            "end_of_stream": not sheet.has_more,
        }
    )


def tickets_by_time(call: Call) -> Answer:
    """Answer one page of tickets by time: the next page begins at this one's last second."""
    start = _start(call)
    sheet = _sheet(call, (start, -1), _size(call))
    end = start if sheet.end is None else sheet.end[0]
    return sheet.answer(time_envelope(call, end, sheet.shown, sheet.shown + sheet.has_more))


def ticket_events(call: Call) -> Answer:
    """Answer one page of ticket events by time; the last second of a page repeats on the next."""
    world = call.world
    start = _start(call)
    size = _size(call)
    places = world.feed_places(start, world.now() - WITHHELD_S)
    shown = places[:size]
    end = world.feed[shown[-1]].at if shown else start
    envelope = time_envelope(call, end, len(shown), len(places))
    with_comments = "comment_events" in call.query.get("include", "")
    key = ("events", with_comments, _scope(call), shown)
    page = world.shelf.get(key)
    if page is None:
        page = Printed(_event_rows(call, shown, with_comments=with_comments))
        if len(places) > size:
            world.shelf.keep(key, page)
    return _page("ticket_events", page.rows, envelope)


def people_by_cursor(call: Call) -> Answer:
    """Answer one page of people in order of their last update, by cursor."""
    start = _place(call)
    size = _size(call)
    found = call.world.roll.after(start, call.world.now() - WITHHELD_S, size + 1)
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


def _sheet(call: Call, after: Place, size: int) -> Sheet:
    """Return the tickets after a place: as they were printed before, or printed now."""
    shelf = call.world.shelf
    has_figures = "metric_sets" in call.query.get("include", "")
    key = ("tickets", call.url, has_figures, _scope(call), after, size)
    page = shelf.get(key)
    if page is not None:
        return Sheet(page.rows, page.last, size, next(_exported(call, page.last), None) is not None)
    found = list(islice(_exported(call, after), size + 1))
    shown = found[:size]
    if not shown:
        return Sheet(b"", None, 0, has_more=False)
    last = (shown[-1].generated_at, shown[-1].id)
    rows = _ticket_rows(call, shown, has_figures=has_figures)
    has_more = len(found) > size
    if has_more:
        shelf.keep(key, Printed(rows, last, stretches(shown[0].generated_at, last[0])))
    return Sheet(rows, last, len(shown), has_more)


def _exported(call: Call, after: Place) -> Iterator[Ticket]:
    tickets = call.world.exported(after, call.world.now() - WITHHELD_S)
    scope = _scope(call)
    return tickets if scope == "all" else (one for one in tickets if one.support_type == scope)


def _scope(call: Call) -> str:
    return call.query.get("support_type_scope", "agent")


def _ticket_rows(call: Call, shown: list[Ticket], *, has_figures: bool) -> bytes:
    tickets = Tickets(call.world, call.url)
    if not has_figures:
        return msgspec.json.encode([tickets.row(one) for one in shown])[1:-1]
    # each in its ticket: tap-zendesk and others look for them there
    rows = (msgspec.json.encode(tickets.row(one)) for one in shown)
    sets = (metric_bytes(call.world, one, call.url) for one in shown)
    pairs = zip(rows, sets, strict=True)
    return b",".join([row[:-1] + b',"metric_set":' + figures + b"}" for row, figures in pairs])


def _event_rows(call: Call, shown: range, *, with_comments: bool) -> bytes:
    feed, tickets, scope = call.world.feed, call.world.tickets, _scope(call)
    audits = ((place, feed[place]) for place in shown)
    rows = [
        event_row(audit_id(place), audit, with_comments=with_comments)
        for place, audit in audits
        if scope in {"all", tickets[audit.ticket_id].support_type}
    ]
    return msgspec.json.encode(rows)[1:-1]


def _page(key: str, rows: bytes, envelope: Mapping[str, object]) -> Answer:
    rest = msgspec.json.encode(envelope)[1:]
    return Answer(b"".join((b'{"', key.encode(), b'":[', rows, b"],", rest)))


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
