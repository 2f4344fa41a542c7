"""Calls that clients make beside what they came for, before they trust a helpdesk to be one.

Records that a practice account has none of are empty lists, not unknown paths: clients written for
the vendor give up on a 404. Talk is an add-on, and it was not bought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from connector.practice.limits import EXPORTS
from connector.practice.refusal import bad_request, forbidden
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.wire import organization_document

EMPTY = {
    "macros": "macros",
    "organization_fields": "organization_fields",
    "search": "results",
    "user_fields": "user_fields",
}
"""Paths of lists without records (the search index lags behind, here for ever), and their keys."""


def tags(call: Call) -> Answer:
    """List the tags of all tickets, most used first."""
    tickets = call.world.tickets.values()
    counted = Counter(tag for one in tickets if one.status != "deleted" for tag in one.tags)
    return listing(
        call, "tags", counted.most_common(), lambda pair: {"name": pair[0], "count": pair[1]}
    )


def organizations_by_time(call: Call) -> Answer:
    """Answer the customer companies that changed since a time; the time may be the present."""
    call.need_admin()
    start = any_start(call)
    known = call.world.directory.organizations.values()
    found = sorted((one for one in known if one.created_at >= start), key=lambda o: o.created_at)
    end = found[-1].created_at if found else start
    shown = [organization_document(one, call.url) for one in found]
    return Answer({"organizations": shown} | _envelope(call, end, len(shown)))


def no_talk(_: Call) -> Answer:
    """Refuse what belongs to an add-on that the account does not have."""
    raise forbidden(
        "Access to this resource is restricted. "
        "Please contact the account administrator for assistance."
    )


def any_start(call: Call) -> int:
    """Return the start as seconds; here, unlike in the exports of tickets, it may be ISO 8601."""
    text = call.query.get("start_time", "")
    if "T" not in text:
        return call.number("start_time", 0)
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise bad_request("Invalid value for parameter start_time") from None


def _envelope(call: Call, end: int, count: int) -> dict[str, object]:
    following = urlencode({"start_time": end})
    link = f"{call.url}/api/v2/{call.path}.json?{following}"
    return {"count": count, "end_of_stream": True, "end_time": end, "next_page": link}


def _empty(key: str) -> Callable[[Call], Answer]:
    return lambda call: listing(call, key, [], dict)


ROUTES = (
    *(Route("GET", path, _empty(key)) for path, key in EMPTY.items()),
    Route("GET", "tags", tags),
    Route("GET", "incremental/organizations", organizations_by_time, (EXPORTS,)),
    Route("GET", "channels/voice/phone_numbers", no_talk),
)
