"""A merge that only an event tells marks the ticket, before and after the ticket is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.page import Stream
from connector.model.ticket import EventKind, EventRows, Mark, TicketRows
from connector.store.store import Store
from tests.laws import examples
from tests.store.records import at, event, events, opened, page, rows, ticket, tickets

MARKS = "select ticket_id, marks from tickets order by 1"
MERGE = events(event("9", "1", kind=EventKind.MERGED, value="2"))
MERGED, CHILD = int(Mark.MERGED), int(Mark.CHILD)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def save(store: Store, records: TicketRows | EventRows, minutes: float = 0) -> None:
    stream = Stream.TICKETS if isinstance(records, TicketRows) else Stream.EVENTS
    store.save(stream, page(records), read_at=at(minutes))


def test_an_event_marks_the_ticket_that_was_merged_and_no_other(store: Store) -> None:
    save(store, tickets(ticket("1", marks=CHILD), ticket("2")))
    store.connection.execute("delete from changed")
    save(store, MERGE)
    assert rows(store, MARKS) == [(1, CHILD | MERGED), (2, 0)]
    assert rows(store, "from changed") == [(1,)]


def test_where_it_went_stands_in_the_event(store: Store) -> None:
    save(store, MERGE)
    assert rows(store, "select value from events where kind = 'merged'") == [("2",)]


def test_a_later_version_that_says_otherwise_does_not_undo_it(store: Store) -> None:
    save(store, tickets(ticket("1")))
    save(store, MERGE)
    save(store, tickets(ticket("1", 5, status="closed"), ticket("2", 5)))
    assert rows(store, MARKS) == [(1, MERGED), (2, 0)]


def test_a_merge_known_before_its_ticket_marks_it_all_the_same(store: Store) -> None:
    save(store, MERGE)
    save(store, tickets(ticket("2"), ticket("1")))
    assert rows(store, MARKS) == [(1, MERGED), (2, 0)]


def test_reading_a_merged_ticket_again_changes_nothing(store: Store) -> None:
    save(store, tickets(ticket("1"), ticket("2")))
    save(store, MERGE)
    store.connection.execute("delete from changed")
    before = store.generations()
    save(store, tickets(ticket("1"), ticket("2")))
    save(store, MERGE)
    assert store.generations() == before
    assert rows(store, "from changed") == []


def test_tickets_are_published_anew_when_one_was_marked_and_only_then(store: Store) -> None:
    save(store, tickets(ticket("1"), ticket("3", marks=MERGED)))
    before = store.generations()["tickets"]
    save(store, events(event("7", "1"), event("8", "3", kind=EventKind.MERGED)))
    assert store.generations()["tickets"] == before
    save(store, MERGE)
    assert store.generations()["tickets"] == before + 1


@settings(max_examples=examples(8, 25), deadline=None)
@given(st.permutations([0, 1, 2, 3, 3]))
def test_the_order_of_merges_and_versions_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[int]
) -> None:
    versions = [ticket("1"), ticket("1", 5), ticket("2", 3)]
    pages: list[TicketRows | EventRows] = [*map(tickets, versions), MERGE]
    with opened(tmp_path_factory.mktemp("merges")) as store:
        for place in order:
            save(store, pages[place])
        assert rows(store, MARKS) == [(1, MERGED), (2, 0)]
