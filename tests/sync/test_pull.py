"""A slice of a sync: what is asked, in which order, and what is stored when it ends early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.base import Capabilities
from connector.adapters.memory import MemoryAdapter, MemorySettings
from connector.adapters.memory_helpdesk import MemoryHelpdesk
from connector.errors import ProtocolError
from connector.model.page import EventSource, Stream
from connector.model.sla import SlaPolicy
from connector.model.ticket import Group, Person, Role
from connector.store.store import Store
from connector.sync.pull import Progress, SliceReport, sync_slice
from tests.store.records import at, event, events, opened, rows, ticket, tickets
from tests.sync.helpdesk import ScriptedAdapter


class WithReference(ScriptedAdapter):
    capabilities = Capabilities(streams=frozenset(Stream), events=EventSource.STREAM)


class ByTicket(ScriptedAdapter):
    capabilities = Capabilities(streams=frozenset({Stream.TICKETS}), events=EventSource.BY_TICKET)


class Derived(ScriptedAdapter):
    capabilities = Capabilities(streams=frozenset({Stream.TICKETS}), events=EventSource.DERIVED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def pull(adapter: ScriptedAdapter, store: Store, minutes: float = 60) -> SliceReport:
    """Sync until the end, and measure."""
    adapter.asked.clear()
    report = sync_slice(adapter, store, now=at(minutes))
    store.connection.execute("delete from changed")
    return report


def two_pages(adapter: ScriptedAdapter) -> ScriptedAdapter:
    adapter.through = at(30)
    adapter.put(Stream.TICKETS, tickets(ticket("1")), tickets(ticket("2", 1)))
    adapter.put(Stream.EVENTS, events(event("1", "1")), events(event("2", "2")))
    return adapter


def test_tickets_and_their_events_are_read_to_the_end(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    report = pull(adapter, store)
    assert adapter.streams_asked() == ["tickets", "tickets", "events", "events"]
    assert (report.finished, report.caught_up) == (True, True)
    assert (report.tickets_read, report.events_read, report.requests) == (2, 2, 4)
    assert store.through() == at(30)


def test_an_idle_slice_asks_once(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    report = pull(adapter, store)
    assert adapter.asked == [(Stream.TICKETS, "2")]
    assert (report.requests, report.changed, report.caught_up) == (1, 0, True)


def test_time_goes_on_while_nothing_moves(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    pull(adapter, store)
    adapter.through = at(50)
    pull(adapter, store)
    assert store.through() == at(50)


def test_a_page_read_twice_asks_for_nothing_more(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("2", 1)))
    assert pull(adapter, store).changed == 0
    assert adapter.streams_asked() == ["tickets"]


def test_a_ticket_that_moved_has_its_events_asked_for(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("2", 5)))
    assert pull(adapter, store).changed == 1
    assert adapter.streams_asked() == ["tickets", "events"]


def test_events_wait_when_a_run_dies_after_the_tickets(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 5)))
    report = sync_slice(adapter, store, now=at(60), request_budget=1)
    assert (report.finished, report.caught_up) == (False, False)
    pull(adapter, store)
    assert adapter.streams_asked() == ["events", "tickets"]


def test_events_that_end_before_the_newest_ticket_are_asked_for_again(store: Store) -> None:
    adapter = ScriptedAdapter()
    adapter.through = at(3)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 4)))
    pull(adapter, store)
    assert store.through() == at(3)
    adapter.through = at(5)
    pull(adapter, store)
    assert adapter.streams_asked() == ["events", "tickets"]
    pull(adapter, store)
    assert adapter.streams_asked() == ["tickets"]


def test_a_deadline_ends_the_slice_between_pages(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    report = sync_slice(adapter, store, now=at(60), deadline=lambda: len(adapter.asked) >= 1)
    assert (report.finished, report.caught_up, report.tickets_read) == (False, False, 1)
    assert store.through() is None
    assert pull(adapter, store).finished
    assert adapter.asked[0] == (Stream.TICKETS, "1")


def test_a_budget_of_requests_is_kept(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    sync_slice(adapter, store, now=at(60), request_budget=3)
    assert adapter.requests == 3
    assert not sync_slice(adapter, store, now=at(60), request_budget=0).finished
    assert adapter.requests == 3


def test_slices_of_one_request_end_in_the_same_rows(tmp_path: Path) -> None:
    found = []
    for name, budget in (("whole", None), ("sliced", 1)):
        adapter = two_pages(ScriptedAdapter())
        with opened(tmp_path / name) as store:
            while not sync_slice(adapter, store, now=at(60), request_budget=budget).finished:
                pass
            everything = (rows(store, f"from {table} order by all") for table in STORED)
            found.append(list(everything))
    assert found[0] == found[1]


def test_a_total_that_is_told_once_is_expected_of_every_page(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    adapter.expected = 2
    told: list[Progress] = []
    sync_slice(adapter, store, now=at(60), progress=told.append)
    assert [(step.stream, step.rows, step.expected) for step in told] == [
        (Stream.TICKETS, 1, 2),
        (Stream.TICKETS, 2, 2),
        (Stream.EVENTS, 1, None),
        (Stream.EVENTS, 2, None),
    ]


def test_what_an_account_lacks_is_told_once(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    adapter.notes = ("no surveys here",)
    assert pull(adapter, store).notes == ("no surveys here",)


def test_slas_keep_nothing_else_waiting(store: Store) -> None:
    adapter = two_pages(WithReference())
    policies = [(SlaPolicy(id=str(number), title="Gold"),) for number in range(4)]
    adapter.put(Stream.SLA, *policies)
    report = sync_slice(adapter, store, now=at(60), request_budget=9)
    assert (report.finished, report.caught_up) == (False, True)
    adapter.put(Stream.TICKETS, tickets(ticket("3", 5)))
    pull(adapter, store)
    assert adapter.streams_asked() == ["tickets", "events", "ratings", "sla", "sla", "sla"]


STORED = ("tickets", "events", "cursors", "native")


def test_an_empty_page_is_not_the_end(store: Store) -> None:
    adapter = ScriptedAdapter()
    adapter.put(Stream.TICKETS, tickets(), tickets(ticket("1")))
    assert pull(adapter, store).tickets_read == 1


@pytest.mark.parametrize("cursor", ["0", None])
def test_a_cursor_that_leads_back_is_refused(store: Store, cursor: str | None) -> None:
    adapter = two_pages(ScriptedAdapter())
    sync_slice(adapter, store, now=at(60), request_budget=1)
    adapter.put(Stream.TICKETS, tickets(ticket("3")))
    adapter.cursor_of = lambda _: "1" if cursor else None
    with pytest.raises(ProtocolError, match="same cursor again, with 1 rows"):
        sync_slice(adapter, store, now=at(60))
    state = store.cursor(Stream.TICKETS)
    assert state is not None
    assert state.cursor == "1"


def test_full_reads_from_the_beginning(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.asked.clear()
    sync_slice(adapter, store, now=at(61), full=True)
    assert adapter.asked[0:2] == [(Stream.PEOPLE, None), (Stream.GROUPS, None)]
    assert (Stream.TICKETS, None) in adapter.asked
    assert (Stream.EVENTS, None) in adapter.asked


def test_people_and_groups_are_read_first_and_then_daily(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    assert adapter.streams_asked()[:4] == ["people", "groups", "schedules", "tickets"]
    pull(adapter, store, minutes=60 + 24 * 60)
    assert adapter.streams_asked() == ["people", "groups", "schedules", "tickets"]


def test_an_unknown_colleague_is_asked_for(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 5, assignee_id="77", group_id="88")))
    adapter.put(Stream.PEOPLE, (Person(id="77", role=Role.AGENT),))
    adapter.put(Stream.GROUPS, (Group(id="88", name="EMEA"),))
    pull(adapter, store)
    assert adapter.streams_asked() == ["tickets", "events", "ratings", "people", "groups", "sla"]
    adapter.put(Stream.TICKETS, tickets(ticket("1", 6, assignee_id="77", group_id="88")))
    pull(adapter, store)
    assert adapter.streams_asked() == ["tickets", "events", "ratings", "sla"]


def test_an_unknown_author_is_asked_for(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 5)))
    adapter.put(Stream.EVENTS, events(event("5", "1", actor_id="404")))
    pull(adapter, store)
    assert "people" in adapter.streams_asked()


def test_an_author_whom_nobody_knows_is_not_asked_for_with_every_change(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.put(Stream.EVENTS, events(event("5", "1", actor_id="404")))
    for minutes in (61, 62):
        adapter.put(Stream.TICKETS, tickets(ticket("1", minutes)))
        pull(adapter, store, minutes=minutes)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 63)))
    pull(adapter, store, minutes=63)
    assert "people" not in adapter.streams_asked()


def test_a_new_customer_is_not_worth_a_request(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("9", 5, requester_id="500")))
    adapter.put(Stream.EVENTS, events(event("9", "9", actor_id="500")))
    pull(adapter, store)
    assert "people" not in adapter.streams_asked()


def test_history_by_ticket_is_stored_with_its_page(store: Store) -> None:
    adapter = ByTicket()
    adapter.through = at(30)
    adapter.past = {"1": [event("1", "1")], "2": [event("2", "2")]}
    adapter.put(Stream.TICKETS, tickets(ticket("1"), ticket("2")))
    report = pull(adapter, store)
    assert adapter.asked[-1] == (Stream.EVENTS, "1,2")
    assert (report.events_read, report.caught_up) == (2, True)
    assert store.through() == at(30)


def test_history_is_asked_for_moved_tickets_only(store: Store) -> None:
    adapter = ByTicket()
    adapter.put(Stream.TICKETS, tickets(ticket("1"), ticket("2")))
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("1"), ticket("2", 1)))
    pull(adapter, store)
    assert adapter.asked[-1] == (Stream.EVENTS, "2")


def test_a_failing_history_keeps_tickets_and_cursor_back(store: Store) -> None:
    adapter = ByTicket()
    adapter.put(Stream.TICKETS, tickets(ticket("1")))
    adapter.past_error = ProtocolError("no history today")
    with pytest.raises(ProtocolError):
        sync_slice(adapter, store, now=at(60))
    assert store.counts()["tickets"] == 0
    assert store.cursor(Stream.TICKETS) is None


def test_events_are_derived_where_there_are_none(store: Store) -> None:
    adapter = Derived()
    adapter.through = at(30)
    adapter.put(Stream.TICKETS, tickets(ticket("1", status="new")))
    pull(adapter, store)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 5, status="solved")))
    report = pull(adapter, store)
    assert report.caught_up
    assert rows(store, 'select kind, value, previous from events order by "at"') == [
        ("created", None, None),
        ("status", "solved", "new"),
    ]


def test_replies_that_are_told_stand_beside_derived_events(store: Store) -> None:
    adapter = Derived()
    adapter.past = {"1": [event("7", "1", at=at(2), is_public=True)]}
    adapter.put(Stream.TICKETS, tickets(ticket("1", 5, status="solved")))
    report = pull(adapter, store)
    assert report.events_read == 3
    assert rows(store, 'select kind from events order by "at"') == [
        ("created",),
        ("comment",),
        ("status",),
    ]


def test_what_was_not_understood_is_counted(store: Store) -> None:
    adapter = ScriptedAdapter()
    adapter.put(Stream.TICKETS, tickets(ticket("1")))
    adapter.unknown = {"widget": 2}
    assert sync_slice(adapter, store, now=at(60)).unknown == {"widget": 4}
    assert store.unknown() == {"widget": 4}


def test_progress_is_told_page_by_page(store: Store) -> None:
    told: list[Progress] = []
    sync_slice(two_pages(ScriptedAdapter()), store, now=at(60), progress=told.append)
    assert [(step.stream, step.rows, step.pages) for step in told] == [
        (Stream.TICKETS, 1, 1),
        (Stream.TICKETS, 2, 2),
        (Stream.EVENTS, 1, 1),
        (Stream.EVENTS, 2, 2),
    ]


def test_the_memory_helpdesk_syncs_to_the_end(store: Store) -> None:
    desk = MemoryHelpdesk("pull")
    adapter = MemoryAdapter(MemorySettings(account="pull"), watched_fields=frozenset())
    for number in range(1, 4):
        desk.put(str(number))
    desk.now += timedelta(minutes=5)
    assert sync_slice(adapter, store, now=desk.now).caught_up
    assert store.counts()["tickets"] == 3
    store.connection.execute("delete from changed")
    assert sync_slice(adapter, store, now=desk.now).requests == 1


def test_a_resumed_first_read_goes_on_with_its_total(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    adapter.expected = 2
    report = sync_slice(adapter, store, now=at(60), request_budget=1)
    assert report.first is not None
    assert (report.first.stream, report.first.rows) == (Stream.TICKETS, 1)
    told: list[Progress] = []
    assert sync_slice(adapter, store, now=at(60), progress=told.append).first is None
    assert (told[0].rows, told[0].done, told[0].expected) == (1, 2, 2)
    assert store.first_read(Stream.TICKETS) is None


def test_a_stream_without_a_total_is_estimated_by_the_time_it_covers(store: Store) -> None:
    adapter = ScriptedAdapter()
    adapter.put(Stream.TICKETS, tickets(ticket("1")))
    adapter.put(Stream.EVENTS, *(events(event(str(n), "1")) for n in range(1, 11)))
    told: list[Progress] = []

    def note(step: Progress) -> None:
        told.append(step)
        adapter.through = at(10 * (1 + step.pages * (step.stream is Stream.EVENTS)))

    adapter.through = at(10)
    sync_slice(adapter, store, now=at(100), progress=note)
    of_events = [step for step in told if step.stream is Stream.EVENTS]
    assert [step.expected for step in of_events] == [None] + [10] * 9


def test_when_tickets_are_read_events_are_under_way(store: Store) -> None:
    adapter = two_pages(ScriptedAdapter())
    report = sync_slice(adapter, store, now=at(60), request_budget=2)
    assert report.first is not None
    assert (report.first.stream, report.first.rows) == (Stream.EVENTS, 0)


def test_reading_all_again_in_slices_reads_all(store: Store) -> None:
    adapter = two_pages(WithReference())
    pull(adapter, store)
    adapter.asked.clear()
    report = sync_slice(adapter, store, now=at(61), request_budget=4, full=True)
    assert not report.caught_up
    assert report.first is not None
    assert pull(adapter, store).caught_up
    assert (Stream.EVENTS, None) in adapter.asked
    assert pull(adapter, store).requests == 1
