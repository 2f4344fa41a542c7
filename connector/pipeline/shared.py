"""What goals over the same sets have in common: read once in a run, not once a goal."""

from __future__ import annotations

from functools import cache

from connector.kpi.elapsed import WorkingTime
from connector.kpi.series import known_before, known_since


class Shared:
    """Open hours of periods, and how much history there is, by the sets that are open.

    It must not outlive the connections that it was asked about.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.working_time = cache(WorkingTime)
        self.known_since = cache(known_since)
        self.known_before = cache(known_before)
