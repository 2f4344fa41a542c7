"""The far side of a real Roundup: a tracker of our own that tests move through its API."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.roundup.settings import RoundupSettings
from connector.errors import AdapterError
from connector.model.page import FieldSpec
from tests.contract.adapter_contract import MINUTES_S
from tests.live.conftest import STATES, Settings, started
from tests.live.proxy import Proxy

FIELDS = {"Contract status": "contract_status", "Contract note": "contract_note"}
STATUSES = {
    "new": "unread",
    "open": "chatting",
    "pending": "need-eg",
    "hold": "deferred",
    "solved": "resolved",
    "closed": "done-cbb",
}
SETTLE_S = 0.1
CLOSED_S = 2.05 + SETTLE_S
"""A second is told so long after it began, however slow the answer is."""
PERSON = "admin"
TIMEOUT_S = 30


@dataclass(frozen=True)
class Extension:
    """What an admin adds to `schema.py`: properties of issues, and classes of choices."""

    properties: str
    choices: tuple[str, ...] = ()

    def extend(self, schema: Path) -> bool:
        """Add it unless it is there; tell whether there was something to add."""
        text = schema.read_text(encoding="utf-8")
        if self.properties in text:
            return False
        text = text.replace("goal_status=", f"{self.properties}, goal_status=", 1)
        for name in self.choices:
            made = f'{name} = Class(db, "{name}", name=String())\n{name}.setkey("name")\n\n'
            text = text.replace("issue = IssueClass", f"{made}issue = IssueClass", 1)
            text += f"\ndb.security.addPermissionToRole('User', 'View', '{name}')\n"
        schema.write_text(text, encoding="utf-8")
        return True


CONTRACT = Extension(
    'contract_status=Link("contract_status"), contract_note=String()', ("contract_status",)
)
"""A drop-down and a text, for the contract's fields."""


def plain_tracker(
    request: pytest.FixtureRequest, name: str, port: int, **variables: str
) -> Settings:
    """Start a tracker of our own, as it comes."""
    state = _state(name)
    theirs = STATES / "realhelpdesk-roundup" / "venv"
    if theirs.is_dir() and not (state / "venv").exists():  # installed once for all
        state.mkdir(exist_ok=True)
        (state / "venv").symlink_to(theirs)
    asked = {"RU_PORT": str(port), "RU_STATE": str(state), **variables}
    return started(request, "roundup", **asked)


def tracker(request: pytest.FixtureRequest, name: str, port: int, extension: Extension) -> Settings:
    """Start a tracker of our own whose issues have more properties."""
    found = plain_tracker(request, name, port)
    if extension.extend(_state(name) / "tracker" / "schema.py"):
        stop(request, _state(name))  # a schema is read when the server starts
        found = plain_tracker(request, name, port)
    return found


def _state(name: str) -> Path:
    return STATES / f"realhelpdesk-roundup-{name}"


def stop(request: pytest.FixtureRequest, state: Path) -> None:
    """Stop a tracker of ours; its data stay."""
    script: Path = request.getfixturevalue("shared") / "realhelpdesk" / "roundup" / "stop.sh"
    subprocess.run(
        ["bash", str(script)],  # noqa: S607  # the shell of this machine
        env={**os.environ, "RU_STATE": str(state)},
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=True,
    )


