"""Zendesk's wire format in memory: renders a `MemoryHelpdesk`, behind the `responses` library."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import responses

from connector.adapters.memory import MemoryHelpdesk
from connector.errors import AdapterError
from connector.model.page import SchemaField
from connector.model.ticket import Event, EventKind, Person, Role, Status, Ticket
from tests.fakes.zendesk_spec import ZendeskSpec

URL = "https://acme.zendesk.com"
TOKEN = "access-token"
Query = dict[str, str]
Body = dict[str, Any]
Reply = tuple[int, dict[str, str], str]
ROLES = {Role.ADMIN: "admin", Role.AGENT: "agent", Role.CUSTOMER: "end-user"}
TYPES = {"dropdown": "tagger", "text": "textarea"}
NAMES = {
    EventKind.STATUS: "status",
    EventKind.ASSIGNEE: "assignee_id",
    EventKind.GROUP: "group_id",
    EventKind.PRIORITY: "priority",
    EventKind.TYPE: "type",
}


class TokenDesk:
    """The part of the far side that gives an OAuth client its tokens, and lets them expire."""

    def __init__(self, mock: responses.RequestsMock, client_id: str, client_secret: str) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.expires_in: int | None = 1800
        self.uses: int | None = None
        self.reply: tuple[int, str] | None = None
        self.refresh_token = ""
        self.asked: list[requests.PreparedRequest] = []
        self._left: dict[str, int | None] = {}
        mock.add_callback("POST", f"{URL}/oauth/tokens", callback=self._answer)

    def revoke(self) -> None:
        """End every token there is."""
        self._left.clear()

    def admits(self, header: str) -> bool:
        """Use a token once; False when it has expired."""
        if header not in self._left or self._left[header] == 0:
            return False
        left = self._left[header]
        self._left[header] = None if left is None else left - 1
        return True

    def _answer(self, request: requests.PreparedRequest) -> Reply:
        self.asked.append(request)
        json_type = {"Content-Type": "application/json"}
        if self.reply is not None:
            return self.reply[0], json_type, self.reply[1]
        body = json.loads(request.body or "")
        if (body["client_id"], body["client_secret"]) != (self.client_id, self.client_secret):
            return 401, json_type, json.dumps({"error": "invalid_client"})
        rotated = {}
        if body["grant_type"] == "refresh_token":
            if body["refresh_token"] != self.refresh_token:
                return 400, json_type, json.dumps({"error": "invalid_grant"})
            self.revoke()
            self.refresh_token = f"refresh-{len(self.asked)}"
            rotated = {"refresh_token": self.refresh_token}
        token = f"token-{len(self.asked)}"
        self._left[f"Bearer {token}"] = self.uses
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.expires_in}
        return 200, json_type, json.dumps(answer | rotated)


class FakeZendesk:
    """The far side: a helpdesk in memory that answers as Zendesk does."""

    def __init__(
        self,
        mock: responses.RequestsMock,
        *,
        page_size: int = 1000,
        spec: ZendeskSpec | None = None,
        tokens: TokenDesk | None = None,
    ) -> None:
        self._spec = spec
        self._tokens = tokens
        self.desk = MemoryHelpdesk("fake zendesk", withhold_s=60, page_size=page_size)
        self.jobs: dict[str, Body] = {}
        self.polls_until_done = 0
        self.batch_ignores_tags = False
        self.event_page_size = 1000
        self.asked: list[requests.PreparedRequest] = []
        self.replies: list[Reply] = []
        self.descriptions: dict[str, str] = {}
        self.custom: dict[str, Body] = {}
        self.in_portal: dict[str, bool] = {}
        self.forms: dict[str, Body] = {}
        self.loses_conditions = False
        self._pending: dict[str, int] = {}
        everything = re.compile(re.escape(URL) + "/api/v2/.*")
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, everything, callback=self._answer)

    def put(self) -> str:
        """Create a ticket."""
        return self.desk.put()

    def add_form(self, name: str, *field_ids: str, **values: Any) -> str:
        """Add a ticket form with these fields."""
        form_id = self.desk.new_id()
        basics = {"id": int(form_id), "name": name, "active": True, "default": False}
        fields = {"ticket_field_ids": [int(one) for one in field_ids]}
        conditions: Body = {"agent_conditions": [], "end_user_conditions": []}
        self.forms[form_id] = basics | fields | conditions | values
        return form_id

    def set_status(self, ticket_id: str, status: str) -> None:
        """Move a ticket to another status."""
        self.desk.set_status(ticket_id, status)

    def tag(self, ticket_id: str, *tags: str) -> None:
        """Add tags, as a person would."""
        self.desk.tag(ticket_id, *tags)

    def delete(self, ticket_id: str) -> None:
        """Delete a ticket."""
        self.desk.delete(ticket_id)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.desk.advance(seconds)

    def missing_id(self) -> str:
        """Return an id that no ticket has."""
        return "999999"

    def fail_next(self, error: AdapterError) -> None:
        """Answer the next request with this error's status."""
        wait = error.retry_after_s
        self.reply_next(error.status or 503, {"Retry-After": str(int(wait))} if wait else {})

    def reply_next(self, status: int, headers: Mapping[str, str] = {}, body: str = "{}") -> None:
        """Answer the next request in just this way."""
        self.replies.append((status, dict(headers), body))

    def _answer(self, request: requests.PreparedRequest) -> Reply:
        self.asked.append(request)
        if self._spec is not None:
            self._spec.check(request)
        self.desk.requests += 1
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Date": self.desk.now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "X-Rate-Limit": "700",
            "X-Rate-Limit-Remaining": "699",
        }
        if self.replies:
            status, more, body = self.replies.pop(0)
            return status, headers | more, body
        if not self._admits(request.headers.get("Authorization", "")):
            return 401, headers, json.dumps({"error": "invalid_token"})
        parts = urlsplit(request.url or "")
        path = str(parts.path).removeprefix("/api/v2/").removesuffix(".json")
        query = dict(parse_qsl(str(parts.query)))
        body = json.loads(request.body) if request.body else {}
        if custom := self.custom.get(f"{request.method} {path}"):
            return 200, headers, json.dumps(custom)
        for pattern, answer in self._routes().items():
            match = re.fullmatch(pattern, f"{request.method} {path}")
            if match:
                if "incremental" in path:
                    headers["zendesk-ratelimit-incremental-exports"] = (
                        "total=10; remaining=9; resets=60"
                    )
                status, document = answer(*match.groups(), query=query, body=body)
                return status, headers, json.dumps(document) if document else ""
        return 404, headers, json.dumps({"error": "InvalidEndpoint"})

    def _admits(self, header: str) -> bool:
        return header == f"Bearer {TOKEN}" if self._tokens is None else self._tokens.admits(header)

    def _routes(self) -> Mapping[str, Callable[..., tuple[int, Body]]]:
        return {
            "GET users/me": self._me,
            "GET incremental/tickets/cursor": self._tickets,
            "GET incremental/ticket_events": self._events,
            "GET incremental/users/cursor": self._users,
            "GET tickets/show_many": self._show_many,
            "PUT tickets/update_many": self._update_many,
            "GET job_statuses/(.+)": self._job,
            "GET (groups|brands|ticket_forms|users)": self._list,
            "GET ticket_fields": self._fields,
            r"PUT ticket_forms/(\d+)": self._update_form,
            "POST ticket_fields": self._create_field,
            r"POST ticket_fields/(\d+)/options": self._add_option,
            r"DELETE ticket_fields/(\d+)": self._delete_field,
            "GET business_hours/schedules": self._schedules,
            r"GET business_hours/schedules/(\d+)/holidays": self._holidays,
            "GET satisfaction_ratings": self._ratings,
        }

    def _me(self, *, query: Query, body: Body) -> tuple[int, Body]:
        return 200, {"user": user(self.desk.user)}

    def _tickets(self, *, query: Query, body: Body) -> tuple[int, Body]:
        keys, place, has_more = self._page("tickets", query)
        tickets = [ticket(self.desk.tickets[key]) for key in keys]
        figures = [metric_set(self.desk.tickets[key]) for key in keys]
        envelope = {"after_cursor": f"c{place}", "end_of_stream": not has_more}
        return 200, {"tickets": tickets, "metric_sets": figures, **envelope}

    def _users(self, *, query: Query, body: Body) -> tuple[int, Body]:
        keys, place, has_more = self._page("people", query)
        users = [user(self.desk.people[key]) for key in keys]
        return 200, {"users": users, "after_cursor": f"c{place}", "end_of_stream": not has_more}

    def _page(self, feed: str, query: Query) -> tuple[list[str], int, bool]:
        place = int(query.get("cursor", "c0")[1:])
        return self.desk.feeds[feed].page(place, self.desk.page_size, self.desk.visible_until)

    def _events(self, *, query: Query, body: Body) -> tuple[int, Body]:
        start = int(query["start_time"])
        until = self.desk.visible_until
        events = [
            event
            for event in self.desk.events.values()
            if event.at.timestamp() >= start and event.at <= until
        ]
        shown = events[: self.event_page_size]
        end = int(shown[-1].at.timestamp()) if shown else start
        items = [feed_item(event) for event in shown]
        envelope = {"end_time": end, "end_of_stream": len(shown) == len(events)}
        return 200, {"ticket_events": items, "count": len(items), **envelope}

    def _show_many(self, *, query: Query, body: Body) -> tuple[int, Body]:
        found = (self.desk.tickets.get(key) for key in query["ids"].split(","))
        shown = [ticket(t) for t in found if t and t.status != Status.DELETED]
        return 200, {"tickets": shown, "count": len(shown), "next_page": None}

    def _update_many(self, *, query: Query, body: Body) -> tuple[int, Body]:
        if "ids" in query:
            items = [body["ticket"] | {"id": int(one)} for one in query["ids"].split(",")]
        else:
            left_out = {"additional_tags", "remove_tags"} if self.batch_ignores_tags else set()
            items = [
                {key: value for key, value in item.items() if key not in left_out}
                for item in body["tickets"]
            ]
        if len(items) > 100:
            return 400, {"error": "TooManyValues"}
        results = [self._update(place, item) for place, item in enumerate(items)]
        job_id = f"V3-{self.desk.new_id()}"
        self.jobs[job_id] = {"id": job_id, "status": "completed", "results": results}
        self._pending[job_id] = self.polls_until_done
        return 200, {"job_status": {"id": job_id, "status": "queued", "results": None}}

    def _update(self, place: int, item: Body) -> Body:
        old = self.desk.tickets.get(str(item["id"]))
        failed = {"index": place, "id": item["id"], "error": "TicketUpdateFailed"}
        if old is None or old.status == Status.DELETED:
            return failed | {"details": "Not found"}
        if old.status == Status.CLOSED:
            return failed | {"details": "Status: closed prevents ticket update"}
        tags = {*old.tags, *item.get("additional_tags", ())} - {*item.get("remove_tags", ())}
        fields = dict(old.fields)
        for value in item.get("custom_fields", ()):
            fields.pop(str(value["id"]), None)
            if value["value"]:
                fields[str(value["id"])] = value["value"]
        self.desk.replace(old, {"tags": tuple(sorted(tags)), "fields": fields})
        return {"id": item["id"], "action": "update", "status": "Updated", "success": True}

    def _job(self, job_id: str, *, query: Query, body: Body) -> tuple[int, Body]:
        if job_id not in self.jobs:
            return 404, {"error": "RecordNotFound"}
        if self._pending[job_id] > 0:
            self._pending[job_id] -= 1
            return 200, {"job_status": {"id": job_id, "status": "working", "results": None}}
        return 200, {"job_status": self.jobs[job_id]}

    def _list(self, what: str, *, query: Query, body: Body) -> tuple[int, Body]:
        rows: Sequence[Body] = ()
        if what == "groups":
            rows = [{"id": int(g.id), "name": g.name} for g in self.desk.groups.values()]
        if what == "ticket_forms":
            rows = list(self.forms.values())
        if what == "users":
            rows = [user(p) for p in self.desk.people.values() if p.role != Role.CUSTOMER]
        start = int(query.get("page[after]", 0))
        size = min(int(query["page[size]"]), self.desk.page_size)
        meta = {"has_more": start + size < len(rows), "after_cursor": str(start + size)}
        return 200, {what: rows[start : start + size], "meta": meta}

    def _update_form(self, form_id: str, *, query: Query, body: Body) -> tuple[int, Body]:
        change = body["ticket_form"]
        if any(str(one) not in self.desk.fields for one in change["ticket_field_ids"]):
            return 422, {"error": "RecordInvalid"}
        if self.loses_conditions:
            change = change | {"agent_conditions": []}
        self.forms[form_id] |= change
        return 200, {"ticket_form": self.forms[form_id]}

    def _fields(self, *, query: Query, body: Body) -> tuple[int, Body]:
        fields = [self._field(one) for one in self.desk.fields.values()]
        return 200, {"ticket_fields": fields, "meta": {"has_more": False}}

    def _field(self, one: SchemaField) -> Body:
        portal = self.in_portal.get(one.id, False)
        return field(one) | {
            "agent_description": self.descriptions.get(one.id),
            "visible_in_portal": portal,
            "editable_in_portal": portal,
        }

    def _create_field(self, *, query: Query, body: Body) -> tuple[int, Body]:
        wanted = body["ticket_field"]
        kind = next(ours for ours, theirs in TYPES.items() if theirs == wanted["type"])
        options = {o["value"]: o["name"] for o in wanted.get("custom_field_options", ())}
        field_id = self.desk.new_id()
        self.desk.fields[field_id] = SchemaField(
            id=field_id, title=wanted["title"], kind=kind, options=options
        )
        self.descriptions[field_id] = wanted["agent_description"]
        self.in_portal[field_id] = wanted["visible_in_portal"] or wanted["editable_in_portal"]
        return 201, {"ticket_field": self._field(self.desk.fields[field_id])}

    def _add_option(self, field_id: str, *, query: Query, body: Body) -> tuple[int, Body]:
        option = body["custom_field_option"]
        old = self.desk.fields[field_id]
        options = {**old.options, option["value"]: option["name"]}
        self.desk.fields[field_id] = SchemaField(
            id=old.id, title=old.title, kind=old.kind, options=options
        )
        return 201, {"custom_field_option": {"id": 1, **option}}

    def _delete_field(self, field_id: str, *, query: Query, body: Body) -> tuple[int, Body]:
        if any(int(field_id) in form["ticket_field_ids"] for form in self.forms.values()):
            return 422, {"error": "RecordInvalid"}
        del self.desk.fields[field_id]
        return 204, {}

    def _schedules(self, *, query: Query, body: Body) -> tuple[int, Body]:
        rows = [
            {
                "id": int(s.id),
                "name": s.name,
                "time_zone": "Berlin",
                "created_at": "2020-01-01T00:00:00Z",
                "intervals": [{"start_time": a, "end_time": b} for a, b in s.intervals],
            }
            for s in self.desk.schedules.values()
        ]
        return 200, {"schedules": rows, "url": f"{URL}/api/v2/business_hours/schedules.json"}

    def _holidays(self, schedule_id: str, *, query: Query, body: Body) -> tuple[int, Body]:
        rows = [
            {"id": 1, "name": h.name, "start_date": str(h.start_on), "end_date": str(h.end_on)}
            for h in self.desk.schedules[schedule_id].holidays
        ]
        return 200, {"holidays": rows}

    def _ratings(self, *, query: Query, body: Body) -> tuple[int, Body]:
        start = int(query["start_time"])
        rows = [
            {
                "id": int(r.id),
                "ticket_id": int(r.ticket_id),
                "score": r.score,
                "comment": "never to be stored",
                "reason": "never to be stored",
                "reason_id": int(r.reason or 7),
                "created_at": iso(r.offered_at),
                "updated_at": iso(r.updated_at or r.offered_at),
            }
            for r in self.desk.ratings.values()
            if (r.updated_at or r.offered_at).timestamp() >= start
        ]
        place = int(query.get("page[after]", 0))
        size = min(int(query["page[size]"]), self.desk.page_size)
        meta = {"has_more": place + size < len(rows), "after_cursor": str(place + size)}
        return 200, {"satisfaction_ratings": rows[place : place + size], "meta": meta}


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def number(vendor_id: str | None) -> int | None:
    return None if vendor_id is None else int(vendor_id)


