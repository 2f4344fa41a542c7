"""Anti-goals: a limit to stay away from; safe, warning or violated, and never "% done".

Of mode `level` the value itself is held against the limit, of mode `budget` the bad events against
how many of them the limit allows in the period.
"""

from __future__ import annotations

from connector.goals import wording
from connector.goals.evidence import Case
from connector.goals.grade import is_met
from connector.goals.sample import is_exact, surely_past
from connector.goals.verdict import Verdict
from connector.model.goal import Burn, GoalState
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
    """Judge a running anti-goal: by its budget where it has one, else by its level."""
    spent = case.evidence.burn
    if case.goal.mode == "budget" and spent is not None:
        return _by_budget(case, spent)
    return _by_level(case)


def _by_level(case: Case) -> Verdict:
    """Judge by where the value stands to the limit and the warning line."""
    value, limit, line = case.value.value, case.aim, warning_line(case)
    if value is None:
        return Verdict(GoalState.INSUFFICIENT_DATA, "nothing to measure yet")
    shown, edge = wording.amounts(case, value, limit)
    if surely_past(case.value, limit, case.direction):
        why = f"value {shown} is past the limit {edge}"
        sure = "" if is_exact(case.value) else f" beyond reasonable doubt (n {case.value.n})"
        return Verdict(GoalState.VIOLATED, why + sure)
    if _is_past(case, value, limit):
        why = f"value {shown} is past the limit {edge}, but n {case.value.n} leaves room for doubt"
        return Verdict(GoalState.WARNING, why)
    if line is not None and _is_past(case, value, line):
        drawn = wording.amount(case, line)
        why = f"value {shown} is past the warning line {drawn}; the limit is {edge}"
        return Verdict(GoalState.WARNING, why)
    likely = _likely_broken(case)
    if likely is not None:
        return likely
    told = "the limit" if line is None else f"the warning line {wording.amount(case, line)} and"
    told = told if line is None else f"{told} the limit"
    return Verdict(GoalState.SAFE, f"value {shown} keeps clear of {told} {edge}")


def _by_budget(case: Case, spent: Burn) -> Verdict:
    """Judge by how much of the budget is gone, and how fast it goes."""
    told = wording.spent(spent)
    if spent.alert == "exhausted":
        return Verdict(GoalState.VIOLATED, f"the budget is exhausted: {told}")
    if spent.alert:
        is_fast = spent.alert == "fast"
        gone = wording.percent((spent.fast if is_fast else spent.slow) or 0.0)
        window = "the last business day" if is_fast else "the last 5 business days"
        why = f"{spent.alert} burn: {gone} of the budget went in {window}, and it goes on; {told}"
        return Verdict(GoalState.WARNING, why, flag=f"{spent.alert}_burn")
    return _likely_broken(case) or Verdict(GoalState.SAFE, told)


def _likely_broken(case: Case) -> Verdict | None:
    chance = _chance_of_breaking(case)
    if chance < LIKELY_BROKEN_FROM:
        return None
    edge = wording.amount(case, case.aim)
    why = f"the limit {edge} is broken at the end with a chance of {wording.percent(chance)}"
    return Verdict(GoalState.WARNING, why)


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
