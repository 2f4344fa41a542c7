"""A small client for the tests of the practice helpdesk, and shorthands for its answers."""

from __future__ import annotations

from typing import Any

import requests

from connector.practice.acts import Acts
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.world import World

Json = dict[str, Any]


class Client:
    """Requests to one practice helpdesk as one person."""

    def __init__(self, url: str, email: str = ADMIN_EMAIL, token: str = TOKEN) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (f"{email}/token", token)

    def send(
        self, method: str, path: str, body: Json | None = None, **query: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}/api/v2/{path}"
        return self.session.request(method, url, json=body, params=query, timeout=10)

    def get(self, path: str, **query: Any) -> Json:
        answer = self.send("GET", path, **query)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    def put(self, path: str, body: Json, **query: Any) -> Json:
        answer = self.send("PUT", path, body, **query)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    def ticket(self, ticket_id: int) -> Json:
        ticket: Json = self.get(f"tickets/{ticket_id}")["ticket"]
        return ticket

    def audits(self, ticket_id: int) -> list[Json]:
        audits: list[Json] = self.get(f"tickets/{ticket_id}/audits")["audits"]
        return audits

    def run_job(self, body: Json, **query: Any) -> Json:
        job = self.put("tickets/update_many", body, **query)["job_status"]
        for _ in range(5):
            if job["status"] == "completed":
                return dict(job)
            job = self.get(job["url"])["job_status"]
        message = "the job never ended"
        raise AssertionError(message)

    def close(self) -> None:
        self.session.close()


def opened(acts: Acts, **more: Any) -> int:
    """Open a ticket and return its id."""
    return acts.create({"subject": "Help", "comment": {"body": "It broke"}} | more).id


def staff(world: World) -> int:
    """Return the id of some agent."""
    return next(u.id for u in world.directory.users.values() if u.role == "agent")


def field_named(world: World, title: str) -> int:
    """Return the id of a ticket field."""
    return next(f.id for f in world.fields.by_id.values() if f.title == title)
