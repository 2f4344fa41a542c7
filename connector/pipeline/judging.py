"""Step two of a run, second half: every goal judged over the latest published sets."""

from __future__ import annotations

from datetime import datetime

import msgspec

from connector.config.zones import midnight
from connector.goals.evidence import Case, Evaluation, Evidence, max_age_s
from connector.goals.fold import holds_since
from connector.goals.status import judge_case
from connector.goals.streak import streak
from connector.kpi.evaluate import value_alone
from connector.model.goal import DayVerdict, GoalReport
from connector.model.kpi import KpiValue, Period
from connector.model.series import DAY
from connector.pipeline.baselines import baseline
from connector.pipeline.budgets import spent
from connector.pipeline.expanding import expanded
from connector.pipeline.folding import Fold
from connector.pipeline.freezing import frozen
from connector.pipeline.job import Job
from connector.pipeline.outlooks import expected_value, outlook_of
from connector.pipeline.rolling import Judged, rolled_up
from connector.pipeline.shared import Shared
from connector.pipeline.subject import Moment, Subject, placed, stopping
from connector.pipeline.terms import GoalVersions, terms_of
from connector.pipeline.views import Views
from connector.store.goal_history import GoalHistory


def judge_all(job: Job, seen: Views, stopped: list[str] | None = None, *, run: str = "") -> Judged:
    """Judge every goal whose helpdesks have been read, and what they serve.

    A goal whose KPI names what no helpdesk has is left out, and said in `stopped`; without such a
    list it is an error. Under the name of a `run` values that are final are frozen, and verdicts
    of the days so far are kept.
    """
    job = expanded(job, seen, stopped)
    before, shared = job.state.last_evaluations(), Shared()
    reports, days = [], {}
    for goal_id, goal in job.mappings.goals.items():
        helpdesks = job.helpdesks_of("goal", goal_id)
        con = seen.over(helpdesks)
        if con is None or not goal.kpi:
            continue
        moment = Moment(seen.as_of(helpdesks), seen.now(helpdesks, job.clock()), seen.is_past, run)
        subject = Subject(job, con, goal_id, goal, moment, shared)
        with stopping(f"goal {goal_id} is not judged", stopped), placed(job, goal.kpi):
            report, days[goal_id] = _judged(subject, before.get(goal_id))
            reports.append(report)
    return msgspec.structs.replace(rolled_up(job, seen, reports), days=days)


def goal_reports(
    job: Job, seen: Views, stopped: list[str] | None = None, *, run: str = ""
) -> list[GoalReport]:
    """Judge every goal whose helpdesks have been read, as `judge_all` does."""
    return judge_all(job, seen, stopped, run=run).goals


def _judged(subject: Subject, last: GoalReport | None) -> tuple[GoalReport, tuple[DayVerdict, ...]]:
    """Return how a goal stands, and how it stood when each day of its period began."""
    goal, moment = subject.goal, subject.moment
    value = _value(subject)
    history = GoalHistory(subject.job.state)
    versions = GoalVersions(history.versions(subject.id), terms_of(subject.job, goal, subject.kpi))
    if moment.run:
        versions.keep(history, subject.id, moment.now)
    fold = Fold(subject, versions, baseline(subject))
    days = fold.days()
    case = _case(subject, value, fold, days, last)
    report = judge_case(subject.id, case)
    is_anti = case.is_anti_goal
    report = msgspec.structs.replace(
        report,
        owner=goal.owner,
        parents=goal.parents,
        commitment=goal.commitment,
        for_whom=subject.job.members.get(subject.id, ""),
        version=versions.number,
        timezone=subject.zone,
        since=_since(subject, days, report.status),
        known=_known(subject, fold),
        streak=streak([one.status for one in days]) if is_anti else None,
        outlook=outlook_of(subject, case, days),
    )
    return report, tuple(days)


def _case(
    subject: Subject,
    value: KpiValue,
    fold: Fold,
    days: list[DayVerdict],
    last: GoalReport | None,
) -> Case:
    """Return what the goal is judged on now."""
    moment = subject.moment
    today = fold.today(days)
    evidence = Evidence(
        elapsed=subject.working_time.share(moment.as_of),
        baseline=fold.baseline,
        history=_history(subject, last),
        max_age_s=max_age_s(subject.job.settings.run.every_s),
        today=today,
        forecast=today.forecast if today else None,
    )
    case = Case(
        goal=subject.goal,
        value=value,
        definition=subject.definition,
        evidence=evidence,
        now=moment.now,
    )
    more = msgspec.structs.replace(
        evidence,
        sub_periods=fold.weeks(case, subject.today),
        expected=expected_value(subject, case, subject.today),
        burn=spent(subject, case),
    )
    return msgspec.structs.replace(case, evidence=more)


def _history(subject: Subject, last: GoalReport | None) -> tuple[Evaluation, ...]:
    """Return what was said last; of another period it says nothing of this one."""
    if last is None or last.period != subject.period:
        return ()
    return (Evaluation(last.as_of, last.status),)


def _value(subject: Subject) -> KpiValue:
    """Return the KPI over the period so far; over its window, where the goal has one."""
    goal, as_of, zone = subject.goal, subject.moment.as_of, subject.zone
    period, days = subject.period, goal.window_days
    if days is not None:
        until = min(as_of, period.end)
        period = Period(until - days * DAY, until)
    value = value_alone(subject.con, goal.kpi, subject.kpi, period, as_of=as_of, zone=zone)
    if days is not None:
        return msgspec.structs.replace(value, period=subject.period)
    keep = bool(subject.moment.run)
    return frozen(subject.job, subject.con, subject.kpi, value, zone=zone, keep=keep)


def _since(subject: Subject, days: list[DayVerdict], status: str) -> datetime | None:
    """Return from when the status holds; None where it came about since the last day began."""
    since = holds_since(days)
    if since is None or days[-1].status != status:
        return None
    return midnight(since, subject.zone)


def _known(subject: Subject, fold: Fold) -> str:
    """Return, for a past moment, the status that was told when its day began."""
    if not subject.moment.is_past:
        return ""
    kept = fold.kept()
    return kept[-1].status if kept else ""
