"""The journal: what we meant to write, what became of it, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from connector.model.change import Outcome, TicketChange, WriteResult
from connector.writeback.shown import Ours, Own, after

REFUSALS = frozenset({Outcome.CONFLICT, Outcome.LOCKED, Outcome.MISSING, Outcome.REJECTED})
REFUSALS_UNTIL_PARKED = 3


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One change about to be sent, and our part of the ticket before it."""

    change: TicketChange
    before_fields: Mapping[str, str | None] = {}
    before_tags: tuple[str, ...] = ()

    @property
    def before(self) -> Ours:
        """Return our part of the ticket before the change."""
        return Ours(self.before_fields, frozenset(self.before_tags))


class OpenBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch whose outcome was never journaled; `job` is known once it was received."""

    id: int
    run: str
    sent_at: datetime
    intents: tuple[Intent, ...]
    job: str | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the past; `outcome` is None while it is open."""

    run: str
    at: datetime
    intent: Intent
    outcome: str | None = None


class Journal(Protocol):
    """Where intents and outcomes are kept; each call is durable when it returns."""

    def record_intent(
        self, run: str, helpdesk: str, intents: Sequence[Intent], *, at: datetime
    ) -> int:
        """Keep what is about to be sent and return the batch's id."""

    def record_receipt(self, batch: int, job: str | None) -> None:
        """Keep that the helpdesk took the batch, and the job it named."""

    def record_outcomes(self, batch: int, results: Sequence[WriteResult], *, at: datetime) -> None:
        """Keep what became of the batch's tickets; the batch is closed when all are known."""

    def open_batches(self, helpdesk: str) -> Sequence[OpenBatch]:
        """Return the batches whose outcome is not known, oldest first."""

    def rows(self, helpdesk: str) -> Iterable[Row]:
        """Return every change of the past, oldest first."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal says about each ticket: our own writes, and those parked since when."""

    own: Mapping[str, Own] = {}
    parked: Mapping[str, datetime] = {}


def ledger(rows: Iterable[Row]) -> Ledger:
    """Add up the journal.

    A ticket refused the same way three times in a row is parked.
    """
    own: dict[str, Own] = {}
    refused: dict[str, tuple[str, int, datetime]] = {}
    for row in rows:
        change, outcome = row.intent.change, row.outcome
        ticket_id = change.ticket_id
        if outcome == Outcome.WRITTEN:
            own[ticket_id] = after(own.get(ticket_id), change, before=row.intent.before, at=row.at)
            refused.pop(ticket_id, None)
        elif outcome in REFUSALS:
            last, times, _ = refused.get(ticket_id, (outcome, 0, row.at))
            refused[ticket_id] = (outcome, times + 1 if last == outcome else 1, row.at)
    parked = {
        ticket_id: at
        for ticket_id, (_, times, at) in refused.items()
        if times >= REFUSALS_UNTIL_PARKED
    }
    return Ledger(own=own, parked=parked)
