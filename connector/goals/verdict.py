"""A status and the reason for it."""

from __future__ import annotations

import msgspec

from connector.model.goal import GoalState


class Verdict(msgspec.Struct, frozen=True):
    """What a rule decided, and in words why; `flag` is added to the goal's flags.

    `chance` is the chance of meeting the target, where that is what decided.
    """

    status: GoalState
    why: str
    flag: str = ""
    chance: float | None = None
