"""Rules that an admin may have who never thought of us: each reacts to updates, ours included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN

Body = Mapping[str, Any]
CHANGED = {"field": "update_type", "operator": "is", "value": "Change"}
LIVE = {"field": "status", "operator": "less_than", "value": "solved"}
FAST = {"priority": "normal", "metric": "first_reply_time", "target": 30, "business_hours": False}


def _has(tags: str) -> Body:
    return {"field": "current_tags", "operator": "includes", "value": tags}


def _lacks(tags: str) -> Body:
    return {"field": "current_tags", "operator": "not_includes", "value": tags}


def _do(**actions: Any) -> list[Body]:
    return [{"field": name, "value": value} for name, value in actions.items()]


def _rule(title: str, conditions: list[Body], actions: list[Body]) -> Body:
    return {"title": title, "conditions": {"all": conditions, "any": []}, "actions": actions}


def triggers(status_field: str) -> Iterator[Body]:
    """Yield triggers; `status_field` is the id of our field that shows the worst status."""
    field = f"custom_fields_{status_field}"
    tell = {"notification_user": ["assignee_id", "A goal", "..."]}
    yield _rule("Any update is tagged", [CHANGED], _do(current_tags="updated"))
    yield _rule(
        "Whatever is tagged as updated is looked at",
        [CHANGED, _has("updated"), _lacks("seen")],
        _do(current_tags="seen"),
    )
    yield _rule(
        "A goal that is off track is told to the assignee",
        [{"field": field, "operator": "value", "value": "goal_status__off_track"}],
        _do(**tell),
    )
    yield _rule(
        "Due soon is none of our words",
        [_has("goal__faster_first_reply__due_soon")],
        _do(remove_tags="goal__faster_first_reply__due_soon"),
    )
    yield _rule(
        "Nothing is off track here",
        [{"field": field, "operator": "is", "value": "goal_status__off_track"}, _has("vip")],
        _do(**{field: ""}),
    )
    yield _rule(
        "Only replies of agents are announced",
        [CHANGED, {"field": "comment_is_public", "operator": "is", "value": True}],
        _do(notification_user=["requester_id", "Re", "..."]),
    )


AUTOMATIONS: tuple[Body, ...] = (
    _rule(
        "Untouched for a day",
        [LIVE, {"field": "updated_at", "operator": "greater_than", "value": "24"}, _lacks("cold")],
        _do(current_tags="cold"),
    ),
    _rule(
        "Off track for everybody to see",
        [LIVE, _has("goal_status__off_track"), _lacks("shouted")],
        _do(current_tags="shouted"),
    ),
)
POLICIES: tuple[Body, ...] = (
    {
        "title": "What a goal misses is urgent",
        "filter": {"all": [_has("goal_outcome__due_soon goal_outcome__missed")], "any": []},
        "policy_metrics": [FAST],
    },
)
MARKS = frozenset(
    {"updated", "seen", "cold", "shouted", "untouched", "urgent_incident", "escalated_by_goal"}
)
"""Tags that rules put on tickets."""


def post_all(url: str, status_field: str) -> None:
    """Write all of them over HTTP, as the admin's settings pages do."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (f"{ADMIN_EMAIL}/token", TOKEN)
        bodies = {"trigger": triggers(status_field), "automation": AUTOMATIONS}
        wanted = [(f"{kind}s", kind, body) for kind, many in bodies.items() for body in many]
        wanted += [("slas/policies", "sla_policy", body) for body in POLICIES]
        for path, key, body in wanted:
            answer = session.post(f"{url}/api/v2/{path}", json={key: body}, timeout=10)
            if not answer.ok:
                raise SystemExit(f"{path}: {answer.status_code} {answer.text}")
