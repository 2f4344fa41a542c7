"""What an anti-goal's budget of bad events is told from: events counted in a few windows."""

from __future__ import annotations

import msgspec


class Tally(msgspec.Struct, frozen=True):
    """Events, and how many of them were bad; shared tickets make fractions."""

    bad: float = 0
    events: float = 0


class BurnCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one period up to a moment: so far, and in the business time just before it.

    `hours` are the last two business hours, `day` the last business day, `week` the last five;
    none of them reaches back beyond the start of the period.
    """

    period: Tally
    hours: Tally
    day: Tally
    week: Tally


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a period as counted, how many the whole of it will see, and its business days.

    A business day is the open time of a usual day of the schedule.
    """

    counts: BurnCounts
    expected: float
    days: float
