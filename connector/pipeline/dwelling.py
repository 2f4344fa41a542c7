"""How long a word stays: what a goal says on tickets does not flap with what it says right now."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from connector.config.mapping import GoalTable
from connector.model.goal import GoalReport
from connector.pipeline.job import Job
from connector.store.waiting import statuses_of_late
from connector.writeback.labels import SEVERITY
from connector.writeback.words import WORD_OF


def steadied(job: Job, goal: GoalTable, report: GoalReport) -> GoalReport:
    """Return a goal's report with the status that tickets show: the worst of the dwell time.

    Only anti-goals are judged anew in every run; all others have one status a day, which does not
    flap. A goal that got worse is shown at once, and one that is not running says nothing.
    """
    now = WORD_OF.get(report.status)
    if now is None or not goal.is_anti:
        return report
    since = report.as_of - timedelta(seconds=job.settings.writeback.dwell_s)
    late = statuses_of_late(
        job.state, report.id, since=since, until=report.as_of, version=report.version
    )
    known = (report.status, *sorted(status for status in late if status in WORD_OF))
    return replace(report, status=min(known, key=lambda one: SEVERITY.index(WORD_OF[one])))
