"""The vendor's own SLAs: what is promised, and what its clocks said about each ticket."""

from __future__ import annotations

from datetime import datetime

import msgspec


class SlaTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One promise of a policy: a time for one metric at one priority."""

    metric: str
    priority: str | None = None
    minutes: float
    is_business: bool = False


class SlaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy with its promises; of policies that fit a ticket the first by position holds."""

    id: str
    title: str
    position: int | None = None
    targets: tuple[SlaTarget, ...] = ()


class MetricEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one of the vendor's clocks; `instance` counts the runs of a metric, from 1.

    A step that applies an SLA carries the policy and its target. `is_deleted` takes an earlier
    step of the same id back.
    """

    id: str
    ticket_id: str
    at: datetime
    metric: str
    type: str
    instance: int | None = None
    policy_id: str | None = None
    target_minutes: float | None = None
    is_business: bool | None = None
    is_deleted: bool = False


SlaRecord = SlaPolicy | MetricEvent
