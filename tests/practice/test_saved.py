"""A helpdesk that is saved and loaded is the same helpdesk."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connector.practice.acts import Acts
from connector.practice.control import CONTROL_TOKEN
from connector.practice.life import live
from connector.practice.saved import load_world, save_world
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.stopwatches import Step
from connector.practice.world import World
from tests.practice.client import Client, field_named
from tests.practice.conftest import NOW

PATHS = (
    "incremental/tickets/cursor?start_time=1&support_type_scope=all&include=metric_sets",
    "incremental/ticket_events?start_time=1&include=comment_events",
    "incremental/ticket_metric_events?start_time=1790000000",
    "ticket_fields",
    "ticket_forms",
    "custom_statuses",
    "suspended_tickets",
    "satisfaction_ratings",
    "guide/survey_responses",
    "triggers",
    "automations",
    "slas/policies",
    "group_slas/policies",
    "brands",
    "groups",
    "users",
    "business_hours/schedules",
)


@pytest.fixture
def lively() -> World:
    world = seed_world(200, 7, NOW, rules=True, slas=True)
    acts = Acts(world)
    live(acts, 3600)
    acts.suspend({"subject": "Spam", "comment": {"body": "Buy"}})
    acts.add_status("open", "Looked at")
    acts.add_form("Returns", {"ticket_field_ids": [field_named(world, "Product")]})
    acts.answer_survey(acts.create({"comment": {"body": "Hi"}}).id, 5)
    world.clock.advance(100)
    return world


def answers(world: World) -> dict[str, object]:
    with PracticeServer(world, public_url="http://practice.example") as server:
        client = Client(server.url)
        found = {path: client.send("GET", path).json() for path in PATHS}
        client.close()
        return found


def test_every_answer_is_the_same_after_a_restart(lively: World, tmp_path: Path) -> None:
    before = answers(lively)
    save_world(lively, tmp_path / "state")
    assert answers(load_world(tmp_path / "state")) == before


def test_zones_and_recorded_targets_are_kept(lively: World, tmp_path: Path) -> None:
    ticket = max(lively.tickets)
    at = lively.tickets[ticket].created_at
    lively.told_steps = {ticket: [Step(at, "reply_time", 1, "apply_sla", {"sla": {"target": 77}})]}
    lively.directory.zones["Nuuk"] = "America/Nuuk"
    before = answers(lively)
    save_world(lively, tmp_path / "state")
    loaded = load_world(tmp_path / "state")
    assert answers(loaded) == before
    assert "77" in str(before["incremental/ticket_metric_events?start_time=1790000000"])
    assert loaded.directory.zones["Nuuk"] == "America/Nuuk"


def test_life_goes_on_as_it_would_have(lively: World, tmp_path: Path) -> None:
    save_world(lively, tmp_path / "state")
    again = load_world(tmp_path / "state")
    for world in (lively, again):
        live(Acts(world), 2 * 3600)
    assert again.feed == lively.feed
    assert again.reactions is not None
    assert lively.reactions is not None
    assert again.reactions.fired == lively.reactions.fired


def test_another_version_is_refused(lively: World, tmp_path: Path) -> None:
    path = tmp_path / "state"
    save_world(lively, path)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":9', 1))
    with pytest.raises(ValueError, match="another version"):
        load_world(path)


def test_the_control_saves_only_where_there_is_a_file(world: World, tmp_path: Path) -> None:
    with PracticeServer(world) as server:
        client = Client(server.url)
        client.session.auth = None
        client.session.headers["Authorization"] = f"Bearer {CONTROL_TOKEN}"
        url = f"{server.url}/practice/control/save"
        assert client.send("POST", url).status_code == 400
        server.control.state = tmp_path / "state"
        assert client.send("POST", url).status_code == 200
        client.close()
    assert load_world(tmp_path / "state").now() == world.now()


def test_a_process_that_is_stopped_and_started_again_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector.practice", "--tickets", "20", "--frozen"]
    made = []
    for _ in range(2):
        with subprocess.Popen(
            [*command, "--state", str(tmp_path / "state")], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().split()[3].removesuffix(",").removesuffix("/agent")
            client = Client(url)
            body = {"ticket": {"comment": {"body": "Hi"}}}
            made.append(client.send("POST", "tickets", body).json()["ticket"]["id"])
            client.close()
            process.send_signal(signal.SIGTERM)
    assert made == [21, 22]
