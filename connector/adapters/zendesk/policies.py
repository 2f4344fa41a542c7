"""Zendesk's SLA policies, those for tickets and those for groups.

Quirks worth knowing before you change anything:
- a target is in minutes, but one for a group in seconds: the vendor's example calls 3600 an hour;
- ids of the policies for groups are texts;
- plans lack the one or both kinds, and refuse the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.lists import listed
from connector.adapters.zendesk.paging import NOT_THERE
from connector.adapters.zendesk.wire import Wire
from connector.errors import FatalError
from connector.model.sla import SlaPolicy, SlaTarget

NO_POLICIES = "the account has no SLA policies, or does not show them"
NO_GROUP_POLICIES = "the account has no SLA policies for groups, or does not show them"
PATH, GROUP_PATH = "slas/policies", "group_slas/policies"


class WirePolicyMetric(Wire):
    """A target of a policy; newer answers tell seconds too."""

    metric: str | None = None
    priority: str | None = None
    target: float | None = None
    target_in_seconds: float | None = None
    business_hours: bool | None = None


class WirePolicy(Wire):
    """An SLA policy; its filter is read with the rules."""

    id: int | str
    title: str | None = None
    position: int | None = None
    policy_metrics: list[WirePolicyMetric] | None = None


def read_policies(
    client: ZendeskClient, unknown: Counter[str]
) -> tuple[tuple[SlaPolicy, ...], tuple[str, ...]]:
    """Read the policies of both kinds; return notes about what the account does not have."""
    found: list[SlaPolicy] = []
    notes: list[str] = []
    for path, key, lack in (
        (PATH, "sla_policies", NO_POLICIES),
        (GROUP_PATH, "group_sla_policies", NO_GROUP_POLICIES),
    ):
        try:
            rows = list(listed(client, path, key, WirePolicy))
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            notes.append(lack)
        else:
            found += policies(rows, unknown, for_groups=path == GROUP_PATH)
    return tuple(found), tuple(notes)


def policies(
    rows: Iterable[WirePolicy], unknown: Counter[str], *, for_groups: bool = False
) -> tuple[SlaPolicy, ...]:
    """Return the policies; a target without metric or time is counted."""
    found = []
    for row in rows:
        targets = []
        for metric in row.policy_metrics or ():
            seconds = metric.target if for_groups else None
            minutes = in_minutes(
                None if for_groups else metric.target, metric.target_in_seconds or seconds
            )
            if metric.metric is None or minutes is None:
                unknown["SLA target without metric or time"] += 1
                continue
            targets.append(
                SlaTarget(
                    metric=metric.metric,
                    priority=metric.priority,
                    minutes=minutes,
                    is_business=bool(metric.business_hours),
                )
            )
        found.append(
            SlaPolicy(
                id=str(row.id),
                title=row.title or "",
                position=row.position,
                targets=tuple(targets),
            )
        )
    return tuple(found)


def in_minutes(minutes: object, seconds: object) -> float | None:
    """Return a time in minutes from whichever of the two is a number."""
    for value, factor in ((minutes, 1), (seconds, 60)):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value / factor
    return None
