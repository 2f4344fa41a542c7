"""Rules of lint about what a goal measures: activity, and speed that nobody guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connector.goals.lint_look import Look, Plan, Remark, Remarks, are_together
from connector.model.kpi import Direction, Family

ACTIVITY: Final = {
    "tickets_solved": "solved tickets",
    "tickets_per_staff_day": "tickets a day and head",
    "replies_per_ticket": "replies",
    "comments_per_ticket": "comments",
    "solves_per_ticket": "solves",
    "staff_days": "days at work",
    "agent_work_time": "time in open states",
    "reply_share": "replies",
}
"""Measures of what staff does, whatever comes of it."""

_QUALITY: Final = (
    "csat_pct csat_mean dsat_pct dsat_reason_share reopen_rate reopens_per_ticket"
    " repeat_contact_rate fcr_system fcr_survey one_touch_rate first_level_resolution nps ces"
    " churn_rate retention_rate"
)
QUALITY: Final = frozenset(_QUALITY.split())
"""Measures that get worse where work is done in haste."""

SPEED: Final = frozenset({"handle_time", "next_reply_time"})
"""Times that are told as plain numbers."""


def activity_not_outcome(look: Look, plan: Plan) -> Remarks:
    """A goal counts what people do instead of what customers get from it."""
    del plan
    if look.goal.is_anti or look.measure not in ACTIVITY:
        return
    whose = " of single persons" if look.is_for_persons else ""
    yield Remark(
        f"{look.measure} counts {ACTIVITY[look.measure]}{whose}, which grow by doing more of them,"
        " whether it helps a customer or not",
        "take an outcome: fcr_system, reopen_rate, csat_pct, full_resolution_time or backlog",
    )


def handle_time_of_persons(look: Look, plan: Plan) -> Remarks:
    """Single persons are held to their handle time, and nothing guards the quality."""
    if look.measure != "handle_time" or look.goal.is_anti or not look.is_for_persons:
        return
    if not _quality_beside(look, plan):
        yield Remark(
            "handle time of single persons falls fastest where problems are cut short, and"
            " nothing guards against that",
            "make it a goal of the team, or add an anti-goal on fcr_system that protects it",
        )


def speed_without_guard(look: Look, plan: Plan) -> Remarks:
    """Speed is wanted, and no anti-goal or key result keeps the quality."""
    if look.goal.is_anti or not _is_speed(look) or _quality_beside(look, plan):
        return
    if look.measure == "handle_time" and look.is_for_persons:
        return
    guards = len(list(plan.guards(look)))
    which = "no anti-goal on quality protects it" if guards else "no anti-goal protects it"
    yield Remark(
        f"{look.measure} is quickest where answers are poor: {which}, and no key result on quality"
        " stands beside it",
        f'add an anti-goal on csat_pct or reopen_rate with protects = ["{look.id}"], or a key'
        " result on one of them beside it",
    )


def _is_speed(look: Look) -> bool:
    definition = look.definition
    if definition is None or look.measure in ACTIVITY:
        return False
    is_time = definition.family == Family.TIME or look.measure in SPEED
    return is_time and definition.direction == Direction.LOWER


def _quality_beside(look: Look, plan: Plan) -> bool:
    """Tell whether an anti-goal on quality guards it, or a goal on quality stands beside it."""
    beside: Iterator[Look] = (one for one in plan.siblings(look) if are_together(one, look))
    found = (*plan.guards(look), *beside)
    return any(one.measure in QUALITY and not one.goal.is_proposal for one in found)
