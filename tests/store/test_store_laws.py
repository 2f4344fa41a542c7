"""Laws of the store: whatever order and however often pages come, the same rows are left."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.page import Stream
from connector.model.ticket import Event, Ticket
from tests.laws import examples
from tests.store.records import at, event, events, opened, page, rows, ticket, tickets

IDS = st.sampled_from(["1", "2", "30", "T-1", "T-2", "007"])

TICKETS = """
select coalesce(id, ticket_id::varchar), status, stamp, tags, fields, native.replies
from tickets left join native using (ticket_id)
left join vendor_ids on kind = 'ticket' and key = ticket_id order by 1
"""
EVENTS = """
select coalesce(t.id, ticket_id::varchar), coalesce(e.id, event_id::varchar), events.kind
from events
left join vendor_ids as t on t.kind = 'ticket' and t.key = ticket_id
left join vendor_ids as e on e.kind = 'event' and e.key = event_id order by all
"""


@st.composite
def versions(draw: st.DrawFn) -> Ticket:
    """Return a version of some ticket; what it says depends on id and stamp alone."""
    ticket_id, stamp = draw(IDS), draw(st.integers(0, 5))
    return ticket(
        ticket_id,
        stamp,
        status=["new", "open", "solved"][stamp % 3],
        tags=tuple(f"t{n}" for n in range(stamp)),
        fields={"9": f"{ticket_id}-{stamp}"} if stamp % 2 else {},
        native={"replies": float(stamp)} if stamp > 2 else None,
    )


@st.composite
def happenings(draw: st.DrawFn) -> Event:
    """Return some event; the same key always says the same."""
    kind = draw(st.sampled_from(["comment", "status"]))
    return event(draw(IDS), draw(IDS), kind=kind)


def pages_of(records: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    return st.lists(st.lists(records, max_size=6), max_size=6)


def stored(pages: Sequence[tuple[Stream, Any]], query: str) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        for number, (stream, records) in enumerate(pages):
            store.save(stream, page(records, str(number)), read_at=at(number))
        return rows(store, query)


@settings(max_examples=examples(8, 25), deadline=None)
@given(pages_of(versions()))
def test_the_newest_version_of_each_ticket_is_left(pages: list[list[Ticket]]) -> None:
    newest: dict[str, Ticket] = {}
    for version in (version for some in pages for version in some):
        known = newest.get(version.id)
        if known is None or version.stamp >= known.stamp:
            newest[version.id] = version
    found = stored([(Stream.TICKETS, tickets(*some)) for some in pages], TICKETS)
    assert found == [
        (
            name,
            one.status,
            one.stamp.replace(tzinfo=None),
            list(one.tags),
            dict(one.fields),
            (one.native or {}).get("replies"),
        )
        for name, one in sorted(newest.items())
    ]


@settings(max_examples=examples(6, 15), deadline=None)
@given(pages_of(versions()), st.randoms(use_true_random=False))
def test_order_and_repetition_of_pages_do_not_matter(
    pages: list[list[Ticket]], random: Any
) -> None:
    shuffled = [*pages, *random.sample(pages, len(pages) // 2)]
    random.shuffle(shuffled)
    straight = stored([(Stream.TICKETS, tickets(*some)) for some in pages], TICKETS)
    assert stored([(Stream.TICKETS, tickets(*some)) for some in shuffled], TICKETS) == straight


@settings(max_examples=examples(8, 25), deadline=None)
@given(pages_of(happenings()))
def test_every_event_is_left_exactly_once(pages: list[list[Event]]) -> None:
    distinct = {(one.ticket_id, one.id, one.kind) for some in pages for one in some}
    found = stored([(Stream.EVENTS, events(*some)) for some in pages], EVENTS)
    assert found == sorted(distinct)


@settings(max_examples=examples(6, 15), deadline=None)
@given(pages_of(versions()))
def test_tickets_that_differ_from_before_are_marked_and_no_others(
    pages: list[list[Ticket]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        for some in pages:
            before = rows(store, TICKETS)
            store.connection.execute("delete from changed")
            store.save(Stream.TICKETS, page(tickets(*some)), read_at=at(0))
            differing = {row[0] for row in rows(store, TICKETS) if row not in before}
            keys = store.keys("ticket", list(differing))
            assert {row[0] for row in rows(store, "from changed")} == set(keys.values())
