"""Writes a plan batch by batch: a last look, the intents, the batch, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from connector.adapters.base import Adapter
from connector.errors import AdapterError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.run import WriteCounts
from connector.store.state import State
from connector.writeback.looking import last_look
from connector.writeback.outcomes import REFUSALS, Books, answered
from connector.writeback.plan import Plan, PlannedChange

KINDS: tuple[Callable[[TicketChange], bool], ...] = (
    lambda change: bool(change.add_tags or change.remove_tags),
    lambda change: bool(change.fields),
    lambda change: not all(change.fields.values()),
)
"""Changes of tags, of fields, and of fields that are emptied."""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """The clock a writer lives by, how long it waits for a batch, and when it begins no more."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    wait_s: float = 1.0
    longest_wait_s: float = 10.0
    limit_s: float = 300.0
    until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the time for batches is over."""
        return self.until is not None and self.now() >= self.until


class WriteReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan. `error` is why writing stopped early; the rest is deferred then.

    `refused` are the tickets that were not written though their turn came, `deferred` the ids of
    those whose turn did not come, or whose outcome is not known yet. `partly` counts the written
    ones that do not show all of it: a rule took it back, or their helpdesk ignored it.
    """

    counts: WriteCounts
    batches: int = 0
    refused: tuple[WriteResult, ...] = ()
    deferred: tuple[str, ...] = ()
    partly: int = 0
    error: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what somebody should know besides the counts."""
        told = (
            f"{self.partly} tickets do not show all that was written: a rule of the helpdesk took"
            " it back, or a field is not there for us"
        )
        return (told,) if self.partly else ()

    @property
    def waiting(self) -> frozenset[str]:
        """Return the tickets that still have to be written, and soon: deferred, or in conflict."""
        passing = {Outcome.CONFLICT, Outcome.REJECTED}
        return frozenset(self.deferred).union(
            result.ticket_id for result in self.refused if result.outcome in passing
        )


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
    """Write the plan batch by batch; what does not fit into time or `most_batches` is deferred.

    `lease_check` raises when this run is no longer the one that may write. When the helpdesk
    fails, the batch in question stays open in the journal and is settled by the next run.
    """
    writer = _Writer(adapter, Books(state, plan.helpdesk), plan, run, poll)
    size = max(adapter.capabilities.write_batch, 1)
    batches = list(_batches(_all_kinds_first(plan.changes, size), size))
    tally = _Tally(plan)
    sent, error = 0, None
    for batch in batches[:most_batches]:
        if poll.is_over:
            break
        lease_check()
        sent += 1
        try:
            look = last_look(adapter, plan, batch)
            tally.leave(look.left)
            tally.count(writer.write(look.fits) if look.fits else ())
        except AdapterError as failure:
            error = str(failure)
            break
    return tally.report(sent, error)


class _Tally:
    """Counts what became of each ticket of a plan; who has no outcome in the end is deferred."""

    def __init__(self, plan: Plan) -> None:
        self.open = dict.fromkeys(planned.change.ticket_id for planned in plan.changes)
        self.counts = WriteCounts(planned=len(self.open))
        self.refused: list[WriteResult] = []
        self.partly = 0

    def leave(self, results: Sequence[WriteResult]) -> None:
        """Count tickets that the last look left alone."""
        self.counts.left_alone += len(results)
        self.count(results)

    def count(self, results: Sequence[WriteResult]) -> None:
        """Count outcomes."""
        for result in results:
            if result.outcome != Outcome.DEFERRED:
                self.counts.count(result.outcome)
                del self.open[result.ticket_id]
        self.partly += sum(one.outcome == Outcome.WRITTEN and bool(one.detail) for one in results)
        self.refused += [result for result in results if result.outcome in REFUSALS]

    def report(self, batches: int, error: str | None) -> WriteReport:
        """Return the whole."""
        self.counts.count(Outcome.DEFERRED, len(self.open))
        return WriteReport(
            counts=self.counts,
            batches=batches,
            refused=tuple(self.refused),
            deferred=tuple(self.open),
            partly=self.partly,
            error=error,
        )


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


def _all_kinds_first(changes: Sequence[PlannedChange], size: int) -> Sequence[PlannedChange]:
    """Return the changes in order, but with every kind of change in the first batch.

    What a helpdesk does with a kind is seen when the first of it is read back, so one reading is
    enough for all.
    """
    first, rest = changes[:size], changes[size:]
    lacking = [kind for kind in KINDS if not any(kind(p.change) for p in first)]
    found = (next((p for p in rest if kind(p.change)), None) for kind in lacking)
    early = list({p.change.ticket_id: p for p in found if p is not None}.values())
    if not early or size <= len(KINDS):
        return changes
    return [*early, *(planned for planned in changes if planned not in early)]


def _batches(changes: Sequence[PlannedChange], size: int) -> Iterator[Sequence[PlannedChange]]:
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
