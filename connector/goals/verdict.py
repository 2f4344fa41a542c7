"""A status and the reason for it."""

from __future__ import annotations

import msgspec

from connector.model.goal import GoalState


class Verdict(msgspec.Struct, frozen=True):
    """What a rule decided, and in words why; `flag` is added to the goal's flags."""

    status: GoalState
    why: str
    flag: str = ""
