"""From day to day: when the status of a goal turned, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import msgspec

from connector.model.goal import DayVerdict


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which a goal stood otherwise than on the day before; `version` judged it."""

    day: date
    before: str
    status: str
    why: str
    version: int = 1


def changes(days: Sequence[DayVerdict], since: date | None = None) -> tuple[StatusChange, ...]:
    """Return the changes of a goal's status from a day on, oldest first; the days are in order."""
    return tuple(
        StatusChange(
            day=now.day,
            before=before.status,
            status=now.status,
            why=now.why,
            version=now.version,
        )
        for before, now in pairwise(days)
        if before.status != now.status and (since is None or now.day >= since)
    )
