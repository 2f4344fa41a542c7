"""Rules of lint that compare a goal with what was measured; before a sync they say little."""

from __future__ import annotations

from typing import Final

from connector.goals.lint_look import Look, Plan, Remark, Remarks
from connector.goals.lint_past import Share, expected_n, met_before, reached_before
from connector.goals.realism import realism
from connector.model.goal import GoalState
from connector.model.kpi import Direction

MOSTLY: Final = 2 / 3
SELDOM: Final = 0.20
AGGRESSIVE: Final = "aggressive"
UNREALISTIC: Final = "unrealistic"


def no_baseline(look: Look, plan: Plan) -> Remarks:
    """Nobody knows where a goal starts."""
    del plan
    goal = look.goal
    if goal.is_anti or look.kpi is None or look.baseline is not None:
        return
    if look.past is None and goal.baseline is None:
        yield Remark(
            "no baseline is written, so nobody can tell how far the target is away",
            'write baseline = "from_history", or the value at which it starts',
        )
    if look.report and look.past and look.past.today >= goal.period.start:
        yield Remark(
            f"no baseline is known: the time before {goal.period.start} has too few tickets"
            " to measure one",
            'write baseline = "..." with what you know, or widen the where of its KPI',
        )


def target_on_wrong_side(look: Look, plan: Plan) -> Remarks:
    """The target is worse than what was measured before the goal."""
    del plan
    if not look.goal.is_anti and _is_wrong(look):
        yield Remark(
            f"its target of {look.said(look.aim)} is worse than the {look.said(look.baseline)}"
            " measured before it: reaching it would be a step back",
            f"take a target better than {look.said(look.baseline)}, or correct the KPI",
        )


def limit_broken_already(look: Look, plan: Plan) -> Remarks:
    """An anti-goal's limit was passed before the anti-goal began."""
    del plan
    if look.goal.is_anti and _is_wrong(look):
        yield Remark(
            f"its limit of {look.said(look.aim)} was passed before it began, at"
            f" {look.said(look.baseline)}: it is violated from the first day",
            f"set the limit beyond {look.said(look.baseline)}, and make a goal of coming back",
        )


def too_easy(look: Look, plan: Plan) -> Remarks:
    """The target was met most of the time before the goal, and right before it."""
    del plan
    if look.goal.is_anti or look.keeps_level or _is_wrong(look):
        return
    found = met_before(look)
    if found is not None and found.share >= MOSTLY and found.last:
        yield Remark(
            f"its target of {look.said(look.aim)} was met in {_percent(found)} before"
            f" {look.goal.period.start}: it asks for nothing new",
            'take a target that was met in fewer, or write pace = "maintain" to keep it',
        )


def too_hard(look: Look, plan: Plan) -> Remarks:
    """The KPI hardly ever changed as much as the goal needs, and was hardly ever there before."""
    del plan
    found = _reach(look)
    been_there = met_before(look)
    if been_there is not None and been_there.share >= SELDOM:
        return
    if found is not None and realism(found.share) == UNREALISTIC:
        yield Remark(
            f"{_way(look)} is as much as {_percent(found)} changed before {look.goal.period.start}",
            "take a target nearer to where it starts, a longer period, or say in why what is"
            " different this time",
        )


def committed_but_aggressive(look: Look, plan: Plan) -> Remarks:
    """A committed goal needs a change that the past had rarely."""
    del plan
    if look.goal.commitment != "committed":
        return
    found, outlook = _reach(look), look.report.outlook if look.report else None
    is_rare = found is not None and realism(found.share) == AGGRESSIVE
    if is_rare or (outlook is not None and outlook.realism == AGGRESSIVE):
        seen = outlook.share if outlook else found.share if found else None
        yield Remark(
            f"it is committed, to be reached in full, and only {100 * (seen or 0):.0f} % of the"
            " past stretches of its length changed as much",
            'write commitment = "aspirational", or take a target that the past had more often',
        )


def unrealistic_timeline(look: Look, plan: Plan) -> Remarks:
    """A backward goal does not fit into the time that is left."""
    del plan
    outlook = look.report.outlook if look.report else None
    if outlook is None:
        return
    said: list[str] = [flag for flag in ("infeasible", "unreachable") if flag in outlook.flags]
    said += [UNREALISTIC] if outlook.realism == UNREALISTIC else []
    if said:
        reasons = "; ".join(outlook.problems) or f"{outlook.working_days_left} working days left"
        yield Remark(
            f"its plan is {' and '.join(said)}: {reasons}",
            "move the end, lower the target, or take work out of the critical path"
            f"{_path(outlook.critical_path)}",
        )


def small_sample(look: Look, plan: Plan) -> Remarks:
    """A goal is going to rest on too few tickets to be judged."""
    del plan
    if look.past is None or not look.least_n:
        return
    start, end, today = look.goal.period.start, look.goal.period.end, look.past.today
    least, hint = look.least_n, "widen its where, lengthen the period, or hold a team to it"
    members = [expected_n(one, start, end, today) for one in look.past.members]
    few = [n for n in members if n < least]
    if few:
        yield Remark(
            f"{len(few)} of the {len(members)} goals that for_each makes expect fewer than the"
            f" {least} tickets that a verdict needs, the smallest of them {min(few):.0f}",
            hint,
        )
    n = None if look.past.series is None else expected_n(look.past.series, start, end, today)
    if n is not None and n < least:
        yield Remark(
            f"{n:.0f} tickets are expected in its period, and a verdict needs {least}", hint
        )


def stale_data(look: Look, plan: Plan) -> Remarks:
    """What a goal is judged by is older than allowed."""
    del plan
    if look.report and "stale" in look.report.flags:
        yield Remark(
            f"its data end at {look.report.as_of:%Y-%m-%d %H:%M} UTC: its status is that of then",
            "run `connector sync`, and see `connector status` for why it did not run",
        )


def _is_wrong(look: Look) -> bool:
    """Tell whether the measured baseline is past the aim already; a neutral KPI has no sides."""
    if look.aim is None or look.baseline is None or look.scale is None:
        return False
    if not look.is_baseline_measured or look.scale.direction == Direction.NEUTRAL:
        return False
    if look.goal.is_anti:
        return look.scale.is_better(look.aim, look.baseline)
    return look.scale.is_better(look.baseline, look.aim)


def _reach(look: Look) -> Share | None:
    """Return how often the past changed as much; backward goals in progress have an outlook."""
    if look.goal.is_anti or look.keeps_level or look.report is None or look.report.outlook:
        return None
    if look.report.status == GoalState.NEEDS_BASELINE:
        return None
    return reached_before(look)


def _percent(found: Share) -> str:
    apart = f"{found.independent} of them do not overlap"
    return f"{100 * found.share:.0f} % of the stretches of {found.days} days ({apart})"


def _way(look: Look) -> str:
    if look.baseline is None:
        return f"its target of {look.said(look.aim)}"
    return f"the way from {look.said(look.baseline)} to {look.said(look.aim)}"


def _path(names: tuple[str, ...]) -> str:
    return f" ({' -> '.join(names)})" if names else ""
