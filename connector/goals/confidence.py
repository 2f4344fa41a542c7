"""What the owner believes beside what the numbers say: shown together, never blended."""

from __future__ import annotations

from connector.model.goal import CheckIn, GoalState

SURE_FROM = 8
UNSURE_TO = 3


def disagreement(status: str, checkin: CheckIn | None) -> str:
    """Say that an owner is sure of a goal that is off track, or unsure of one that is on track.

    Anything else, and an owner who gave no confidence, is no disagreement: "".
    """
    if checkin is None or checkin.confidence is None:
        return ""
    who, sure = checkin.by or "the owner", checkin.confidence
    if sure >= SURE_FROM and status == GoalState.OFF_TRACK:
        return f"{who} is confident ({sure} of 10), the numbers say off track"
    if sure <= UNSURE_TO and status == GoalState.ON_TRACK:
        return f"{who} doubts it ({sure} of 10), the numbers say on track"
    return ""
