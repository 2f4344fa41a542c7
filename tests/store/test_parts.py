"""Parts of published sets: whatever changed in whatever order, readers see what the store holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.page import Stream
from connector.model.sla import MetricEvent
from connector.model.ticket import Rating
from connector.store.published import OF_TICKETS, PublishedSet, attach, latest
from connector.store.publishing import publish
from connector.store.store import Store
from tests.laws import examples
from tests.store.records import at, event, events, opened, page, ticket, tickets

MANY = 640
MEASURED = """
delete from measures where ticket_id in (from changed);
insert into measures by name
select distinct ticket_id, 'replies' as measure, {minute}::double as value from changed;
insert into unpublished from changed;
delete from changed
"""
Act = Callable[[Store, str, float], None]


def change(store: Store, key: str, minute: float) -> None:
    newer = tickets(ticket(key, minute, tags=(f"t{minute:g}",)))
    store.save(Stream.TICKETS, page(newer), read_at=at(minute))


def happen(store: Store, key: str, minute: float) -> None:
    new = events(event(f"{minute:g}{key}", key, kind="comment"))
    store.save(Stream.EVENTS, page(new), read_at=at(minute))


def rate(store: Store, key: str, minute: float) -> None:
    rating = Rating(
        id=key, ticket_id=key, score="good", offered_at=at(0), updated_at=at(minute)
    )  # fmt: skip
    store.save(Stream.RATINGS, page((rating,)), read_at=at(minute))


def promise(store: Store, key: str, minute: float) -> None:
    step = MetricEvent(
        id=f"{minute:g}{key}", ticket_id=key, at=at(minute), metric="reply_time", type="fulfill",
        instance=1,
    )  # fmt: skip
    store.save(Stream.SLA, page((step,)), read_at=at(minute))


def wake(store: Store, key: str, minute: float) -> None:
    store.connection.execute("insert into changed values (?)", [int(key)])
    measure(store, minute)


ACTS: tuple[Act, ...] = (change, happen, rate, promise, wake)


def measure(store: Store, minute: float) -> None:
    """Do to the store what measuring does."""
    store.connection.execute(MEASURED.format(minute=minute))
    store.touch("measures", is_noted=True)


def publish_at(store: Store, folder: Path, when: datetime) -> PublishedSet:
    return publish(store, folder, run=f"r{when:%H%M}", through=when, read_at=when)


def filled(store: Store) -> None:
    store.save(Stream.TICKETS, page(tickets(*map(ticket, map(str, range(MANY))))), read_at=at(0))
    measure(store, 0)


def assert_told(store: Store, one: PublishedSet) -> None:
    """Compare each relation of a set with the store, row by row."""
    with attach([one]) as read:
        for relation in OF_TICKETS:
            hidden = "helpdesk, id" if relation == "tickets" else "helpdesk"
            told = read.execute(f"select * exclude ({hidden}) from {relation} order by all")
            held = store.connection.execute(f"from {relation} order by all")
            assert told.fetchall() == held.fetchall(), relation


one_act = st.tuples(st.sampled_from(ACTS), st.integers(0, MANY - 1).map(str))


@settings(max_examples=examples(6, 60), deadline=None)
@given(runs=st.lists(st.lists(one_act, min_size=1, max_size=5), min_size=2, max_size=5))
def test_a_set_tells_what_the_store_holds_after_any_runs(
    runs: list[list[tuple[Act, str]]],
) -> None:
    with TemporaryDirectory() as scratch, opened(Path(scratch)) as store:
        filled(store)
        publish_at(store, Path(scratch), at(0))
        for minute, acts in enumerate(runs, 1):
            for number, (act, key) in enumerate(acts):
                act(store, key, minute + number / 16)
            measure(store, minute)
            assert_told(store, publish_at(store, Path(scratch), at(minute)))


def test_what_changed_is_a_part_and_the_rest_is_links(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        first = publish_at(store, tmp_path, at(0))
        change(store, "7", 1)
        second = publish_at(store, tmp_path, at(1))
    (part,) = second.manifest.parts
    assert part.tickets == 1
    assert set(part.relations) == {"tickets", "native", "measures"}
    for relation in OF_TICKETS:
        (was,), (now,) = first.files(relation), second.files(relation)
        assert was.stat().st_ino == now.stat().st_ino


def test_parts_stay_few_however_many_runs_there_are(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        for minute in range(1, 36):
            change(store, str(minute), minute)
            measure(store, minute)
            made = publish_at(store, tmp_path, at(minute))
            assert len(made.manifest.parts) <= 4
        assert made.manifest.parts
        assert_told(store, made)


def test_a_set_is_written_whole_when_much_of_it_stands_in_parts(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        for number in range(MANY // 16 + 1):
            change(store, str(number), 1)
        made = publish_at(store, tmp_path, at(1))
    assert not made.manifest.parts


def test_tickets_stay_unpublished_when_a_run_dies_before_it_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        change(store, "7", 1)
        measure(store, 1)
        was = store.connection.execute("from unpublished").fetchall()
        publish_at(store, tmp_path, at(1))
        # the set was made current, and what it holds was not forgotten yet
        store.connection.execute("insert into unpublished select unnest(?)", [[k for (k,) in was]])
        store.connection.execute("update meta set value = '1' where name = 'published'")
        change(store, "8", 2)
        measure(store, 2)
        made = publish_at(store, tmp_path, at(2))
        assert made.manifest.parts
        assert_told(store, made)


def back_to(folder: Path, one: PublishedSet) -> None:
    (folder / "published" / "CURRENT").write_text(one.path.name)


def test_an_older_set_put_back_is_not_gone_on_from(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        old = publish_at(store, tmp_path, at(0))
        change(store, "7", 1)
        publish_at(store, tmp_path, at(1))
        back_to(tmp_path, old)
        change(store, "8", 2)
        made = publish_at(store, tmp_path, at(2))
        assert_told(store, made)


def test_a_store_read_anew_does_not_go_on_from_sets_of_the_old_one(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
    (tmp_path / "store.duckdb").unlink()
    with opened(tmp_path) as store:
        store.save(Stream.TICKETS, page(tickets(ticket("1"))), read_at=at(0))
        measure(store, 3)
        assert_told(store, publish_at(store, tmp_path, at(1)))


@pytest.mark.parametrize("gone", ["tickets.parquet", "keys-000002.parquet", "groups.parquet"])
def test_a_set_that_lost_a_file_is_written_whole(tmp_path: Path, gone: str) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        change(store, "7", 1)
        made = publish_at(store, tmp_path, at(1))
        (made.path / gone).unlink()
        change(store, "8", 2)
        assert_told(store, publish_at(store, tmp_path, at(2)))


def test_rows_changed_without_saying_of_which_tickets_are_published(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        store.connection.execute("update measures set value = 9")
        store.touch("measures")
        assert_told(store, publish_at(store, tmp_path, at(1)))


def test_a_store_from_before_there_were_parts_goes_on(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        filled(store)
        publish_at(store, tmp_path, at(0))
        store.connection.execute("drop table unpublished")
        store.connection.execute("delete from meta where name in ('identity', 'published')")
    with opened(tmp_path) as store:
        change(store, "7", 1)
        made = publish_at(store, tmp_path, at(1))
        assert_told(store, made)
    assert latest(tmp_path) == made
