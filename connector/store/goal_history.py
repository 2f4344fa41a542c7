"""What became of goals over time, for good: days, versions, check-ins, closed periods."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from connector.model.goal import CheckIn
from connector.store.database import Database, as_instant, as_text

KEEP_DAY = """
insert into days values (:goal, :day, :status, :evaluation, :version, :run, :judged_at)
on conflict do nothing
"""
DAYS = """
select day, status, evaluation, version, judged_at from days where goal = :goal
and (:since is null or day >= :since) and (:until is null or day <= :until) order by day
"""
LAST_DAYS = """
select goal, day, status, evaluation, version, judged_at from days
join (select goal, max(day) as day from days group by goal) using (goal, day)
"""
KEEP_VERSION = """
insert into goal_versions
values (:goal, :version, :valid_from, :fingerprint, :definition, :reason) on conflict do nothing
"""
VERSIONS = """
select version, valid_from, fingerprint, definition, reason from goal_versions
where goal = :goal order by version
"""
CHECK_IN = """
insert into checkins values (:goal, :at, :by, :confidence, :note, :evidence)
on conflict do update set
  confidence = excluded.confidence, note = excluded.note, evidence = excluded.evidence
"""
CHECK_INS = """
select goal, at, by, confidence, note, evidence from checkins
where (:goal is null or goal = :goal) and (:until is null or at <= :until) order by at, by
"""
CLOSE = """
insert into closings values (
  :goal, :start_at, :end_at, :closed_at, :value, :grade, :status, :lesson, :carry_over
) on conflict do nothing
"""
LEARN = """
update closings
set lesson = coalesce(:lesson, lesson), carry_over = coalesce(:carry_over, carry_over)
where goal = :goal and end_at = :end_at
"""
ENDS = "select goal, end_at from closings"
CLOSINGS = """
select goal, start_at, end_at, closed_at, value, grade, status, lesson, carry_over from closings
where goal = :goal order by end_at
"""


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """How a goal stood at the start of a local day; `evaluation` is the JSON kept with it."""

    day: date
    status: str
    evaluation: str
    version: int
    judged_at: datetime


class GoalVersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A goal as it was written from an instant on; `definition` is JSON."""

    version: int
    valid_from: datetime
    fingerprint: str
    definition: str
    reason: str = ""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How a goal ended; `carry_over` says where what is left goes."""

    goal: str
    start: datetime
    end: datetime
    closed_at: datetime
    value: float | None
    grade: float | None
    status: str
    lesson: str = ""
    carry_over: str = ""


class GoalHistory:
    """The history of every goal, over an open state."""

    def __init__(self, database: Database) -> None:
        """Look into an open state."""
        self._database = database

    def keep_days(self, goal: str, rows: Iterable[DayRow], run: str) -> None:
        """Add days of a goal; a day that is there already stays as it is."""
        self._database.write(
            KEEP_DAY,
            *(
                {
                    "goal": goal,
                    "day": row.day.isoformat(),
                    "status": row.status,
                    "evaluation": row.evaluation,
                    "version": row.version,
                    "run": run,
                    "judged_at": as_text(row.judged_at),
                }
                for row in rows
            ),
        )

    def days(self, goal: str, since: date | None = None, until: date | None = None) -> list[DayRow]:
        """Return the days of a goal from one day to another, both included, oldest first."""
        bounds = {"since": _day_text(since), "until": _day_text(until)}
        return [_day(*row) for row in self._database.rows(DAYS, goal=goal, **bounds)]

    def last_days(self) -> dict[str, DayRow]:
        """Return the last day of each goal."""
        return {goal: _day(*row) for goal, *row in self._database.rows(LAST_DAYS)}

    def keep_version(self, goal: str, row: GoalVersionRow) -> None:
        """Add a version of a goal; one that is there already stays as it is."""
        values = {**msgspec.structs.asdict(row), "valid_from": as_text(row.valid_from)}
        self._database.write(KEEP_VERSION, {"goal": goal, **values})

    def versions(self, goal: str) -> list[GoalVersionRow]:
        """Return the versions of a goal, oldest first."""
        return [
            GoalVersionRow(
                version=version,
                valid_from=as_instant(valid_from),
                fingerprint=fingerprint,
                definition=definition,
                reason=reason,
            )
            for version, valid_from, fingerprint, definition, reason in self._database.rows(
                VERSIONS, goal=goal
            )
        ]

    def check_in(self, checkin: CheckIn) -> None:
        """Keep what somebody says of a goal; the same person at the same instant corrects it."""
        values = {**msgspec.structs.asdict(checkin), "at": as_text(checkin.at)}
        self._database.write(CHECK_IN, values)

    def checkins(self, goal: str, until: datetime | None = None) -> list[CheckIn]:
        """Return what was said of a goal up to an instant, oldest first."""
        return self._checkins(goal, until)

    def last_checkins(self, until: datetime | None = None) -> dict[str, CheckIn]:
        """Return what was said last of each goal up to an instant."""
        return {checkin.goal: checkin for checkin in self._checkins(None, until)}

    def close(self, closing: Closing) -> None:
        """Keep how a goal ended; an end that is there already stays as it is."""
        times = {
            "start_at": as_text(closing.start),
            "end_at": as_text(closing.end),
            "closed_at": as_text(closing.closed_at),
        }
        self._database.write(CLOSE, {**msgspec.structs.asdict(closing), **times})

    def learn(
        self,
        goal: str,
        end: datetime,
        *,
        lesson: str | None = None,
        carry_over: str | None = None,
    ) -> None:
        """Add to an end that was kept what was learned, and where the rest goes; None: as it is."""
        values = {"goal": goal, "end_at": as_text(end), "lesson": lesson, "carry_over": carry_over}
        self._database.write(LEARN, values)

    def ends(self) -> frozenset[tuple[str, datetime]]:
        """Return which goals have ended when."""
        return frozenset((goal, as_instant(end)) for goal, end in self._database.rows(ENDS))

    def closings(self, goal: str) -> list[Closing]:
        """Return how the periods of a goal ended, oldest first."""
        return [_closing(*row) for row in self._database.rows(CLOSINGS, goal=goal)]

    def _checkins(self, goal: str | None, until: datetime | None) -> list[CheckIn]:
        last = None if until is None else as_text(until)
        rows = self._database.rows(CHECK_INS, goal=goal, until=last)
        return [
            CheckIn(
                goal=name, at=as_instant(at), by=by, confidence=sure, note=note, evidence=evidence
            )
            for name, at, by, sure, note, evidence in rows
        ]


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(*row: Any) -> DayRow:
    day, status, evaluation, version, judged_at = row
    return DayRow(
        day=date.fromisoformat(day),
        status=status,
        evaluation=evaluation,
        version=version,
        judged_at=as_instant(judged_at),
    )


def _closing(*row: Any) -> Closing:
    goal, start, end, closed_at, value, grade, status, lesson, carry_over = row
    return Closing(
        goal=goal,
        start=as_instant(start),
        end=as_instant(end),
        closed_at=as_instant(closed_at),
        value=value,
        grade=grade,
        status=status,
        lesson=lesson,
        carry_over=carry_over,
    )
