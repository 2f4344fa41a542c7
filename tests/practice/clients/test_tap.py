"""tap-zendesk, the Singer tap, copies a practice helpdesk unmodified and misses nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.practice.helpdesk import TOKEN
from connector.practice.routing import Answer
from connector.practice.server import PracticeServer
from tests.practice.clients.conftest import Account
from tests.practice.clients.tls import Authority, TlsFront

pytestmark = pytest.mark.clients
Json = dict[str, Any]
STREAMS = {
    "group_memberships",
    "groups",
    "organizations",
    "satisfaction_ratings",
    "sla_policies",
    "tags",
    "ticket_fields",
    "ticket_forms",
    "ticket_metrics",
    "tickets",
    "users",
}
"""All but the metric events: their export has no mark of its end, and the tap stops reading it only
where an event is less than five minutes old by the clock of the machine."""
PATIENCE_S = 120
NOT_BOUGHT = "talk_phone_numbers"


@dataclass
class Tap:
    """The tap in an environment of its own, with the files it wants."""

    command: Path
    folder: Path
    variables: Mapping[str, str]
    subdomain: str = "practice"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        config = {
            "subdomain": self.subdomain,
            "access_token": TOKEN,
            "start_date": "2000-01-01T00:00:00Z",
        }
        path = self._write("config.json", config)
        done = subprocess.run(
            [self.command, "--config", path, *arguments],
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done

    def discover(self) -> list[Json]:
        streams: list[Json] = json.loads(self.run("--discover").stdout)["streams"]
        return streams

    def sync(self, catalog: list[Json], wanted: Iterable[str]) -> dict[str, list[Json]]:
        """Return the records of each stream that is wanted."""
        for stream in catalog:
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = stream["stream"] in wanted
        path = self._write("catalog.json", {"streams": catalog})
        records: dict[str, list[Json]] = defaultdict(list)
        for line in self.run("--catalog", path).stdout.splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
        return records

    def _write(self, name: str, content: Json) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


@pytest.fixture
def tap(clients: Path, tmp_path: Path, account: Account) -> Tap:
    return Tap(clients / "python/bin/tap-zendesk", tmp_path, account.variables)


def ids(records: list[Json]) -> list[int]:
    return sorted(record["id"] for record in records)


def test_it_discovers_everything_but_what_was_not_bought(tap: Tap) -> None:
    names = {stream["stream"] for stream in tap.discover()}
    assert names >= STREAMS
    assert NOT_BOUGHT not in names


def test_it_copies_every_record_once(tap: Tap, account: Account) -> None:
    account.server.faults.fail_next("incremental/tickets/cursor", "429", 1)
    records = tap.sync(tap.discover(), STREAMS)
    world, people = account.world, account.world.directory
    shown = account.listed() & account.exported()
    assert ids(records["tickets"]) == sorted(account.exported())
    assert ids(records["users"]) == sorted(people.users)
    assert ids(records["groups"]) == sorted(g.id for g in people.groups.values() if not g.deleted)
    assert ids(records["organizations"]) == sorted(people.organizations)
    assert ids(records["ticket_fields"]) == sorted(world.fields.by_id)
    assert ids(records["ticket_forms"]) == sorted(people.forms)
    assert ids(records["satisfaction_ratings"]) == sorted(world.ratings)
    assert len(records["satisfaction_ratings"]) > 0
    assert len(records["group_memberships"]) == sum(len(u.group_ids) for u in people.users.values())
    assert {one["ticket_id"] for one in records["ticket_metrics"]} == shown
    assert ids(records["sla_policies"]) == sorted(policy.id for policy in world.policies)
    assert len(records["sla_policies"]) > 0
    used = {tag for ticket in world.tickets.values() for tag in ticket.tags}
    assert {one["name"] for one in records["tags"]} <= used
    assert set(account.proxy.asked) == {"practice.zendesk.com:443"}


def test_what_it_copies_is_what_is_there(tap: Tap, account: Account) -> None:
    records = tap.sync(tap.discover(), {"tickets"})
    for record in records["tickets"]:
        ticket = account.world.tickets[record["id"]]
        assert record["status"] == ticket.status
        assert record["assignee_id"] == ticket.assignee_id
        assert tuple(record["tags"]) == (() if ticket.status == "deleted" else ticket.tags)
        assert record["generated_timestamp"] == ticket.generated_at


class BelowPath(PracticeServer):
    """A helpdesk whose addresses begin with a path.

    The tap reads audits with a library that asks no proxy for its way, so there the host has to be
    this machine: as the subdomain `localhost:PORT/practice`, to which the tap adds its domain.
    """

    PATH = "/practice.zendesk.com"

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return super().answer(method, target.removeprefix(self.PATH), headers, body)


@pytest.fixture
def below(authority: Authority, account: Account) -> Iterator[TlsFront]:
    with (
        BelowPath(account.world, limits="generous") as server,
        TlsFront(authority, server.url) as front,
    ):
        server.desk.url = front.url + server.PATH
        yield front


def test_it_copies_audits_and_comments(
    tap: Tap, below: TlsFront, account: Account, authority: Authority
) -> None:
    certificate = str(authority.certificate)
    tap.variables = {"REQUESTS_CA_BUNDLE": certificate, "SSL_CERT_FILE": certificate}
    tap.subdomain = f"localhost:{below.port}/practice"
    records = tap.sync(tap.discover(), {"tickets", "ticket_audits", "ticket_comments"})
    shown = account.listed() & account.exported()
    audits = [audit for audit in account.world.feed if audit.ticket_id in shown]
    assert len(ids(records["ticket_audits"])) == len(set(ids(records["ticket_audits"])))
    assert len(records["ticket_audits"]) == len(audits)
    assert {one["ticket_id"] for one in records["ticket_comments"]} == shown
