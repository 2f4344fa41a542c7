"""Anti-goals: a limit to stay away from; safe, warning or violated, and never "% done"."""

from __future__ import annotations

from connector.goals import wording
from connector.goals.evidence import Case
from connector.goals.grade import is_met
from connector.goals.sample import surely_past
from connector.goals.verdict import Verdict
from connector.model.goal import GoalState
from connector.model.kpi import Direction

LIKELY_BROKEN_FROM = 0.30


def warning_line(case: Case) -> float | None:
    """Return the warning line: as written, else halfway from the baseline to the limit."""
    if case.goal.warning is not None:
        return case.goal.warning.number
    baseline = case.evidence.baseline
    if baseline is None or _is_past(case, baseline, case.aim):
        return None
    return (baseline + case.aim) / 2


def verdict(case: Case) -> Verdict:
    """Judge a running anti-goal by where its value stands to its limit and warning line."""
    value, limit, line = case.value.value, case.aim, warning_line(case)
    if value is None:
        return Verdict(GoalState.INSUFFICIENT_DATA, "nothing to measure yet")
    shown, edge = wording.amounts(case, value, limit)
    if surely_past(case.value, limit, case.direction):
        why = f"value {shown} is past the limit {edge} beyond reasonable doubt (n {case.value.n})"
        return Verdict(GoalState.VIOLATED, why)
    if _is_past(case, value, limit):
        why = f"value {shown} is past the limit {edge}, but n {case.value.n} leaves room for doubt"
        return Verdict(GoalState.WARNING, why)
    if line is not None and _is_past(case, value, line):
        drawn = wording.amount(case, line)
        why = f"value {shown} is past the warning line {drawn}; the limit is {edge}"
        return Verdict(GoalState.WARNING, why)
    chance = _chance_of_breaking(case)
    if chance >= LIKELY_BROKEN_FROM:
        why = f"the limit {edge} is broken at the end with a chance of {wording.percent(chance)}"
        return Verdict(GoalState.WARNING, why)
    told = "the limit" if line is None else f"the warning line {wording.amount(case, line)} and"
    told = told if line is None else f"{told} the limit"
    return Verdict(GoalState.SAFE, f"value {shown} keeps clear of {told} {edge}")


def final(case: Case) -> Verdict:
    """Judge an anti-goal whose period is over, by its final value."""
    value = case.value.value
    if value is None:
        return Verdict(GoalState.SAFE, "the period is over and nothing was measured")
    broken = _is_past(case, value, case.aim)
    shown, edge = wording.amounts(case, value, case.aim)
    told = "is past" if broken else "kept clear of"
    status = GoalState.VIOLATED if broken else GoalState.SAFE
    return Verdict(status, f"the period is over: final value {shown} {told} the limit {edge}")


def _is_past(case: Case, value: float, line: float) -> bool:
    """Tell whether a value is on the worse side of a line; on the line is not past it."""
    direction: Direction = case.direction
    return not is_met(value, line, direction)


def _chance_of_breaking(case: Case) -> float:
    forecast = case.evidence.forecast
    if forecast is None or forecast.probability is None:
        return 0.0
    return 1.0 - forecast.probability
