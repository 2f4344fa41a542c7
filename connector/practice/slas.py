"""SLA policies: which tickets they are for, and how long each of the helpdesk's clocks may run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import (
    Condition,
    Moment,
    condition_document,
    conditions_of,
    holds,
)
from connector.practice.refusal import invalid
from connector.practice.world import Ticket, World

POLICY_BASE = 28_750_000_000_000
METRICS = frozenset(
    {
        "first_reply_time",
        "next_reply_time",
        "requester_wait_time",
        "agent_work_time",
        "total_resolution_time",
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """How many minutes one metric of tickets of one priority may take."""

    priority: str
    metric: str
    minutes: int
    business_hours: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """An SLA policy; the first whose filter fits is a ticket's, from the policy's creation on."""

    id: int
    title: str
    description: str | None
    position: int
    every: tuple[Condition, ...]
    some: tuple[Condition, ...]
    targets: tuple[Target, ...]
    created_at: int

    def target(self, metric: str, priority: str | None) -> Target | None:
        """Return the target of a metric for tickets of a priority."""
        wanted = (metric, priority)
        return next((one for one in self.targets if (one.metric, one.priority) == wanted), None)


def policy_from(body: Mapping[str, Any], place: int, at: int) -> Policy:
    """Return a policy from a body as the wire has it, or refuse."""
    filters = body.get("filter") or {}
    targets = tuple(
        Target(one["priority"], one["metric"], int(one["target"]), bool(one["business_hours"]))
        for one in body.get("policy_metrics") or ()
    )
    for target in targets:
        if target.metric not in METRICS:
            raise invalid("policy_metrics", f"the practice does not measure {target.metric}")
    return Policy(
        id=POLICY_BASE + 4 * place,
        title=str(body["title"]),
        description=body.get("description"),
        position=place,
        every=conditions_of(filters.get("all")),
        some=conditions_of(filters.get("any")),
        targets=targets,
        created_at=at,
    )


def policy_of(policies: Iterable[Policy], world: World, ticket: Ticket, at: int) -> Policy | None:
    """Return the policy of a ticket as it stood at an instant."""
    moment = Moment(world)
    fitting = (p for p in policies if p.created_at <= at and holds(ticket, moment, p.every, p.some))
    return next(fitting, None)


def policy_document(policy: Policy, url: str) -> dict[str, Any]:
    """Return a policy as the wire has it."""
    at = stamp(policy.created_at)
    return {
        "id": policy.id,
        "url": f"{url}/api/v2/slas/policies/{policy.id}.json",
        "title": policy.title,
        "description": policy.description,
        "position": policy.position,
        "filter": {
            "all": [condition_document(one) for one in policy.every],
            "any": [condition_document(one) for one in policy.some],
        },
        "policy_metrics": [
            {
                "priority": one.priority,
                "metric": one.metric,
                "target": one.minutes,
                "target_in_seconds": one.minutes * 60,
                "business_hours": one.business_hours,
            }
            for one in policy.targets
        ],
        "metric_settings": None,
        "created_at": at,
        "updated_at": at,
    }


def _targets(hours: bool, **minutes: tuple[int, int, int, int]) -> list[dict[str, Any]]:  # noqa: FBT001
    priorities = ("urgent", "high", "normal", "low")
    return [
        {"priority": priority, "metric": metric, "target": target, "business_hours": hours}
        for metric, targets in minutes.items()
        for priority, target in zip(priorities, targets, strict=True)
    ]


INCIDENT = [{"field": "ticket_type_id", "operator": "is", "value": "2"}]
USUAL: tuple[Mapping[str, Any], ...] = (
    {
        "title": "Incidents",
        "description": "Around the clock",
        "filter": {"all": INCIDENT, "any": []},
        "policy_metrics": _targets(
            False, first_reply_time=(30, 60, 240, 480), requester_wait_time=(240, 480, 1440, 2880)
        ),
    },
    {
        "title": "Everything else",
        "filter": {"all": [], "any": []},
        "policy_metrics": _targets(
            True,
            first_reply_time=(60, 120, 480, 960),
            next_reply_time=(120, 240, 960, 1920),
            agent_work_time=(480, 960, 1920, 3840),
            total_resolution_time=(960, 1920, 4800, 9600),
        ),
    },
)


def install_policies(world: World) -> None:
    """Let a world have the usual policies, as if it always had them."""
    for place, body in enumerate(USUAL, start=1):
        world.policies.append(policy_from(body, place, 0))