def user(person: Person) -> Body:
    return {
        "id": int(person.id),
        "name": person.name or "A customer's name",
        "role": ROLES[Role(person.role)],
        "email": "somebody@example.com",
        "active": person.active,
        "updated_at": "2026-01-01T00:00:00Z",
    }


def ticket(one: Ticket) -> Body:
    return {
        "id": int(one.id),
        "status": one.status,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "generated_timestamp": int(one.stamp.timestamp()),
        "subject": "never to be stored",
        "description": "never to be stored",
        "via": {"channel": one.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "priority": one.priority,
        "type": one.type,
        "tags": list(one.tags),
        "custom_fields": [{"id": int(k), "value": v} for k, v in one.fields.items()],
        **{
            name: number(getattr(one, name))
            for name in ("requester_id", "submitter_id", "assignee_id", "group_id", "brand_id")
        },
    }


def metric_set(one: Ticket) -> Body:
    return {
        "ticket_id": int(one.id),
        "reopens": 1,
        "replies": 2,
        "reply_time_in_minutes": {"calendar": 10, "business": None},
    }


def feed_item(event: Event) -> Body:
    child: Body = {"id": int(event.id), "via": "Web form", "via_reference_id": None}
    if event.kind == EventKind.CREATED:
        child |= {"event_type": "Create", "subject": "never to be stored", "comment_present": False}
    elif event.kind == EventKind.COMMENT:
        child |= {
            "event_type": "Comment",
            "type": "Comment",
            "author_id": number(event.actor_id),
            "body": "never to be stored",
            "public": event.is_public,
        }
    elif event.kind == EventKind.RATING:
        child |= {"event_type": "SatisfactionRating", "score": event.value}
    elif event.kind in NAMES:
        name = NAMES[EventKind(event.kind)]
        child |= {name: event.value, "previous_value": event.previous, "event_type": "Change"}
    else:
        child |= {"event_type": "Notification"}
    return {
        "id": int(event.id) + 500_000,
        "ticket_id": int(event.ticket_id),
        "timestamp": int(event.at.timestamp()),
        "updater_id": number(event.actor_id) or -1,
        "via": "Web form",
        "child_events": [child],
        "event_type": "Audit",
    }


def field(one: SchemaField) -> Body:
    document: Body = {
        "id": int(one.id),
        "type": TYPES[one.kind],
        "title": one.title,
        "active": one.active,
    }
    if one.options:
        document["custom_field_options"] = [
            {"id": place, "name": name, "value": value}
            for place, (value, name) in enumerate(one.options.items())
        ]
    return document
