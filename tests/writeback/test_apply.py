"""Writing a plan: what is journaled when, what is waited for, what becomes of each ticket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connector.adapters.memory import MemoryAdapter, MemorySettings
from connector.errors import LockedError, ProtocolError, UnavailableError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.run import WriteCounts
from connector.model.ticket import Status
from connector.writeback.settle import Settled, settle
from tests.writeback.world import DESK, World, due_soon, ids, member

AT_RISK = [member("at_risk")]
A_LOOK = 1
"""Requests before a batch is sent."""


class JobAdapter(MemoryAdapter):
    """A helpdesk that works on batches while we wait; knobs say how badly."""

    def __init__(self, world: World) -> None:
        settings = MemorySettings(account=world.desk.name)
        super().__init__(settings, watched_fields=frozenset(f.id for f in world.fields))
        self.asks = 0
        self.ready_after = 0
        self.forgets = False
        self.loses_answer = False
        self.leaves_out: frozenset[str] = frozenset()
        self.jobs: dict[str, tuple[WriteResult, ...]] = {}

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        before = dict(self._desk.tickets)
        receipt = super().submit(changes)
        assert receipt.results is not None
        self._desk.tickets.update({ticket: before[ticket] for ticket in self.leaves_out})
        if self.loses_answer:
            raise UnavailableError("the connection was cut")
        job = f"job-{len(self.jobs)}"
        self.jobs[job] = tuple(r for r in receipt.results if r.ticket_id not in self.leaves_out)
        return Receipt(changes=receipt.changes, job=job)

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        self.asks += 1
        if self.forgets:
            raise ProtocolError("no such job")
        return self.jobs[receipt.job or ""] if self.asks > self.ready_after else None


@pytest.fixture
def jobs(world: World) -> JobAdapter:
    world.adapter = JobAdapter(world)
    return world.adapter


def settled(world: World) -> Settled:
    return settle(
        world.adapter, world.state, helpdesk=DESK, lease_check=lambda: None, poll=world.poll
    )


def outcomes(world: World) -> dict[str, str | None]:
    return {row.ticket: row.outcome for row in world.state.journal_rows(helpdesk=DESK)}


def test_the_intent_is_journaled_before_the_batch_is_sent(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    world.desk.fail_next(UnavailableError("down"), after=A_LOOK)
    world.write(planned)
    (batch,) = world.state.open_batches(DESK)
    assert [intent.ticket_id for intent in batch.intents] == ["1"]
    assert batch.submitted_at is None


def test_the_journal_keeps_what_was_there_before(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": AT_RISK})
    world.sync({"1": [member("off_track")]})
    *_, row = world.state.journal_rows(helpdesk=DESK)
    status = world.field_id("status")
    assert (row.fields_before[status], row.fields_after[status], row.outcome) == (
        "goal_status__at_risk",
        "goal_status__off_track",
        "written",
    )


def test_the_receipt_is_journaled_before_it_is_collected(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    world.write(world.plan({"1": AT_RISK}))
    (batch,) = world.state.open_batches(DESK)
    assert batch.job == "job-0"


def test_a_running_job_is_asked_again_with_growing_waits(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 5
    report = world.write(world.plan({"1": AT_RISK}))
    assert world.slept == [1, 2, 4, 8, 10]
    assert report.counts == WriteCounts(planned=1, written=1)


def test_a_job_that_never_ends_is_deferred_in_the_end(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    report = world.write(world.plan({"1": AT_RISK}))
    assert sum(world.slept) <= 310
    assert report.counts == WriteCounts(planned=1, deferred=1)


class Meanwhile(MemoryAdapter):
    """A helpdesk in which something happens between the last look and the write."""

    def __init__(self, world: World, happens: Callable[[], object]) -> None:
        settings = MemorySettings(account=world.desk.name)
        super().__init__(settings, watched_fields=frozenset(f.id for f in world.fields))
        self.happens = happens

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        self.happens()
        return super().submit(changes)


@pytest.mark.parametrize(
    ("happens", "outcome"), [(Status.CLOSED, Outcome.LOCKED), (Status.DELETED, Outcome.MISSING)]
)
def test_what_happened_meanwhile_is_told_apart(
    world: World, happens: Status, outcome: Outcome
) -> None:
    world.desk.put("1")
    world.desk.put("2")
    planned = world.plan({"1": AT_RISK, "2": AT_RISK})
    world.adapter = Meanwhile(world, lambda: world.desk.set_status("1", happens))
    report = world.write(planned)
    assert outcomes(world) == {"1": outcome, "2": Outcome.WRITTEN}
    assert (report.counts.planned, report.counts.written) == (2, 1)
    assert not report.counts.are_complete
    assert [result.ticket_id for result in report.refused] == ["1"]


def test_a_ticket_changed_meanwhile_is_a_conflict_where_versions_are_guarded(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    world.desk.tag("1", "vip")
    report = world.write(planned)
    assert report.counts == WriteCounts(planned=1, conflict=1)
    assert not report.counts.are_complete


def test_a_ticket_the_answer_left_out_is_rejected(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.leaves_out = frozenset({"1"})
    report = world.write(world.plan({"1": AT_RISK}))
    assert report.counts == WriteCounts(planned=1, rejected=1)


def test_a_refused_write_is_not_believed(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    world.desk.tag("1", "vip")
    world.write(planned)
    assert ids(world.plan({"1": AT_RISK})) == ["1"]


def test_a_ticket_refused_the_same_way_three_times_is_parked(
    world: World, jobs: JobAdapter
) -> None:
    world.desk.put("1")
    stuck = dict(world.desk.tickets)
    jobs.leaves_out = frozenset({"1"})
    reports = [world.write(world.plan({"1": AT_RISK}, read=stuck)).counts for _ in range(3)]
    assert [(counts.rejected, counts.parked) for counts in reports] == [(1, 0), (1, 0), (0, 1)]
    assert reports[-1].are_complete
    assert world.plan({"1": AT_RISK}, read=stuck).skipped == {"parked": 1}


def many(world: World, number: int) -> dict[str, Any]:
    return {world.desk.put(str(place)): AT_RISK for place in range(number)}


def test_a_plan_is_sent_in_batches(world: World) -> None:
    planned = world.plan(many(world, 250))
    before = world.adapter.requests
    report = world.write(planned)
    assert (report.batches, report.counts.written) == (3, 250)
    assert world.adapter.requests - before == 2 * 3


def test_the_first_batch_shows_every_kind_of_change(world: World) -> None:
    members = many(world, 250)
    world.write(world.plan({"249": [due_soon("at_risk")]}))
    members |= {"0": [due_soon(None)], "100": [member("at_risk", tag=True)], "249": AT_RISK}
    world.write(world.plan(members))
    rows = [row for row in world.state.journal_rows() if row.run == "run-2"]
    first = [row for row in rows if row.batch == rows[0].batch]
    assert any(row.tags_added for row in first)
    assert any(None in row.fields_after.values() for row in first)
    assert len(rows) == 250


def test_what_does_not_fit_is_deferred(world: World) -> None:
    report = world.write(world.plan(many(world, 250)), most_batches=2)
    assert report.counts == WriteCounts(planned=250, written=200, deferred=50)
    assert report.deferred == tuple(ids(world.plan(dict.fromkeys(world.desk.tickets, AT_RISK))))


def test_no_batch_begins_once_the_time_is_over(world: World) -> None:
    planned = world.plan(many(world, 150))
    over = msgspec.structs.replace(world.poll, until=world.desk.now)
    assert world.write(planned, poll=over).counts == WriteCounts(planned=150, deferred=150)
    assert world.write(planned).counts == WriteCounts(planned=150, written=150)


def test_a_failing_helpdesk_stops_the_writing_and_keeps_the_count(world: World) -> None:
    planned = world.plan(many(world, 150))
    world.desk.fail_next(UnavailableError("down"), after=A_LOOK)
    report = world.write(planned)
    assert (report.error, report.counts) == ("down", WriteCounts(planned=150, deferred=150))


def test_nothing_is_sent_once_the_lease_is_lost(world: World) -> None:
    world.desk.put("1")
    before = world.adapter.requests

    def lost() -> None:
        raise LockedError("another run took over")

    with pytest.raises(LockedError):
        world.write(world.plan({"1": AT_RISK}), lease_check=lost)
    assert world.adapter.requests == before
    assert world.state.open_batches(DESK) == []


def test_an_answer_lost_after_the_write_is_settled_by_reading(
    world: World, jobs: JobAdapter
) -> None:
    world.desk.put("1")
    jobs.loses_answer = True
    world.write(world.plan({"1": [due_soon("at_risk", tag=True)]}))
    assert settled(world).counts == WriteCounts(written=1)
    assert world.state.open_batches(DESK) == []
    assert world.plan({"1": [due_soon("at_risk", tag=True)]}).is_empty


def test_a_batch_that_never_arrived_is_planned_again(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    world.desk.fail_next(UnavailableError("down"), after=A_LOOK)
    world.write(planned)
    assert settled(world).counts == WriteCounts(deferred=1)
    assert ids(world.plan({"1": AT_RISK})) == ["1"]


@pytest.mark.parametrize(
    ("happens", "outcome"), [(Status.CLOSED, Outcome.LOCKED), (Status.DELETED, Outcome.MISSING)]
)
def test_settling_tells_why_a_batch_did_not_arrive(
    world: World, happens: Status, outcome: Outcome
) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    world.desk.fail_next(UnavailableError("down"), after=A_LOOK)
    world.write(planned)
    world.desk.set_status("1", happens)
    settled(world)
    assert outcomes(world) == {"1": outcome}


def test_a_job_of_a_dead_run_is_settled_by_its_results(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    world.write(world.plan({"1": AT_RISK}))
    jobs.ready_after = 0
    before = world.adapter.requests
    assert settled(world).counts == WriteCounts(written=1)
    assert world.adapter.requests == before


def test_a_job_still_running_keeps_its_tickets_out_of_the_plan(
    world: World, jobs: JobAdapter
) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    world.write(world.plan({"1": AT_RISK}))
    assert settled(world).in_flight == {"1"}


def test_after_an_hour_the_tickets_decide(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    world.write(world.plan({"1": AT_RISK}))
    world.desk.advance(timedelta(hours=1).total_seconds())
    assert settled(world) == Settled(counts=WriteCounts(written=1))


def test_a_forgotten_job_is_settled_by_reading(world: World, jobs: JobAdapter) -> None:
    world.desk.put("1")
    jobs.ready_after = 10_000
    world.write(world.plan({"1": AT_RISK}))
    jobs.forgets = True
    assert settled(world).counts == WriteCounts(written=1)


def test_a_write_whose_state_is_not_told_is_believed_from_when_it_was_sent(
    world: World, jobs: JobAdapter
) -> None:
    world.desk.put("1")
    planned = world.plan({"1": AT_RISK})
    sent_at = world.desk.now + timedelta(seconds=1)
    world.write(planned)
    jobs.jobs.clear()
    assert world.state.believed(DESK)["1"].at >= sent_at


def test_nothing_is_sent_for_an_empty_plan(world: World) -> None:
    before = world.adapter.requests
    report = world.write(world.plan({}))
    assert (report.batches, world.adapter.requests) == (0, before)


def test_an_undo_is_marked_in_the_journal(world: World) -> None:
    world.desk.put("1")
    world.write(msgspec.structs.replace(world.plan({"1": AT_RISK}), is_undo=True))
    assert [row.is_undo for row in world.state.journal_rows()] == [True]
