"""What goals add up to: caps by anti-goals, check-ins, drivers, objectives."""

from __future__ import annotations

from collections.abc import Sequence

from connector.model.goal import GoalReport, ObjectiveReport
from connector.pipeline.job import Job
from connector.pipeline.views import Views


def rolled_up(
    job: Job, seen: Views, reports: Sequence[GoalReport]
) -> tuple[list[GoalReport], list[ObjectiveReport]]:
    """Return the goals with what they have to do with each other, and the objectives."""
    del job, seen
    return list(reports), []
