"""What a judged goal looks like; the goal as an admin wrote it is `config.mapping.GoalTable`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from connector.model.kpi import Period, Version


class GoalKind(StrEnum):
    """Kinds of goals."""

    KEY_RESULT = "key_result"
    ANTI_GOAL = "anti_goal"
    BACKWARD = "backward"
    SIMPLE = "simple"


class GoalState(StrEnum):
    """Where a goal stands (kpi-reference 5.3); anti-goals use the last three and the first ones."""

    NOT_STARTED = "not_started"
    NEEDS_BASELINE = "needs_baseline"
    INSUFFICIENT_DATA = "insufficient_data"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    ACHIEVED = "achieved"
    MISSED = "missed"
    PAUSED = "paused"
    SAFE = "safe"
    WARNING = "warning"
    VIOLATED = "violated"


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The chance that the target is met at the end of the period, and where the value may land."""

    probability: float | None = None
    low: float | None = None
    high: float | None = None


class GoalReport(msgspec.Struct, frozen=True, kw_only=True):
    """One goal, judged: the row of `connector goals --json`. `why` says which rule decided.

    `frozen` and `versions` are those of its KPI's value.
    """

    id: str
    kind: str
    title: str
    level: str
    scope: str
    kpi: str
    period: Period
    baseline: float | None
    target: float | None
    value: float | None
    unit: str
    n: int
    grade: float | None
    raw: float | None
    status: str
    flags: tuple[str, ...]
    forecast: Forecast | None
    as_of: datetime
    why: str
    frozen: datetime | None = None
    versions: tuple[Version, ...] = ()
