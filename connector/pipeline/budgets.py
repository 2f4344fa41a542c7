"""The budget of an anti-goal: what is gone of it by a moment, and how fast."""

from __future__ import annotations

from connector.goals.burn import allowed_share, burn
from connector.goals.evidence import Case
from connector.model.goal import Burn
from connector.model.kpi import Direction
from connector.pipeline.subject import Subject


def spent(subject: Subject, case: Case) -> Burn | None:
    """Return what an anti-goal has used up of its budget at the moment of its value."""
    if not case.is_anti_goal or case.goal.mode != "budget":
        return None
    direction = case.direction
    found = subject.spendings(direction is not Direction.HIGHER).at(case.value.as_of)
    allowed = allowed_share(case.aim, direction)
    return burn(found.counts, allowed=allowed, expected=found.expected, days=found.days)
