"""Takes back what earlier runs wrote, helpdesk by helpdesk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import msgspec

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable
from connector.model.run import RunStatus
from connector.model.ticket import Ticket
from connector.pipeline.job import Job
from connector.store.lock import Lease
from connector.writeback.apply import Poll, WriteReport, apply
from connector.writeback.plan import Plan
from connector.writeback.settle import settle
from connector.writeback.undo import Stays, plan_undo, tickets_written

READ_BATCH = 100


class Undone(msgspec.Struct, frozen=True):
    """What is taken back in one helpdesk, what stays, and, once applied, what became of it."""

    plan: Plan
    stays: tuple[Stays, ...]
    report: WriteReport | None


def undo(job: Job, *, run: str | None, is_applied: bool) -> list[Undone]:
    """Plan to take back one run's writes, or all when `run` is None; write it when told to."""
    started_at = job.clock()
    run_id = f"{started_at:%Y%m%dT%H%M%S.%fZ}-undo"
    with ExitStack() as stack:
        leases = {
            helpdesk.name: Lease(job.folder(helpdesk.name)).acquire()
            for helpdesk in job.helpdesks()
        }
        for lease in leases.values():
            stack.callback(lease.release)
        if is_applied:
            job.state.start_run(run_id, at=started_at, args=f"undo {run or 'all'}")
        found = [
            _one(job, helpdesk, leases[helpdesk.name], run, run_id if is_applied else None)
            for helpdesk in job.helpdesks()
        ]
        if is_applied:
            _remember(job, run_id, found)
    return found


def _one(
    job: Job, helpdesk: HelpdeskTable, lease: Lease, run: str | None, run_id: str | None
) -> Undone:
    poll = Poll(now=job.clock, sleep=job.sleep, wait_s=0.2)
    with job.open_adapter(helpdesk) as adapter:
        in_flight: frozenset[str] = frozenset()
        if run_id is not None:
            in_flight = settle(
                adapter, job.state, helpdesk=helpdesk.name, lease_check=lease.check, poll=poll
            ).in_flight
        rows = tuple(job.state.journal_rows(helpdesk=helpdesk.name))
        ids = [ticket for ticket in tickets_written(rows, run) if ticket not in in_flight]
        undo_plan = plan_undo(
            (row for row in rows if row.ticket not in in_flight),
            {ticket.id: ticket for ticket in _read(adapter, ids)},
            helpdesk=helpdesk.name,
            run=run,
            batch=adapter.capabilities.write_batch,
            now=job.clock(),
        )
        stays = (
            *undo_plan.stays,
            *(Stays(ticket_id=one, why="being written") for one in sorted(in_flight)),
        )
        if run_id is None:
            return Undone(undo_plan.plan, stays, None)
        report = apply(
            adapter, job.state, undo_plan.plan, run=run_id, lease_check=lease.check, poll=poll
        )
        if report.counts.written == report.counts.planned and not in_flight:
            job.state.mark_undone(undo_plan.batches, by=run_id)
    return Undone(undo_plan.plan, stays, report)


def _read(adapter: Adapter, ids: Sequence[str]) -> Iterator[Ticket]:
    for start in range(0, len(ids), READ_BATCH):
        yield from adapter.get(ids[start : start + READ_BATCH])


def _remember(job: Job, run_id: str, found: list[Undone]) -> None:
    has_failed = any(one.report and one.report.error for one in found)
    counts = [msgspec.to_builtins(one.report.counts) for one in found if one.report]
    job.state.finish_run(
        run_id,
        at=job.clock(),
        status=RunStatus.FAILED if has_failed else RunStatus.OK,
        report=msgspec.json.encode({"undone": counts}).decode(),
    )
