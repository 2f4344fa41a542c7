"""Writes a plan batch by batch: intent and receipt are journaled, outcomes collected and journaled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from connector.adapters.base import Adapter
from connector.errors import AdapterError
from connector.model.change import Outcome, Receipt, WriteResult
from connector.model.run import WriteCounts
from connector.writeback.journal import REFUSALS, Intent, Journal, ledger
from connector.writeback.plan import Plan, PlannedChange


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """The clock a writer lives by, and how long it waits for a batch."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    wait_s: float = 1.0
    longest_wait_s: float = 10.0
    limit_s: float = 300.0


class WriteReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan. `error` is why writing stopped early; the rest is deferred then."""

    counts: WriteCounts
    batches: int = 0
    refused: tuple[WriteResult, ...] = ()
    error: str | None = None


def apply(
    adapter: Adapter,
    journal: Journal,
    plan: Plan,
    *,
    run: str,
    lease_check: Callable[[], None],
    poll: Poll,
    most_batches: int | None = None,
) -> WriteReport:
    """Write the plan batch by batch; what does not fit into `most_batches` is deferred.

    `lease_check` raises when this run is no longer the one that may write. When the helpdesk
    fails, the batch in question stays open in the journal and is settled by the next run.
    """
    writer = _Writer(adapter, journal, plan.helpdesk, run, poll)
    batches = list(_batches(plan.changes, adapter.capabilities.write_batch))
    counts = WriteCounts(planned=len(plan.changes))
    refused: list[WriteResult] = []
    sent, error = 0, None
    for batch in batches[:most_batches]:
        lease_check()
        sent += 1
        try:
            results = writer.write(batch)
        except AdapterError as failure:
            error = str(failure)
            counts.count(Outcome.DEFERRED, len(batch))
            break
        for result in results:
            counts.count(result.outcome)
        refused += [result for result in results if result.outcome in REFUSALS]
    counts.count(Outcome.DEFERRED, sum(len(batch) for batch in batches[sent:]))
    return WriteReport(counts=counts, batches=sent, refused=tuple(refused), error=error)


class _Writer:
    """Sends batches of one run to one helpdesk."""

    def __init__(
        self, adapter: Adapter, journal: Journal, helpdesk: str, run: str, poll: Poll
    ) -> None:
        self.adapter = adapter
        self.journal = journal
        self.helpdesk = helpdesk
        self.run = run
        self.poll = poll

    def write(self, batch: Sequence[PlannedChange]) -> tuple[WriteResult, ...]:
        """Write one batch and return what became of each ticket; unknown ones are deferred."""
        intents = [
            Intent(
                change=planned.change,
                before_fields=planned.before_fields,
                before_tags=planned.before_tags,
            )
            for planned in batch
        ]
        now = self.poll.now
        batch_id = self.journal.record_intent(self.run, self.helpdesk, intents, at=now())
        receipt = self.adapter.submit([intent.change for intent in intents])
        self.journal.record_receipt(batch_id, receipt.job)
        results = collect(self.adapter, receipt, self.poll)
        if results is None:
            return tuple(
                WriteResult(ticket_id=change.ticket_id, outcome=Outcome.DEFERRED)
                for change in receipt.changes
            )
        results = answered(receipt, results)
        self.journal.record_outcomes(batch_id, results, at=now())
        return self._parked(results)

    def _parked(self, results: Sequence[WriteResult]) -> tuple[WriteResult, ...]:
        """Tell which refused tickets are parked by now."""
        if not any(result.outcome in REFUSALS for result in results):
            return tuple(results)
        parked = ledger(self.journal.rows(self.helpdesk)).parked
        return tuple(
            msgspec.structs.replace(result, outcome=Outcome.PARKED)
            if result.ticket_id in parked and result.outcome in REFUSALS
            else result
            for result in results
        )


def collect(adapter: Adapter, receipt: Receipt, poll: Poll) -> tuple[WriteResult, ...] | None:
    """Ask until the batch is done, with growing waits; None when it takes too long."""
    waited, wait = 0.0, poll.wait_s
    while True:
        results = adapter.collect(receipt)
        if results is not None or waited >= poll.limit_s:
            return results
        poll.sleep(wait)
        waited += wait
        wait = min(2 * wait, poll.longest_wait_s)


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


def _batches(changes: Sequence[PlannedChange], size: int) -> Iterator[Sequence[PlannedChange]]:
    size = max(size, 1)
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
