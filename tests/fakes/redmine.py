"""Redmine's wire format in memory, traps included, behind the `responses` library.

Times have fractions of seconds, `updated_on` reaches a second too far back, a key that nobody has
is an anonymous visitor's, and every write that is not refused is a 204.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import responses

from connector.errors import AdapterError
from connector.model.page import FieldSpec
from connector.model.ticket import Status

URL = "https://redmine.example.com/desk"
ADMIN_KEY, AGENT_KEY = "key-of-the-admin", "key-of-an-agent"
TAGS = 1
TAG_VALUES = ["vip", "twice", "meanwhile", "goal_old", "goal_new"]
STATUSES = ["New", "In Progress", "Resolved", "Feedback", "Closed", "Rejected", "Odd"]
CLOSED = {5, 6}
STATUS_IDS = {
    Status.NEW: 1,
    Status.OPEN: 2,
    Status.SOLVED: 3,
    Status.PENDING: 4,
    Status.CLOSED: 5,
}
PRIORITIES = ["Low", "Normal", "High"]
TRACKERS = ["Bug", "Support"]
ADMIN = {"id": 1, "login": "admin", "firstname": "Ada", "lastname": "Root", "admin": True}
AGENT = {"id": 5, "login": "gent", "firstname": "Gent", "lastname": "", "admin": False}
CUSTOMER = {"id": 9, "login": "cust", "firstname": "Cust", "lastname": "Omer", "admin": False}
SUPPORT = {"id": 7, "name": "Support", "identifier": "support"}
PART = {"id": 8, "name": "Part", "identifier": "part", "parent": {"id": 7, "name": "Support"}}
OTHER = {"id": 20, "name": "Other", "identifier": "other"}
WRITABLE = {"status_id", "assigned_to_id", "project_id", "priority_id", "tracker_id"}
Record = dict[str, Any]
Query = dict[str, str]
Answer = tuple[int, Record | str]


class FakeRedmine:
    """One Redmine with one admin, one agent and one customer."""

    def __init__(self, mock: responses.RequestsMock, *, page_size: int = 100) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)
        self.page_size = page_size
        self.tells_date = True
        self.ignores_writes = False
        self.feed: str | None = None
        self.public: set[str] = set()  # tickets that an anonymous visitor sees
        self.issues: dict[int, Record] = {}
        self.fields: dict[int, Record] = {
            TAGS: {"name": "Tags", "field_format": "list", "multiple": True, "offer": TAG_VALUES}
        }
        self.projects = [SUPPORT, PART, OTHER]
        self.asked: list[tuple[str, str, Query]] = []
        self.before: dict[str, list[Callable[[], None]]] = {"GET": [], "PUT": []}
        self._failures: list[AdapterError] = []
        self._ids = iter(range(100, 100_000))
        for method in ("GET", "PUT"):
            mock.add_callback(method, re.compile(re.escape(URL) + "/.*"), self._answer)

    # what people do

    def put(self, **changes: Any) -> str:
        at, number = self.now, next(self._ids)
        issue: Record = {"id": number, "created": at, "updated": at, "journals": [], "values": {}}
        issue |= {"author": 9, "status_id": 1, "project_id": 7, "priority_id": 2, "tracker_id": 1}
        self.issues[number] = issue | {"assigned_to_id": None} | changes
        return str(number)

    def edit(self, ticket_id: str, user: int = 5, notes: str = "", **changes: Any) -> None:
        """Change attributes, custom fields (by their numbers in `values`) or add a note."""
        issue = self.issues[int(ticket_id)]
        details: list[Record] = []
        for name, value in changes.items():
            if name in WRITABLE and issue[name] != value:
                details.append(_detail("attr", name, issue[name], value))
                issue[name] = value
        for field, value in changes.get("values", {}).items():
            details += _value_details(field, issue["values"].get(field), value)
            issue["values"][field] = value
        if details or notes:
            private = changes.get("private", False)
            journal = {"id": next(self._ids), "user": {"id": user}, "notes": notes or None}
            journal |= {"private_notes": private, "details": details, "created_on": _iso(self.now)}
            issue["journals"].append(journal)
            issue["updated"] = self.now

    def set_status(self, ticket_id: str, status: str) -> None:
        self.edit(ticket_id, status_id=STATUS_IDS[Status(status)])

    def tag(self, ticket_id: str, *tags: str) -> None:
        there = self.issues[int(ticket_id)]["values"].get(TAGS) or []
        self.edit(ticket_id, values={TAGS: list(dict.fromkeys((*there, *tags)))})

    def delete(self, ticket_id: str) -> None:
        del self.issues[int(ticket_id)]

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def fail_next(self, error: AdapterError) -> None:
        self._failures.append(error)

    def missing_id(self) -> str:
        return "99999999"

    def make_fields(self, specs: Sequence[FieldSpec]) -> None:
        for spec in specs:
            form = "list" if spec.kind == "dropdown" else "text"
            field = {"name": spec.title, "field_format": form, "offer": list(spec.options)}
            if spec.title not in {one["name"] for one in self.fields.values()}:
                self.fields[next(self._ids)] = field

    # what the server does

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], str]:
        parts = urlsplit(request.url or "")
        query = dict(parse_qsl(parts.query))
        path = parts.path.removeprefix(urlsplit(URL).path + "/")
        actions = self.before[request.method or ""]
        if actions:
            actions.pop(0)()
        self.asked.append((request.method or "", path, query))
        headers = {"Date": format_datetime(self.now, usegmt=True)} if self.tells_date else {}
        if self._failures:
            error = self._failures.pop(0)
            if error.retry_after_s:
                headers["Retry-After"] = str(error.retry_after_s)
            return error.status or 503, headers, ""
        user = {ADMIN_KEY: ADMIN, AGENT_KEY: AGENT}.get(str(request.headers["X-Redmine-API-Key"]))
        body = json.loads(request.body) if request.body else None
        status, answer = self._route(path, query, user, body)
        return status, headers, answer if isinstance(answer, str) else json.dumps(answer)

    def _route(self, path: str, query: Query, user: Record | None, body: Any) -> Answer:
        found = re.fullmatch(r"(?:projects/(\w+)/)?issues\.json", path)
        if path == "users/current.json":
            return (200, {"user": user}) if user else (401, "")
        if found:
            return self._list(query, user, found[1])
        if path == "issues.atom":
            told = f"<feed><title>x</title><updated>{self.now.isoformat()}</updated></feed>"
            return 200, told if self.feed is None else self.feed
        if found := re.fullmatch(r"issues/(\d+)\.json", path):
            return self._one(int(found[1]), user, body)
        return self._lists(path, query, user)

    def _list(self, query: Query, user: Record | None, project: str | None) -> Answer:
        numbers = sorted(one for one in self.issues if user or str(one) in self.public)
        issues = [self.issues[number] for number in numbers]
        if project:
            inside = {"support": {7, 8}}.get(project)
            if inside is None:
                return 404, ""
            issues = [one for one in issues if one["project_id"] in inside]
        if query.get("status_id") != "*":
            issues = [one for one in issues if one["status_id"] not in CLOSED]
        issues = [one for one in issues if _matches(one, query)]
        if query.get("sort") == "updated_on:desc":
            issues.sort(key=lambda one: one["updated"], reverse=True)
        limit = min(int(query.get("limit", 25)), self.page_size)
        shown = [self._shown(issue) for issue in issues[:limit]]
        return 200, {"issues": shown, "total_count": len(issues), "offset": 0, "limit": limit}

    def _one(self, number: int, user: Record | None, body: Any) -> Answer:
        issue = self.issues.get(number)
        if user is None:
            return 401, ""
        if issue is None:
            return 404, ""
        if body is None:
            journals = {"journals": issue["journals"]}
            return 200, {"issue": self._shown(issue) | journals}
        values = {}
        for one in body["issue"].get("custom_fields", []):
            field = self.fields.get(one["id"])
            if field is None:
                continue  # ignored, as an unknown field is
            value = one["value"]
            values[one["id"]] = value
            many = value if isinstance(value, list) else [value]
            has = issue["values"].get(one["id"]) or []
            offered = {*field["offer"], *(has if isinstance(has, list) else [has]), ""}
            if field["field_format"] == "list" and not offered.issuperset(many):
                return 422, {"errors": [f"{field['name']} is not included in the list"]}
        if not self.ignores_writes:
            self.edit(str(number), user["id"], values=values)
        return 204, ""

    def _shown(self, issue: Record) -> Record:
        status = issue["status_id"]
        fields = [
            {"id": number, "name": field["name"], "value": issue["values"].get(number)}
            for number, field in self.fields.items()
        ]
        assignee = {"assigned_to": {"id": issue["assigned_to_id"], "name": "Somebody"}}
        return {
            "id": issue["id"],
            "project": {"id": issue["project_id"]},
            "status": {"id": status, "name": STATUSES[status - 1], "is_closed": status in CLOSED},
            "priority": {"id": issue["priority_id"], "name": PRIORITIES[issue["priority_id"] - 1]},
            "tracker": {"id": issue["tracker_id"], "name": TRACKERS[issue["tracker_id"] - 1]},
            "author": {"id": issue["author"], "name": "Cust Omer"},
            "subject": "never read",
            "custom_fields": fields,
            "created_on": _iso(issue["created"]),
            "updated_on": _iso(issue["updated"]),
        } | (assignee if issue["assigned_to_id"] else {})

    def _lists(self, path: str, query: Query, user: Record | None) -> Answer:
        is_admin = bool(user and user["admin"])
        if path == "custom_fields.json":
            fields = [_custom_field(number, field) for number, field in self.fields.items()]
            return (200, {"custom_fields": fields}) if is_admin else (403, "")
        if path == "users.json":
            everybody = [ADMIN, AGENT, CUSTOMER] if query.get("status") == "1" else []
            return _paged("users", everybody, query) if is_admin else (403, "")
        if path == "projects.json":
            return _paged("projects", self.projects if user else [], query)
        if re.fullmatch(r"projects/\d+/memberships\.json", path):
            roles = [(5, "Gent", 3), (9, "Cust Omer", 4)]
            members: list[Record] = [
                {"user": {"id": one, "name": name}, "roles": [{"id": role, "name": f"R{role}"}]}
                for one, name, role in roles
            ]
            if path.startswith("projects/8/"):
                members.append({"group": {"id": 30, "name": "Team"}, "roles": [{"id": 3}]})
            return _paged("memberships", members, query)
        if found := re.fullmatch(r"roles/(\d)\.json", path):
            may = ["view_issues", "edit_issues"] if found[1] == "3" else ["view_issues"]
            return 200, {"role": {"id": int(found[1]), "permissions": may}}
        return _named(path)


def _named(path: str) -> Answer:
    named = {"issue_statuses": STATUSES, "issue_priorities": PRIORITIES, "trackers": TRACKERS}
    key = path.rpartition("/")[2].removesuffix(".json")
    if key not in named:
        return 404, ""
    rows = [{"id": place, "name": name} for place, name in enumerate(named[key], 1)]
    closed = [row | {"is_closed": row["id"] in CLOSED} for row in rows]
    return 200, {key: closed if key == "issue_statuses" else rows}


def _matches(issue: Record, query: Query) -> bool:
    since = query.get("updated_on")
    if since:
        at = datetime.fromisoformat(since.removeprefix(">=")) - timedelta(seconds=1)
        if issue["updated"] <= at:
            return False
    ids = query.get("issue_id")
    number = int(issue["id"])
    if ids is None:
        return True
    if ids.startswith("><"):
        first, last = map(int, ids[2:].split("|"))
        return first <= number <= last
    if ids.startswith(">="):
        return number >= int(ids[2:])
    return str(number) in ids.split(",")


def _paged(key: str, rows: list[Record], query: Query) -> Answer:
    offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 25)), 2)
    return 200, {key: rows[offset : offset + limit], "total_count": len(rows)}


def _custom_field(number: int, field: Record) -> Record:
    offer = [{"value": value, "label": value} for value in field["offer"]]
    kept = {name: value for name, value in field.items() if name != "offer"}
    return kept | {"id": number, "customized_type": "issue", "possible_values": offer}


def _value_details(field: int, before: Any, after: Any) -> list[Record]:
    if not isinstance(after, list):
        return [] if before == after else [_detail("cf", str(field), before, after)]
    had = before or []
    gone = [_detail("cf", str(field), one, None) for one in had if one not in after]
    return gone + [_detail("cf", str(field), None, one) for one in after if one not in had]


def _detail(kind: str, name: str, old: Any, new: Any) -> Record:
    values = {"old_value": old if old is None else str(old), "new_value": str(new) if new else None}
    return {"property": kind, "name": name, **values}


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
