"""What a feed of events leaves out is derived from the tickets, and gives way to the real event."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.page import Stream
from connector.model.ticket import Event
from connector.store.gaps import FIRST_DERIVED_ID, fill_gaps
from connector.store.store import Store
from connector.sync.pull import sync_slice
from tests.laws import examples
from tests.store.records import at, event, events, opened, page, rows, ticket, tickets
from tests.sync.helpdesk import ScriptedAdapter

STATUSES = """
select event_id, "at", value, previous from events where kind = 'status'
order by ticket_id, "at", event_id
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def status(number: int, minutes: float, value: str, previous: str | None = None) -> Event:
    return event(str(number), kind="status", at=at(minutes), value=value, previous=previous)


def save_ticket(store: Store, stamp: float, value: str, **more: object) -> None:
    store.save(
        Stream.TICKETS, page(tickets(ticket("1", stamp, status=value, **more))), read_at=at(stamp)
    )


def save_events(store: Store, *some: Event, until: float) -> None:
    store.save(Stream.EVENTS, page(events(*some), through=at(until)), read_at=at(until))


def fill(store: Store, until: float, *, measured: bool = True) -> int:
    """Fill the gaps and measure."""
    filled = fill_gaps(store, until=at(until), read_at=at(until))
    if measured:
        store.connection.execute("delete from changed")
    return filled


def values(store: Store) -> list[str]:
    return [row[2] for row in rows(store, STATUSES)]


def told_and_closed(store: Store) -> None:
    """Store a ticket that was solved by an event and closed without one."""
    save_ticket(store, 10, "closed", updated_at=at(9))
    save_events(store, status(1, 0, "new"), status(2, 5, "solved", "new"), until=20)


def test_a_closing_that_no_event_tells_is_derived(store: Store) -> None:
    told_and_closed(store)
    assert fill(store, 20, measured=False) == 1
    event_id, when, value, previous = rows(store, STATUSES)[-1]
    assert (when, value, previous) == (at(9).replace(tzinfo=None), "closed", "solved")
    assert event_id == FIRST_DERIVED_ID + round(at(10).timestamp() * 1e6)
    assert rows(store, "select distinct ticket_id from changed") == [(1,)]


def test_deriving_twice_is_deriving_once(store: Store) -> None:
    told_and_closed(store)
    fill(store, 20)
    told_and_closed(store)
    save_ticket(store, 11, "closed")
    assert fill(store, 30) == 0
    assert values(store) == ["new", "solved", "closed"]


def test_a_change_older_than_the_update_is_dated_by_the_last_event(store: Store) -> None:
    save_ticket(store, 10, "closed", updated_at=at(3))
    save_events(store, status(2, 5, "solved"), until=20)
    fill(store, 20)
    assert rows(store, STATUSES)[-1][1] == at(5).replace(tzinfo=None)
    assert values(store) == ["solved", "closed"]


def test_events_that_are_still_to_come_are_waited_for(store: Store) -> None:
    save_ticket(store, 10, "closed")
    save_events(store, status(2, 5, "solved"), until=10)
    assert fill(store, 10) == 0
    save_events(store, until=11)
    assert fill(store, 11) == 1  # although nothing is left to be measured


def test_a_ticket_older_than_its_events_tells_nothing(store: Store) -> None:
    save_ticket(store, 4, "open")
    save_events(store, status(2, 5, "solved"), until=20)
    assert fill(store, 20) == 0


def test_a_ticket_without_events_of_status_tells_nothing(store: Store) -> None:
    save_ticket(store, 4, "solved")
    save_events(store, event("5"), until=20)
    assert fill(store, 20) == 0


def test_a_feed_of_unknown_completeness_fills_nothing(store: Store) -> None:
    told_and_closed(store)
    assert fill_gaps(store, until=None, read_at=at(20)) == 0


def test_deleting_and_restoring_are_events_of_their_own(store: Store) -> None:
    save_ticket(store, 10, "deleted")
    save_events(store, status(2, 5, "open"), until=20)
    fill(store, 20)
    save_ticket(store, 25, "open")
    fill(store, 30)
    kinds = [row[0] for row in rows(store, 'select kind from events order by "at", event_id, kind')]
    assert kinds == ["status", "deleted", "status", "restored", "status"]


