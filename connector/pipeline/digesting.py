"""What a digest tells, from the published sets and the state; no helpdesk is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from connector.config.table import nearest
from connector.errors import UsageError
from connector.goals.digest import (
    Digest,
    Ended,
    Facts,
    Rewritten,
    at_risk,
    changed,
    small_wins,
    summary,
)
from connector.goals.digest_next import to_do
from connector.goals.pyramid import children
from connector.model.goal import GoalReport, ObjectiveReport
from connector.model.series import DAY
from connector.pipeline.evaluating import require_published
from connector.pipeline.goal_past import versions_told
from connector.pipeline.job import Job
from connector.pipeline.judging import judge_all
from connector.pipeline.rolling import Judged
from connector.pipeline.views import views
from connector.store.goal_history import Closing, GoalHistory


class DigestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest is about and who reads it; no goals and no level mean all of them."""

    since: datetime
    goals: tuple[str, ...] = ()
    level: str | None = None
    viewer: str | None = None

    @property
    def first_day(self) -> date:
        """Return the first day that began since then."""
        day = self.since.date()
        return day if self.since.time() == time() else day + DAY


class _Then(msgspec.Struct):
    """What a digest needs of the report of an earlier run."""

    goals: list[GoalReport] = []
    objectives: list[ObjectiveReport] = []


def digest(job: Job, request: DigestRequest, stopped: list[str] | None = None) -> Digest:
    """Tell what changed, what is at risk, what was won and what to do next."""
    require_published(job)
    with views(job) as seen:
        judged = judge_all(job, seen, stopped)
    goals, objectives = judged.seen_by(request.viewer)
    wanted = _wanted(judged, request.goals)
    seen_ids = {one.id for one in goals}
    hidden = [one for one in judged.alone if one.id not in seen_ids]
    clocks = {id_: kpi.clock for id_, kpi in judged.job.mappings.kpis.items()}
    facts = Facts(
        since=request.first_day,
        now=job.clock(),
        goals=[one for one in goals if _is_meant(one, wanted, request)],
        objectives=[one for one in objectives if _is_meant(one, wanted, request)],
        days=judged.days,
        then=_then(job, request.since),
        tables={**judged.job.mappings.objectives, **judged.job.mappings.goals},
        clocks=clocks,
        rewritten=dict(_rewritten(job, goals, clocks, request.since)),
        ended=tuple(_ended(job, (*(g.id for g in goals), *(o.id for o in objectives)))),
    )
    return Digest(
        since=request.since.date(),
        as_of=min((one.as_of for one in facts.goals), default=facts.now),
        summary=summary(facts),
        changed=tuple(changed(facts)),
        at_risk=tuple(at_risk(facts)),
        wins=tuple(small_wins(facts)),
        next=tuple(to_do(facts)),
        hidden=_of_people(sum(_is_meant(one, wanted, request) for one in hidden)),
    )


def _is_meant(
    report: GoalReport | ObjectiveReport, wanted: Collection[str], request: DigestRequest
) -> bool:
    return report.id in wanted and request.level in {None, report.level}


def _wanted(judged: Judged, asked: Iterable[str]) -> Collection[str]:
    """Return the ids that were asked for and of all that serves them; all if none was."""
    known = [node.id for node in judged.nodes]
    waiting, serving = list(asked), children(judged.nodes)
    for one in waiting:
        if one not in known:
            hint = nearest(one, known, "there are") or "`connector goals` lists them"
            raise UsageError(f'no goal or objective is called "{one}"; {hint}')
    found: set[str] = set() if waiting else set(known)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += serving.get(one, ())
    return found


def _then(job: Job, since: datetime) -> Mapping[str, GoalReport | ObjectiveReport]:
    """Return what the last run up to an instant told; nothing if there was none."""
    for text in job.state.reports_until(since):
        told = msgspec.json.decode(text, type=_Then)
        if told.goals:
            return {goal.id: goal for goal in told.goals} | {one.id: one for one in told.objectives}
    return {}


def _ended(job: Job, known: Collection[str]) -> Iterable[Ended]:
    history = GoalHistory(job.state)
    ended = {goal for goal, _ in history.ends()}
    for goal in (one for one in known if one in ended):
        last = history.closings(goal)[-1]
        if not last.lesson:
            yield Ended(goal, _last_day(job, last), last.status)


def _last_day(job: Job, ended: Closing) -> date:
    """Return the last local day of a period that is over."""
    goal = job.mappings.goals.get(ended.goal)
    zone = "UTC" if goal is None else goal.period.timezone
    return (ended.end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()


def _rewritten(
    job: Job, goals: Iterable[GoalReport], clocks: Mapping[str, str], since: datetime
) -> Iterable[tuple[str, tuple[Rewritten, ...]]]:
    """Return, by goal, what was changed in the mapping since then, and from what to what."""
    history = GoalHistory(job.state)
    for goal in goals:
        versions = versions_told(history.versions(goal.id), clocks.get(goal.kpi, "calendar"))
        found = [one for one in versions if one.changes and one.valid_from >= since]
        yield (
            goal.id,
            tuple(
                Rewritten(
                    one.valid_from.date(),
                    ", ".join(f"{c.name} from {c.before} to {c.after}" for c in one.changes),
                )
                for one in found
            ),
        )


def _of_people(hidden: int) -> str:
    if not hidden:
        return ""
    what = "goal of a person" if hidden == 1 else "goals of people"
    return f"Not shown: {hidden:,} {what}; --viewer NAME says who is reading."
