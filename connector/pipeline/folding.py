"""The days of a goal: judged one after another, each once, from what had happened by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, cached_property
from math import ceil

import msgspec

from connector.config.mapping import GoalTable
from connector.config.zones import midnight
from connector.goals.evidence import Case, Evidence
from connector.goals.fold import next_day
from connector.goals.forecast import forecast
from connector.kpi.past import Past
from connector.model.goal import DayVerdict, Forecast
from connector.model.kpi import Direction, KpiValue
from connector.model.series import DAY, DaySeries
from connector.pipeline.baselines import baseline
from connector.pipeline.budgets import spent
from connector.pipeline.outlooks import expected_value
from connector.pipeline.subject import Subject
from connector.pipeline.terms import GoalVersions
from connector.store.goal_history import DayRow, GoalHistory

HISTORY_DAYS = 56
"""How far before the period the days are read that a forecast is made from."""

WEEK = timedelta(days=7)
VOTE = "V"
"""The stamp of values that are dated by a vote, and known from then on."""

DAY_S = 86_400


class Fold:
    """Judges the days of one goal; `baseline` is where it starts, None as long as nobody knows."""

    def __init__(self, subject: Subject, versions: GoalVersions, baseline: float | None) -> None:
        self._subject, self._versions, self.baseline = subject, versions, baseline
        self._history = GoalHistory(subject.job.state)
        self._series = cache(self._read_series)

    def days(self) -> list[DayVerdict]:
        """Return the verdicts of all days up to the one that the data reaches into, in order.

        Days that were kept stay as they are. For a past moment all are told anew, from what had
        happened by then; in a run the new ones are kept.
        """
        moment = self._subject.moment
        kept = [] if moment.is_past else self.kept()
        found = list(kept)
        for day in self._missing(kept[-1].day if kept else None):
            version, terms = self._versions.at(midnight(day, self._subject.zone))
            goal = terms.applied_to(self._subject.goal)
            found.append(self._judged(goal, day, found[-1] if found else None, version))
        if moment.run and len(found) > len(kept):
            rows = (self._row(one) for one in found[len(kept) :])
            self._history.keep_days(self._subject.id, rows, moment.run)
        return found

    def kept(self) -> list[DayVerdict]:
        """Return the verdicts that were kept of this period up to the present day."""
        subject = self._subject
        rows = self._history.days(subject.id, subject.first, subject.today)
        return [msgspec.json.decode(row.evaluation, type=DayVerdict) for row in rows]

    def today(self, days: Sequence[DayVerdict]) -> DayVerdict | None:
        """Return what the last day says of the goal as it is written now; None before the first.

        A day that was judged by older terms is judged anew, for now; it is not kept.
        """
        if not days or days[-1].version == self._versions.number:
            return days[-1] if days else None
        before = days[-2] if len(days) > 1 else None
        return self._judged(self._subject.goal, days[-1].day, before, self._versions.number)

    def _missing(self, last: date | None) -> Iterator[date]:
        subject = self._subject
        first = subject.first + DAY if last is None else last + DAY
        settled = subject.end + ceil(subject.definition.lag_s / DAY_S) * DAY
        until = min(subject.today, settled)
        while first <= until:
            yield first
            first += DAY

    def _judged(
        self, goal: GoalTable, day: date, before: DayVerdict | None, version: int
    ) -> DayVerdict:
        case = self._case(goal, self._value(goal, day), day)
        evidence = msgspec.structs.replace(
            case.evidence,
            sub_periods=self.weeks(case, day),
            forecast=self._forecast(case, day),
            expected=expected_value(self._subject, case, day),
            burn=spent(self._subject, case),
        )
        case = msgspec.structs.replace(case, evidence=evidence)
        return next_day(case, before, day, version=version)

    def _value(self, goal: GoalTable, day: date) -> KpiValue:
        days = goal.window_days
        since = self._subject.first if days is None else day - days * DAY
        return self._past.value(day, since=since)

    def _case(self, goal: GoalTable, value: KpiValue, day: date) -> Case:
        subject = self._subject
        instant = midnight(day, subject.zone)
        evidence = Evidence(
            elapsed=subject.working_time.share(instant), baseline=self._baseline(goal)
        )
        return Case(
            goal=goal,
            value=value,
            definition=subject.definition,
            evidence=evidence,
            now=instant,
        )

    def _baseline(self, goal: GoalTable) -> float | None:
        """Return where a goal starts by the terms of a day."""
        if goal.baseline == self._subject.goal.baseline:
            return self.baseline
        return baseline(replace(self._subject, goal=goal))

    def weeks(self, case: Case, day: date) -> tuple[float | None, ...]:
        """Return the values of the weeks before a day, for a goal that is to keep a level."""
        if not case.keeps_level:
            return ()
        first, found = self._subject.first, []
        while first + WEEK <= min(day, self._subject.end):
            found.append(self._past.between(first, first + WEEK))
            first += WEEK
        return tuple(found)

    def _forecast(self, case: Case, day: date) -> Forecast | None:
        """Tell the chance from what had settled by a day; what had not is still to come.

        A ticket that was solved yesterday may be reopened tomorrow: taken as it stands, the last
        days of such a KPI always look better than they will.
        """
        subject = self._subject
        settled = min(day - self._lag, subject.end)
        if case.goal.window_days:
            return None
        days = self._series(case.aim, case.direction)
        if days is None:
            return None
        return forecast(
            days,
            start=subject.first,
            today=settled,
            end=subject.end,
            aim=case.aim,
            direction=case.direction,
        )

    def _read_series(self, aim: float, direction: Direction) -> DaySeries | None:
        subject = self._subject
        start = subject.first - HISTORY_DAYS * DAY - self._lag
        end = min(subject.today, subject.end)
        return subject.daily(start, end, aim=aim, direction=direction)

    @property
    def _lag(self) -> timedelta:
        """Return for how many days values may still change; a vote counts when it is cast."""
        definition = self._subject.definition
        return timedelta() if definition.stamp == VOTE else ceil(definition.lag_s / DAY_S) * DAY

    @cached_property
    def _past(self) -> Past:
        subject = self._subject
        return Past(
            subject.con,
            subject.goal.kpi,
            subject.kpi,
            subject.period,
            first=subject.first - (subject.goal.window_days or 0) * DAY,
            last=min(subject.today, subject.end),
            zone=subject.zone,
        )

    def _row(self, verdict: DayVerdict) -> DayRow:
        return DayRow(
            day=verdict.day,
            status=verdict.status,
            evaluation=msgspec.json.encode(verdict).decode(),
            version=verdict.version,
            judged_at=self._subject.moment.now,
        )
