"""How long an anti-goal was past its limit, and how long it has kept clear."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from connector.model.goal import GoalState, Streak

JUDGED = frozenset({GoalState.SAFE, GoalState.WARNING, GoalState.VIOLATED})


def streak(states: Sequence[str]) -> Streak:
    """Count the days of a period by their states, oldest first.

    A day on which nothing could be said (paused, too few tickets) counts nowhere and ends nothing.
    """
    judged = [state for state in states if state in JUDGED]
    clean = takewhile(lambda state: state == GoalState.SAFE, reversed(judged))
    return Streak(
        days_violated=judged.count(GoalState.VIOLATED),
        days_warning=judged.count(GoalState.WARNING),
        clean_days=sum(1 for _ in clean),
    )
