"""SLA policies: which tickets they are for, and how long each of the helpdesk's clocks may run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import (
    ORDERED,
    Condition,
    Moment,
    condition_document,
    conditions_of,
    holds,
)
from connector.practice.refusal import invalid
from connector.practice.world import Ticket, World

POLICY_BASE = 28_750_000_000_000
POLICY_STRIDE = 4
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
    """An SLA policy as it was from `begins_at` on, until it was changed or deleted.

    The first whose filter fits is a ticket's, from the policy's creation on. What has been is not
    rewritten: a changed policy is a further one with the same id.
    """

    id: int
    title: str
    description: str | None
    position: int
    every: tuple[Condition, ...]
    some: tuple[Condition, ...]
    targets: tuple[Target, ...]
    created_at: int
    begins_at: int | None = None
    ends_at: int | None = None

    def is_in_force(self, at: int) -> bool:
        """Tell whether the policy was this one at an instant."""
        begins_at = self.created_at if self.begins_at is None else self.begins_at
        return begins_at <= at and (self.ends_at is None or at < self.ends_at)

    def target(self, metric: str, priority: str | None) -> Target | None:
        """Return the target of a metric for tickets of a priority."""
        wanted = (metric, priority)
        return next((one for one in self.targets if (one.metric, one.priority) == wanted), None)


def add_policy(world: World, body: Mapping[str, Any], at: int | None = None) -> Policy:
    """Add a policy from a body as the wire has it, after all the others, or refuse."""
    taken = [(one.id - POLICY_BASE) // POLICY_STRIDE for one in world.policies]
    place, now = max(taken, default=0) + 1, world.now() if at is None else at
    blank = Policy(POLICY_BASE + POLICY_STRIDE * place, "", None, place, (), (), (), now)
    made = _changed(blank, {"title": "", "policy_metrics": ()} | dict(body))
    _take(world, made)
    return made


def change_policy(world: World, policy: Policy, body: Mapping[str, Any]) -> Policy:
    """Let a policy be as a body wants it from now on, or refuse."""
    made = replace(_changed(policy, body), begins_at=world.now())
    end_policy(world, policy)
    _take(world, made)
    return made


def end_policy(world: World, policy: Policy) -> None:
    """Delete a policy: it is for no ticket from now on."""
    place = world.policies.index(policy)
    world.policies[place] = replace(policy, ends_at=world.now())


def policies_now(world: World) -> list[Policy]:
    """Return the policies that were neither changed nor deleted since, in their order."""
    return [one for one in world.policies if one.ends_at is None]


def _take(world: World, policy: Policy) -> None:
    world.policies.append(policy)
    world.policies.sort(key=lambda one: (one.position, one.id))


def _changed(policy: Policy, body: Mapping[str, Any]) -> Policy:
    title, position = body.get("title", policy.title), body.get("position") or policy.position
    if not isinstance(title, str) or not title.strip():
        raise invalid("title", "Title: cannot be blank")
    if not _is_number(position):
        raise invalid("position", "Position: is not a number")
    made = replace(
        policy,
        title=title,
        description=body.get("description", policy.description),
        position=int(position),
    )
    filters = body.get("filter")
    if isinstance(filters, dict):
        every, some = (conditions_of(filters.get(name)) for name in ("all", "any"))
        made = replace(made, every=every, some=some)
    return replace(made, targets=_targets(body["policy_metrics"])) if _has_targets(body) else made


def _has_targets(body: Mapping[str, Any]) -> bool:
    return body.get("policy_metrics") is not None


def _targets(items: object) -> tuple[Target, ...]:
    if not isinstance(items, list | tuple):
        raise invalid("policy_metrics", "Policy metrics: is not a list")
    found = tuple(_target(item) for item in items)
    if len({(one.metric, one.priority) for one in found}) < len(found):
        raise invalid("policy_metrics", "Policy metrics: a metric has two targets of one priority")
    return found


def _target(item: object) -> Target:
    given = item if isinstance(item, dict) else {}
    metric, priority = given.get("metric"), given.get("priority")
    if metric not in METRICS:
        raise invalid("policy_metrics", f"Policy metrics: {metric} is not a metric")
    if priority not in ORDERED["priority"]:
        raise invalid("policy_metrics", f"Policy metrics: {priority} is not a priority")
    minutes = given.get("target")
    if not _is_number(minutes) and _is_number(given.get("target_in_seconds")):
        minutes = int(given["target_in_seconds"]) // 60
    if not _is_number(minutes) or int(str(minutes)) < 1:
        raise invalid("policy_metrics", f"Policy metrics: {minutes} minutes is no target")
    return Target(priority, metric, int(str(minutes)), bool(given.get("business_hours")))


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and str(value).isdigit()


def policy_of(policies: Iterable[Policy], world: World, ticket: Ticket, at: int) -> Policy | None:
    """Return the policy of a ticket as it stood at an instant."""
    moment = Moment(world)
    fitting = (p for p in policies if p.is_in_force(at) and holds(ticket, moment, p.every, p.some))
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
        "updated_at": stamp(policy.begins_at or policy.created_at),
    }


def _usual(hours: bool, **minutes: tuple[int, int, int, int]) -> list[dict[str, Any]]:  # noqa: FBT001
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
        "policy_metrics": _usual(
            False, first_reply_time=(30, 60, 240, 480), requester_wait_time=(240, 480, 1440, 2880)
        ),
    },
    {
        "title": "Everything else",
        "filter": {"all": [], "any": []},
        "policy_metrics": _usual(
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
    for body in USUAL:
        add_policy(world, body, at=0)
