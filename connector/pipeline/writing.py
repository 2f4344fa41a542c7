"""Step three of a run for one helpdesk account, second half: what was planned is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable
from connector.model.page import TicketField
from connector.model.run import HelpdeskReport
from connector.pipeline.headway import ours
from connector.pipeline.job import Job
from connector.pipeline.rolling import Judged
from connector.pipeline.showing import daily_instant, planned
from connector.pipeline.views import Views
from connector.store.lock import Lease
from connector.store.waiting import save_deferred
from connector.writeback.apply import Poll, apply
from connector.writeback.plan import Plan
from connector.writeback.settle import settle

Approvals = frozenset[tuple[str, str]]
"""Goals and their new states that an admin lets pass the brake."""


@dataclass(kw_only=True)
class Writer:
    """Plans what tickets of one helpdesk should show, and writes it under the lease."""

    job: Job
    helpdesk: HelpdeskTable
    run: str
    adapter: Adapter
    lease: Lease
    report: HelpdeskReport
    approved: Approvals = frozenset()
    plan: Plan | None = None
    is_held_back: bool = False
    is_resting: bool = False
    _in_flight: frozenset[str] = field(default=frozenset(), init=False)

    def show(self, judged: Judged, seen: Views, *, dry_run: bool) -> None:
        """Plan and, unless this is a dry run, settle what is under way and write."""
        con = seen.over(frozenset({self.helpdesk.name}))
        if con is None or not self.report.caught_up:
            if self.report.finished:  # where a limit ended the reading, the line says it
                self.report.notes.append("nothing is written before events have caught up")
            return
        if not (self.job.settings.writeback.enabled or dry_run):
            return
        if not dry_run:
            self._settle()
        self.job.progress.step(self.helpdesk.name, "planning")
        as_of = seen.as_of(frozenset({self.helpdesk.name}))
        fields = self.job.state.fields(self.helpdesk.name)
        plan = planned(
            judged.job,
            self.helpdesk,
            con,
            goals=judged.goals,
            capabilities=self.adapter.capabilities,
            approved=self.approved,
            as_of=as_of,
        )
        self.plan = replace(plan, minutes=self._minutes(plan))
        self.report.writes.planned = len(plan.changes)
        if not dry_run:
            self._write(plan, fields, as_of)

    def _settle(self) -> None:
        settled = settle(
            self.adapter,
            self.job.state,
            helpdesk=self.helpdesk.name,
            lease_check=self.lease.check,
            poll=self._poll,
        )
        self._in_flight = settled.in_flight
        if self._in_flight:
            self.report.notes.append(
                f"{len(self._in_flight)} tickets wait for a write that still runs"
            )

    def _write(self, plan: Plan, fields: tuple[TicketField, ...], as_of: datetime) -> None:
        self._note_held(plan)
        waiting = set(self._in_flight)
        if plan.changes:
            if not self._may_write(fields):
                return
            self.job.progress.step(self.helpdesk.name, "writing")
            done = apply(
                self.adapter,
                self.job.state,
                plan,
                run=self.run,
                lease_check=self.lease.check,
                poll=replace(self._poll, until=self._until()),
            )
            self.report.writes = done.counts
            self.report.error = done.error
            waiting.update(done.waiting)
            self.report.notes += done.notes
        save_deferred(self.job.state, self.helpdesk.name, waiting)
        is_whole = self.report.error is None and not self.report.writes.deferred
        if is_whole and not self.is_held_back:
            self.job.state.save_daily(self.helpdesk.name, daily_instant(self.job, as_of))
        if is_whole and not self.has_to_come_again:
            self.job.state.put(f"shown:{self.helpdesk.name}", as_of.isoformat())

    @property
    def has_to_come_again(self) -> bool:
        """Tell whether the next run has to look at the same solved tickets once more."""
        writes = self.report.writes
        return bool(self._in_flight or writes.conflict or writes.rejected)

    def _note_held(self, plan: Plan) -> None:
        for held in plan.held:
            self.is_held_back = True
            self.report.notes.append(
                f"{held.tickets} tickets ({held.share:.0%} of the open ones) would change for"
                f" {held.goal}: approve with `connector sync --approve {held.key}`"
            )
        if plan.resting:
            self.is_resting = True
            most = self.job.settings.writeback.max_writes_per_hour
            self.report.notes.append(
                f"{len(plan.resting)} tickets were written {most} times within an hour and wait"
            )
        if plan.stopped:
            self.is_held_back = True
            self.report.notes.append(plan.stopped)

    def _may_write(self, fields: tuple[TicketField, ...]) -> bool:
        """Look at our fields once more: they must be set up, and not be deactivated."""
        advice = None
        if not fields and self.adapter.capabilities.fields:
            advice = "our fields are not set up here; run `connector setup --apply`"
        elif fields:
            now = self.adapter.read_fields({field.role: field.id for field in fields})
            active = {field.role for field in now if field.active}
            if "status" not in active:
                advice = "the field for goal status is deactivated or gone: nothing is written"
        if advice:
            self.is_held_back = True
            self.report.notes.append(advice)
        return advice is None

    def _minutes(self, plan: Plan) -> float | None:
        """Return how long the requests of a plan take at our share of the helpdesk's limit."""
        limits = self.adapter.limits.get("")
        a_minute = ours(limits.total if limits else None, self.helpdesk.limits, "")
        return plan.requests / a_minute if a_minute else None

    def _until(self) -> datetime:
        """Return when no more batches are begun: the next run is due, and plans anew."""
        return self.job.clock() + timedelta(seconds=self.job.settings.run.every_s)

    @property
    def _poll(self) -> Poll:
        return Poll(now=self.job.clock, sleep=self.job.sleep, wait_s=0.2)
