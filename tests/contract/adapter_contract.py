"""What every adapter promises; inherited unchanged by one short class for each adapter.

A subclass gives the fixtures `desk` (the far side), `adapter` and `intruder` (the same adapter
with wrong credentials). A test is skipped only where a capability is off. Where only an admin can
make fields, the desk is an `AdminDesk`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import pytest

from connector.adapters.base import Adapter, MakesViews
from connector.adapters.retrying import RetryingAdapter
from connector.errors import (
    AdapterError,
    AuthenticationError,
    FatalError,
    RateLimitedError,
    UnavailableError,
)
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.page import EventSource, FieldAction, FieldSpec, Page, Stream, TicketField
from connector.model.ticket import Event, EventKind, EventRows, Status, Ticket, TicketRows
from connector.store.store import Snapshot
from connector.sync.derive import derive

WEEK_S = 7 * 24 * 3600
MINUTES_S = 150
MOST_READS = 100
FIELD = FieldSpec(
    role="status",
    kind="dropdown",
    title="Contract status",
    description="Set by the contract tests",
    options={"contract_status__at_risk": "At risk"},
)
NOTE = FieldSpec(role="note", kind="text", title="Contract note", description="Set by the tests")


class Desk(Protocol):
    """The far side of an adapter, as a test moves it."""

    def put(self) -> str: ...
    def set_status(self, ticket_id: str, status: str) -> None: ...
    def tag(self, ticket_id: str, *tags: str) -> None: ...
    def delete(self, ticket_id: str) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def fail_next(self, error: AdapterError) -> None: ...
    def missing_id(self) -> str: ...


@runtime_checkable
class AdminDesk(Protocol):
    """The far side where an admin makes the fields that the adapter cannot make."""

    def make_fields(self, specs: Sequence[FieldSpec]) -> None: ...


class Reading:
    """All pages of a stream from a cursor on."""

    def __init__(self, adapter: Adapter, stream: Stream, cursor: str | None = None) -> None:
        self.pages: list[Page] = []
        for _ in range(MOST_READS):
            self.pages.append(adapter.read(stream, cursor))
            cursor = self.pages[-1].cursor
            if not self.pages[-1].has_more:
                break
        else:
            pytest.fail(f"{stream} does not end")
        self.cursor = cursor

    def versions(self) -> list[tuple[str, object]]:
        """Return what makes a row of this stream new to a store."""
        return [version for page in self.pages for version in versions(page)]

    def tickets(self) -> dict[str, Ticket]:
        """Return the newest version of each ticket."""
        rows = [row for page in self.pages for row in ticket_rows(page).rows()]
        return {row.id: row for row in sorted(rows, key=lambda row: row.stamp)}


class Feed:
    """What an adapter tells of what happened: a stream, by ticket, or seen from read to read."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.source = adapter.capabilities.events
        self.cursor: str | None = None
        self.known: dict[str, Snapshot] = {}
        self.derived: list[Event] = []

    def look(self) -> None:
        """Read what changed since the last look, as a sync does."""
        if self.source is not EventSource.DERIVED:
            return
        reading = Reading(self.adapter, Stream.TICKETS, self.cursor)
        self.cursor = reading.cursor
        rows = TicketRows.of(reading.tickets().values())
        self.derived += derive(self.known, rows).rows()
        for row in rows.rows():
            values = {name: getattr(row, name) for name in Snapshot.__struct_fields__}
            self.known[row.id] = Snapshot(**values)

    def of(self, ticket_id: str) -> list[Event]:
        """Return the events of one ticket, in order."""
        self.look()
        if self.source is EventSource.STREAM:
            pages = Reading(self.adapter, Stream.EVENTS).pages
            rows = [row for page in pages for row in event_rows(page).rows()]
        else:
            rows = [*self.derived, *self.adapter.history([ticket_id])]
        found = (row for row in rows if row.ticket_id == ticket_id)
        return sorted(found, key=lambda row: (row.at, int(row.id)))


def ready_fields(adapter: Adapter, desk: Desk, *specs: FieldSpec) -> tuple[TicketField, ...]:
    """Return the fields, made by the adapter or else by an admin."""
    if not adapter.capabilities.creates_fields:
        assert isinstance(desk, AdminDesk)
        desk.make_fields(specs)
    return adapter.apply_fields(adapter.plan_fields(specs))


def offered(adapter: Adapter, options: Mapping[str, str]) -> Mapping[str, str]:
    """Return the options as the helpdesk tells them: some keep only what people read."""
    return (
        dict(zip(options, options, strict=True)) if adapter.capabilities.stores_labels else options
    )


def skip_unless_it_creates_fields(adapter: Adapter) -> None:
    if not adapter.capabilities.creates_fields:
        pytest.skip("fields of this helpdesk are made by an admin")


