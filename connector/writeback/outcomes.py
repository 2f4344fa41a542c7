"""Keeps what became of a batch: outcomes, what written tickets now show, and who is parked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connector.adapters.readback import lacking
from connector.model.change import Outcome, Receipt, WriteResult
from connector.store.journal import Believed, Intent
from connector.store.state import State
from connector.writeback.note import is_same_note
from connector.writeback.shown import after

REFUSALS = frozenset({Outcome.CONFLICT, Outcome.LOCKED, Outcome.MISSING, Outcome.REJECTED})


class Books:
    """The journal and refusals of one helpdesk, while this run alone writes to it."""

    def __init__(self, state: State, helpdesk: str) -> None:
        self.state = state
        self.helpdesk = helpdesk
        self._believed: dict[str, Believed] | None = None

    def enter(
        self,
        batch: int,
        intents: Sequence[Intent],
        results: Sequence[WriteResult],
        *,
        sent_at: datetime,
        at: datetime,
    ) -> None:
        """Journal outcomes, and with them what written tickets show of ours from now on.

        What the helpdesk did and a rule of its own took back counts as shown, then changed: it is
        put right at most once, and then left alone until the state changes.
        """
        if self._believed is None:
            self._believed = self.state.believed(self.helpdesk)
        by_ticket = {intent.ticket_id: intent for intent in intents}
        left = {}
        for result in results:
            if result.outcome == Outcome.WRITTEN or result.is_done:
                intent = by_ticket[result.ticket_id]
                stamp = result.ticket.stamp if result.ticket else sent_at
                old = self._believed.get(result.ticket_id)
                left[result.ticket_id] = after(
                    old, intent, at=stamp, overruled=overruled(result, intent)
                )
        self.state.record_outcomes(batch, results, at=at, left=left)
        self._believed.update(left)
        written = (result.ticket_id for result in results if result.outcome == Outcome.WRITTEN)
        self.state.allow(self.helpdesk, tuple(written))

    def refuse(
        self,
        results: Sequence[WriteResult],
        stamps: Mapping[str, datetime],
        *,
        at: datetime,
    ) -> tuple[WriteResult, ...]:
        """Count refusals; a version of a ticket refused the same way too often is parked."""
        refused = [result for result in results if result.outcome in REFUSALS]
        for result in refused:
            self.state.refuse(
                self.helpdesk,
                result.ticket_id,
                reason=result.outcome,
                stamp=stamps.get(result.ticket_id, at),
                left=result.ticket.stamp if result.ticket else None,
                at=at,
            )
        known = self.state.refusals(self.helpdesk) if refused else {}
        parked = {ticket_id for ticket_id, refusal in known.items() if refusal.is_parked}
        return tuple(
            msgspec.structs.replace(result, outcome=Outcome.PARKED)
            if result in refused and result.ticket_id in parked
            else result
            for result in results
        )


def overruled(result: WriteResult, intent: Intent) -> frozenset[str]:
    """Return the aspects that were gone again when a ticket was read back, if others were there."""
    if result.outcome != Outcome.WRITTEN or result.ticket is None:
        return frozenset()
    shown, asked = result.ticket.fields, intent.fields_after
    return frozenset(
        key
        for key in lacking(result.ticket, intent.change)
        if key not in asked or not is_same_note(shown.get(key), asked[key])
    )


def answered(receipt: Receipt, results: Sequence[WriteResult]) -> tuple[WriteResult, ...]:
    """Return one result for each change: a ticket without an answer was not written."""
    known = {result.ticket_id: result for result in results}
    return tuple(
        known.get(change.ticket_id)
        or WriteResult(
            ticket_id=change.ticket_id, outcome=Outcome.REJECTED, detail="the answer left it out"
        )
        for change in receipt.changes
    )
