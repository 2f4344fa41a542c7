"""A run that finds nothing new: one request for each helpdesk, and not one byte is written.

Whether a run is one is decided before the store is opened. The last run noted what it knew and when
something would be due (`resting`); the helpdesk is asked once, and tells of no ticket; and all
goals are judged as of now, and stand as they stood. Otherwise the ordinary run takes its course,
and uses the page that was read.

That we looked is told by the time of the lock file (`store.looks`), by which data stays young.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from connector.errors import ConnectorError
from connector.model.goal import GoalReport
from connector.model.page import Page
from connector.model.run import RunReport, RunStatus
from connector.pipeline.account import Account
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.resting import Rest, is_waiting, rest_of, shown
from connector.pipeline.rolling import Judged
from connector.pipeline.views import views
from connector.store.published import PublishedSet, latest


def idle_report(
    job: Job, accounts: Sequence[Account], *, run: str, started_at: datetime
) -> RunReport | None:
    """Return what a run tells that has nothing to do; None where it has.

    What goes wrong is left to the ordinary run, which says it where people look.
    """
    with suppress(ConnectorError):
        return _idle_report(job, accounts, run, started_at)
    return None


def _idle_report(
    job: Job, accounts: Sequence[Account], run: str, started_at: datetime
) -> RunReport | None:
    rests = [_rest(job, account) for account in accounts]
    known = [rest for rest in rests if rest is not None]
    if not known or len(known) < len(rests):
        return None
    looked = [_looked(job, one, rest) for one, rest in zip(accounts, known, strict=True)]
    if not all(looked):
        return None
    problems: list[str] = []
    with views(job) as seen:
        judged = judge_all(job, seen, problems)
    if problems or _has_moved(job, judged) or any(one.shown != shown(job, judged) for one in known):
        return None
    goals, objectives = judged.shown()
    return RunReport(
        run=run,
        started_at=started_at,
        finished_at=job.clock(),
        status=RunStatus.OK,
        helpdesks=[account.report for account in accounts],
        goals=goals,
        objectives=objectives,
    )


def _rest(job: Job, account: Account) -> Rest | None:
    one = latest(job.folder(account.name))
    if one is None or not account.may_rest:
        return None
    return rest_of(job, account.helpdesk, one.path.name)


def _looked(job: Job, account: Account, rest: Rest) -> bool:
    """Ask a helpdesk for tickets; note that we looked if there is none and nothing is due."""
    one, page = latest(job.folder(account.name)), account.glance(rest.cursor)
    if one is None or page is None or page.through is None or not _is_empty(page, rest, one):
        return False
    if page.through >= rest.due_at or is_waiting(job, account.name, page.through):
        return False
    return account.note_look(one, page.through)


def _is_empty(page: Page, rest: Rest, one: PublishedSet) -> bool:
    is_end = not page.has_more and page.cursor == rest.cursor
    return is_end and not (len(page.records) or page.unknown or page.notes) and one.is_whole()


def _has_moved(job: Job, judged: Judged) -> bool:
    """Tell whether a goal stands otherwise than it was last kept, by time alone."""
    before = job.state.last_evaluations()
    return any(_standing(one) != _standing(before.get(one.id)) for one in judged.goals)


def _standing(report: GoalReport | None) -> tuple[object, ...] | None:
    return None if report is None else (report.status, report.target, report.version)