def ticket_rows(page: Page) -> TicketRows:
    assert isinstance(page.records, TicketRows)
    return page.records


def event_rows(page: Page) -> EventRows:
    assert isinstance(page.records, EventRows)
    return page.records


def versions(page: Page) -> list[tuple[str, object]]:
    records = page.records
    if isinstance(records, TicketRows):
        return list(zip(records.id, records.stamp, strict=True))
    if isinstance(records, EventRows):
        return list(zip(records.id, records.kind, strict=True))
    return [(record.id, record) for record in records]


def write(adapter: Adapter, *changes: TicketChange) -> dict[str, WriteResult]:
    receipt = adapter.submit(changes)
    for _ in range(MOST_READS):
        results = adapter.collect(receipt)
        if results is not None:
            return {result.ticket_id: result for result in results}
    pytest.fail("the batch is never done")


class AdapterContract:
    """The promises of `docs/adding-a-helpdesk.md`, as tests."""

    def test_check_says_whose_credentials_they_are(self, adapter: Adapter, desk: Desk) -> None:
        identity = adapter.check()
        assert identity.id
        assert identity.name
        assert identity.role == "admin"

    def test_bad_credentials_are_an_authentication_error(self, intruder: Adapter) -> None:
        with pytest.raises(AuthenticationError):
            intruder.check()

    def test_discover_lists_the_fields_we_write(self, adapter: Adapter, desk: Desk) -> None:
        (field,) = ready_fields(adapter, desk, FIELD)
        found = {known.id: known for known in adapter.discover().fields}
        assert found[field.id].title == FIELD.title
        assert offered(adapter, FIELD.options).items() <= found[field.id].options.items()

    def test_views_are_made_where_the_capabilities_say_so(self, adapter: Adapter) -> None:
        inner = adapter.inner if isinstance(adapter, RetryingAdapter) else adapter
        assert isinstance(inner, MakesViews) == adapter.capabilities.views

    def test_fields_once_set_up_need_nothing_more(self, adapter: Adapter, desk: Desk) -> None:
        ready_fields(adapter, desk, FIELD, NOTE)
        assert adapter.plan_fields([FIELD, NOTE]).is_empty

    def test_fields_that_only_an_admin_makes_are_asked_for_by_name(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        if adapter.capabilities.creates_fields:
            pytest.skip("this helpdesk's fields are made by the adapter")
        nowhere = FieldSpec(role="note", kind="text", title="Not made yet", description="Of a test")
        plan = adapter.plan_fields([nowhere])
        assert [step.action for step in plan.steps] == [FieldAction.CREATE]
        with pytest.raises(FatalError, match="Not made yet"):
            adapter.apply_fields(plan)

    def test_an_option_is_added_beside_the_others(self, adapter: Adapter, desk: Desk) -> None:
        skip_unless_it_creates_fields(adapter)
        ready_fields(adapter, desk, FIELD)
        more = {**FIELD.options, "contract_status__on_track": "On track"}
        wider = FieldSpec(
            role="status",
            kind="dropdown",
            title=FIELD.title,
            description=FIELD.description,
            options=more,
        )
        plan = adapter.plan_fields([wider])
        assert [step.action for step in plan.steps] == [FieldAction.ADD_OPTIONS]
        (field,) = adapter.apply_fields(plan)
        assert offered(adapter, more).items() <= field.options.items()

    def test_fields_of_ours_can_be_removed(self, adapter: Adapter, desk: Desk) -> None:
        skip_unless_it_creates_fields(adapter)
        fields = ready_fields(adapter, desk, FIELD, NOTE)
        adapter.apply_fields(adapter.plan_fields([FIELD, NOTE], remove=True))
        assert adapter.read_fields({field.role: field.id for field in fields}) == ()

    def test_fields_are_read_by_their_ids(self, adapter: Adapter, desk: Desk) -> None:
        (field,) = ready_fields(adapter, desk, FIELD)
        (read,) = adapter.read_fields({"status": field.id, "note": desk.missing_id()})
        assert (read.role, read.id, read.active) == ("status", field.id, True)

    def test_reading_to_the_end_gives_every_ticket_and_ends(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        put = {desk.put() for _ in range(7)}
        desk.advance(MINUTES_S)
        assert put <= Reading(adapter, Stream.TICKETS).tickets().keys()

    @pytest.mark.parametrize("stream", list(Stream))
    def test_every_stream_ends(self, adapter: Adapter, desk: Desk, stream: Stream) -> None:
        if stream not in adapter.capabilities.streams:
            pytest.skip("this helpdesk has no such stream")
        desk.put()
        desk.advance(MINUTES_S)
        assert not Reading(adapter, stream).pages[-1].has_more

    @pytest.mark.parametrize("stream", list(Stream))
    def test_reading_at_the_end_brings_nothing_new(
        self, adapter: Adapter, desk: Desk, stream: Stream
    ) -> None:
        if stream not in adapter.capabilities.streams:
            pytest.skip("this helpdesk has no such stream")
        for _ in range(5):
            desk.put()
        desk.advance(MINUTES_S)
        first = Reading(adapter, stream)
        again = Reading(adapter, stream, first.cursor)
        assert all(version in first.versions() for version in again.versions())

    def test_a_stored_ticket_cursor_goes_on_after_a_week(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        ids = [desk.put() for _ in range(5)]
        desk.advance(MINUTES_S)
        stored = Reading(adapter, Stream.TICKETS)
        desk.advance(WEEK_S)
        desk.set_status(ids[2], Status.SOLVED)
        late = desk.put()
        desk.advance(MINUTES_S)
        new = Reading(adapter, Stream.TICKETS, stored.cursor)
        known = stored.versions()
        assert {name for name, stamp in new.versions() if (name, stamp) not in known} == {
            ids[2],
            late,
        }

    def test_a_stored_event_cursor_goes_on_after_a_week(self, adapter: Adapter, desk: Desk) -> None:
        if Stream.EVENTS not in adapter.capabilities.streams:
            pytest.skip("this helpdesk has no such stream")
        ticket_id = desk.put()
        desk.advance(MINUTES_S)
        stored = Reading(adapter, Stream.EVENTS)
        desk.advance(WEEK_S)
        desk.set_status(ticket_id, Status.SOLVED)
        desk.advance(MINUTES_S)
        new = Reading(adapter, Stream.EVENTS, stored.cursor)
        known = stored.versions()
        kinds = [
            row.kind
            for page in new.pages
            for row in event_rows(page).rows()
            if (row.id, row.kind) not in known and row.ticket_id == ticket_id
        ]
        assert EventKind.STATUS in kinds

    def test_events_tell_of_a_status_change(self, adapter: Adapter, desk: Desk) -> None:
        feed = Feed(adapter)
        ticket_id = desk.put()
        desk.advance(MINUTES_S)
        feed.look()
        desk.set_status(ticket_id, Status.PENDING)
        desk.advance(MINUTES_S)
        rows = feed.of(ticket_id)
        changes = [row for row in rows if row.kind == EventKind.STATUS]
        opened_as = changes[0].value if len(changes) > 1 else Status.NEW
        assert changes[-1].value == Status.PENDING
        assert changes[-1].previous == opened_as
        assert {EventKind.CREATED, EventKind.COMMENT} <= {row.kind for row in rows}

    def test_a_deleted_ticket_is_told_as_deleted(self, adapter: Adapter, desk: Desk) -> None:
        ticket_id = desk.put()
        desk.advance(MINUTES_S)
        stored = Reading(adapter, Stream.TICKETS)
        desk.delete(ticket_id)
        desk.advance(MINUTES_S)
        new = Reading(adapter, Stream.TICKETS, stored.cursor).tickets()
        assert new[ticket_id].status == Status.DELETED
        assert adapter.get([ticket_id]) == ()

    def test_times_carry_a_zone(self, adapter: Adapter, desk: Desk) -> None:
        desk.put()
        desk.advance(MINUTES_S)
        page = Reading(adapter, Stream.TICKETS).pages[-1]
        rows = ticket_rows(page)
        times = [*rows.created_at, *rows.updated_at, *rows.stamp, page.through, page.server_time]
        assert all(isinstance(time, datetime) and time.tzinfo is not None for time in times)

    def test_through_rises_and_never_passes_the_servers_time(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        for _ in range(5):
            desk.put()
            desk.advance(60)
        desk.advance(MINUTES_S)
        pages = Reading(adapter, Stream.TICKETS).pages
        throughs = [page.through for page in pages if page.through]
        assert throughs == sorted(throughs)
        assert all(
            page.through <= page.server_time for page in pages if page.through and page.server_time
        )

    def test_one_id_twice_in_a_page_is_one_row(self, adapter: Adapter, desk: Desk) -> None:
        ticket_id = desk.put()
        desk.set_status(ticket_id, Status.OPEN)
        desk.tag(ticket_id, "twice")
        desk.advance(MINUTES_S)
        for page in Reading(adapter, Stream.TICKETS).pages:
            rows = ticket_rows(page)
            assert len(set(rows.id)) == len(rows)

    def test_get_leaves_missing_tickets_out(self, adapter: Adapter, desk: Desk) -> None:
        ticket_id = desk.put()
        assert [t.id for t in adapter.get([ticket_id, desk.missing_id()])] == [ticket_id]

    def test_get_of_nothing_is_nothing(self, adapter: Adapter, desk: Desk) -> None:
        assert adapter.get([]) == ()

    def test_a_write_leaves_foreign_tags_alone(self, adapter: Adapter, desk: Desk) -> None:
        ticket_id = desk.put()
        desk.tag(ticket_id, "vip", "goal_old")
        write(
            adapter,
            TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",)),
        )
        (ticket,) = adapter.get([ticket_id])
        assert {"vip", "goal_new"} <= set(ticket.tags)
        assert "goal_old" not in ticket.tags

    def test_a_write_returns_the_ticket_as_get_then_shows_it(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        ticket_id = desk.put()
        result = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))[
            ticket_id
        ]
        assert result.outcome == Outcome.WRITTEN
        assert (result.ticket,) == adapter.get([ticket_id])

    def test_after_a_write_nothing_is_left_to_plan(self, adapter: Adapter, desk: Desk) -> None:
        (field,) = ready_fields(adapter, desk, FIELD)
        ticket_id = desk.put()
        change = TicketChange(
            ticket_id=ticket_id,
            add_tags=("goal_new",),
            fields={field.id: "contract_status__at_risk"},
        )
        assert write(adapter, change)[ticket_id].outcome == Outcome.WRITTEN
        (ticket,) = adapter.get([ticket_id])
        assert set(change.add_tags) <= set(ticket.tags)
        assert write(adapter, change)[ticket_id].outcome == Outcome.WRITTEN

    def test_a_field_is_cleared_by_nothing(self, adapter: Adapter, desk: Desk) -> None:
        (field,) = ready_fields(adapter, desk, NOTE)
        ticket_id = desk.put()
        write(adapter, TicketChange(ticket_id=ticket_id, fields={field.id: "Due soon"}))
        result = write(adapter, TicketChange(ticket_id=ticket_id, fields={field.id: None}))
        written = result[ticket_id].ticket
        assert result[ticket_id].outcome == Outcome.WRITTEN
        assert written is not None
        assert field.id not in written.fields

    def test_a_stale_change_is_a_conflict(self, adapter: Adapter, desk: Desk) -> None:
        if not adapter.capabilities.detects_conflicts:
            pytest.skip("this helpdesk detects no conflicts")
        ticket_id = desk.put()
        (ticket,) = adapter.get([ticket_id])
        desk.tag(ticket_id, "meanwhile")
        change = TicketChange(
            ticket_id=ticket_id, add_tags=("goal_new",), expected_stamp=ticket.stamp
        )
        assert write(adapter, change)[ticket_id].outcome == Outcome.CONFLICT

    def test_a_change_of_the_newest_version_is_no_conflict(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        ticket_id = desk.put()
        (ticket,) = adapter.get([ticket_id])
        change = TicketChange(
            ticket_id=ticket_id, add_tags=("goal_new",), expected_stamp=ticket.stamp
        )
        assert write(adapter, change)[ticket_id].outcome == Outcome.WRITTEN

    def test_closed_and_missing_tickets_have_their_own_outcomes(
        self, adapter: Adapter, desk: Desk
    ) -> None:
        closed, gone, fine, missing = desk.put(), desk.put(), desk.put(), desk.missing_id()
        desk.set_status(closed, Status.CLOSED)
        desk.delete(gone)
        changes = [
            TicketChange(ticket_id=name, add_tags=("goal_new",))
            for name in (closed, gone, fine, missing)
        ]
        outcomes = {name: result.outcome for name, result in write(adapter, *changes).items()}
        assert outcomes == {
            closed: Outcome.LOCKED,
            gone: Outcome.MISSING,
            fine: Outcome.WRITTEN,
            missing: Outcome.MISSING,
        }

    def test_no_changes_are_no_work(self, adapter: Adapter, desk: Desk) -> None:
        assert write(adapter) == {}

    def test_a_limit_is_told_with_its_wait(self, bare_adapter: Adapter, desk: Desk) -> None:
        desk.fail_next(RateLimitedError("slow down", status=429, retry_after_s=7))
        with pytest.raises(RateLimitedError) as caught:
            bare_adapter.check()
        assert caught.value.retry_after_s

    def test_trouble_on_their_side_is_unavailable(self, bare_adapter: Adapter, desk: Desk) -> None:
        desk.fail_next(UnavailableError("down", status=503))
        with pytest.raises(UnavailableError):
            bare_adapter.read(Stream.TICKETS)

    def test_requests_are_counted(self, adapter: Adapter, desk: Desk) -> None:
        adapter.check()  # signing in may cost a request of its own
        before = adapter.requests
        adapter.check()
        assert adapter.requests == before + 1

    def test_closing_twice_is_harmless(self, adapter: Adapter, desk: Desk) -> None:
        adapter.close()
        adapter.close()
