"""Lint: goals judged as a good coach would, each finding with its reason and a suggestion.

Every rule is a function that looks at one goal, or at one objective, and at all others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from connector.config.mapping import ObjectiveTable
from connector.goals import lint_history, lint_links, lint_measures, lint_wording
from connector.goals.lint_look import Look, Plan, Remark, Remarks

WARNING: Final = "warning"
ADVICE: Final = "advice"
NOTE: Final = "note"
SEVERITIES: Final = (WARNING, ADVICE, NOTE)
"""Gravest first: what makes a goal misleading, what makes it better, what is good to know."""

OnGoal = Callable[[Look, Plan], Remarks]
OnObjective = Callable[[str, ObjectiveTable, Plan], Remarks]
Origin = Mapping[str, tuple[Path, int]]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; `needs_data` tells that it says nothing before the first sync."""

    id: str
    severity: str
    about: str
    goal: OnGoal | None = None
    objective: OnObjective | None = None
    needs_data: bool = False


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one goal or objective (`kind` says which), and where that stands."""

    rule: str
    severity: str
    kind: str
    id: str
    file: str
    line: int
    why: str
    suggestion: str


def _on_goal(severity: str, check: OnGoal, *, needs_data: bool = False) -> Rule:
    name, about = check.__name__, _about(check)
    return Rule(id=name, severity=severity, about=about, goal=check, needs_data=needs_data)


def _on_objective(severity: str, check: OnObjective) -> Rule:
    return Rule(id=check.__name__, severity=severity, about=_about(check), objective=check)


def _about(check: Callable[..., Remarks]) -> str:
    return (check.__doc__ or "").strip()


RULES: Final = (
    _on_goal(ADVICE, lint_wording.no_kpi),
    _on_goal(ADVICE, lint_wording.vague_anti_goal),
    _on_goal(ADVICE, lint_wording.no_why),
    _on_goal(WARNING, lint_wording.no_owner),
    _on_objective(WARNING, lint_wording.objective_no_owner),
    _on_goal(NOTE, lint_wording.no_business_effect),
    _on_goal(NOTE, lint_wording.not_endorsed),
    _on_goal(NOTE, lint_wording.proposal_waits),
    _on_objective(NOTE, lint_wording.objective_proposal_waits),
    _on_goal(WARNING, lint_measures.activity_not_outcome),
    _on_goal(WARNING, lint_measures.handle_time_of_persons),
    _on_goal(WARNING, lint_measures.speed_without_guard),
    _on_goal(WARNING, lint_links.opposite_goals),
    _on_goal(ADVICE, lint_links.overlapping_scopes),
    _on_goal(WARNING, lint_links.outside_of_parent),
    _on_goal(WARNING, lint_links.weaker_than_parent),
    _on_objective(WARNING, lint_links.empty_objective),
    _on_objective(ADVICE, lint_links.crowded_objective),
    _on_goal(WARNING, lint_history.no_baseline),
    _on_goal(WARNING, lint_history.target_on_wrong_side, needs_data=True),
    _on_goal(WARNING, lint_history.limit_broken_already, needs_data=True),
    _on_goal(ADVICE, lint_history.too_easy, needs_data=True),
    _on_goal(WARNING, lint_history.too_hard, needs_data=True),
    _on_goal(ADVICE, lint_history.committed_but_aggressive, needs_data=True),
    _on_goal(WARNING, lint_history.unrealistic_timeline, needs_data=True),
    _on_goal(WARNING, lint_history.small_sample, needs_data=True),
    _on_goal(ADVICE, lint_history.stale_data, needs_data=True),
)
"""Every rule there is."""


def lint(plan: Plan, origin: Origin, today: date) -> list[Finding]:
    """Judge everything that was written and is not over; by file, line and rule."""
    found = [finding for rule in RULES for finding in _findings(rule, plan, origin, today)]
    return sorted(found, key=lambda one: (one.file, one.line, one.rule, one.why))


def _findings(rule: Rule, plan: Plan, origin: Origin, today: date) -> Iterator[Finding]:
    for look in plan.looks.values():
        if look.goal.period.end <= today:
            continue
        for remark in rule.goal(look, plan) if rule.goal else ():
            yield _finding(rule, "goal", look.id, remark, origin)
    for name, table in plan.objectives.items():
        if table.period is not None and table.period.end <= today:
            continue
        for remark in rule.objective(name, table, plan) if rule.objective else ():
            yield _finding(rule, "objective", name, remark, origin)


def _finding(rule: Rule, kind: str, name: str, remark: Remark, origin: Origin) -> Finding:
    path, line = origin.get(f"{kind}.{name}", (Path(), 0))
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        kind=kind,
        id=name,
        file=str(path),
        line=line,
        why=remark.why,
        suggestion=remark.suggestion,
    )
