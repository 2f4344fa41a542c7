"""Writes a plan batch by batch: intents are journaled before, receipts and outcomes after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from connector.adapters.base import Adapter
from connector.errors import AdapterError
from connector.model.change import Outcome, Receipt, WriteResult
from connector.model.run import WriteCounts
from connector.store.state import State
from connector.writeback.outcomes import REFUSALS, Books, answered
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
    state: State,
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
    writer = _Writer(adapter, Books(state, plan.helpdesk), plan, run, poll)
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

    def __init__(self, adapter: Adapter, books: Books, plan: Plan, run: str, poll: Poll) -> None:
        self.adapter = adapter
        self.books = books
        self.is_undo = plan.is_undo
        self.run = run
        self.poll = poll

    def write(self, batch: Sequence[PlannedChange]) -> tuple[WriteResult, ...]:
        """Write one batch and return what became of each ticket; unknown ones are deferred."""
        books, now = self.books, self.poll.now
        intents = [planned.intent for planned in batch]
        sent_at = now()
        number = books.state.record_intent(
            self.run, books.helpdesk, intents, at=sent_at, is_undo=self.is_undo
        )
        receipt = self.adapter.submit([planned.change for planned in batch])
        books.state.record_receipt(number, receipt.job, at=now())
        results = collect(self.adapter, receipt, self.poll)
        if results is None:
            return tuple(
                WriteResult(ticket_id=change.ticket_id, outcome=Outcome.DEFERRED)
                for change in receipt.changes
            )
        results = answered(receipt, results)
        books.enter(number, intents, results, sent_at=sent_at, at=now())
        stamps = {p.change.ticket_id: p.change.expected_stamp or sent_at for p in batch}
        return books.refuse(results, stamps, at=now())


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


def _batches(changes: Sequence[PlannedChange], size: int) -> Iterator[Sequence[PlannedChange]]:
    size = max(size, 1)
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
