"""What a judged goal looks like; the goal as an admin wrote it is `config.mapping.GoalTable`."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from connector.model.kpi import Period, Version


class GoalKind(StrEnum):
    """Kinds of goals."""

    KEY_RESULT = "key_result"
    ANTI_GOAL = "anti_goal"
    BACKWARD = "backward"
    SIMPLE = "simple"
    DEVELOPMENT = "development"


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
    """The chance that the target is met at the end of the period, and where the value may land.

    `low` and `high` bound the final value with a chance of 90 %. `method` says how it was told.
    """

    probability: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""


class DayVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """How a goal stood at the beginning of a local day; kept, and never rewritten.

    `raw_status` is what that day alone says, before the margin that keeps a status from flapping.
    `version` is the version of the goal that was judged.
    """

    day: date
    status: str
    raw_status: str
    why: str
    flag: str = ""
    value: float | None = None
    n: int = 0
    raw: float | None = None
    baseline: float | None = None
    target: float | None = None
    forecast: Forecast | None = None
    version: int = 1


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner says: confidence 0 to 10, a note; never blended into the status.

    `evidence` closes a goal that has no KPI.
    """

    goal: str
    at: datetime
    by: str = ""
    confidence: int | None = None
    note: str = ""
    evidence: str = ""


class Burn(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an anti-goal's budget is gone (kpi-reference 5.6), as shares of the budget.

    `budget` is the number of bad events allowed in the period, `bad` those so far; `fast` and
    `slow` are what one and five business days consumed. `burn` is the share of bad events of the
    last business day, in units of the allowed share. `alert` is "", "fast", "slow" or "exhausted".
    """

    budget: float
    bad: float
    consumed: float
    burn: float | None = None
    fast: float | None = None
    slow: float | None = None
    alert: str = ""


class Streak(msgspec.Struct, frozen=True, kw_only=True):
    """How long an anti-goal was past its limit or warning line in its period, in whole days.

    `clean_days` is how many of the last days in a row it was safe.
    """

    days_violated: int = 0
    days_warning: int = 0
    clean_days: int = 0


class MilestoneReport(msgspec.Struct, frozen=True, kw_only=True):
    """One milestone of a backward goal, judged (kpi-reference 5.7).

    `state` is upcoming, due_soon, reached, missed or unreachable; `timing` says early, on_time or
    late of a reached one. `latest_start` and `float_days` count in working days back from the end.
    """

    name: str
    day: date
    state: str
    value: float | None = None
    actual: float | None = None
    owner: str = ""
    timing: str = ""
    reached_on: date | None = None
    latest_start: date | None = None
    float_days: float | None = None
    is_critical: bool = False
    flags: tuple[str, ...] = ()
    why: str = ""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """A backward goal seen from its end: what it takes, and whether the past ever did as much.

    `realism` is realistic, stretch, aggressive, unrealistic or unknown; `share` of the past
    `windows` (`independent` of them do not overlap) changed at least as much as is `needed` still.
    """

    needed: float | None = None
    rate_per_day: float | None = None
    working_days_left: int = 0
    realism: str = "unknown"
    share: float | None = None
    windows: int = 0
    independent: int = 0
    simulated: float | None = None
    milestones: tuple[MilestoneReport, ...] = ()
    critical_path: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Driver(msgspec.Struct, frozen=True):
    """A goal or objective that serves another one, as it stands."""

    id: str
    title: str
    status: str
    grade: float | None
    weight: float = 1.0


class ObjectiveReport(msgspec.Struct, frozen=True, kw_only=True):
    """An objective, graded from what serves it (kpi-reference 5.2, 5.8).

    `band` is the colour of its grade; `left_out` names what could not be judged or is a proposal.
    `period` is its own, else the time from the first to the last of what serves it. It has no value
    of its own; the keys of a goal's report are there so that both can stand in one list.
    """

    id: str
    kind: str = "objective"
    title: str
    level: str
    owner: str = ""
    period: Period | None = None
    commitment: str = "committed"
    grade: float | None
    band: str = ""
    status: str
    flags: tuple[str, ...] = ()
    drivers: tuple[Driver, ...] = ()
    left_out: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    why: str
    as_of: datetime | None = None
    scope: str = ""
    kpi: str = ""
    baseline: float | None = None
    target: float | None = None
    value: float | None = None
    unit: str = ""
    n: int = 0
    raw: float | None = None
    forecast: Forecast | None = None
    frozen: datetime | None = None
    versions: tuple[Version, ...] = ()


class GoalReport(msgspec.Struct, frozen=True, kw_only=True):
    """One goal, judged: the row of `connector goals --json`. `why` says which rule decided.

    `frozen` and `versions` are those of its KPI's value. `since` is from when the status holds;
    days begin in `timezone`,
    `version` which version of the goal was judged. `checkin` is what the owner said last, and
    `disagrees` says so where that contradicts the status. `known` is the status that was told at
    the time, where a past moment is asked for. `for_whom` names the person or group of a goal made
    by `for_each`, `drivers` are the goals that serve this one.
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
    owner: str = ""
    parents: tuple[str, ...] = ()
    commitment: str = "committed"
    since: datetime | None = None
    timezone: str = "UTC"
    version: int = 1
    checkin: CheckIn | None = None
    disagrees: str = ""
    known: str = ""
    for_whom: str = ""
    burn: Burn | None = None
    streak: Streak | None = None
    outlook: Outlook | None = None
    drivers: tuple[Driver, ...] = ()
    capped_by: tuple[str, ...] = ()
