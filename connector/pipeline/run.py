"""One run, whole: the only place that knows the order of the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

import msgspec

from connector.errors import ConnectorError, UsageError
from connector.model.goal import GoalReport
from connector.model.run import RunReport, RunStatus
from connector.pipeline.account import Account
from connector.pipeline.closing import close_over
from connector.pipeline.expanding import OF
from connector.pipeline.idle import idle_report
from connector.pipeline.job import Job, SliceLimit
from connector.pipeline.judging import judge_all
from connector.pipeline.pinning import pin_known
from connector.pipeline.rolling import Judged
from connector.pipeline.views import Views, views
from connector.writeback.plan import Plan

APPROVED_FOR = timedelta(hours=24)
FAIR_SLICE_S = 600.0
"""How long one of several helpdesks is read before the others have their turn."""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is asked for. `as_of` plans for a past moment and never writes.

    `seconds` and `requests` end the reading of each helpdesk between two pages; the next run goes
    on from there.
    """

    helpdesks: tuple[str, ...] = ()
    dry_run: bool = False
    full: bool = False
    as_of: datetime | None = None
    approvals: tuple[str, ...] = ()
    seconds: float | None = None
    requests: int | None = None

    @property
    def is_dry(self) -> bool:
        """Tell whether nothing may be written to a helpdesk."""
        return self.dry_run or self.as_of is not None

    @property
    def may_be_idle(self) -> bool:
        """Tell whether the run is over when there is nothing new: nobody asked for more."""
        return not (self.is_dry or self.full or self.approvals)

    def limit(self, helpdesks: int) -> SliceLimit:
        """Return the limit of each helpdesk; several share a run, so that none waits for hours."""
        if self.seconds is None and self.requests is None and helpdesks > 1:
            return SliceLimit(seconds=FAIR_SLICE_S)
        return SliceLimit(seconds=self.seconds, requests=self.requests)


class RunResult(msgspec.Struct, frozen=True):
    """What a run did, and the plan of each helpdesk."""

    report: RunReport
    plans: tuple[Plan, ...]


def run(job: Job, request: RunRequest) -> RunResult:
    """Pull each account, judge the goals once, write each account.

    Raises `LockedError` if another run holds one of the locks; a helpdesk or a store that fails
    stands in the report, and does not stop the others.
    """
    started_at = job.clock()
    run_id = f"{started_at:%Y%m%dT%H%M%S.%fZ}"
    approved = _approved(job, request.approvals)
    with ExitStack() as stack:
        accounts = [
            Account(job, helpdesk, run_id, stack) for helpdesk in job.helpdesks(request.helpdesks)
        ]
        idle = request.may_be_idle and idle_report(job, accounts, run=run_id, started_at=started_at)
        if idle:
            return RunResult(idle, ())
        _begin(job, request, accounts, run_id, started_at)
        stack.enter_context(_ended(job, run_id))
        for goal, state in () if request.is_dry else approved:
            job.state.approve(goal, state, until=started_at + APPROVED_FOR)
        for account in accounts:
            account.pull(request.limit(len(accounts)), full=request.full)
        report = _concluded(job, request, accounts, run_id, started_at)
    return RunResult(report, tuple(a.plan for a in accounts if a.plan is not None))


def _concluded(
    job: Job, request: RunRequest, accounts: list[Account], run_id: str, started_at: datetime
) -> RunReport:
    """Judge the goals, write each account, and keep how that went."""
    approved = _approved(job, request.approvals)
    problems: list[str] = []
    with views(job, request.as_of) as seen:
        judged = judge_all(job, seen, problems, run="" if request.is_dry else run_id)
        if not request.is_dry:
            close_over(judged, started_at)
        if request.as_of is None:
            _pin(job, accounts, seen)
        for account in accounts:
            account.show(judged, seen, dry_run=request.is_dry, approved=approved)
        goals, objectives = judged.shown()
        report = RunReport(
            run=run_id,
            started_at=started_at,
            finished_at=job.clock(),
            status=_status(accounts, problems),
            helpdesks=[a.report for a in accounts],
            goals=goals,
            objectives=objectives,
            problems=problems,
        )
        _remember(job, report, judged, is_replay=request.as_of is not None)
        if not request.is_dry:
            _rest(report, accounts, judged, seen)
    return report


def _begin(
    job: Job, request: RunRequest, accounts: list[Account], run_id: str, at: datetime
) -> None:
    """Sign the locks and the book of runs: from now on this run writes."""
    for account in accounts:
        account.begin()
    job.state.start_run(run_id, at=at, args=_said(request))


def _rest(report: RunReport, accounts: list[Account], judged: Judged, seen: Views) -> None:
    """Note until when there is nothing to do, after a run that left nothing to do."""
    for account in accounts if report.status == RunStatus.OK else ():
        account.rest(judged, seen)


@contextmanager
def _ended(job: Job, run_id: str) -> Iterator[None]:
    """Note that a run failed when a mistake in a file, or a fault of the disk, cuts it short."""
    try:
        yield
    except ConnectorError as error:
        report = msgspec.json.encode({"run": run_id, "error": type(error).__name__}).decode()
        job.state.finish_run(run_id, at=job.clock(), status=RunStatus.FAILED, report=report)
        raise


def _approved(job: Job, approvals: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Return goals and their new states that may pass the brake; `approvals` are GOAL:STATE."""
    found = set()
    for approval in approvals:
        goal, _, state = approval.partition(":")
        if not state or not _is_known(job, goal):
            known = ", ".join(job.mappings.goals)
            raise UsageError(f"--approve takes GOAL:STATE, not {approval!r}; goals are {known}")
        found.add((goal, state))
    return frozenset(found)


def _is_known(job: Job, goal: str) -> bool:
    """Tell whether there is such a goal, or may be one that is made for one of many."""
    goals = job.mappings.goals
    made_from = goals.get(goal.partition(OF)[0])
    return goal in {*goals, "any"} or bool(made_from and made_from.for_each)


def _pin(job: Job, accounts: list[Account], seen: Views) -> None:
    """Keep the ids of the names that mappings use, as long as they are what they are called."""
    for account in accounts:
        con = seen.over(frozenset({account.name}))
        if con is not None:
            pin_known(job, account.helpdesk, con)


def _status(accounts: list[Account], problems: list[str]) -> RunStatus:
    if any(account.report.error for account in accounts):
        return RunStatus.FAILED
    whole = all(a.report.writes.are_complete and not a.left_something for a in accounts)
    return RunStatus.OK if whole and not problems else RunStatus.PARTIAL


def _remember(job: Job, report: RunReport, judged: Judged, *, is_replay: bool) -> None:
    if not is_replay:
        before = job.state.last_evaluations()
        news = [goal for goal in judged.goals if _is_news(goal, before.get(goal.id))]
        job.state.save_evaluations(report.run, news)
    text = msgspec.json.encode(report).decode()
    job.state.finish_run(report.run, at=report.finished_at, status=report.status, report=text)


def _is_news(goal: GoalReport, last: GoalReport | None) -> bool:
    """Tell whether an evaluation says more than the last one that was kept: state, value or day."""
    if last is None or goal.as_of.date() != last.as_of.date():
        return True
    return (goal.status, goal.value, goal.target) != (last.status, last.value, last.target)


def _said(request: RunRequest) -> str:
    return msgspec.json.encode(request).decode()
