"""Settles batches that an earlier run left open: by their job, else by reading their tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import msgspec

from connector.adapters.base import Adapter
from connector.adapters.readback import shows_some
from connector.errors import FatalError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.run import WriteCounts
from connector.model.ticket import Status, Ticket
from connector.store.journal import OpenBatch
from connector.store.state import State
from connector.writeback.apply import Poll
from connector.writeback.note import is_same_note
from connector.writeback.outcomes import Books, answered

PATIENCE = timedelta(hours=1)
READ_BATCH = 100


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of open batches; tickets in flight are not planned again in this run."""

    counts: WriteCounts
    in_flight: frozenset[str] = frozenset()


def settle(
    adapter: Adapter,
    state: State,
    *,
    helpdesk: str,
    lease_check: Callable[[], None],
    poll: Poll,
) -> Settled:
    """Find out what became of batches whose outcome is unknown, before anything is planned.

    A job that is still running is left alone for an hour; after that the tickets decide.
    """
    counts, in_flight = WriteCounts(), set[str]()
    books = Books(state, helpdesk)
    for batch in state.open_batches(helpdesk):
        lease_check()
        results = _results(adapter, batch, poll)
        if results is None:
            in_flight.update(intent.ticket_id for intent in batch.intents)
            continue
        books.enter(batch.batch, batch.intents, results, sent_at=batch.at, at=poll.now())
        for result in results:
            counts.count(result.outcome)
    return Settled(counts=counts, in_flight=frozenset(in_flight))


def _results(adapter: Adapter, batch: OpenBatch, poll: Poll) -> tuple[WriteResult, ...] | None:
    """Return what became of one batch; None if it has to be waited for."""
    changes = tuple(intent.change for intent in batch.intents)
    if batch.job is not None:
        results, is_known = _ask(adapter, Receipt(changes=changes, job=batch.job))
        if results is not None:
            return results
        if is_known and poll.now() - batch.at < PATIENCE:
            return None
    return tuple(_by_reading(adapter, changes))


def _ask(adapter: Adapter, receipt: Receipt) -> tuple[tuple[WriteResult, ...] | None, bool]:
    """Ask for the job's results once; helpdesks forget jobs, and a forgotten one is not known."""
    try:
        results = adapter.collect(receipt)
    except FatalError:
        return None, False
    return (None if results is None else answered(receipt, results)), True


def _by_reading(adapter: Adapter, changes: tuple[TicketChange, ...]) -> Iterable[WriteResult]:
    """Compare tickets with what was to be written."""
    for start in range(0, len(changes), READ_BATCH):
        part = changes[start : start + READ_BATCH]
        tickets = {t.id: t for t in adapter.get([change.ticket_id for change in part])}
        for change in part:
            yield _compared(change, tickets.get(change.ticket_id))


def _compared(change: TicketChange, ticket: Ticket | None) -> WriteResult:
    if ticket is None or ticket.status == Status.DELETED:
        return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.MISSING)
    if shows(ticket, change) or shows_some(ticket, change):
        return WriteResult(ticket_id=ticket.id, outcome=Outcome.WRITTEN, ticket=ticket)
    closed = ticket.status == Status.CLOSED
    outcome = Outcome.LOCKED if closed else Outcome.DEFERRED
    return WriteResult(ticket_id=ticket.id, outcome=outcome, detail="not applied")


def shows(ticket: Ticket, change: TicketChange) -> bool:
    """Tell whether a ticket is as it would be after the change."""
    tags = set(ticket.tags)
    return (
        tags.issuperset(change.add_tags)
        and tags.isdisjoint(change.remove_tags)
        and all(is_same_note(ticket.fields.get(k), v) for k, v in change.fields.items())
    )
