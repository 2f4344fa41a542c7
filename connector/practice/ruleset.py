"""A set of rules as companies have them; one of them reacts to the tags of the connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.practice.reactions import Reactions
from connector.practice.world import World

RISK_TAGS = "goal_status__at_risk goal_status__off_track goal_outcome__due_soon"
ESCALATED = "escalated_by_goal"
CLOSING, CLOSED_AFTER_H = "Close ticket 4 days after status is set to solved", "96"
Body = Mapping[str, Any]


def _is(field: str, value: Any, operator: str = "is") -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _do(**actions: Any) -> list[dict[str, Any]]:
    return [{"field": name, "value": value} for name, value in actions.items()]


TRIGGERS: tuple[Body, ...] = (
    {
        "title": "Notify requester of received request",
        "conditions": {"all": [_is("update_type", "Create"), _is("status", "solved", "is_not")]},
        "actions": _do(notification_user=["requester_id", "[Request received]", "Thank you."]),
    },
    {
        "title": "Notify requester and CCs of comment update",
        "conditions": {
            "all": [
                _is("update_type", "Change"),
                _is("comment_is_public", True),
                _is("role", "agent"),
            ]
        },
        "actions": _do(notification_user=["requester_and_ccs", "Re: {{ticket.title}}", "..."]),
    },
    {
        "title": "Urgent incidents are tagged",
        "conditions": {
            "all": [_is("priority", "urgent"), _is("type", "incident")],
            "any": [_is("update_type", "Create"), _is("priority", "urgent", "value")],
        },
        "actions": _do(current_tags="urgent_incident"),
    },
    {
        "title": "Escalate what a goal is about to miss",
        "conditions": {
            "all": [
                _is("current_tags", RISK_TAGS, "includes"),
                _is("current_tags", ESCALATED, "not_includes"),
                _is("status", "solved", "less_than"),
            ]
        },
        "actions": _do(
            priority="high",
            current_tags=ESCALATED,
            notification_user=["assignee_id", "Hurry", "..."],
        ),
    },
    {
        "title": "No longer escalated",
        "conditions": {
            "all": [
                _is("current_tags", RISK_TAGS, "not_includes"),
                _is("current_tags", ESCALATED, "includes"),
            ]
        },
        "actions": _do(remove_tags=ESCALATED),
    },
)
AUTOMATIONS: tuple[Body, ...] = (
    {
        "title": CLOSING,
        "conditions": {
            "all": [_is("status", "solved"), _is("SOLVED", CLOSED_AFTER_H, "greater_than")]
        },
        "actions": _do(status="closed"),
    },
    {
        "title": "Pending notification 24 hours",
        "conditions": {"all": [_is("PENDING", "24")]},
        "actions": _do(notification_user=["requester_and_ccs", "Pending request", "..."]),
    },
    {
        "title": "Nobody touched it for three days",
        "conditions": {
            "all": [
                _is("status", "pending", "less_than"),
                _is("updated_at", "72", "greater_than"),
                _is("current_tags", "untouched", "not_includes"),
            ]
        },
        "actions": _do(current_tags="untouched"),
    },
)


def install_rules(world: World, *, usual: bool = True) -> Reactions:
    """Let a world have rules from now on: the usual ones, or none yet."""
    users = world.directory.users.values()
    owner = next((user.id for user in users if user.role == "admin"), 0)
    reactions = Reactions(world, owner)
    if usual:
        for kind, bodies in (("trigger", TRIGGERS), ("automation", AUTOMATIONS)):
            for body in bodies:
                reactions.add(kind, body)
    world.reactions = reactions
    return reactions
