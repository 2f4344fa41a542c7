"""SLA policies for groups: how long a ticket may stay with a group before it is solved or moved.

Unlike those of the other policies, ids are texts and targets are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import Condition, conditions_of
from connector.practice.refusal import invalid, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.world import World

METRIC = "group_ownership_time"
ID = "01H078CBDY28BZG7P6BONY{:04d}"


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """An SLA policy for groups; `targets` are seconds by priority."""

    id: str
    title: str
    description: str | None
    position: int
    every: tuple[Condition, ...]
    targets: tuple[tuple[str, int], ...]
    business_hours: bool
    created_at: int


def add_group_policy(world: World, body: Mapping[str, Any]) -> GroupPolicy:
    """Add a policy from a body as the wire has it, or refuse."""
    metrics = body.get("policy_metrics") or ()
    if any(one["metric"] != METRIC for one in metrics):
        raise invalid("policy_metrics", f"a policy for groups has {METRIC} and no other")
    place = len(world.group_policies) + 1
    policy = GroupPolicy(
        id=ID.format(place),
        title=str(body["title"]),
        description=body.get("description"),
        position=place,
        every=conditions_of((body.get("filter") or {}).get("all")),
        targets=tuple((one["priority"], int(one["target"])) for one in metrics),
        business_hours=any(one.get("business_hours") for one in metrics),
        created_at=world.now(),
    )
    world.group_policies[policy.id] = policy
    return policy


def install_group_policies(world: World) -> None:
    """Let the first of the groups have a policy."""
    groups = world.directory.groups.values()
    first = next((group for group in groups if not group.deleted), None)
    if first is None:
        return
    condition = {"field": "group_id", "operator": "includes", "value": [first.id]}
    targets = [
        {"priority": priority, "metric": METRIC, "target": target, "business_hours": True}
        for priority, target in (("urgent", 3600), ("high", 7200))
    ]
    body = {
        "title": first.name,
        "description": "Owned swiftly",
        "filter": {"all": [condition]},
        "policy_metrics": targets,
    }
    add_group_policy(world, body)


def policies(call: Call) -> Answer:
    """List the policies for groups in their order."""
    call.need_admin()
    found = tuple(call.world.group_policies.values())
    return listing(call, "group_sla_policies", found, lambda one: _document(one, call.url))


def policy(call: Call) -> Answer:
    """Show one policy for groups."""
    call.need_admin()
    found = call.world.group_policies.get(call.parts[0])
    if found is None:
        raise not_found()
    return Answer({"group_sla_policy": _document(found, call.url)})


def _document(one: GroupPolicy, url: str) -> dict[str, Any]:
    at = stamp(one.created_at)
    return {
        "id": one.id,
        "url": f"{url}/api/v2/group_slas/policies/{one.id}",
        "title": one.title,
        "description": one.description,
        "position": one.position,
        "filter": {
            "all": [
                {"field": test.field, "operator": test.operator, "value": _listed(test.value)}
                for test in one.every
            ]
        },
        "policy_metrics": [
            {
                "priority": priority,
                "metric": METRIC,
                "target": seconds,
                "business_hours": one.business_hours,
            }
            for priority, seconds in one.targets
        ],
        "created_at": at,
        "updated_at": at,
    }


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


ROUTES = (
    Route("GET", "group_slas/policies", policies),
    Route("GET", "group_slas/policies/{*}", policy),
)