@pytest.mark.parametrize("minutes", [8, 10, 12])
def test_the_real_event_takes_the_place_of_the_derived(store: Store, minutes: float) -> None:
    told_and_closed(store)
    fill(store, 20)
    save_events(store, status(3, minutes, "closed", "solved"), until=30)
    fill(store, 30)
    assert [row[0] for row in rows(store, STATUSES)] == [1, 2, 3]


def test_a_real_deletion_takes_all_of_the_derived_ones_place(store: Store) -> None:
    save_ticket(store, 10, "deleted")
    save_events(store, status(2, 5, "open"), until=20)
    fill(store, 20)
    real = event("3", kind="deleted", at=at(9))
    save_events(store, status(3, 9, "deleted", "open"), real, until=30)
    fill(store, 30)
    assert rows(store, "select event_id from events where kind = 'deleted'") == [(3,)]


def test_other_events_leave_the_derived_in_place(store: Store) -> None:
    told_and_closed(store)
    fill(store, 20)
    save_events(store, event("7", at=at(8)), status(3, 3, "open", "new"), until=30)
    fill(store, 30)
    assert values(store) == ["new", "open", "solved", "closed"]


def test_what_was_derived_is_published_anew(store: Store) -> None:
    told_and_closed(store)
    before = store.generations()["events"]
    fill(store, 20)
    assert store.generations()["events"] == before + 1


def test_an_idle_slice_writes_nothing(store: Store) -> None:
    told_and_closed(store)
    fill(store, 20)
    before = rows(store, "from meta order by all")
    assert fill(store, 20) == 0
    assert rows(store, "from meta order by all") == before


@pytest.mark.parametrize("budget", [None, 1])
def test_slices_fill_the_gaps_of_a_stream(tmp_path: Path, budget: int | None) -> None:
    adapter = ScriptedAdapter()
    adapter.through = at(20)
    adapter.put(Stream.TICKETS, tickets(ticket("1", 10, status="closed")))
    adapter.put(Stream.EVENTS, events(status(1, 0, "new")), events(status(2, 5, "solved")))
    with opened(tmp_path) as store:
        while not sync_slice(adapter, store, now=at(30), request_budget=budget).finished:
            store.connection.execute("delete from changed")
        assert values(store) == ["new", "solved", "closed"]


NEVER = 99
changes = st.lists(
    st.tuples(
        st.sampled_from(["open", "solved", "closed", "deleted"]),
        st.integers(1, 3),
        st.sampled_from([0, 0, 1, 2, NEVER]),
        st.booleans(),
    ),
    max_size=7,
)


@settings(max_examples=examples(15, 40), deadline=None)
@given(changes)
def test_events_end_in_the_state_of_the_ticket_and_none_counts_twice(
    given_changes: list[tuple[str, int, int, bool]],
) -> None:
    truth, minutes = [status(1, 0, "new")], 0
    waiting: list[tuple[int, Event]] = []
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        save_events(store, truth[0], until=1)
        for number, (value, gap, delay, has_slice) in enumerate(given_changes):
            if value == truth[-1].value:
                continue
            minutes += gap
            truth.append(status(number + 2, minutes, value, truth[-1].value))
            waiting.append((number + delay, truth[-1]))
            if not has_slice:
                continue
            save_ticket(store, minutes, value)
            told = [one for when, one in waiting if when <= number]
            save_events(store, *told, until=minutes + 0.5)
            fill(store, minutes + 0.5)
            assert values(store)[-1] == value
            assert fill(store, minutes + 0.5) == 0
            assert_derived_ones_change_something(store)
        save_events(store, *truth, until=minutes + 1)
        save_ticket(store, minutes + 0.7, truth[-1].value or "")
        fill(store, minutes + 1)
        found = [row[0] for row in rows(store, STATUSES)]
        assert found == [int(one.id) for one in truth]


def assert_derived_ones_change_something(store: Store) -> None:
    found = rows(store, STATUSES)
    for before, after in pairwise(found):
        if max(before[0], after[0]) >= FIRST_DERIVED_ID:
            assert before[2] != after[2]
