from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.practice.acts import Acts
from connector.practice.control import CONTROL_TOKEN
from connector.practice.life import live
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, Json, opened
from tests.practice.conftest import NOW


@pytest.fixture
def control(server: PracticeServer) -> Iterator[Client]:
    client = Client(server.url)
    client.session.auth = None
    client.session.headers["Authorization"] = f"Bearer {CONTROL_TOKEN}"
    yield client
    client.close()


def order(control: Client, path: str, body: Json) -> Json:
    answer = control.send("POST", f"{control.url}/practice/control/{path}", body)
    assert answer.status_code == 200, answer.text
    document: Json = answer.json()
    return document


def test_control_needs_its_own_token(client: Client) -> None:
    url = f"{client.url}/practice/control/advance"
    assert client.send("POST", url, {"seconds": 1}).status_code == 401


def test_the_clock_can_be_moved_from_outside(control: Client, world: World) -> None:
    assert order(control, "advance", {"seconds": 90})["now"] == "2026-11-18T10:01:30Z"
    answer = control.send("POST", f"{control.url}/practice/control/advance", {"seconds": -1})
    assert answer.status_code == 400


def test_acts_can_be_ordered_from_outside(control: Client, client: Client) -> None:
    body = {"subject": "Hi", "comment": {"body": "There"}}
    made = order(control, "act", {"act": "create", "args": [body]})["id"]
    order(control, "act", {"act": "add_tags", "args": [made, "goal_ignore"]})
    assert client.ticket(made)["tags"] == ["goal_ignore"]
    url = f"{control.url}/practice/control/act"
    assert control.send("POST", url, {"act": "__init__"}).status_code == 400


def test_faults_can_be_ordered_from_outside(control: Client, client: Client) -> None:
    order(control, "fail_next", {"path": "users/me", "fault": "503"})
    assert client.send("GET", "users/me").status_code == 503
    assert client.send("GET", "users/me").status_code == 200


def test_switches_can_be_set_from_outside(
    control: Client, server: PracticeServer, world: World
) -> None:
    order(control, "switch", {"job_polls": -1, "lose_jobs": 2, "failing": {"7": "no"}})
    order(control, "switch", {"batch_ignores_tags": True, "surveys": True})
    assert (server.desk.jobs.polls, server.desk.jobs.lose) == (-1, 2)
    assert server.desk.jobs.failing == {7: "no"}
    assert server.desk.batch_ignores_tags
    assert world.has_surveys
    url = f"{control.url}/practice/control/switch"
    assert control.send("POST", url, {"nothing": 1}).status_code == 400


def test_the_state_can_be_looked_up(control: Client, acts: Acts) -> None:
    opened(acts)
    answer = control.send("GET", f"{control.url}/practice/control/status")
    assert answer.json()["tickets"] == {"new": 1}
    assert answer.json()["fired"] == []


def test_what_rules_did_can_be_looked_up(control: Client, acts: Acts) -> None:
    condition = {"field": "update_type", "operator": "is", "value": "Create"}
    rule = {"title": "Tag", "conditions": {"all": [condition]}}
    action = {"field": "current_tags", "value": "x"}
    order(control, "act", {"act": "add_rule", "args": ["trigger", rule | {"actions": [action]}]})
    opened(acts)
    answer = control.send("GET", f"{control.url}/practice/control/status")
    assert answer.json()["fired"] == [{"rule": "Tag", "cause": "others", "fired": 1}]


def test_an_hour_of_life_brings_something_of_every_kind() -> None:
    world = seed_world(800, 3, NOW)
    before, began = len(world.feed), world.now()
    happened = live(Acts(world), 3600)
    assert world.now() == began + 3600
    assert {"created", "replied", "answered", "solved", "rated", "deleted"} <= set(happened)
    assert all(began <= audit.at <= began + 3600 for audit in world.feed[before:])


def test_the_same_seed_brings_the_same_life() -> None:
    worlds = [seed_world(300, 5, NOW) for _ in range(2)]
    for world in worlds:
        live(Acts(world), 2 * 3600)
    assert worlds[0].feed == worlds[1].feed


def test_solved_tickets_are_closed_after_four_days(acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "solved")
    world.clock.advance(4 * 86400 + 1)
    live(acts, 1)
    assert world.ticket(ticket_id).status == "closed"
