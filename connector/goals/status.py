"""Status of a goal: the rules of the reference in their order; the first that applies decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.config.mapping import GoalTable
from connector.config.phrases import written
from connector.goals import guard, wording
from connector.goals.evidence import Case, Evidence
from connector.goals.grade import grade, is_met, raw_progress
from connector.goals.pace import adds_up, expected_progress, is_early, status_of_pace
from connector.goals.sample import is_enough, least_n
from connector.goals.verdict import Verdict
from connector.model.goal import GoalReport, GoalState
from connector.model.kpi import KpiValue, MeasureDefinition

LIKELY_FROM = 0.70
UNLIKELY_BELOW = 0.30
KEPT_WHEN_STALE = frozenset(GoalState) - {
    GoalState.NOT_STARTED,
    GoalState.PAUSED,
    GoalState.ACHIEVED,
    GoalState.MISSED,
}


DECIDED = frozenset({GoalState.ON_TRACK, GoalState.AT_RISK, GoalState.OFF_TRACK})


def judge(
    goal_id: str,
    goal: GoalTable,
    value: KpiValue,
    *,
    definition: MeasureDefinition,
    now: datetime,
    evidence: Evidence,
) -> GoalReport:
    """Judge one goal: its grade, its status, and in words which rule decided."""
    return judge_case(
        goal_id, Case(goal=goal, value=value, definition=definition, evidence=evidence, now=now)
    )


def judge_case(goal_id: str, case: Case) -> GoalReport:
    """Judge a goal whose case is made."""
    goal, value, evidence = case.goal, case.value, case.evidence
    verdict = verdict_on(case)
    raw = case.raw
    return GoalReport(
        id=goal_id,
        kind=goal.kind,
        title=goal.title,
        level=goal.level,
        scope=wording.scope(value.where),
        kpi=goal.kpi,
        period=value.period,
        baseline=evidence.baseline,
        target=case.aim,
        value=value.value,
        unit=value.unit,
        n=value.n,
        grade=None if raw is None else grade(raw),
        raw=raw,
        status=verdict.status.value,
        flags=_flags(case, verdict),
        forecast=evidence.forecast,
        as_of=value.as_of,
        why=verdict.why,
        frozen=value.frozen,
        versions=value.versions,
        burn=evidence.burn,
    )


def verdict_on(case: Case) -> Verdict:
    """Return what the rules say of a goal at the instant of its value, whatever it was before."""
    for rule in RULES:
        found = rule(case)
        if found is not None:
            return found
    return guard.verdict(case) if case.is_anti_goal else _by_pace(case)


def _flags(case: Case, verdict: Verdict) -> tuple[str, ...]:
    own = (
        ("stale", case.is_stale),
        ("provisional", case.is_provisional),
        (verdict.flag, bool(verdict.flag)),
    )
    return tuple(dict.fromkeys((*case.value.flags, *(name for name, holds in own if holds))))


def _not_started(case: Case) -> Verdict | None:
    start = case.value.period.start
    if case.now >= start:
        return None
    day = written(start.astimezone(ZoneInfo(case.goal.period.timezone)))
    return Verdict(GoalState.NOT_STARTED, f"the period starts on {day}")


def _over(case: Case) -> Verdict | None:
    if not case.is_over:
        return None
    if case.is_anti_goal:
        return guard.final(case)
    value = case.value.value
    if value is None:
        return Verdict(GoalState.MISSED, "the period is over and nothing was measured")
    met = is_met(value, case.aim, case.direction)
    words = wording.amounts(case, value, case.aim)
    told = "meets" if met else "does not meet"
    return Verdict(
        GoalState.ACHIEVED if met else GoalState.MISSED,
        f"the period is over: final value {words[0]} {told} the target {words[1]}",
    )


def _paused(case: Case) -> Verdict | None:
    return Verdict(GoalState.PAUSED, "paused in the mapping") if case.goal.paused else None


def _stale(case: Case) -> Verdict | None:
    """Keep the last status when the data are too old; without one, judge what there is."""
    if not case.is_stale or not case.evidence.history:
        return None
    last = GoalState(max(case.evidence.history, key=lambda past: past.at).status)
    if last not in KEPT_WHEN_STALE:
        return None
    allowed = case.evidence.max_age_s / 3600
    return Verdict(
        last,
        f"data is {case.age_s / 3600:.0f} h old, more than the {allowed:.0f} h allowed: "
        "the last status stays",
    )


def _of_the_day(case: Case) -> Verdict | None:
    """Keep, until the next day begins, what was said when this one began."""
    today = case.evidence.today
    if case.is_anti_goal or today is None or today.status not in DECIDED:
        return None
    return Verdict(GoalState(today.status), today.why, today.flag)


def _needs_baseline(case: Case) -> Verdict | None:
    if case.is_anti_goal or case.evidence.baseline is not None:
        return None
    settled = case.value.period.start + timedelta(seconds=case.definition.lag_s)
    if min(case.now, case.value.as_of) >= settled:
        told = (
            "the time before the period has too few tickets to measure one: write it in the mapping"
        )
        return Verdict(GoalState.NEEDS_BASELINE, f"no baseline: {told}")
    told = "wait until what happened before the period is settled, or write one in the mapping"
    return Verdict(GoalState.NEEDS_BASELINE, f"no baseline: {told}")


def _insufficient(case: Case) -> Verdict | None:
    if is_enough(case.value, case.definition):
        return None
    return Verdict(
        GoalState.INSUFFICIENT_DATA,
        wording.too_few(case, least_n(case.value, case.definition)),
    )


def _by_chance(case: Case) -> Verdict | None:
    forecast = case.evidence.forecast
    if case.is_anti_goal or forecast is None or forecast.probability is None:
        return None
    chance = forecast.probability
    if chance >= LIKELY_FROM:
        status = GoalState.ON_TRACK
    else:
        status = GoalState.OFF_TRACK if chance < UNLIKELY_BELOW else GoalState.AT_RISK
    return Verdict(status, wording.chance(case, forecast), chance=chance)


def _by_pace(case: Case) -> Verdict:
    elapsed = case.evidence.elapsed
    if is_early(elapsed):
        why = (
            f"early: {wording.percent(elapsed)} of the period has passed, it is judged from 10 % on"
        )
        return Verdict(GoalState.ON_TRACK, why, flag="early")
    if case.keeps_level:
        return _by_level_kept(case)
    progress, expected = _progress(case)
    return Verdict(status_of_pace(progress, expected), wording.pace(case, progress, expected))


def _progress(case: Case) -> tuple[float, float]:
    """Return how far the goal has come, and how far it should have.

    A sum grows from zero, so what counts is where it is heading at this rate, not its size today.
    """
    baseline, value = case.evidence.baseline, case.value.value
    if baseline is None or value is None:  # the rules before this one have seen to it
        return 0.0, 1.0
    if adds_up(case.value, case.definition):
        return raw_progress(case.heading or value, baseline=baseline, target=case.aim), 1.0
    wanted = case.evidence.expected
    progress = raw_progress(value, baseline=baseline, target=case.aim)
    if wanted is not None:
        return progress, raw_progress(wanted, baseline=baseline, target=case.aim)
    return progress, expected_progress(case.shape, case.evidence.elapsed)


def _by_level_kept(case: Case) -> Verdict:
    share = case.raw
    if share is not None:
        weeks = f"{wording.percent(share)} of the completed weeks were inside the limit"
        return Verdict(status_of_pace(share, 1.0), weeks)
    value = case.value.value
    inside = value is not None and is_met(value, case.aim, case.direction)
    status = GoalState.ON_TRACK if inside else GoalState.AT_RISK
    told = "inside" if inside else "outside"
    return Verdict(status, f"no week is complete yet; the value so far is {told} the limit")


RULES: tuple[Callable[[Case], Verdict | None], ...] = (
    _not_started,
    _over,
    _paused,
    _stale,
    _of_the_day,
    _needs_baseline,
    _insufficient,
    _by_chance,
)
