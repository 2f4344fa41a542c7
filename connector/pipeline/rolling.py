"""What goals add up to: check-ins beside them, caps by anti-goals, drivers, objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from connector.config.table import nearest
from connector.errors import StoreError, UsageError
from connector.goals.caps import capped
from connector.goals.confidence import disagreement
from connector.goals.development import judge_development
from connector.goals.drivers import with_drivers
from connector.goals.objective import roll_up, stood
from connector.goals.pyramid import Node, children, nodes_of
from connector.goals.visibility import sight
from connector.model.goal import CheckIn, DayVerdict, GoalReport, ObjectiveReport
from connector.model.kpi import Period
from connector.pipeline.job import Job
from connector.pipeline.views import Views
from connector.store.goal_history import GoalHistory


class Judged(msgspec.Struct, frozen=True):
    """Everything that was judged: goals by themselves, and all of it in its place.

    `job` knows the goals that `for_each` made, and their KPIs. `days` are the verdicts of each goal
    with a KPI when the days of its period began, oldest first.
    """

    job: Job
    alone: tuple[GoalReport, ...]
    nodes: tuple[Node, ...]
    days: Mapping[str, tuple[DayVerdict, ...]] = {}

    @property
    def goals(self) -> list[GoalReport]:
        """Return every goal with what drives it; for what is kept, not for what is shown."""
        return with_drivers(self.alone, self.nodes)

    @property
    def objectives(self) -> list[ObjectiveReport]:
        """Return every objective; for what is kept, not for what is shown."""
        return self._placed(roll_up(self.nodes))

    def shown(self) -> tuple[list[GoalReport], list[ObjectiveReport]]:
        """Return what may leave the house: goals of people only where the admin says so."""
        if self.job.settings.writeback.people == "on":
            return self.goals, self.objectives
        return self.seen_by(None)

    def seen_by(self, viewer: str | None) -> tuple[list[GoalReport], list[ObjectiveReport]]:
        """Return the goals and objectives that somebody may see: without a name nobody's own."""
        limits = sight(self.nodes, viewer)
        seen = self._placed(roll_up(self.nodes, limits))
        goals = with_drivers(self.alone, self.nodes, limits)
        return [_without(limits.hidden, one) for one in goals], seen

    def _placed(self, objectives: Iterable[ObjectiveReport]) -> list[ObjectiveReport]:
        """Return objectives in time: as old as the oldest goal, and as long as what serves them."""
        as_of = min((one.as_of for one in self.alone), default=None)
        below = children(self.nodes)
        known = {node.id: node for node in self.nodes}

        def span(id_: str) -> Period | None:
            own = known[id_].period
            parts = [span(child) for child in below.get(id_, ())] if own is None else [own]
            found = [part for part in parts if part is not None]
            if not found:
                return None
            return Period(min(one.start for one in found), max(one.end for one in found))

        return [
            msgspec.structs.replace(one, as_of=as_of, period=span(one.id)) for one in objectives
        ]

    def one(self, goal_id: str, viewer: str | None) -> GoalReport:
        """Return one goal; `UsageError` for one that there is not, or that may not be seen."""
        seen = {report.id: report for report in self.seen_by(viewer)[0]}
        if goal_id in seen:
            return seen[goal_id]
        if any(report.id == goal_id for report in self.alone):
            who = f"{viewer} may not see it" if viewer else "say who looks with --viewer NAME"
            raise UsageError(f"{goal_id} is the goal of a person: {who}")
        if goal_id in self.job.mappings.goals:
            raise StoreError(f"{goal_id} is not judged: run `connector sync`, or `connector check`")
        hint = nearest(goal_id, seen, "there are") or "`connector goals` lists them"
        raise UsageError(f'no goal is called "{goal_id}"; {hint}')


def rolled_up(job: Job, seen: Views, reports: Sequence[GoalReport]) -> Judged:
    """Put goals together with what they have to do with each other.

    Goals without a KPI are judged here, by what their owners said.
    """
    goals, now = job.mappings.goals, seen.present(job.clock())
    history = GoalHistory(job.state)
    found = {report.id: report for report in reports}
    found |= {one.id: one for one in _developments(job, history, now)}
    alone = capped(
        [found[id_] for id_ in goals if id_ in found],
        {id_: goal.protects for id_, goal in goals.items()},
        {id_: goal.hard for id_, goal in goals.items()},
    )
    said = history.last_checkins(until=now)
    alone = [_said(report, said.get(report.id)) for report in alone]
    nodes = stood(nodes_of(job.mappings.objectives, goals, alone))
    return Judged(job, tuple(alone), tuple(nodes))


def _without(hidden: frozenset[str], report: GoalReport) -> GoalReport:
    """Return a report that does not name the anti-goals of people that cap it."""
    if hidden.isdisjoint(report.capped_by):
        return report
    named = tuple(id_ for id_ in report.capped_by if id_ not in hidden)
    return msgspec.structs.replace(report, capped_by=named)


def _developments(job: Job, history: GoalHistory, now: datetime) -> Iterable[GoalReport]:
    for id_, goal in job.mappings.goals.items():
        if not goal.kpi:
            yield judge_development(id_, goal, history.checkins(id_, until=now), now)


def _said(report: GoalReport, checkin: CheckIn | None) -> GoalReport:
    if checkin is None:
        return report
    told = disagreement(report.status, checkin)
    return msgspec.structs.replace(report, checkin=checkin, disagrees=told)
