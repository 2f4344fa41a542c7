"""What one run did: the document that `connector sync --json` prints."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from connector.model.change import Outcome
from connector.model.goal import GoalReport


class RunStatus(StrEnum):
    """How a run ended; `PARTIAL` means done, but not every ticket could be written."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class WriteCounts(msgspec.Struct, kw_only=True):
    """How many tickets were planned, and what became of each."""

    planned: int = 0
    written: int = 0
    conflict: int = 0
    locked: int = 0
    missing: int = 0
    rejected: int = 0
    deferred: int = 0
    parked: int = 0

    def count(self, outcome: str, number: int = 1) -> None:
        """Add `number` tickets to one outcome."""
        name = Outcome(outcome).value
        setattr(self, name, getattr(self, name) + number)

    @property
    def are_complete(self) -> bool:
        """Tell whether nothing planned was left unwritten, parked tickets aside."""
        return not (self.conflict or self.locked or self.missing or self.rejected or self.deferred)


class HelpdeskReport(msgspec.Struct, kw_only=True):
    """What one run did with one helpdesk. `notes` are for people: what to look at, what waits."""

    name: str
    kind: str
    requests: int = 0
    tickets_read: int = 0
    events_read: int = 0
    writes: WriteCounts = msgspec.field(default_factory=WriteCounts)
    duration_s: float = 0.0
    error: str | None = None
    caught_up: bool = True
    through: datetime | None = None
    unknown: dict[str, int] = {}
    notes: list[str] = []


class RunReport(msgspec.Struct, kw_only=True):
    """One run, whole."""

    run: str
    started_at: datetime
    finished_at: datetime
    status: str
    helpdesks: list[HelpdeskReport]
    goals: list[GoalReport]
