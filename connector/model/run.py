"""What one run did: the document that `connector sync --json` prints."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from connector.model.change import Outcome
from connector.model.goal import GoalReport, ObjectiveReport
from connector.model.page import Limits


class RunStatus(StrEnum):
    """How a run ended; `PARTIAL` means done, but not every ticket could be written."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class WriteCounts(msgspec.Struct, kw_only=True):
    """How many tickets were planned, and what became of each.

    `left_alone` counts those of `conflict`, `locked` and `missing` that were not sent, since people
    had changed them after they were read.
    """

    planned: int = 0
    written: int = 0
    conflict: int = 0
    locked: int = 0
    missing: int = 0
    rejected: int = 0
    deferred: int = 0
    parked: int = 0
    left_alone: int = 0

    def count(self, outcome: str, number: int = 1) -> None:
        """Add `number` tickets to one outcome."""
        name = Outcome(outcome).value
        setattr(self, name, getattr(self, name) + number)

    @property
    def are_complete(self) -> bool:
        """Tell whether nothing planned was left unwritten, parked and left alone ones aside."""
        refused = self.conflict + self.locked + self.missing + self.rejected
        return refused == self.left_alone and not self.deferred


class FirstSync(msgspec.Struct, frozen=True, kw_only=True):
    """How far a first sync is: the stream it is reading, and what that has brought in all runs.

    `left_s` is about how long the rest of this stream takes at the pace that limits allow.
    """

    stream: str
    rows: int
    expected: int | None
    through: datetime | None
    left_s: float | None
    at: datetime


class HelpdeskReport(msgspec.Struct, kw_only=True):
    """What one run did with one helpdesk. `notes` are for people: what to look at, what waits.

    `finished` is false when a limit of time or requests ended the reading; `first_sync` says how
    far a first one is that goes on with the next run; `limits` are those last announced, by
    window.
    """

    name: str
    kind: str
    requests: int = 0
    tickets_read: int = 0
    events_read: int = 0
    writes: WriteCounts = msgspec.field(default_factory=WriteCounts)
    duration_s: float = 0.0
    error: str | None = None
    finished: bool = True
    caught_up: bool = True
    first_sync: FirstSync | None = None
    through: datetime | None = None
    unknown: dict[str, int] = {}
    notes: list[str] = []
    limits: dict[str, Limits] = {}


class RunReport(msgspec.Struct, kw_only=True):
    """One run, whole. `problems` are mistakes in mappings that stopped single goals."""

    run: str
    started_at: datetime
    finished_at: datetime
    status: str
    helpdesks: list[HelpdeskReport]
    goals: list[GoalReport]
    problems: list[str] = []
    objectives: list[ObjectiveReport] = []
