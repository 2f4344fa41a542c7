"""Rules of lint about goals among each other: against, beside, below each other."""

from __future__ import annotations

from typing import Final

from connector.config.mapping import ObjectiveTable, PeriodTable
from connector.goals.lint_look import Look, Plan, Remark, Remarks, are_together
from connector.goals.lint_scopes import have_tickets_in_common, is_same_kpi
from connector.model.kpi import Direction, Family

MOST_KEY_RESULTS: Final = 5

ADDS_UP: Final = frozenset({Family.COUNT, Family.SUM, Family.SNAPSHOT, Family.DAYS})
"""Families of which a part is smaller than the whole."""


def opposite_goals(look: Look, plan: Plan) -> Remarks:
    """Two goals pull one KPI in opposite ways at the same time."""
    for other in plan.before(look):
        if look.measure != other.measure or not _meet(look, other):
            continue
        mine, theirs = _way(look), _way(other)
        if {mine, theirs} == {Direction.HIGHER, Direction.LOWER}:
            yield Remark(
                f"it wants {look.measure} {mine}, and {other.id} wants it {theirs}, for the"
                f" same tickets from {_shared(look, other)}",
                "decide which of the two counts, or divide the tickets by their where",
            )


def overlapping_scopes(look: Look, plan: Plan) -> Remarks:
    """Two goals of one level count the same tickets by the same KPI."""
    if look.goal.is_anti or look.goal.is_proposal:
        return
    for other in plan.before(look):
        if other.goal.is_anti or other.goal.is_proposal or look.goal.level != other.goal.level:
            continue
        if not is_same_kpi(look, other) or not _meet(look, other):
            continue
        if not plan.serve_each_other(look, other):
            yield Remark(
                f"a ticket can count here and for {other.id}: both are of level {look.goal.level}"
                f" and on {look.measure}, from {_shared(look, other)}",
                f'narrow the where of one, or let it serve the other: serves = ["{other.id}"]',
            )


def outside_of_parent(look: Look, plan: Plan) -> Remarks:
    """A goal runs at times at which what it serves does not."""
    own = look.goal.period
    for name in look.goal.parents:
        period = _period(name, plan)
        if period is None or (period.start <= own.start and own.end <= period.end):
            continue
        yield Remark(
            f"it runs from {own.start} to {own.end}, and {name}, which it serves, from"
            f" {period.start} to {period.end}",
            "put its period inside of that, or make a goal for each period",
        )


def weaker_than_parent(look: Look, plan: Plan) -> Remarks:
    """A goal asks for less than its parent needs, on the same KPI."""
    for parent in plan.parents(look):
        if not _is_weaker(look, parent):
            continue
        others = (one for one in plan.serving(parent.id) if one.id != look.id)
        if not any(_is_weaker(parent, one) for one in others):
            yield Remark(
                f"its target of {look.said(look.aim)} is worse than the {parent.said(parent.aim)}"
                f" of {parent.id}, which it serves, and no other goal makes up for that",
                f"raise it to {parent.said(parent.aim)} or better, or lower that of {parent.id}",
            )


def empty_objective(name: str, objective: ObjectiveTable, plan: Plan) -> Remarks:
    """An objective has nothing that serves it."""
    del objective
    below = any(name in one.parents for one in plan.objectives.values())
    if not below and not any(True for _ in plan.serving(name)):
        yield Remark(
            "nothing serves it, so nobody can tell whether it becomes true",
            f'write objective = "{name}" in two to {MOST_KEY_RESULTS} goals, or delete it',
        )


def crowded_objective(name: str, objective: ObjectiveTable, plan: Plan) -> Remarks:
    """An objective has more key results than anybody keeps in mind."""
    del objective
    found = [one.id for one in plan.serving(name) if not one.goal.is_anti]
    if len(found) > MOST_KEY_RESULTS:
        yield Remark(
            f"{len(found)} goals serve it directly, and where all matters nothing does",
            f"keep the {MOST_KEY_RESULTS} that tell most, or divide it into two objectives",
        )


def _way(look: Look) -> Direction | None:
    """Return where it pulls its measure: a higher share within a limit is a lower measure."""
    is_within = look.kpi is not None and look.kpi.aggregate == "within"
    return Direction.LOWER if is_within and look.direction is not None else look.direction


def _meet(one: Look, other: Look) -> bool:
    return are_together(one, other) and have_tickets_in_common(one, other)


def _shared(one: Look, other: Look) -> str:
    mine, theirs = one.goal.period, other.goal.period
    return f"{max(mine.start, theirs.start)} to {min(mine.end, theirs.end)}"


def _period(name: str, plan: Plan) -> PeriodTable | None:
    if name in plan.looks:
        return plan.looks[name].goal.period
    return plan.objectives[name].period if name in plan.objectives else None


def _is_weaker(one: Look, other: Look) -> bool:
    """Tell whether one goal asks for less than another one on the same KPI."""
    if one.goal.is_anti or other.goal.is_anti or not is_same_kpi(one, other):
        return False
    if one.definition is None or one.definition.family in ADDS_UP:
        return False
    if one.scale is None or one.aim is None or other.aim is None:
        return False
    return one.scale.is_better(other.aim, one.aim)
