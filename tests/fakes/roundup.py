"""Roundup's wire format in memory, traps included, behind the `responses` library.

Changes have milliseconds, answers whole seconds; retired issues leave lists only; a filter without
a zone is read in the account's; null in a body is dropped; every write names a fresh ETag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
import responses
from requests.auth import _basic_auth_str

from connector.errors import AdapterError
from connector.model.page import FieldSpec
from connector.model.ticket import Status

ORIGIN = "https://tracker.example.com"
URL = f"{ORIGIN}/support"
STATUSES = {
    Status.NEW: "unread",
    Status.HOLD: "deferred",
    Status.OPEN: "chatting",
    Status.PENDING: "need-eg",
    Status.CLOSED: "done-cbb",
    Status.SOLVED: "resolved",
}
FIELDS = {"Contract status": "contract_status", "Contract note": "contract_note"}
OWN = ("title", "messages", "creation", "activity", "creator")
LINKS = {"status": "status", "priority": "priority", "keyword": "keyword", "assignedto": "user"}
LABELS = {"user": "username"}
Record = dict[str, Any]
Pairs = list[tuple[str, str]]
Answer = tuple[int, Record]


class FakeRoundup:
    """One tracker with an admin, who is also the one we sign in as, and a customer."""

    def __init__(self, mock: responses.RequestsMock, *, zone_h: int = 0) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)
        self.zone_h = zone_h
        self.counts_up_to = 10_000
        self.looking_up = timedelta(0)  # what passes between the look-up and the Date header
        self.may_make = True
        self.obeys = True
        self.issues: dict[str, Record] = {}
        self.retired: set[str] = set()
        self.items: dict[str, dict[str, Record]] = {
            "user": {
                "1": {"username": "admin", "realname": "Ada", "roles": "Admin"},
                "3": {"username": "gent", "realname": None, "roles": "User,Desk"},
                "5": {"username": "cust", "realname": "Cust Omer", "roles": "User"},
            },
            "status": _named(STATUSES.values()),
            "priority": _named(["critical", "bug"]),
            "keyword": {},
            "msg": {},
        }
        self.properties = {"status": "status", "priority": "priority"} | LINKS
        self.asked: list[tuple[str, str, Pairs]] = []
        self.before: dict[str, list[Callable[[], None]]] = {"GET": [], "PATCH": []}
        self.after: list[Callable[[], None]] = []
        self._failures: list[AdapterError] = []
        self._ids = iter(range(1, 100_000))
        for method in ("GET", "POST", "PATCH"):
            mock.add_callback(method, re.compile(re.escape(URL) + "/rest/.*"), self._answer)

    # what people do

    def put(self, **changes: Any) -> str:
        number = str(next(self._ids))
        said = self.make("msg", {"author": "5", "date": self.now, "creation": self.now})
        issue: Record = {"title": "words", "messages": [said], "creator": "5", "status": "1"}
        issue |= {"creation": self.now, "activity": self.now, "keyword": [], "priority": "2"}
        self.issues[number] = issue | changes
        return number

    def make(self, kind: str, values: Record) -> str:
        number = str(len(self.items[kind]) + 1)
        self.items[kind][number] = values
        return number

    def edit(self, ticket_id: str, **changes: Any) -> None:
        """Change a ticket in a later second than its last change."""
        last = self.issues[ticket_id]["activity"].replace(microsecond=0)
        self.now = max(self.now, last + timedelta(seconds=1, milliseconds=300))
        self.issues[ticket_id] |= {**changes, "activity": self.now}

    def set_status(self, ticket_id: str, status: str) -> None:
        self.edit(ticket_id, status=_id_of(self.items["status"], STATUSES[Status(status)]))

    def tag(self, ticket_id: str, *tags: str) -> None:
        there = self.issues[ticket_id]["keyword"]
        self.edit(ticket_id, keyword=[*there, *(self.keyword(tag) for tag in tags)])

    def keyword(self, name: str) -> str:
        found = _id_of(self.items["keyword"], name)
        return found or self.make("keyword", {"name": name})

    def offer(self, tag: str) -> None:
        self.keyword(tag)

    def tags(self, ticket_id: str) -> set[str]:
        return {self.items["keyword"][key]["name"] for key in self.issues[ticket_id]["keyword"]}

    def delete(self, ticket_id: str) -> None:
        self.retired.add(ticket_id)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def missing_id(self) -> str:
        return "99999999"

    def fail_next(self, error: AdapterError) -> None:
        self._failures.append(error)

    def make_fields(self, specs: Sequence[FieldSpec]) -> None:
        for spec in specs:
            name = FIELDS[spec.title]
            self.properties[name] = name if spec.options else ""
            if spec.options:
                self.items[name] = _named(spec.options)

    # what the tracker answers

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], str]:
        parts = urlsplit(request.url or "")
        path = unquote(str(parts.path)).removeprefix("/support/rest/data/")
        pairs = parse_qsl(str(parts.query))
        method = request.method or ""
        self.asked.append((method, path, pairs))
        for action in self.before.get(method, [])[:1]:
            self.before[method].remove(action)
            action()
        headers: Record = {}
        found: Record = {}
        if self._failures:
            error = self._failures.pop(0)
            status = error.status or 503
            headers = {"Retry-After": str(int(error.retry_after_s))} if error.retry_after_s else {}
        elif request.headers.get("Authorization") != _basic_auth_str("admin", "secret"):
            return 401, {}, "Invalid Login - Invalid login"
        else:
            status, found = self._routed(method, path, pairs, request)
        self.now += self.looking_up
        date = format_datetime(self.now.replace(microsecond=0), usegmt=True)
        told = {"Date": date, "Content-Type": "application/json", **headers}
        return status, told, json.dumps({"data": found})

    def _routed(
        self, method: str, path: str, pairs: Pairs, request: requests.PreparedRequest
    ) -> Answer:
        name, _, key = path.partition("/")
        if name not in {"issue", *self.items}:
            return 404, {}
        if method == "GET":
            return self._one(name, key, dict(pairs)) if key else self._list(name, pairs)
        whence = (request.headers.get("Origin"), request.headers.get("Referer"))
        if whence != (ORIGIN, f"{URL}/") or "X-Requested-With" not in request.headers:
            return 400, {}
        body = {k: v for k, v in json.loads(request.body or "{}").items() if v is not None}
        if method == "POST":
            return self._made(name, body)
        if request.headers.get("If-Match") != self._etag(key):
            return 412, {}
        return self._patched(key, body)

    def _made(self, name: str, body: Record) -> Answer:
        if not self.may_make:
            return 403, {}
        if _id_of(self.items[name], body["name"]):
            return 409, {}
        return 201, {"id": self.make(name, body)}

    def _patched(self, key: str, body: Record) -> Answer:
        changes = {}
        for name, value in body.items():
            if name not in self.properties:
                return 400, {}
            kind = self.properties[name]
            if kind and name != "keyword" and value:
                value = _id_of(self.items[kind], value)  # noqa: PLW2901
                if value is None:
                    return 400, {}
            changes[name] = value or ([] if name == "keyword" else None)
        if key in self.retired:
            return 409, {}
        if self.obeys:
            self.issues[key] |= {**changes, "activity": self.now}
        return 200, {"id": key}

    def _etag(self, key: str) -> str:
        return f'"{hash(repr(self.issues.get(key)))}"'

    def _one(self, name: str, key: str, query: Mapping[str, str]) -> Answer:
        if name == "user":
            key = _id_of(self.items["user"], key.removeprefix("username="), "username") or ""
        found = (self.issues if name == "issue" else self.items[name]).get(key)
        if found is None:
            return 404, {}
        if (fields := self._fields(name, query)) is None:
            return 400, {}
        shown = self._shown(name, found, fields or [*self.properties, "title"], query)
        return 200, {"id": key, "attributes": shown, "@etag": self._etag(key)}

    def _list(self, name: str, pairs: Pairs) -> Answer:
        query = dict(pairs)
        rows = dict(self.issues if name == "issue" else self.items[name])
        if name == "issue":
            rows = {key: row for key, row in rows.items() if key not in self.retired}
        if ids := [value for key, value in pairs if key == "id"]:
            rows = {key: row for key, row in rows.items() if key in ids}
        if "activity" in query:
            start = self._instant(query["activity"])
            rows = {key: row for key, row in rows.items() if row["activity"] >= start}
        if (fields := self._fields(name, query)) is None:
            return 400, {}
        order = [key.removeprefix("-") for key in query.get("@sort", "id").split(",")]
        keys = sorted(
            rows,
            key=lambda key: [
                int(key) if o == "id" else rows[key][o] for o in order if o != "order"
            ],
        )
        if query.get("@sort", "").startswith("-"):
            keys.reverse()
        size, index = int(query.get("@page_size", 10**6)), int(query.get("@page_index", 1))
        shown = [
            {"id": key, "link": "x", **self._shown(name, rows[key], fields, query)}
            for key in keys[(index - 1) * size : index * size]
        ]
        total = len(keys) if len(keys) < self.counts_up_to else -1
        return 200, {"collection": shown, "@total_size": total}

    def _instant(self, text: str) -> datetime:
        text, _, zone = text.removesuffix(";").partition("+")
        at = datetime.fromisoformat(text.replace(".", "T", 1)).replace(tzinfo=UTC)
        return at if zone else at - timedelta(hours=self.zone_h)

    def _fields(self, name: str, query: Mapping[str, str]) -> list[str] | None:
        fields = [field for field in query.get("@fields", "").split(",") if field]
        known = {*self.properties, *OWN} if name == "issue" else set(fields)
        return fields if known.issuperset(fields) else None

    def _shown(
        self, name: str, row: Record, fields: Sequence[str], query: Mapping[str, str]
    ) -> Record:
        named = query.get("@verbose") == "2" and name == "issue"
        found = {field: row.get(field) for field in fields}
        if named:
            found["title"] = row["title"]
        return {field: self._value(field, value, named=named) for field, value in found.items()}

    def _value(self, field: str, value: Any, *, named: bool) -> Any:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d.%H:%M:%S}"
        kind = "user" if field == "creator" else self.properties.get(field)
        if not named or not kind or value is None:
            return value
        if isinstance(value, list):
            return [self._value(field, one, named=True) for one in value]
        label = LABELS.get(kind, "name")
        return {"id": value, "link": "x", label: self.items[kind][value][label]}


def _named(names: Any) -> dict[str, Record]:
    return {str(place): {"name": name} for place, name in enumerate(names, 1)}


def _id_of(rows: Mapping[str, Record], name: object, label: str = "name") -> str | None:
    return next((key for key, row in rows.items() if row[label] == name), None)
