"""Triggers, automations and SLA policies that admins write over HTTP, and that then react."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.practice.acts import Acts
from connector.practice.helpdesk import AGENT_EMAIL
from connector.practice.saved import load_world, save_world
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, Json, opened, staff
from tests.practice.conftest import NOW

MINUTE, HOUR = 60, 3600
TAGGED = {"field": "current_tags", "operator": "includes", "value": "risky"}
OLD = {"field": "SOLVED", "operator": "greater_than", "value": "2"}
SOLVED = {"field": "status", "operator": "is", "value": "solved"}
RAISE = {"field": "priority", "value": "urgent"}
CLOSE = {"field": "status", "value": "closed"}
FAST = {"priority": "high", "metric": "first_reply_time", "target": 30, "business_hours": False}


def trigger(**more: Any) -> Json:
    rule = {"title": "Raise", "conditions": {"all": [TAGGED], "any": []}, "actions": [RAISE]}
    return {"trigger": rule | more}


def automation(**more: Any) -> Json:
    rule = {"title": "Close", "conditions": {"all": [SOLVED, OLD]}, "actions": [CLOSE]}
    return {"automation": rule | more}


def policy(**more: Any) -> Json:
    return {"sla_policy": {"title": "Fast", "filter": {"all": []}, "policy_metrics": [FAST]} | more}


def post(client: Client, path: str, body: Json) -> Json:
    answer = client.send("POST", path, body)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json().values()
    assert answer.headers["Location"] == f"{client.url}/api/v2/{path}/{made['id']}.json"
    return dict(made)


def test_a_trigger_that_was_posted_reacts(client: Client, acts: Acts, world: World) -> None:
    made = post(client, "triggers", trigger(description="For goals"))
    assert client.get(f"triggers/{made['id']}")["trigger"] == made
    assert made["conditions"]["all"] == [TAGGED]
    assert (made["actions"], made["active"], made["description"]) == ([RAISE], True, "For goals")
    ticket_id = opened(acts)
    client.put(f"tickets/{ticket_id}", {"ticket": {"additional_tags": ["risky"]}})
    assert world.ticket(ticket_id).priority == "urgent"


def test_conditions_may_stand_at_the_top_of_what_is_written(client: Client) -> None:
    body = {"title": "Raise", "all": [TAGGED], "actions": [RAISE]}
    assert post(client, "triggers", {"trigger": body})["conditions"]["all"] == [TAGGED]


def test_a_trigger_that_is_changed_or_deleted_reacts_otherwise(
    client: Client, acts: Acts, world: World
) -> None:
    number = post(client, "triggers", trigger())["id"]
    low = {"trigger": {"actions": [{"field": "priority", "value": "low"}]}}
    world.clock.advance(60)
    changed = client.put(f"triggers/{number}", low)["trigger"]
    assert (changed["title"], changed["conditions"]["all"]) == ("Raise", [TAGGED])
    assert changed["updated_at"] > changed["created_at"]
    assert world.ticket(opened(acts, tags=["risky"])).priority == "low"
    client.put(f"triggers/{number}", {"trigger": {"active": False}})
    assert world.ticket(opened(acts, tags=["risky"])).priority is None
    client.put(f"triggers/{number}", {"trigger": {"active": True}})
    assert client.send("DELETE", f"triggers/{number}").status_code == 204
    assert world.ticket(opened(acts, tags=["risky"])).priority is None
    assert client.send("GET", f"triggers/{number}").status_code == 404
    assert post(client, "triggers", trigger())["id"] != number


def test_an_automation_that_was_posted_runs_by_the_hour(
    client: Client, acts: Acts, world: World
) -> None:
    post(client, "automations", automation())
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "solved")
    world.clock.advance(3 * HOUR + 100)
    assert world.ticket(ticket_id).status == "closed"
    assert client.get("triggers")["triggers"] == []


def test_many_are_changed_and_deleted_together_or_not_at_all(client: Client) -> None:
    first, second = (post(client, "triggers", trigger(title=title))["id"] for title in "ab")
    many = {"triggers": [{"id": first, "active": False}, {"id": second, "position": 9}]}
    found = client.put("triggers/update_many", many)["triggers"]
    assert [(one["id"], one["active"], one["position"]) for one in found] == [
        (first, False, 1),
        (second, True, 9),
    ]
    unknown = client.send("DELETE", "triggers/destroy_many", ids=f"{first},17")
    assert unknown.status_code == 404
    assert client.get("triggers")["count"] == 2
    assert client.send("DELETE", "triggers/destroy_many", ids=f"{first},{second}").ok
    assert client.get("triggers")["count"] == 0


def test_triggers_fire_in_the_order_they_are_put_in(
    client: Client, acts: Acts, world: World
) -> None:
    fields = ("urgent", "low")
    numbers = [
        post(client, "triggers", trigger(actions=[{"field": "priority", "value": value}]))["id"]
        for value in fields
    ]
    assert world.ticket(opened(acts, tags=["risky"])).priority == "low"
    assert client.send("PUT", "triggers/reorder", {"trigger_ids": numbers[:1]}).status_code == 404
    found = client.put("triggers/reorder", {"trigger_ids": numbers[::-1]})["triggers"]
    assert [one["id"] for one in found] == numbers[::-1]
    assert world.ticket(opened(acts, tags=["risky"])).priority == "urgent"


MOON = {"field": "moon", "operator": "is", "value": "full"}
BAD_RULES = [
    ("triggers", trigger(title=" "), "title"),
    ("triggers", trigger(actions=[]), "base"),
    ("triggers", trigger(actions=["priority"]), "base"),
    ("triggers", trigger(actions=[{"field": "priority", "value": "extreme"}]), "base"),
    ("triggers", trigger(actions=[{"field": "group_id", "value": "current_groups"}]), "base"),
    ("triggers", trigger(actions=[{"field": "custom_fields_x", "value": "1"}]), "base"),
    ("triggers", trigger(conditions={"all": [MOON]}), "base"),
    ("triggers", trigger(conditions={"all": [TAGGED | {"operator": "likes"}]}), "base"),
    ("triggers", trigger(conditions={"all": [OLD]}), "base"),
    ("triggers", trigger(conditions={"all": ["status"]}), "base"),
    ("automations", automation(conditions={"all": [OLD | {"value": "soon"}]}), "base"),
    ("automations", automation(conditions={"any": [OLD]}), "base"),
    ("automations", automation(position="first"), "base"),
    ("slas/policies", policy(title=None), "title"),
    ("slas/policies", policy(position="first"), "position"),
    ("slas/policies", policy(filter={"all": [MOON]}), "base"),
    ("slas/policies", policy(policy_metrics="none"), "policy_metrics"),
    ("slas/policies", policy(policy_metrics=[FAST, FAST]), "policy_metrics"),
    ("slas/policies", policy(policy_metrics=[FAST | {"target": 0}]), "policy_metrics"),
    ("slas/policies", policy(policy_metrics=[FAST | {"priority": "some"}]), "policy_metrics"),
    ("slas/policies", policy(policy_metrics=[FAST | {"metric": "coffee"}]), "policy_metrics"),
]


@pytest.mark.parametrize(("path", "body", "name"), BAD_RULES)
def test_what_is_wrong_is_refused_as_the_vendor_does(
    client: Client, path: str, body: Json, name: str
) -> None:
    answer = client.send("POST", path, body)
    assert answer.status_code == 422
    said = answer.json()
    assert (said["error"], said["description"]) == ("RecordInvalid", "Record validation errors")
    assert said["details"][name][0]["description"]
    assert client.get(path)["count"] == 0


@pytest.mark.parametrize(("path", "body"), [row[:2] for row in BAD_RULES])
def test_a_change_for_the_worse_leaves_all_as_it_was(client: Client, path: str, body: Json) -> None:
    good = {"triggers": trigger(), "automations": automation(), "slas/policies": policy()}[path]
    number = post(client, path, good)["id"]
    before = client.get(path)
    if body.get("sla_policy", {}).get("title", "") is not None:
        assert client.send("PUT", f"{path}/{number}", body).status_code == 422
    assert client.get(path) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [("triggers", trigger()), ("automations", automation()), ("slas/policies", policy())],
)
def test_rules_are_written_by_admins_alone(server: PracticeServer, path: str, body: Json) -> None:
    agent = Client(server.url, AGENT_EMAIL)
    assert agent.send("POST", path, body).status_code == 403
    assert agent.send("POST", path, {"wrong": {}}).status_code == 403
    agent.close()


def steps(client: Client, world: World, ticket_id: int) -> list[str]:
    world.clock.advance(61)
    start = int(NOW.timestamp())
    rows = client.get("incremental/ticket_metric_events", start_time=start)["ticket_metric_events"]
    return [
        row["type"]
        for row in rows
        if (row["ticket_id"], row["metric"]) == (ticket_id, "reply_time")
    ]


def test_a_policy_that_was_posted_is_breached(client: Client, acts: Acts, world: World) -> None:
    made = post(client, "slas/policies", policy(description="Half an hour"))
    assert client.get(f"slas/policies/{made['id']}")["sla_policy"] == made
    assert made["policy_metrics"][0]["target_in_seconds"] == 1800
    ticket_id = opened(acts, priority="high")
    world.clock.advance(31 * MINUTE)
    assert steps(client, world, ticket_id)[-2:] == ["apply_sla", "breach"]


def test_a_changed_policy_is_for_what_comes_after_the_change(
    client: Client, acts: Acts, world: World
) -> None:
    number = post(client, "slas/policies", policy())["id"]
    early = opened(acts, priority="high")
    before = steps(client, world, early)
    longer = {"sla_policy": {"policy_metrics": [FAST | {"target": 600}]}}
    changed = client.put(f"slas/policies/{number}", longer)["sla_policy"]
    assert (changed["title"], changed["policy_metrics"][0]["target"]) == ("Fast", 600)
    assert changed["updated_at"] > changed["created_at"]
    late = opened(acts, priority="high")
    world.clock.advance(HOUR)
    assert steps(client, world, early) == [*before, "breach"]
    assert "breach" not in steps(client, world, late)


def test_a_deleted_policy_is_for_no_ticket_any_more(
    client: Client, acts: Acts, world: World
) -> None:
    number = post(client, "slas/policies", policy())["id"]
    early = opened(acts, priority="high")
    world.clock.advance(5)
    assert client.send("DELETE", f"slas/policies/{number}").status_code == 204
    assert client.send("GET", f"slas/policies/{number}").status_code == 404
    late = opened(acts, priority="high")
    assert "apply_sla" in steps(client, world, early)
    assert "apply_sla" not in steps(client, world, late)


def test_policies_are_put_in_order(client: Client, acts: Acts, world: World) -> None:
    slow = FAST | {"target": 999}
    first = post(client, "slas/policies", policy())["id"]
    second = post(client, "slas/policies", policy(policy_metrics=[slow]))["id"]
    ids = {"sla_policy_ids": [second, first]}
    assert (
        client.send("PUT", "slas/policies/reorder", {"sla_policy_ids": [first]}).status_code == 404
    )
    assert client.send("PUT", "slas/policies/reorder", ids).content == b""
    assert [one["id"] for one in client.get("slas/policies")["sla_policies"]] == [second, first]
    ticket_id = opened(acts, priority="high")
    world.clock.advance(HOUR)
    assert "breach" not in steps(client, world, ticket_id)


def test_what_was_written_is_there_after_a_restart(
    client: Client, acts: Acts, world: World, tmp_path: Path
) -> None:
    kept = [post(client, "triggers", trigger())["id"] for _ in "abc"][1]
    for one in client.get("triggers")["triggers"]:
        if one["id"] != kept:
            client.send("DELETE", f"triggers/{one['id']}")
    number = post(client, "slas/policies", policy())["id"]
    world.clock.advance(60)
    client.put(f"slas/policies/{number}", {"sla_policy": {"title": "Faster"}})
    acts.comment(opened(acts, priority="high"), staff(world), "Hello")
    before = [client.get(path) for path in ("triggers", "slas/policies")]
    save_world(world, tmp_path / "state")
    with PracticeServer(load_world(tmp_path / "state"), public_url=client.url) as again:
        other = Client(again.url)
        assert [other.get(path) for path in ("triggers", "slas/policies")] == before
        other.close()
