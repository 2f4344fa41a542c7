"""Batches on their way: sent, asked for, read back until it is known that the account obeys.

What counts as written depends on what was seen in this run. The first batch is read back whole.
Once tags, fields, and fields that were cleared were seen on its tickets, later batches of that
kind are believed where their job names a ticket as done, and only the rest is read. When the first
batch shows no tags at all, the account does not take them in the batch form, and the ids form is
used from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from connector.adapters.readback import shows
from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.wire import JobAnswer, WireOutcome
from connector.adapters.zendesk.write import (
    FINISHED,
    MOST_OPEN,
    Order,
    clearing_alone,
    fields_alone,
    in_batch_form,
    in_ids_form,
    is_success,
    outcomes,
    settled,
    tags_alone,
)
from connector.errors import AdapterError, RateLimitedError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.ticket import Ticket

NOT_THERE = (403, 404)
ROOM_AFTER_S = 10.0
"""How long to wait before asking again whether jobs came to their end."""
KINDS: Mapping[str, Callable[[Sequence[TicketChange]], list[TicketChange]]] = {
    "tags": tags_alone,
    "fields": fields_alone,
    "cleared fields": clearing_alone,
}
"""What a batch may do, of which each is seen once before it is believed."""
_JOB = msgspec.json.Decoder(JobAnswer)

Read = Callable[[Sequence[str], frozenset[str]], tuple[Ticket, ...]]
"""Reads tickets by id, with the values of these fields."""


@dataclass
class _Underway:
    """A batch that is not settled: jobs still in work, requests still to send, and what was told.

    `is_ours` is false for a batch of an earlier run, of which only the names of jobs are known.
    """

    open: dict[str, tuple[TicketChange, ...]]
    waves: list[list[Order]] = field(default_factory=list)
    told: dict[str, WireOutcome] = field(default_factory=dict)
    is_ours: bool = True
    by_ids: bool = False


class Batches:
    """Writes to one account; remembers what it learnt about the account, and what is underway."""

    def __init__(self, client: ZendeskClient, read: Read) -> None:
        """Begin without having seen anything written."""
        self._client = client
        self._read = read
        self._ignores_tags = False
        self._seen: set[tuple[bool, str]] = set()
        self._underway: dict[str, _Underway] = {}

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Send a batch; the receipt names the jobs that work on it."""
        if not changes:
            return Receipt(changes=(), results=())
        by_ids = self._ignores_tags and bool(tags_alone(changes))
        waves = in_ids_form(changes) if by_ids else [[in_batch_form(changes)]]
        underway = _Underway(open={}, waves=waves, by_ids=by_ids)
        self._send(underway)
        job = " ".join(underway.open)
        self._underway[job] = underway
        return Receipt(changes=tuple(changes), job=job)

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        """Ask once how a batch stands; None while there is something left to wait for."""
        if receipt.results is not None or receipt.job is None:
            return receipt.results
        underway = self._underway.get(receipt.job)
        if underway is None:
            jobs = dict.fromkeys(receipt.job.split(), receipt.changes)
            underway = _Underway(open=jobs, is_ours=False)
        for job, changes in tuple(underway.open.items()):
            self._ask(job, changes, underway)
        if not underway.open and underway.waves:
            self._send(underway)
        if underway.open:
            return None
        results = self._results(receipt.changes, underway)
        if results is not None:
            self._underway.pop(receipt.job, None)
        return results

    def _send(self, underway: _Underway) -> None:
        self._make_room(len(underway.waves[0]))
        sent = {}
        for order in underway.waves[0]:
            path = "tickets/update_many"
            answer = self._client.put(path, order.body, _JOB, order.params)
            sent[answer.job_status.id] = order.changes
        underway.open = sent
        underway.waves = underway.waves[1:]

    def _make_room(self, wanted: int) -> None:
        """Look again at the jobs of batches that nobody waits for any more, if they are many."""
        if self._open() + wanted <= MOST_OPEN:
            return
        for underway in self._underway.values():
            for job, changes in tuple(underway.open.items()):
                self._ask(job, changes, underway)
        if self._open() + wanted > MOST_OPEN:
            raise RateLimitedError(
                f"{KIND} is still at work on {self._open()} jobs of ours and takes no more than"
                f" {MOST_OPEN}; the next run goes on",
                retry_after_s=ROOM_AFTER_S,
            )

    def _open(self) -> int:
        return sum(len(underway.open) for underway in self._underway.values())

    def _ask(self, job: str, changes: Sequence[TicketChange], underway: _Underway) -> None:
        """Note what a job has told; a job that nobody knows any more has told nothing."""
        try:
            answer = self._client.get(f"job_statuses/{job}", _JOB).job_status
        except AdapterError as error:
            if error.status not in NOT_THERE:
                raise
        else:
            if answer.status not in FINISHED:
                return
            for ticket_id, outcome in outcomes(changes, answer.results).items():
                known = underway.told.get(ticket_id)
                # where a ticket has several entries, one that failed is the one to tell
                if known is None or is_success(known):
                    underway.told[ticket_id] = outcome
        del underway.open[job]

    def _results(
        self, changes: Sequence[TicketChange], underway: _Underway
    ) -> tuple[WriteResult, ...] | None:
        """Return what became of every change; None when tags have to be sent once more."""
        done = frozenset(i for i, outcome in underway.told.items() if is_success(outcome))
        believed = done if self._is_believed(changes, underway) else frozenset()
        unclear = [change for change in changes if change.ticket_id not in believed]
        tickets = self._tickets(unclear)
        if underway.is_ours and not believed:
            self._learn([c for c in changes if c.ticket_id in done], tickets, underway)
            if underway.waves:
                self._send(underway)
                return None
        return tuple(
            WriteResult(ticket_id=change.ticket_id, outcome=Outcome.WRITTEN)
            if change.ticket_id in believed
            else settled(change, underway.told.get(change.ticket_id), tickets.get(change.ticket_id))
            for change in changes
        )

    def _is_believed(self, changes: Sequence[TicketChange], underway: _Underway) -> bool:
        needed = {(underway.by_ids, kind) for kind, part in KINDS.items() if part(changes)}
        return underway.is_ours and needed <= self._seen

    def _tickets(self, changes: Sequence[TicketChange]) -> Mapping[str, Ticket]:
        if not changes:
            return {}
        named = frozenset(chain.from_iterable(change.fields for change in changes))
        found = self._read([change.ticket_id for change in changes], named)
        return {ticket.id: ticket for ticket in found}

    def _learn(
        self, done: Sequence[TicketChange], tickets: Mapping[str, Ticket], underway: _Underway
    ) -> None:
        """Compare what a job called done with what the tickets show."""
        there = [change for change in done if change.ticket_id in tickets]
        for kind, part in KINDS.items():
            found = part(there)
            if found and all(shows(tickets[change.ticket_id], change) for change in found):
                self._seen.add((underway.by_ids, kind))
        tags = tags_alone(there)
        shown = any(shows(tickets[change.ticket_id], change) for change in tags)
        if tags and not shown and not underway.by_ids:
            self._ignores_tags = True
            underway.by_ids = True
            underway.waves = in_ids_form(tags)