class RoundupDesk:
    """A tracker, and people who work in it: an admin, by the API, past the proxy."""

    def __init__(self, env: Settings, proxy: Proxy) -> None:
        self.env = env
        self.proxy = proxy
        self.site = env["RU_URL"].removesuffix("/rest")
        self.changed_at = 0.0
        self._session = requests.Session()
        self._session.auth = (PERSON, env["RU_ADMIN_PASS"])
        self._session.headers.update(
            {"X-Requested-With": "rest", "Origin": self.site, "Referer": f"{self.site}/"}
        )

    def adapter(
        self, user: str = PERSON, password: str | None = None, **more: Any
    ) -> RoundupAdapter:
        """Return an adapter that goes through the proxy."""
        passwords = {PERSON: self.env["RU_ADMIN_PASS"], self.env["RU_USER"]: self.env["RU_PASS"]}
        settings = RoundupSettings(
            url=self.proxy.url,
            web=self.site,
            user=user,
            password=SecretStr(password or passwords[user]),
            statuses={"done-cbb": "closed"},
            fields=FIELDS,
            settle_s=SETTLE_S,
            **more,
        )
        return RoundupAdapter(settings, watched_fields=frozenset())

    def put(self) -> str:
        """Create a ticket with its first message."""
        message = self._say(PERSON)
        made = self.ask("POST", "issue", {"title": "words", "messages": [message]})
        self.changed_at = time.time()
        return str(made["id"])

    def set_status(self, ticket_id: str, status: str) -> None:
        """Move a ticket to another status."""
        self.edit(ticket_id, {"status": STATUSES[status]})

    def tag(self, ticket_id: str, *tags: str) -> None:
        """Add tags, as a person would."""
        for tag in tags:
            self.make_keyword(tag)
        self.edit(ticket_id, {"@op": "add", "keyword": list(tags)})

    def make_keyword(self, name: str) -> None:
        """Make a keyword unless there is one."""
        there = self.ask("GET", "keyword?@fields=name&@verbose=0")["collection"]
        if name not in {row["name"] for row in there}:
            self.ask("POST", "keyword", {"name": name})

    def reply(self, ticket_id: str, user: str) -> None:
        """Add a message to a ticket."""
        self.edit(ticket_id, {"@op": "add", "messages": [self._say(user)]})

    def set_zone(self, user: str, zone: str) -> None:
        """Choose the time zone that a user lives in."""
        found = self.ask("GET", f"user/{user}?@fields=timezone")
        self.ask("PATCH", f"user/{found['id']}", {"timezone": zone}, **{"If-Match": found["@etag"]})

    def delete(self, ticket_id: str) -> None:
        """Retire a ticket."""
        self._guarded("DELETE", ticket_id)

    def edit(self, ticket_id: str, body: Mapping[str, Any]) -> None:
        """Change a ticket in a later second than whoever changed it last."""
        shown = self.ask("GET", f"issue/{ticket_id}?@fields=activity")["attributes"]["activity"]
        last = datetime.fromisoformat(shown.replace(".", "T", 1)).replace(tzinfo=UTC)
        _sleep_until(last.timestamp() + 1)
        self._guarded("PATCH", ticket_id, body)

    def show(self, ticket_id: str) -> Mapping[str, Any]:
        """Return what a ticket shows, with the names of what it points at."""
        found: Mapping[str, Any] = self.ask("GET", f"issue/{ticket_id}?@verbose=2")["attributes"]
        return found

    def advance(self, seconds: float) -> None:
        """Wait until the newest second is closed; no longer, however much time shall pass."""
        if seconds >= MINUTES_S:
            _sleep_until(int(self.changed_at) + CLOSED_S)

    def fail_next(self, error: AdapterError) -> None:
        """Answer the next request with this error's status."""
        wait = error.retry_after_s
        headers = {"Retry-After": str(int(wait))} if wait else {}
        self.proxy.fail_next(error.status or 503, headers)

    def missing_id(self) -> str:
        """Return an id that no ticket has."""
        return "99999999"

    def make_fields(self, specs: Sequence[FieldSpec]) -> None:
        """Add the choices; the properties are there since the tracker started."""
        for spec in specs:
            self._add_choices(FIELDS[spec.title], spec.options)

    def _say(self, user: str) -> str:
        now = f"{datetime.now(UTC):%Y-%m-%d.%H:%M:%S}"
        said = {"content": "words", "author": user, "date": now}
        return str(self.ask("POST", "msg", said)["id"])

    def _add_choices(self, name: str, options: Iterable[str]) -> None:
        if options:
            there = self.ask("GET", f"{name}?@fields=name")["collection"]
            for option in set(options).difference(row["name"] for row in there):
                self.ask("POST", name, {"name": option})

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send one request as an admin, and return what came back."""
        url = f"{self.env['RU_URL']}/data/{path}"
        answer = self._session.request(method, url, json=body, headers=headers, timeout=TIMEOUT_S)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json()["data"]

    def _guarded(self, method: str, ticket_id: str, body: Mapping[str, Any] | None = None) -> None:
        etag = self.ask("GET", f"issue/{ticket_id}?@fields=activity")["@etag"]
        self.ask(method, f"issue/{ticket_id}", body, **{"If-Match": etag})
        self.changed_at = time.time()


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))
