"""Request Tracker's wire format in memory, behind the `responses` library.

Its traps are the ones that the real server was seen to have: refusals in a 200, pages that are cut
without a word, rows that vanish from pages, ids that answer with other tickets, dates of 1970.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from connector.errors import AdapterError
from connector.model.ticket import Status
from tests.fakes.rt_query import Query

URL = "https://desk.example.com/rt"
ADMIN, AGENT, READER, CUSTOMER = (f"1-{user}-{'a' * 32}" for user in (14, 27, 29, 35))
QUEUE, OTHER = 3, 1
TAGS = 2
START = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp())
NEVER = "1970-01-01T00:00:00Z"
WORDS = {
    Status.OPEN: "open",
    Status.PENDING: "stalled",
    Status.SOLVED: "resolved",
    Status.CLOSED: "rejected",
}
NAMES = {1: "RT_System", 6: "Nobody", 14: "root", 27: "connector", 29: "reader", 31: "alice"}
NAMES |= {35: "customer1", 37: "customer2"}
STAFF = (14, 27, 29, 31)
Body = dict[str, Any]
Answer = tuple[int, Any]
Reply = tuple[int, dict[str, str], str]


class FakeRt:
    """One RT; `now` is its clock in epoch seconds, `most` how many rows a page may have."""

    def __init__(self, mock: responses.RequestsMock, *, most: int = 3) -> None:
        self.now = START
        self.most = most
        self.tickets: dict[int, Body] = {}
        self.fields: dict[int, Body] = {}
        self.queues = {QUEUE: "Support", OTHER: "General"}
        self.closed_queues: set[int] = set()
        self.entries: list[Body] = []
        self.asked: list[tuple[str, str]] = []
        self.hidden: set[int] = set()  # ids of tickets that pages leave out
        self.hidden_entries: set[int] = set()
        self.unlisted: set[int] = set()  # ids of tickets that no list knows
        self.forbidden: set[int] = set()
        self.hides_total = False
        self.links: list[Body] = [{"ref": "lifecycle", "to": "open"}]
        self.zone_s = 0
        self.before_put: Callable[[], None] | None = None
        self._failure: AdapterError | None = None
        self.add_field(TAGS, "Tags", "Freeform", many=True)
        for method in ("GET", "PUT", "POST", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(URL)), callback=self._answer)

    def put(self, queue: int = QUEUE, **more: Any) -> str:
        self.now += 1
        ticket_id = len(self.tickets) + 1
        row = {"id": ticket_id, "Status": "new", "Queue": queue, "Owner": 6, "Creator": 31}
        row |= {"Requestor": 35, "Priority": 0, "EffectiveId": ticket_id, "Created": self.now}
        self.tickets[ticket_id] = row | {"LastUpdated": self.now, "values": {}} | more
        self.note(ticket_id, "Create", creator=31)
        return str(ticket_id)

    def set_status(self, ticket_id: str, status: str) -> None:
        self.change(ticket_id, "Status", WORDS[Status(status)])

    def change(self, ticket_id: str, name: str, value: Any) -> None:
        self.now += 1
        row = self.tickets[int(ticket_id)]
        kind = "Status" if name == "Status" else "Set"
        self.note(int(ticket_id), kind, field=name, old=row[name], new=value)
        row[name] = value

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.now += 1
        values = self.tickets[int(ticket_id)]["values"]
        values[TAGS] = [*values.get(TAGS, []), *tags]
        self.note(int(ticket_id), "CustomField", field=str(TAGS))

    def delete(self, ticket_id: str) -> None:
        self.change(ticket_id, "Status", "deleted")

    def merge(self, ticket_id: str, into: str) -> None:
        """Merge one ticket into another; its own status and time stay as they are."""
        self.now += 1
        uri = f"fsck.com-rt://rt.test/ticket/{into}"
        at = self.tickets[int(ticket_id)]["LastUpdated"]
        for one in (ticket_id, into):
            self.note(int(one), "AddLink", field="MergedInto", new=uri)
        self.tickets[int(ticket_id)] |= {"EffectiveId": int(into), "LastUpdated": at}

    def note(
        self,
        ticket_id: int,
        kind: str,
        *,
        field: str = "",
        old: Any = "",
        new: Any = "",
        creator: int = 27,
    ) -> None:
        entry = {"id": len(self.entries) + 1, "Type": kind, "Field": field, "Created": self.now}
        entry |= {"OldValue": str(old), "NewValue": str(new), "ObjectId": str(ticket_id)}
        self.entries.append(entry | {"Creator": creator})
        self.tickets[ticket_id]["LastUpdated"] = self.now

    def add_field(
        self, number: int, name: str, kind: str, *, queue: int = QUEUE, many: bool = False
    ) -> None:
        self.fields[number] = {
            "id": number,
            "Name": name,
            "Type": kind,
            "MaxValues": 0 if many else 1,
            "Description": "",
            "Disabled": "0",
            "LookupType": "RT::Queue-RT::Ticket",
            "queue": queue,
            "values": [],
        }

    def advance(self, seconds: float) -> None:
        self.now += int(seconds)

    def fail_next(self, error: AdapterError) -> None:
        self._failure = error

    def missing_id(self) -> str:
        return "999999"

    def _answer(self, request: requests.PreparedRequest) -> Reply:
        parts = urlsplit(request.url or "")
        path = parts.path.removeprefix(urlsplit(URL).path + "/REST/2.0/")
        query = {key: values[0] for key, values in parse_qs(str(parts.query)).items()}
        self.asked.append((request.method or "", path))
        date = format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True)
        headers = {"Date": date, "Content-Type": "application/json"}
        failure, self._failure = self._failure, None
        if failure is not None:
            wait = {"Retry-After": str(failure.retry_after_s)} if failure.retry_after_s else {}
            return failure.status or 500, headers | wait, "{}"
        token = request.headers["Authorization"].removeprefix("token ")
        if token not in {ADMIN, AGENT, READER, CUSTOMER}:
            return 401, headers, '{"message":"Unauthorized"}'
        body = json.loads(request.body) if request.body else {}
        if request.method == "PUT" and self.before_put:
            act, self.before_put = self.before_put, None
            act()
        found = re.fullmatch(r"ticket/(\d+)", path)
        if found and (row := self._shown(int(found[1]))):
            headers["ETag"] = self._etag(row)
        if request.headers.get("If-Match", headers.get("ETag")) != headers.get("ETag"):
            return 412, headers, '{"message":"Precondition Failed"}'
        status, answer = self._routed(request.method or "", path, query, body, token)
        return status, headers, "" if status == 204 else json.dumps(answer)

    def _routed(
        self, method: str, path: str, query: Mapping[str, str], body: Body, token: str
    ) -> Answer:
        for verb, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return handler(self, found, query, body, token)
        raise AssertionError(f"RT has no {method} {path}")

    def _shown(self, ticket_id: int) -> Body | None:
        row = self.tickets.get(ticket_id)
        return self.tickets[row["EffectiveId"]] if row else None

    def _etag(self, row: Body) -> str:
        mine = [e["id"] for e in self.entries if self._shown(int(e["ObjectId"])) is row]
        return f'"{max(mine)}"'

    def page(
        self,
        rows: Sequence[Body],
        query: Mapping[str, str],
        *,
        total: bool = True,
        hidden: Collection[int] = (),
    ) -> Answer:
        """Cut a page, and only then leave out what is hidden."""
        size = min(int(query.get("per_page", 20)), self.most)
        start = (int(query.get("page", 1)) - 1) * size
        items = [row for row in rows[start : start + size] if int(row["id"]) not in hidden]
        count = len(rows) if total else None
        return 200, {"items": items, "total": count, "per_page": size, "count": len(items)}

    def get_tickets(self, _: re.Match[str], query: Mapping[str, str], __: Body, ___: str) -> Answer:
        wanted = Query(query["query"], zone_s=self.zone_s)
        merged_too = "EffectiveId" in wanted.names
        rows = [
            row
            for row in self.tickets.values()
            if row["Status"] != "deleted"
            and row["id"] not in self.unlisted
            and (merged_too or row["EffectiveId"] == row["id"])
            and wanted.test(row)
        ]
        rows.sort(key=lambda row: (row["LastUpdated"], row["id"]))
        shown = [self._row(row, in_list=True) for row in rows]
        return self.page(shown, query, total=not self.hides_total, hidden=self.hidden)

    def _row(self, row: Body, *, in_list: bool) -> Body:
        """Render a ticket: users have ids in lists, and names alone."""

        def user(number: int) -> Body:
            known = {"id": number, "Name": NAMES[number]} if in_list else {"id": NAMES[number]}
            return {"type": "user", **known}

        fields = [
            {"id": str(number), "name": field["Name"], "values": row["values"].get(number, [])}
            for number, field in self.fields.items()
            if field["queue"] in {0, row["Queue"]} and field["Disabled"] == "0"
        ]
        effective = str(row["EffectiveId"])
        return {
            "id": str(row["id"]) if in_list else row["id"],
            "Status": row["Status"],
            "Queue": {"type": "queue", "id": row["Queue"]},
            "Owner": user(row["Owner"]),
            "Creator": user(row["Creator"]),
            "Requestor": [user(row["Requestor"])] if row["Requestor"] else [],
            "Priority": str(row["Priority"]),
            "EffectiveId": effective if in_list else {"type": "ticket", "id": effective},
            "Created": written(row["Created"]),
            "LastUpdated": written(row["LastUpdated"]),
            "Resolved": NEVER,
            "CustomFields": fields[::-1] or "",
            "_hyperlinks": [{"ref": "self", "id": row["id"]}, *self.links],
        }

    def get_ticket(self, found: re.Match[str], _: Any, __: Body, ___: str) -> Answer:
        row = self._shown(int(found[1]))
        if row is None:
            return 404, {"message": "Not Found"}
        if int(found[1]) in self.forbidden:
            return 403, {"message": "Forbidden"}
        return 200, self._row(row, in_list=False)

    def put_ticket(self, found: re.Match[str], _: Any, body: Body, token: str) -> Answer:
        row = self._shown(int(found[1]))
        assert row is not None
        if token == READER:
            return 200, ["Could not add new custom field value: Permission Denied"]
        said: list[str] = []
        for key, value in body["CustomFields"].items():
            field = self.fields.get(int(key))
            if field is not None:  # an unknown one is dropped without a word
                said += self._set(row, field, value)
        return 200, said

    def _set(self, row: Body, field: Body, value: Any) -> list[str]:
        number, values = field["id"], row["values"]
        if field["MaxValues"] == 0:
            values[number] = list(dict.fromkeys(value if value is not None else [""]))
        elif value is None and values.get(number):
            del values[number]
        elif field["Type"] == "Select" and value is not None and value not in field["values"]:
            return ["Invalid value for custom field"]
        else:
            values[number] = [value or ""]
        self.note(row["id"], "CustomField", field=str(number))
        return [f"{value} added as a value for {field['Name']}"]

    def get_history(
        self, found: re.Match[str], query: Mapping[str, str], _: Body, __: str
    ) -> Answer:
        row = self._shown(int(found[1]))
        if row is None:
            return 404, {"message": "Not Found"}
        mine = [e for e in self.entries if self._shown(int(e["ObjectId"])) is row]
        mine.sort(key=lambda e: int(e["id"]), reverse=query.get("order") == "DESC")
        rows = [
            e
            | {
                "id": str(e["id"]),
                "Created": written(e["Created"]),
                "Creator": {"type": "user", "id": e["Creator"], "Name": NAMES[e["Creator"]]},
            }
            for e in mine
        ]
        return self.page(rows, query, total=False, hidden=self.hidden_entries)

    def get_user(self, found: re.Match[str], _: Any, __: Body, token: str) -> Answer:
        by_name = {name: number for number, name in NAMES.items()}
        number = by_name.get(found[1]) or int(found[1])
        body: Body = {"Name": NAMES[number], "RealName": None, "Privileged": int(number in STAFF)}
        body["_hyperlinks"] = [{"ref": "self", "id": number}]
        if token == ADMIN or f"-{number}-" in token:
            body |= {"id": number, "Disabled": "0"}
        return 200, body

    def get_users(self, _: re.Match[str], query: Mapping[str, str], __: Body, token: str) -> Answer:
        updated = written(START) if token == ADMIN else NEVER
        rows = [
            {"id": number, "Name": name, "RealName": "", "LastUpdated": updated}
            for number, name in sorted(NAMES.items())
        ]
        return self.page(rows, query)

    def get_group(self, _: re.Match[str], __: Any, ___: Body, token: str) -> Answer:
        if token != ADMIN:
            return 403, {"message": "Forbidden"}
        members = [{"type": "user", "id": NAMES[number]} for number in STAFF]
        group = {"id": 4, "Name": "Privileged", "Domain": "SystemInternal"}
        return 200, group | {"Members": members}

    def get_server(self, _: re.Match[str], __: Any, ___: Body, token: str) -> Answer:
        return 200, {"Version": "5.0.3"} | ({"Plugins": []} if token == ADMIN else {})

    def get_queues(self, _: re.Match[str], query: Mapping[str, str], __: Body, ___: str) -> Answer:
        rows = [
            {"id": number, "Name": name, "Disabled": str(int(number in self.closed_queues))}
            for number, name in self.queues.items()
            if number not in self.closed_queues or "find_disabled_rows" in query
        ]
        return self.page(rows, query)

    def get_queue(self, found: re.Match[str], _: Any, __: Body, ___: str) -> Answer:
        number = int(found[1])
        fields = [
            {"id": str(field["id"]), "name": field["Name"]}
            for field in self.fields.values()
            if field["queue"] in {0, number} and field["Disabled"] == "0"
        ]
        name = self.queues[number]
        return 200, {"id": number, "Name": name, "Disabled": "0", "TicketCustomFields": fields}

    def get_fields(
        self, found: re.Match[str], query: Mapping[str, str], _: Body, __: str
    ) -> Answer:
        rows = [f for f in self.fields.values() if f["queue"] in {0, int(found[1])}]
        return self.page(rows, query)

    def get_field(self, found: re.Match[str], _: Any, __: Body, ___: str) -> Answer:
        field = self.fields.get(int(found[1]))
        return (200, field) if field else (404, {"message": "Not Found"})

    def get_values(
        self, found: re.Match[str], query: Mapping[str, str], _: Body, __: str
    ) -> Answer:
        values = self.fields[int(found[1])]["values"]
        return self.page([{"id": n, "name": name} for n, name in enumerate(values)], query)

    def post_field(self, _: re.Match[str], __: Any, body: Body, token: str) -> Answer:
        if token != ADMIN:
            return 403, {"message": "Forbidden"}
        number = max(self.fields) + 1
        kind = body["Type"].removesuffix("Single")
        self.add_field(number, body["Name"], kind, queue=body["Queue"])
        self.fields[number]["Description"] = body["Description"]
        return 201, {"id": str(number)}

    def post_value(self, found: re.Match[str], _: Any, body: Body, __: str) -> Answer:
        self.fields[int(found[1])]["values"].append(body["Name"])
        return 201, {"id": "1"}

    def put_field(self, found: re.Match[str], _: Any, body: Body, __: str) -> Answer:
        self.fields[int(found[1])] |= {key: str(value) for key, value in body.items()}
        return 200, ["Description changed"]

    def delete_field(self, found: re.Match[str], _: Any, __: Body, ___: str) -> Answer:
        self.fields[int(found[1])]["Disabled"] = "1"
        return 204, None


Handler = Callable[[FakeRt, re.Match[str], Mapping[str, str], Body, str], Answer]
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "rt", FakeRt.get_server),
    ("GET", "tickets", FakeRt.get_tickets),
    ("GET", r"ticket/(\d+)", FakeRt.get_ticket),
    ("PUT", r"ticket/(\d+)", FakeRt.put_ticket),
    ("GET", r"ticket/(\d+)/history", FakeRt.get_history),
    ("GET", "users", FakeRt.get_users),
    ("GET", r"user/(\w+)", FakeRt.get_user),
    ("GET", "group/4", FakeRt.get_group),
    ("GET", "queues/all", FakeRt.get_queues),
    ("GET", r"queue/(\d+)", FakeRt.get_queue),
    ("GET", r"queue/(\d+)/customfields", FakeRt.get_fields),
    ("GET", r"customfield/(\d+)", FakeRt.get_field),
    ("GET", r"customfield/(\d+)/values", FakeRt.get_values),
    ("POST", "customfield", FakeRt.post_field),
    ("POST", r"customfield/(\d+)/value", FakeRt.post_value),
    ("PUT", r"customfield/(\d+)", FakeRt.put_field),
    ("DELETE", r"customfield/(\d+)", FakeRt.delete_field),
)


def written(second: int) -> str:
    """Return a time as RT writes it."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"
