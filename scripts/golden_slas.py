"""SLA policies of the golden inputs, and their targets as metric events."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from golden_history import instant, is_true

from connector.practice.slas import Policy, Target
from connector.practice.stopwatches import REPLY, Step

Row = Mapping[str, str]
Tables = Mapping[str, list[Row]]
METRICS = {
    "first_reply_time": REPLY,
    "next_reply_time": REPLY,
    "requester_wait_time": "requester_wait_time",
    "agent_work_time": "agent_work_time",
    "total_resolution_time": "resolution_time",
    "pausable_update_time": "pausable_update_time",
    "periodic_update_time": "periodic_update_time",
}
"""What metric events call the metrics of the history."""
NEXT = "next_reply_time"


def policies(tables: Tables) -> list[Policy]:
    """Return the policies with the newest of their targets."""
    names = {row["sla_policy_id"]: row["name"] for row in tables["sla_policy_names"]}
    found: defaultdict[str, dict[tuple[str, str], Target]] = defaultdict(dict)
    rows = tables["sla_policy_metric_history_data"]
    for row in sorted(rows, key=lambda one: instant(one["sla_policy_updated_at"])):
        key = (row["metric"], row["priority"])
        business = is_true(row["business_hours"])
        target = Target(row["priority"], row["metric"], int(row["target"]), business)
        found[row["sla_policy_id"]][key] = target
    return [
        Policy(
            id=int(number),
            title=names.get(number, f"Policy {number}"),
            description=None,
            position=place,
            every=(),
            some=(),
            targets=tuple(targets.values()),
            created_at=0,
        )
        for place, (number, targets) in enumerate(sorted(found.items()), start=1)
    ]


def steps(rows: Sequence[Row], ids: Mapping[str, int]) -> list[Step]:
    """Return the metric events that the history of one ticket tells, in order of time.

    `ids` are those of the policies by name.
    """
    found: list[Step] = []
    policy: dict[str, Any] = {}
    replies = 1
    is_waiting = False
    for row in rows:
        name, text = row["field_name"], row["value"]
        if name == "sla_policy":
            policy = {"id": ids.get(text), "title": text, "description": None} if text else {}
        if name not in METRICS:
            continue
        replies += name == NEXT and bool(text) and not is_waiting
        is_waiting = bool(text) if name == NEXT else is_waiting
        instance = replies if name == NEXT else 1
        kind, more = ("apply_sla", {"sla": _target(text, policy)}) if text else ("fulfill", None)
        found.append(Step(instant(row["updated"]), METRICS[name], instance, kind, more))
    return found


def _target(text: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    told = json.loads(text)
    minutes, business = told["minutes"], told["in_business_hours"]
    return {
        "target": minutes,
        "target_in_seconds": minutes * 60,
        "business_hours": business,
        "policy": dict(policy),
    }
