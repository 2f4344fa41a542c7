"""SLA policies and the steps of the helpdesk's clocks, with breaches as its clock moves."""

from __future__ import annotations

import pytest

from connector.practice.acts import Acts
from connector.practice.refusal import Refusal
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.slas import install_policies
from connector.practice.world import World
from tests.practice.client import Client, Json, opened, staff
from tests.practice.conftest import NOW

MINUTE, HOUR = 60, 3600


def target(metric: str, minutes: int, *, hours: bool = False, priority: str = "high") -> Json:
    return {
        "priority": priority,
        "metric": metric,
        "target": minutes,
        "business_hours": hours,
    }


def policy(*targets: Json, **more: object) -> Json:
    return {"title": "Fast", "policy_metrics": list(targets)} | more


def steps(client: Client, world: World, ticket_id: int | None = None) -> list[Json]:
    world.clock.advance(61)
    start = int(NOW.timestamp())
    rows = client.get("incremental/ticket_metric_events", start_time=start)["ticket_metric_events"]
    return [row for row in rows if ticket_id in {None, row["ticket_id"]}]


def kinds(rows: list[Json], metric: str) -> list[tuple[str, int]]:
    return [(row["type"], row["instance_id"]) for row in rows if row["metric"] == metric]


def test_clocks_run_without_any_policy(client: Client, acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    world.clock.advance(10 * MINUTE)
    acts.comment(ticket_id, staff(world), "Reply", status="pending")
    world.clock.advance(MINUTE)
    acts.comment(ticket_id, world.ticket(ticket_id).requester_id, "More")
    world.clock.advance(MINUTE)
    acts.set_status(ticket_id, "solved")
    rows = steps(client, world, ticket_id)
    assert kinds(rows, "requester_wait_time") == [
        ("measure", 0),
        ("activate", 1),
        ("pause", 1),
        ("update_status", 1),
        ("activate", 1),
        ("fulfill", 1),
        ("update_status", 1),
    ]
    assert kinds(rows, "reply_time") == [
        ("measure", 0),
        ("activate", 1),
        ("fulfill", 1),
        ("update_status", 1),
        ("activate", 2),
    ]
    wait = [row["status"]["calendar"] for row in rows if row["type"] == "update_status"]
    assert sorted(wait) == [10, 10, 10, 11, 11, 12]


def test_a_breach_comes_when_the_time_has_run_out(client: Client, acts: Acts, world: World) -> None:
    acts.add_policy(policy(target("first_reply_time", 30)))
    ticket_id = opened(acts, priority="high")
    began = world.now()
    world.clock.advance(29 * MINUTE)
    assert ("breach", 1) not in kinds(steps(client, world, ticket_id), "reply_time")
    world.clock.advance(MINUTE)
    rows = steps(client, world, ticket_id)
    breach = next(row for row in rows if row["type"] == "breach")
    assert breach["time"] == NOW.replace(minute=30).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert world.now() > began + 30 * MINUTE
    applied = next(row for row in rows if row["type"] == "apply_sla")
    assert (applied["sla"]["target"], applied["sla"]["policy"]["title"]) == (30, "Fast")
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_reply_in_time_is_no_breach(client: Client, acts: Acts, world: World) -> None:
    acts.add_policy(policy(target("first_reply_time", 30)))
    ticket_id = opened(acts, priority="high")
    world.clock.advance(20 * MINUTE)
    acts.comment(ticket_id, staff(world), "Reply")
    world.clock.advance(20 * MINUTE)
    assert "breach" not in {row["type"] for row in steps(client, world, ticket_id)}


def test_the_priority_chooses_the_target_and_a_new_one_applies_anew(
    client: Client, acts: Acts, world: World
) -> None:
    urgent = target("first_reply_time", 5, priority="urgent")
    acts.add_policy(policy(target("first_reply_time", 60), urgent))
    ticket_id = opened(acts, priority="high")
    world.clock.advance(20 * MINUTE)
    acts.update(ticket_id, staff(world), {"priority": "urgent"})
    world.clock.advance(MINUTE)
    rows = steps(client, world, ticket_id)
    targets = [row["sla"]["target"] for row in rows if row["type"] == "apply_sla"]
    assert targets == [60, 5]
    assert [row["time"] for row in rows if row["type"] == "breach"] == ["2026-11-18T10:20:00Z"]


def test_the_first_policy_whose_filter_fits_is_applied(
    client: Client, acts: Acts, world: World
) -> None:
    incident = {"all": [{"field": "ticket_type_id", "operator": "is", "value": "2"}]}
    acts.add_policy(policy(target("first_reply_time", 5), filter=incident, title="Incidents"))
    acts.add_policy(policy(target("first_reply_time", 60), title="Rest"))
    ids = opened(acts, priority="high", type="incident"), opened(acts, priority="high")
    rows = steps(client, world)
    named = {row["ticket_id"]: row["sla"]["policy"]["title"] for row in rows if "sla" in row}
    assert named == dict(zip(ids, ("Incidents", "Rest"), strict=True))


def test_business_hours_stand_still_at_night(client: Client, acts: Acts, world: World) -> None:
    group = next(g for g in world.directory.groups.values() if g.name == "EMEA")
    acts.add_policy(policy(target("requester_wait_time", 600, hours=True)))
    ticket_id = opened(acts, priority="high", group_id=group.id)
    world.clock.advance(14 * HOUR)
    assert "breach" not in {row["type"] for row in steps(client, world, ticket_id)}
    world.clock.advance(12 * HOUR)
    assert "breach" in {row["type"] for row in steps(client, world, ticket_id)}


def test_a_policy_is_for_what_comes_after_it(client: Client, acts: Acts, world: World) -> None:
    ticket_id = opened(acts, priority="high")
    world.clock.advance(1)
    acts.add_policy(policy(target("first_reply_time", 1)))
    world.clock.advance(HOUR)
    assert "apply_sla" not in {row["type"] for row in steps(client, world, ticket_id)}


def test_an_unknown_metric_is_refused(acts: Acts) -> None:
    with pytest.raises(Refusal):
        acts.add_policy(policy(target("coffee_time", 5)))


def test_policies_are_listed_as_recorded(client: Client, world: World) -> None:
    assert client.get("slas/policies")["sla_policies"] == []
    install_policies(world)
    found = client.get("slas/policies")
    first = found["sla_policies"][0]
    assert (found["count"], first["filter"]["any"]) == (2, [])
    assert first["policy_metrics"][0]["target_in_seconds"] == 1800
    assert client.get(f"slas/policies/{first['id']}")["sla_policy"] == first


def test_both_forms_bring_the_same_steps_and_ids_stay() -> None:
    world = seed_world(800, 7, NOW, slas=True)
    with PracticeServer(world) as server:
        client = Client(server.url)
        start = world.now() - 40 * 24 * HOUR
        by_time, by_cursor = all_by_time(client, start), all_by_cursor(client, start)
        assert by_time == by_cursor
        assert len(by_time) > 1000
        assert "breach" in {row["type"] for row in by_time.values()}
        server.live(3 * HOUR)
        world.clock.advance(61)
        later = all_by_time(client, start)
        assert {number: later[number] for number in by_time} == by_time
        assert len(later) > len(by_time)
        client.close()
    with PracticeServer(world) as fresh:
        client = Client(fresh.url)
        assert all_by_time(client, start) == later
        client.close()


def all_by_time(client: Client, start: int) -> dict[int, Json]:
    found: dict[int, Json] = {}
    while True:
        page = client.get("incremental/ticket_metric_events", start_time=start)
        found |= {row["id"]: row for row in page["ticket_metric_events"]}
        if page["end_time"] == start or page["count"] < 1000:
            return found
        start = page["end_time"]


def all_by_cursor(client: Client, start: int) -> dict[int, Json]:
    found: dict[int, Json] = {}
    query = {"page[size]": 1000}
    page = client.get("incremental/ticket_metric_events", start_time=start, **query)
    while True:
        assert len(page["ticket_metric_events"]) <= 100
        found |= {row["id"]: row for row in page["ticket_metric_events"]}
        if not page["meta"]["has_more"]:
            return found
        page = client.get(page["links"]["next"])
