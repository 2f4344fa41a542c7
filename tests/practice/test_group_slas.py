"""SLA policies for groups, as the vendor describes them."""

from __future__ import annotations

import pytest

from connector.practice.group_sla_routes import add_group_policy, install_group_policies
from connector.practice.refusal import Refusal
from connector.practice.world import World
from tests.practice.client import Client


def test_they_are_listed_and_shown_with_seconds(client: Client, world: World) -> None:
    install_group_policies(world)
    found = client.get("group_slas/policies")
    (policy,) = found["group_sla_policies"]
    assert (found["count"], policy["filter"]["all"][0]["operator"]) == (1, "includes")
    assert policy["policy_metrics"][0] == {
        "priority": "urgent",
        "metric": "group_ownership_time",
        "target": 3600,
        "business_hours": True,
    }
    assert client.get(f"group_slas/policies/{policy['id']}")["group_sla_policy"] == policy


def test_an_unknown_one_is_not_found(client: Client) -> None:
    assert client.send("GET", "group_slas/policies/01H078CBDY28BZG7P6BONY09DN").status_code == 404


def test_they_measure_how_long_a_group_has_a_ticket_and_nothing_else(world: World) -> None:
    metric = {"priority": "low", "metric": "first_reply_time", "target": 60}
    with pytest.raises(Refusal):
        add_group_policy(world, {"title": "Tier 1", "policy_metrics": [metric]})
