"""Print the pages of the exports before anybody asks for them, as a first read of all would ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connector.practice.export import ticket_events, tickets_by_cursor
from connector.practice.helpdesk import Helpdesk
from connector.practice.routing import Answer, Call

EVERYTHING = {"start_time": "0", "per_page": "1000", "support_type_scope": "all"}
EXPORTS: tuple[tuple[str, Callable[[Call], Answer], Mapping[str, str]], ...] = (
    ("incremental/tickets/cursor", tickets_by_cursor, {}),
    ("incremental/ticket_events", ticket_events, {"include": "comment_events"}),
)


class _Ends(msgspec.Struct):
    end_of_stream: bool
    after_url: str | None = None
    next_page: str | None = None


def prepare(desk: Helpdesk) -> int:
    """Print every page of tickets and events that there is room for; return how many are kept."""
    with desk.world.lock:
        admin = next(user for user in desk.world.directory.users.values() if user.role == "admin")
        for path, answer, more in EXPORTS:
            query: Mapping[str, str] | None = {**EVERYTHING, **more}
            while query is not None:
                query = _following(answer(Call(desk, "GET", path, query, {}, admin)))
        return len(desk.world.shelf)


def _following(answer: Answer) -> Mapping[str, str] | None:
    ends = msgspec.json.decode(answer.rendered(), type=_Ends)
    link = ends.after_url or ends.next_page
    return None if ends.end_of_stream or link is None else dict(parse_qsl(urlsplit(link).query))
