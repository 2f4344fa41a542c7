"""Requests, answers, and the table that finds who answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from connector.practice.directory import User
from connector.practice.refusal import bad_request, forbidden

if TYPE_CHECKING:
    from connector.practice.helpdesk import Helpdesk
    from connector.practice.world import World

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
PAGE = 100
MAX_OFFSET = 10_000


@dataclass(slots=True)
class Answer:
    """What goes back: a rendered body or something to render as JSON."""

    body: bytes | Mapping[str, Any]
    status: int = 200
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def rendered(self) -> bytes:
        """Return the bytes of the body."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


@dataclass(slots=True)
class Call:
    """One request on its way to a route; `parts` are the variable pieces of its path.

    `auth` is the header it was admitted with.
    """

    desk: Helpdesk
    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    user: User
    parts: tuple[str, ...] = ()
    auth: str = ""

    @property
    def world(self) -> World:
        """Return the state behind the helpdesk."""
        return self.desk.world

    @property
    def url(self) -> str:
        """Return the address that links begin with."""
        return self.desk.url

    @property
    def key(self) -> int:
        """Return the first variable piece of the path as a number."""
        return int(self.parts[0])

    def number(self, name: str, default: int) -> int:
        """Return a numeric parameter, or refuse."""
        text = self.query.get(name, "")
        if not text:
            return default
        try:
            return int(float(text))
        except ValueError:
            raise bad_request(f"Invalid value for parameter {name}") from None

    def ids(self) -> list[int]:
        """Return the `ids` parameter as numbers."""
        return [int(one) for one in self.query.get("ids", "").split(",") if one.strip().isdigit()]

    def content(self, key: str) -> dict[str, Any]:
        """Return the object that the body has under a key, or refuse."""
        content = self.body.get(key)
        if not isinstance(content, dict):
            raise bad_request(f"Parameter {key} is required")
        return content

    def need_admin(self) -> None:
        """Refuse everybody but admins."""
        if self.user.role != "admin":
            raise forbidden()

    def link(self, path: str, **query: object) -> str:
        """Return the address of another call."""
        return f"{self.url}/api/v2/{path}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a method and a path; `{}` stands for a number, `{*}` for anything."""

    method: str
    path: str
    answer: Callable[[Call], Answer]
    limits: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        """Return the variable pieces of a path that this route answers."""
        if method != self.method:
            return None
        pattern = re.escape(self.path).replace(r"\{\*\}", "([^/]+)").replace(r"\{\}", "([0-9]+)")
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groups()


def listing(
    call: Call, key: str, items: Sequence[Any], render: Callable[[Any], Mapping[str, Any]]
) -> Answer:
    """Answer with one page of a list, by cursor when `page[size]` is given, else by number."""
    if "page[size]" in call.query:
        return _cursor_page(call, key, items, render)
    size = min(PAGE, max(1, call.number("per_page", PAGE)))
    page = max(1, call.number("page", 1))
    start = (page - 1) * size
    if start + size > MAX_OFFSET:
        raise bad_request("Offset pagination is limited to 10,000 records; use cursors")
    rest = {name: value for name, value in call.query.items() if name != "page"}
    there = {number: call.link(call.path, **rest, page=number) for number in (page - 1, page + 1)}
    return Answer(
        {
            key: [render(item) for item in items[start : start + size]],
            "next_page": there[page + 1] if start + size < len(items) else None,
            "previous_page": there[page - 1] if page > 1 else None,
            "count": len(items),
        }
    )


def _cursor_page(
    call: Call, key: str, items: Sequence[Any], render: Callable[[Any], Mapping[str, Any]]
) -> Answer:
    size = min(PAGE, max(1, call.number("page[size]", PAGE)))
    after = call.query.get("page[after]", "")
    start = _position(after) if after else 0
    shown = items[start : start + size]
    has_more = start + size < len(items)
    cursors = {"after_cursor": _cursor(start + len(shown)), "before_cursor": _cursor(start)}
    rest = {name: value for name, value in call.query.items() if name != "page[after]"}
    following = rest | {"page[after]": cursors["after_cursor"]}
    return Answer(
        {
            key: [render(item) for item in shown],
            "meta": {"has_more": has_more} | cursors,
            "links": {
                "prev": None,
                "next": call.link(call.path, **following) if has_more else None,
            },
        }
    )


def _cursor(position: int) -> str:
    return f"p{position:x}"


def _position(cursor: str) -> int:
    try:
        return int(cursor.removeprefix("p"), 16)
    except ValueError:
        raise bad_request("page[after] is not valid") from None


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route for a request and the variable pieces of its path."""
    for route in routes:
        parts = route.match(method, path)
        if parts is not None:
            return route, parts
    return None
