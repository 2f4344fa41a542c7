"""Steps one and three of a run for one helpdesk account: pull, measure, publish; plan, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable
from connector.errors import AdapterError, StoreError
from connector.kpi.measure import is_due, measure
from connector.model.page import Page
from connector.model.run import HelpdeskReport
from connector.pipeline.headway import Headway
from connector.pipeline.job import Job, SliceLimit
from connector.pipeline.naming import watched_fields
from connector.pipeline.pinning import fields_to_watch, learn, note_watched
from connector.pipeline.resting import note_rest
from connector.pipeline.rolling import Judged
from connector.pipeline.views import Views
from connector.pipeline.writing import Approvals, Writer
from connector.store.lock import Lease
from connector.store.looks import note_look
from connector.store.published import PublishedSet, latest
from connector.store.publishing import is_current, publish
from connector.store.quiet import Quiet, quiet
from connector.store.store import Store
from connector.sync.glance import Glance
from connector.sync.pull import RARE, SliceReport, is_through, sync_slice, under_way
from connector.sync.pull import Progress as PullProgress
from connector.writeback.plan import Plan


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
        self._writer: Writer | None = None
        self._folder = job.folder(helpdesk.name)
        self._lease = Lease(self._folder).take()
        stack.callback(self._lease.release)
        self._before = 0
        self._adapter: Adapter = job.open_adapter(helpdesk)
        stack.callback(self._close)
        self._headway = Headway(job, helpdesk, self._adapter)
        self._source = Glance(self._adapter)
        self._quiet: Quiet | None = None

    @property
    def plan(self) -> Plan | None:
        """Return what was planned to be written, None where nothing was."""
        return self._writer.plan if self._writer else None

    @property
    def left_something(self) -> bool:
        """Tell whether a brake held writing back, or tickets wait that were written too often."""
        return bool(self._writer and (self._writer.is_held_back or self._writer.is_resting))

    @property
    def may_rest(self) -> bool:
        """Tell whether the last run that wrote came to its end."""
        return self._lease.was_given_back()

    def glance(self, cursor: str | None) -> Page | None:
        """Ask for the tickets after a cursor, and write nothing; a run that goes on uses them."""
        started = self.job.clock()
        self.job.progress.step(self.name, "reading")
        page = self._source.look(cursor)
        self.report.requests, self.report.limits = self._requests, dict(self._adapter.limits)
        self.report.duration_s += (self.job.clock() - started).total_seconds()
        return page

    def note_look(self, one: PublishedSet, through: datetime) -> bool:
        """Note that a set is complete up to an instant; tell whether that could be noted."""
        self.report.through = through
        return note_look(self._lease, one, through=through, now=self.job.clock())

    def begin(self) -> None:
        """Sign the lock: from now on this run writes."""
        self._lease.sign()

    def rest(self, judged: Judged, seen: Views) -> None:
        """Note until when the next runs have nothing to do, if this one left nothing to do."""
        one, writer = latest(self._folder), self._writer
        if one is None or self._quiet is None or writer is None or writer.has_to_come_again:
            return
        if self.job.settings.writeback.enabled and self.plan is None:
            return
        note_rest(
            self.job,
            self.helpdesk,
            judged,
            self._quiet,
            as_of=seen.as_of(frozenset({self.name})),
            published=one.path.name,
            turns_at=self.plan.turns_at if self.plan else None,
        )

    def pull(self, limit: SliceLimit, *, full: bool) -> None:
        """Read what changed, measure it, and publish a set if anything did change."""
        self._guarded(lambda: self._pull(limit, full=full))

    def show(self, judged: Judged, seen: Views, *, dry_run: bool, approved: Approvals) -> None:
        """Plan what tickets should show and, unless this is a dry run, write it."""
        if self.report.error is None:
            writer = self._writer = Writer(
                job=self.job,
                helpdesk=self.helpdesk,
                run=self.run,
                adapter=self._adapter,
                lease=self._lease,
                report=self.report,
                approved=approved | self.job.state.approvals(self.job.clock()),
            )
            self._guarded(lambda: writer.show(judged, seen, dry_run=dry_run))
        self.report.requests = self._requests

    @property
    def _requests(self) -> int:
        return self._before + self._adapter.requests

    def _guarded(self, step: Callable[[], None]) -> None:
        started = self.job.clock()
        try:
            step()
        except (AdapterError, StoreError) as error:
            self.report.error = str(error)
        self.report.requests = self._requests
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
            if slice_.caught_up and is_through(self._adapter, store):
                self._quiet = quiet(store, RARE)

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
            self._source = Glance(self._adapter)
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
                self._source,
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
