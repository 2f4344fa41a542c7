"""node-zendesk, from another language, works against the practice helpdesk unmodified."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.practice.acts import Acts
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from tests.practice.client import opened
from tests.practice.clients.conftest import Account

pytestmark = pytest.mark.clients
SCRIPT = Path(__file__).parent / "node" / "drive.js"


class NodeZendesk:
    """A process that calls the client, one call a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, service: str, method: str, *given: Any) -> dict[str, Any]:
        """Return {value} or {error} of a call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([service, method, given]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def call(self, service: str, method: str, *given: Any) -> Any:
        """Return what a call returned: a list, or the record in it."""
        answer = self.ask(service, method, *given)
        assert "error" not in answer, answer
        value = answer["value"]
        return value["result"] if isinstance(value, dict) and "result" in value else value


@pytest.fixture
def account(account: Account) -> Account:
    """Return an account that calls itself as node-zendesk is told to: without any proxy."""
    account.server.desk.url = account.front.url
    return account


@pytest.fixture
def node(clients: Path, account: Account) -> Iterator[NodeZendesk]:
    settings = {
        "NODE_PATH": str(clients / "node" / "node_modules"),
        "NODE_EXTRA_CA_CERTS": str(account.authority.certificate),
        "ZENDESK_URL": account.front.url,
        "ZENDESK_USER": ADMIN_EMAIL,
        "ZENDESK_TOKEN": TOKEN,
    }
    command = [clients / "node" / "node", SCRIPT]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True
    ) as process:
        yield NodeZendesk(process)


@pytest.fixture
def acts(account: Account) -> Acts:
    return account.server.acts


def ids(records: list[dict[str, Any]]) -> list[int]:
    return sorted(record["id"] for record in records)


def test_it_reads_who_we_are(node: NodeZendesk) -> None:
    assert node.call("users", "me")["email"] == ADMIN_EMAIL


def test_it_lists_everything_over_pages(node: NodeZendesk, account: Account) -> None:
    world, people = account.world, account.world.directory
    assert ids(node.call("tickets", "list")) == sorted(account.listed())
    assert ids(node.call("users", "list")) == sorted(people.users)
    assert ids(node.call("groups", "list")) == sorted(people.groups)
    assert ids(node.call("organizations", "list")) == sorted(people.organizations)
    assert ids(node.call("ticketfields", "list")) == sorted(world.fields.by_id)
    assert ids(node.call("satisfactionratings", "list")) == sorted(world.ratings)
    assert len(node.call("views", "list")) == 1


def test_it_reads_the_exports(node: NodeZendesk, account: Account) -> None:
    tickets = node.call("tickets", "incremental", 1)
    assert ids(tickets) == sorted(account.exported())
    events = node.call("ticketevents", "incrementalInclude", 1, "comment_events")
    assert len(events) > 900  # its exports end with the first page, whatever that says
    assert {one["ticket_id"] for one in events} <= account.exported()


def test_it_reads_one_ticket_whole(node: NodeZendesk, acts: Acts) -> None:
    ticket_id = opened(acts, tags=["printer"])
    assert node.call("tickets", "show", ticket_id)["tags"] == ["printer"]
    assert [c["body"] for c in node.call("tickets", "getComments", ticket_id)] == ["It broke"]
    assert len(node.call("tickets", "exportAudit", ticket_id)) == 1
    many = node.call("tickets", "showMany", [ticket_id])
    assert ids(many) == [ticket_id]


def test_it_updates_one_ticket(node: NodeZendesk, acts: Acts, account: Account) -> None:
    ticket_id = opened(acts)
    change = {"priority": "urgent", "comment": {"body": "On it", "public": False}}
    assert node.call("tickets", "update", ticket_id, {"ticket": change})["priority"] == "urgent"
    assert account.world.ticket(ticket_id).priority == "urgent"


def test_it_updates_many_and_watches_the_job(
    node: NodeZendesk, acts: Acts, account: Account
) -> None:
    chosen = [opened(acts), opened(acts)]
    change = {"ticket": {"additional_tags": ["goal__x__met"]}}
    job = node.call("tickets", "updateMany", chosen, change)["job_status"]
    done = node.call("jobstatuses", "watch", job["id"], 20, 5)
    assert done["status"] == "completed"
    assert ids(done["results"]) == sorted(chosen)
    assert all(account.world.ticket(one).tags == ("goal__x__met",) for one in chosen)


def test_it_adds_and_replaces_tags(node: NodeZendesk, acts: Acts, account: Account) -> None:
    ticket_id = opened(acts, tags=["mine"])
    node.call("tickets", "addTags", ticket_id, {"tags": ["goal_x"]})
    assert account.world.ticket(ticket_id).tags == ("goal_x", "mine")
    node.call("tickets", "updateTags", ticket_id, {"tags": ["other"]})
    assert account.world.ticket(ticket_id).tags == ("other",)


def test_it_makes_changes_and_deletes_a_field(node: NodeZendesk, account: Account) -> None:
    options = [{"name": "Met", "value": "goal_x_met"}]
    wanted = {"type": "tagger", "title": "Goal", "custom_field_options": options}
    made = node.call("ticketfields", "create", {"ticket_field": wanted})
    field_id = made["id"]
    assert account.world.fields.by_id[field_id].title == "Goal"
    node.call("ticketfields", "update", field_id, {"ticket_field": {"title": "Goals"}})
    assert account.world.fields.by_id[field_id].title == "Goals"
    node.ask("ticketfields", "delete", field_id)
    assert field_id not in account.world.fields.by_id


def test_it_knows_our_refusals(node: NodeZendesk, account: Account) -> None:
    assert "Item not found" in node.ask("tickets", "show", 999_999)["error"]
    account.server.faults.fail_next("tickets/", "429", 1)
    assert node.call("tickets", "show", 1)["statusCode"] == 429
