"""The terms of a goal: what its past days were judged by stays with them when it is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from connector.config.goal_parts import MilestoneTable
from connector.config.mapping import GoalTable, KpiTable, Quantity
from connector.kpi.frozen import meaning
from connector.pipeline.job import Job
from connector.store.goal_history import GoalHistory, GoalVersionRow


class Step(msgspec.Struct, frozen=True):
    """A milestone, as far as a goal is judged by it."""

    name: str
    day: date
    value: Quantity | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a goal is judged by; a change of anything in here makes a new version of it.

    `meaning` tells definitions of its KPI apart.
    """

    target: Quantity | None = None
    limit: Quantity | None = None
    warning: Quantity | None = None
    baseline: Quantity | str | None = None
    start: date
    end: date
    timezone: str
    pace: str | None = None
    paused: bool = False
    mode: str = "level"
    window: float | None = None
    milestones: tuple[Step, ...] = ()
    kpi: str = ""
    meaning: str = ""

    def applied_to(self, goal: GoalTable) -> GoalTable:
        """Return a goal as it was by these terms; its period is the present one."""
        names = ("target", "limit", "warning", "baseline", "pace", "paused", "mode", "window")
        steps = tuple(
            MilestoneTable.model_construct(name=one.name, date=one.day, value=one.value)
            for one in self.milestones
        )
        same = {name: getattr(self, name) for name in names}
        return goal.model_copy(update={**same, "milestones": steps})

    @property
    def fingerprint(self) -> str:
        """Return what tells these terms from others."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


class GoalVersions:
    """The versions of one goal: which terms were in force when."""

    def __init__(self, rows: Sequence[GoalVersionRow], now: Terms) -> None:
        """Take the versions that were kept, and the terms in the mapping now."""
        self._rows = list(rows)
        self._now = now
        self.is_new = not rows or rows[-1].fingerprint != now.fingerprint

    @property
    def number(self) -> int:
        """Return the number of the present version."""
        last = self._rows[-1].version if self._rows else 0
        return last + 1 if self.is_new else last

    def at(self, instant: datetime) -> tuple[int, Terms]:
        """Return the version in force at an instant; the first one holds from the beginning."""
        older = [row for row in self._rows if row.valid_from <= instant] or self._rows[:1]
        if not older or older[-1].fingerprint == self._now.fingerprint:
            return self.number if not older else older[-1].version, self._now
        return older[-1].version, msgspec.json.decode(older[-1].definition, type=Terms)

    def keep(self, history: GoalHistory, goal: str, at: datetime) -> None:
        """Keep the present version, if it is new."""
        if self.is_new:
            row = GoalVersionRow(
                version=self.number,
                valid_from=at,
                fingerprint=self._now.fingerprint,
                definition=msgspec.json.encode(self._now).decode(),
                reason=", ".join(self.changes()),
            )
            history.keep_version(goal, row)

    def changes(self) -> tuple[str, ...]:
        """Name the terms that differ from those of the last version that was kept."""
        if not self._rows:
            return ()
        before = msgspec.json.decode(self._rows[-1].definition, type=Terms)
        return tuple(
            name
            for name in Terms.__struct_fields__
            if getattr(before, name) != getattr(self._now, name)
        )


def terms_of(job: Job, goal: GoalTable, kpi: KpiTable) -> Terms:
    """Return the terms of a goal as its mapping says them now."""
    same: dict[str, Any] = {
        name: getattr(goal, name)
        for name in ("target", "limit", "warning", "baseline", "pace", "paused", "mode", "window")
    }
    return Terms(
        **same,
        start=goal.period.start,
        end=goal.period.end,
        timezone=goal.period.timezone,
        milestones=tuple(Step(one.name, one.date, one.value) for one in goal.milestones),
        kpi=goal.kpi,
        meaning=meaning(kpi, goal.period.timezone, job.definitions),
    )
