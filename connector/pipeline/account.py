"""Steps one and three of a run for one helpdesk account: pull, measure, publish; plan, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

from msgspec.structs import replace

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable
from connector.errors import AdapterError, StoreError
from connector.kpi.measure import is_due, measure
from connector.model.page import TicketField
from connector.model.run import HelpdeskReport
from connector.pipeline.headway import Headway, ours
from connector.pipeline.job import Job, SliceLimit
from connector.pipeline.naming import watched_fields
from connector.pipeline.pinning import fields_to_watch, learn, note_watched
from connector.pipeline.rolling import Judged
from connector.pipeline.showing import daily_instant, planned
from connector.pipeline.views import Views
from connector.store.lock import Lease
from connector.store.published import latest
from connector.store.publishing import is_current, publish
from connector.store.store import Store
from connector.store.waiting import save_deferred
from connector.sync.pull import Progress as PullProgress
from connector.sync.pull import SliceReport, sync_slice, under_way
from connector.writeback.apply import Poll, apply
from connector.writeback.plan import Plan
from connector.writeback.settle import settle

Approvals = frozenset[tuple[str, str]]
"""Goals and their new states that an admin lets pass the brake."""


class Account:
    """One helpdesk during one run; the lease is held until the run ends.

    What fails here is kept in `report.error`, so that other helpdesks go on.
    """

    def __init__(self, job: Job, helpdesk: HelpdeskTable, run: str, stack: ExitStack) -> None:
        """Take the lease, or raise `LockedError`."""
        self.job = job
        self.helpdesk = helpdesk
        self.name = helpdesk.name
        self.run = run
        self.report = HelpdeskReport(name=helpdesk.name, kind=helpdesk.kind)
        self.plan: Plan | None = None
        self.is_held_back = False
        self.is_resting = False
        self._approved: Approvals = frozenset()
        self._in_flight: frozenset[str] = frozenset()
        self._folder = job.folder(helpdesk.name)
        self._lease = Lease(self._folder).acquire()
        stack.callback(self._lease.release)
        self._before = 0
        self._adapter: Adapter = job.open_adapter(helpdesk)
        stack.callback(self._close)
        self._headway = Headway(job, helpdesk, self._adapter)

    def pull(self, limit: SliceLimit, *, full: bool) -> None:
        """Read what changed, measure it, and publish a set if anything did change."""
        self._guarded(lambda: self._pull(limit, full=full))

    def show(self, judged: Judged, seen: Views, *, dry_run: bool, approved: Approvals) -> None:
        """Plan what tickets should show and, unless this is a dry run, write it."""
        self._approved = approved | self.job.state.approvals(self.job.clock())
        if self.report.error is None:
            self._guarded(lambda: self._show(judged, seen, dry_run=dry_run))
        self.report.requests = self._before + self._adapter.requests

    def _guarded(self, step: Callable[[], None]) -> None:
        started = self.job.clock()
        try:
            step()
        except (AdapterError, StoreError) as error:
            self.report.error = str(error)
        self.report.requests = self._before + self._adapter.requests
        self.report.limits = dict(self._adapter.limits)
        self.report.duration_s += (self.job.clock() - started).total_seconds()

    def _pull(self, limit: SliceLimit, *, full: bool) -> None:
        job, now = self.job, self.job.clock()
        job.progress.step(self.name, "reading")
        self._learn()
        with Store.open(self._folder, self._lease) as store:
            self._watch(store)
            slice_ = self._slice(store, limit, now, full=full)
            self._note(slice_, store)
            self._measure(store, store.through() or now)
            before = latest(self._folder)
            if before is None or not is_current(before, store):
                job.progress.step(self.name, "publishing")
                publish(
                    store,
                    self._folder,
                    run=self.run,
                    through=store.through(),
                    read_at=now,
                    server_time=slice_.server_time,
                )

    def _close(self) -> None:
        self._adapter.close()

    def _learn(self) -> None:
        """Look up names of the mappings; what names a custom field is read with it from now on."""
        state, name = self.job.state, self.name
        watched = watched_fields(state.pins(name))
        learn(self.job, self.helpdesk, self._adapter)
        if watched_fields(state.pins(name)) != watched:
            self._before += self._adapter.requests
            self._adapter.close()
            self._adapter = self.job.open_adapter(self.helpdesk)
            self._headway = Headway(self.job, self.helpdesk, self._adapter)

    def _watch(self, store: Store) -> None:
        """Read every ticket again where a mapping names a custom field that was not read so far."""
        new = fields_to_watch(self.job, self.name)
        if new and store.counts()["tickets"]:
            store.start_over()
            self.report.notes.append(
                "a mapping names a custom field that was not read so far:"
                " all tickets are read again"
            )
        note_watched(self.job, self.name)

    def _slice(self, store: Store, limit: SliceLimit, now: datetime, *, full: bool) -> SliceReport:
        """Read to the end or to the limit; whatever ends it, say how far a first sync is."""
        until = now + timedelta(seconds=limit.seconds) if limit.seconds else None
        try:
            return sync_slice(
                self._adapter,
                store,
                now=now,
                deadline=lambda: until is not None and self.job.clock() >= until,
                request_budget=limit.requests,
                progress=self._tell,
                full=full,
            )
        except AdapterError:
            self.report.first_sync = self._headway.settle(under_way(self._adapter, store))
            raise

    def _measure(self, store: Store, now: datetime) -> None:
        people, forms = self.job.people_of(self.helpdesk), self.job.forms_of(self.helpdesk)
        bots = frozenset(store.keys("person", people.bots).values())
        ignore = frozenset(store.keys("person", people.ignore).values())
        if is_due(store.connection, now=now, forms=forms, bots=bots, ignore=ignore):
            self.job.progress.step(self.name, "measuring")
            measure(store.connection, now=now, forms=forms, bots=bots, ignore=ignore)
            store.touch("measures", "measured", is_noted=True)

    def _note(self, slice_: SliceReport, store: Store) -> None:
        report = self.report
        report.tickets_read = slice_.tickets_read
        report.events_read = slice_.events_read
        report.finished = slice_.finished
        report.caught_up = slice_.caught_up
        report.first_sync = self._headway.settle(None if slice_.finished else slice_.first)
        report.unknown = dict(slice_.unknown)
        report.notes.extend(slice_.notes)
        report.through = store.through()

    def _tell(self, progress: PullProgress) -> None:
        self._headway.note(progress.first)
        self.job.progress.reading(
            self.name, progress.stream.value, progress.done, progress.expected
        )

    def _show(self, judged: Judged, seen: Views, *, dry_run: bool) -> None:
        con = seen.over(frozenset({self.name}))
        if con is None or not self.report.caught_up:
            if self.report.finished:  # where a limit ended the reading, the line says it
                self.report.notes.append("nothing is written before events have caught up")
            return
        if not (self.job.settings.writeback.enabled or dry_run):
            return
        if not dry_run:
            self._settle()
        self.job.progress.step(self.name, "planning")
        as_of = seen.as_of(frozenset({self.name}))
        fields = self.job.state.fields(self.name)
        plan = planned(
            judged.job,
            self.helpdesk,
            con,
            goals=judged.goals,
            capabilities=self._adapter.capabilities,
            approved=self._approved,
            as_of=as_of,
        )
        self.plan = replace(plan, minutes=self._minutes(plan))
        self.report.writes.planned = len(plan.changes)
        if not dry_run:
            self._write(plan, fields, as_of)

    def _settle(self) -> None:
        settled = settle(
            self._adapter,
            self.job.state,
            helpdesk=self.name,
            lease_check=self._lease.check,
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
            self.job.progress.step(self.name, "writing")
            done = apply(
                self._adapter,
                self.job.state,
                plan,
                run=self.run,
                lease_check=self._lease.check,
                poll=replace(self._poll, until=self._until()),
            )
            self.report.writes = done.counts
            self.report.error = done.error
            waiting.update(done.waiting)
            self.report.notes += done.notes
        save_deferred(self.job.state, self.name, waiting)
        is_whole = self.report.error is None and not self.report.writes.deferred
        if is_whole and not self.is_held_back:
            self.job.state.save_daily(self.name, daily_instant(self.job, as_of))
        if is_whole and not self._have_to_come_again:
            self.job.state.put(f"shown:{self.name}", as_of.isoformat())

    @property
    def _have_to_come_again(self) -> bool:
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
        if not fields and self._adapter.capabilities.fields:
            advice = "our fields are not set up here; run `connector setup --apply`"
        elif fields:
            now = self._adapter.read_fields({field.role: field.id for field in fields})
            active = {field.role for field in now if field.active}
            if "status" not in active:
                advice = "the field for goal status is deactivated or gone: nothing is written"
        if advice:
            self.is_held_back = True
            self.report.notes.append(advice)
        return advice is None

    def _minutes(self, plan: Plan) -> float | None:
        """Return how long the requests of a plan take at our share of the helpdesk's limit."""
        limits = self._adapter.limits.get("")
        a_minute = ours(limits.total if limits else None, self.helpdesk.limits, "")
        return plan.requests / a_minute if a_minute else None

    def _until(self) -> datetime:
        """Return when no more batches are begun: the next run is due, and plans anew."""
        return self.job.clock() + timedelta(seconds=self.job.settings.run.every_s)

    @property
    def _poll(self) -> Poll:
        return Poll(now=self.job.clock, sleep=self.job.sleep, wait_s=0.2)
