"""Rules of lint about what is written of a goal: why, for whom, by whom."""

from __future__ import annotations

import re
from typing import Final

from connector.config.mapping import ObjectiveTable
from connector.goals.lint_look import Look, Plan, Remark, Remarks

_VAGUE: Final = (
    "a an and at avoid bad be better customer customers do get give good great help improve less"
    " more much must never no not of our poor quality service should stay support the things"
    " to too up very work worse worst"
)
VAGUE: Final = frozenset(_VAGUE.split())
"""Words that say nothing of what is to be stayed away from."""

NOBODY: Final = frozenset(
    {"all", "anybody", "everybody", "everyone", "n/a", "nobody", "none", "owner", "tbd", "tba"}
    | {"to be named", "todo", "unknown", "us", "we", "someone", "somebody"}
)
"""Words in the place of an owner that name none."""

_WORD: Final = re.compile(r"\w+")


def no_kpi(look: Look, plan: Plan) -> Remarks:
    """A development goal that is not somebody's own growth has no KPI."""
    del plan
    if look.goal.kind == "development" and look.goal.bucket != "personal":
        yield Remark(
            "no KPI measures it, so nobody sees it move before somebody closes it by hand",
            'give it a KPI (`connector catalogue`), or write bucket = "personal" if it is'
            " somebody's own growth",
        )


def vague_anti_goal(look: Look, plan: Plan) -> Remarks:
    """An anti-goal does not say what is bad, or what it guards."""
    del plan
    goal = look.goal
    if not goal.is_anti:
        return
    missing = []
    if not goal.protects:
        missing.append("it protects no goal, so breaking it changes nothing")
    if goal.category is None and not goal.why:
        missing.append("neither category nor why says what harm it stays away from")
    if not set(_WORD.findall(goal.title.lower())) - VAGUE:
        missing.append(f'"{goal.title}" names no bad outcome')
    if missing:
        yield Remark(
            "; ".join(missing),
            'write protects = ["GOAL"] with the goals whose pursuit could cause it, a category,'
            " and a title that names the bad outcome",
        )


def no_why(look: Look, plan: Plan) -> Remarks:
    """A goal does not say why it matters."""
    del plan
    if not look.goal.is_anti and not look.goal.why:
        yield Remark(
            "nothing says why it matters, and people do not strive for a number alone",
            'write why = "..." in words that its owner would use',
        )


def no_owner(look: Look, plan: Plan) -> Remarks:
    """Nobody by name answers for a goal."""
    del plan
    yield from _owner(look.goal.owner)


def objective_no_owner(name: str, objective: ObjectiveTable, plan: Plan) -> Remarks:
    """Nobody by name answers for an objective."""
    del name, plan
    yield from _owner(objective.owner)


def no_business_effect(look: Look, plan: Plan) -> Remarks:
    """A goal above persons does not say what it changes for the firm."""
    del plan
    goal = look.goal
    is_own = goal.level == "person" or goal.bucket == "personal" or goal.kind == "development"
    if not goal.business_effect and not goal.is_anti and not is_own:
        yield Remark(
            f"nothing says what it changes for the firm, at level {goal.level}",
            'write business_effect = "...": customers kept, cost, revenue',
        )


def not_endorsed(look: Look, plan: Plan) -> Remarks:
    """Nobody but the owner stands behind a goal."""
    del plan
    goal = look.goal
    if goal.is_anti or goal.is_proposal or goal.bucket == "personal":
        return
    if set(goal.endorsed_by) <= {goal.owner}:
        yield Remark(
            f"nobody but its owner ({goal.owner}) is named as standing behind it",
            'ask those whose work it changes, and write endorsed_by = ["NAME"]',
        )


def proposal_waits(look: Look, plan: Plan) -> Remarks:
    """A proposed goal waits for acceptance, and counts for nothing until then."""
    del plan
    if look.goal.is_proposal:
        yield _proposal(look.goal.proposed_by)


def objective_proposal_waits(name: str, objective: ObjectiveTable, plan: Plan) -> Remarks:
    """A proposed objective waits for acceptance, and counts for nothing until then."""
    del name, plan
    if objective.is_proposal:
        yield _proposal(objective.proposed_by)


def _owner(owner: str | None) -> Remarks:
    if owner is None or owner.strip(" .?-").lower() in NOBODY | {""}:
        said = "no owner is written" if owner is None else f'"{owner}" is nobody by name'
        yield Remark(
            f"{said}, and what belongs to all is done by none",
            'write owner = "..." with the one person or role that answers for it',
        )


def _proposal(proposed_by: str | None) -> Remark:
    return Remark(
        f"the proposal of {proposed_by} waits for acceptance, and counts for nothing until then",
        'the owner of what it serves writes accepted_by = "NAME", or says no and deletes it',
    )
