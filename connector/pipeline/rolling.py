"""What goals add up to: check-ins beside them, caps by anti-goals, drivers, objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from connector.goals.caps import capped
from connector.goals.confidence import disagreement
from connector.goals.development import judge_development
from connector.goals.drivers import with_drivers
from connector.goals.objective import roll_up, stood
from connector.goals.pyramid import Node, nodes_of
from connector.goals.visibility import sight
from connector.model.goal import CheckIn, DayVerdict, GoalReport, ObjectiveReport
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
        return roll_up(self.nodes)

    def seen_by(self, viewer: str | None) -> tuple[list[GoalReport], list[ObjectiveReport]]:
        """Return the goals and objectives that somebody may see: without a name nobody's own."""
        limits = sight(self.nodes, viewer)
        return with_drivers(self.alone, self.nodes, limits), roll_up(self.nodes, limits)


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


def _developments(job: Job, history: GoalHistory, now: datetime) -> Iterable[GoalReport]:
    for id_, goal in job.mappings.goals.items():
        if not goal.kpi:
            yield judge_development(id_, goal, history.checkins(id_, until=now), now)


def _said(report: GoalReport, checkin: CheckIn | None) -> GoalReport:
    if checkin is None:
        return report
    told = disagreement(report.status, checkin)
    return msgspec.structs.replace(report, checkin=checkin, disagrees=told)
