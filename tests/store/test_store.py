"""The store: newest versions win, pages are whole or absent, and what changed is marked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from connector.errors import StoreError
from connector.model.page import Stream
from connector.model.ticket import (
    NATIVE_FIGURES,
    Group,
    Holiday,
    Person,
    Rating,
    Role,
    Schedule,
)
from connector.store.lock import Lease
from connector.store.schema import SCHEMA_VERSION
from connector.store.store import Store
from tests.store.records import START, at, event, events, opened, page, rows, ticket, tickets


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def save(store: Store, *some: object, stream: Stream = Stream.TICKETS, minutes: float = 0) -> int:
    """Save tickets or other records; return how many tickets changed."""
    records = tickets(*some) if stream is Stream.TICKETS else some  # type: ignore[arg-type]
    return store.save(stream, page(records), read_at=at(minutes)).changed  # type: ignore[arg-type]


def changed(store: Store) -> list[int]:
    found = [row[0] for row in rows(store, "select distinct ticket_id from changed order by 1")]
    store.connection.execute("delete from changed")
    return found


def test_every_column_of_a_ticket_is_stored(store: Store) -> None:
    full = ticket(
        "7",
        3,
        requester_id="1",
        submitter_id="2",
        assignee_id="3",
        group_id="4",
        organization_id="5",
        brand_id="6",
        form_id="8",
        channel="email",
        priority="high",
        type="incident",
        marks=9,
        tags=("vip", "two words"),
        fields={"36": "x y", "37": "z"},
    )
    save(store, full, minutes=4)
    (row,) = rows(store, "select * exclude (created_at, updated_at, stamp, read_at) from tickets")
    assert row == (
        *(7, "open", 1, 2, 3, 4, 5, 6, 8, "email", "high", "incident", 9),
        ["vip", "two words"],
        {"36": "x y", "37": "z"},
    )
    times = rows(store, "select created_at, updated_at, stamp, read_at from tickets")[0]
    assert list(times) == [t.replace(tzinfo=None) for t in (START, at(3), at(3), at(4))]


def test_a_ticket_without_anything_has_empty_tags_and_fields(store: Store) -> None:
    save(store, ticket())
    assert rows(store, "select tags, fields, assignee_id, priority from tickets") == [
        ([], {}, None, None)
    ]


def test_microseconds_are_kept(store: Store) -> None:
    fine = START.replace(microsecond=123457)
    save(store, ticket(created_at=fine))
    assert rows(store, "select created_at from tickets") == [(fine.replace(tzinfo=None),)]


def test_the_newest_version_of_a_ticket_wins(store: Store) -> None:
    save(store, ticket("1", 5, status="solved"))
    assert save(store, ticket("1", 4, status="open")) == 0
    assert rows(store, "select status from tickets") == [("solved",)]
    assert save(store, ticket("1", 6, status="closed")) == 1
    assert rows(store, "select status from tickets") == [("closed",)]


def test_one_id_twice_in_a_page_is_one_row(store: Store) -> None:
    save(store, ticket("1", 5, status="solved"), ticket("1", 4), ticket("1", 5, status="closed"))
    assert rows(store, "select status from tickets") == [("closed",)]


def test_the_same_version_read_later_replaces(store: Store) -> None:
    save(store, ticket("1", 5, tags=("a",)))
    assert save(store, ticket("1", 5, tags=("b",))) == 1
    assert rows(store, "select tags from tickets") == [(["b"],)]


def test_reading_the_same_again_changes_nothing(store: Store) -> None:
    full = ticket("1", 5, tags=("a",), fields={"3": "x"}, native={"replies": 2.0})
    save(store, full)
    assert save(store, full, minutes=9) == 0
    assert rows(store, "select read_at from tickets") == [(START.replace(tzinfo=None),)]


def test_a_deleted_ticket_keeps_its_row(store: Store) -> None:
    save(store, ticket("1", 1))
    save(store, ticket("1", 2, status="deleted"))
    assert rows(store, "select ticket_id, status from tickets") == [(1, "deleted")]


def test_native_figures_have_a_column_each(store: Store) -> None:
    columns = [row[0] for row in rows(store, "describe native")]
    assert columns == ["ticket_id", *NATIVE_FIGURES]


def test_native_figures_follow_their_ticket(store: Store) -> None:
    save(store, ticket("1", 1, native={"replies": 2, "reopens": 0}), ticket("2", 1))
    query = "select ticket_id, replies, reopens, group_stations from native"
    assert rows(store, query) == [(1, 2.0, 0.0, None)]
    save(store, ticket("1", 2, native={"replies": 3}))
    assert rows(store, query) == [(1, 3.0, None, None)]
    assert save(store, ticket("1", 2, native={"replies": 4})) == 1
    save(store, ticket("1", 3))
    assert rows(store, query) == []


def test_ids_that_are_no_numbers_get_keys_of_their_own(store: Store) -> None:
    save(store, ticket("INC-1", assignee_id="ada"), ticket("007"), ticket("7"))
    keys = store.keys("ticket", ["INC-1", "007", "7", "INC-9"])
    assert keys["7"] == 7
    assert keys["INC-1"] < keys["007"] < 0
    assert "INC-9" not in keys
    save(store, ticket("INC-1", 5, assignee_id="ada", status="solved"))
    assert store.keys("ticket", ["INC-1"]) == {"INC-1": keys["INC-1"]}
    assert rows(store, "select assignee_id from tickets where ticket_id < 0 order by status") == [
        (None,),
        (store.keys("person", ["ada"])["ada"],),
    ]


@pytest.mark.parametrize("vendor_id", ["-1", "+1", "1_0", " 1", "01", "", "9" * 30, "٣"])
def test_only_plain_decimals_are_their_own_keys(store: Store, vendor_id: str) -> None:
    save(store, ticket(vendor_id))
    assert rows(store, "select id, key = ticket_id from vendor_ids, tickets") == [(vendor_id, True)]
    assert store.keys("ticket", [vendor_id])[vendor_id] < 0


def test_the_largest_key_is_still_a_number(store: Store) -> None:
    save(store, ticket(str(2**63 - 1)))
    assert rows(store, "select ticket_id from tickets") == [(2**63 - 1,)]
    assert rows(store, "from vendor_ids") == []


def save_events(store: Store, *some: object) -> int:
    return store.save(Stream.EVENTS, page(events(*some)), read_at=at(0)).changed  # type: ignore[arg-type]


def test_events_are_stored_once(store: Store) -> None:
    one = event("1", "5", is_public=True, value="x", actor_id="9")
    assert save_events(store, one, one, event("1", "5", kind="status")) == 1
    assert save_events(store, one, event("2", "5")) == 1
    assert rows(store, "select ticket_id, event_id, kind from events order by all") == [
        (5, 1, "comment"),
        (5, 1, "status"),
        (5, 2, "comment"),
    ]


def test_known_events_change_no_ticket(store: Store) -> None:
    save_events(store, event("1", "5"), event("2", "6"))
    changed(store)
    assert save_events(store, event("1", "5"), event("3", "6")) == 1
    assert changed(store) == [6]


def test_events_of_a_ticket_not_read_yet_are_stored(store: Store) -> None:
    save_events(store, event("1", "99"))
    assert rows(store, "select ticket_id from events") == [(99,)]


def test_history_comes_with_its_page(store: Store) -> None:
    history = events(event("1", "1"), event("2", "4"))
    store.save(Stream.TICKETS, page(tickets(ticket("1"))), read_at=at(0), history=history)
    assert changed(store) == [1, 4]
    assert store.cursor(Stream.EVENTS) is None


def test_changed_tickets_are_marked(store: Store) -> None:
    save(store, ticket("1"), ticket("2"))
    assert changed(store) == [1, 2]
    save(store, ticket("1"), ticket("2", 1))
    assert changed(store) == [2]


def test_a_new_role_marks_the_tickets_of_that_person(store: Store) -> None:
    save(store, ticket("1", assignee_id="7"), ticket("2"), ticket("3"))
    save_events(store, event("1", "2", actor_id="7"))
    changed(store)
    save(store, Person(id="7", role=Role.CUSTOMER), stream=Stream.PEOPLE)
    assert changed(store) == [1, 2]
    save(store, Person(id="7", role=Role.CUSTOMER, name="Ada"), stream=Stream.PEOPLE)
    assert changed(store) == []
    save(store, Person(id="7", role=Role.AGENT, name="Ada"), stream=Stream.PEOPLE)
    assert changed(store) == [1, 2]


def test_an_older_version_of_a_person_is_ignored(store: Store) -> None:
    save(store, Person(id="7", role=Role.AGENT, updated_at=at(5)), stream=Stream.PEOPLE)
    save(store, Person(id="7", role=Role.CUSTOMER, updated_at=at(4)), stream=Stream.PEOPLE)
    assert rows(store, "select role from people") == [("agent",)]


def test_the_role_that_somebody_no_longer_has_is_kept_with_its_end(store: Store) -> None:
    for minute, role in ((1, Role.AGENT), (2, Role.AGENT), (5, Role.CUSTOMER), (9, Role.ADMIN)):
        somebody = Person(id="7", role=role, updated_at=at(minute))
        save(store, somebody, stream=Stream.PEOPLE)
    assert rows(store, "from roles order by until") == [
        (7, "agent", at(5).replace(tzinfo=None)),
        (7, "customer", at(9).replace(tzinfo=None)),
    ]


def test_a_role_without_the_time_of_its_change_ends_when_it_was_read(store: Store) -> None:
    for role in (Role.AGENT, Role.CUSTOMER):
        save(store, Person(id="7", role=role), stream=Stream.PEOPLE)
    ((read_at,),) = rows(store, "select max(read_at) from cursors")
    assert rows(store, "from roles") == [(7, "agent", read_at)]


def test_groups_are_renamed_in_place(store: Store) -> None:
    save(store, Group(id="1", name="EMEA"), Group(id="2", name="APAC"), stream=Stream.GROUPS)
    save(store, Group(id="1", name="Europe", deleted=True), stream=Stream.GROUPS)
    assert rows(store, "from groups order by all") == [(1, "Europe", True), (2, "APAC", False)]


def test_a_rating_marks_its_ticket(store: Store) -> None:
    offered = Rating(id="1", ticket_id="5", score="offered", offered_at=at(1), updated_at=at(1))
    given = Rating(
        id="1",
        ticket_id="5",
        score="bad",
        points=2,
        reason="7001",
        offered_at=at(1),
        updated_at=at(2),
    )
    save(store, offered, stream=Stream.RATINGS)
    assert changed(store) == [5]
    save(store, given, stream=Stream.RATINGS)
    save(store, offered, stream=Stream.RATINGS)
    assert rows(store, "select score, points, reason from ratings") == [("bad", 2, "7001")]


HOURS = Schedule(
    id="1",
    name="Office",
    timezone="Europe/Berlin",
    intervals=((1980, 2460), (3420, 3900)),
    holidays=(Holiday("New Year", date(2026, 1, 1), date(2026, 1, 1)),),
)


def test_the_first_version_of_a_schedule_holds_for_the_past(store: Store) -> None:
    save(store, ticket("1"))
    changed(store)
    save(store, HOURS, stream=Stream.SCHEDULES, minutes=5)
    assert rows(store, "select name, timezone, year(valid_from) from schedules") == [
        ("Office", "Europe/Berlin", 1970)
    ]
    assert rows(store, "select start_minute from schedule_intervals order by 1") == [
        (1980,),
        (3420,),
    ]
    assert rows(store, "select name from holidays") == [("New Year",)]
    assert changed(store) == [1]


def test_changed_hours_are_a_new_version(store: Store) -> None:
    save(store, HOURS, stream=Stream.SCHEDULES)
    shorter = Schedule(id="1", name="Office", timezone="Europe/Berlin", intervals=((1980, 2400),))
    save(store, shorter, stream=Stream.SCHEDULES, minutes=5)
    query = "select start_minute, end_minute from schedule_intervals order by valid_from, 1"
    assert rows(store, query) == [(1980, 2460), (3420, 3900), (1980, 2400)]
    newest = rows(store, "select max(valid_from) from schedules")
    assert newest == [(at(5).replace(tzinfo=None),)]


def test_an_unchanged_schedule_marks_nothing(store: Store) -> None:
    save(store, ticket("1"))
    save(store, HOURS, stream=Stream.SCHEDULES)
    changed(store)
    save(store, HOURS, stream=Stream.SCHEDULES, minutes=5)
    assert rows(store, "select count(*) from schedules") == [(1,)]
    assert changed(store) == []


def test_a_renamed_schedule_gets_no_new_version(store: Store) -> None:
    save(store, HOURS, stream=Stream.SCHEDULES)
    renamed = Schedule(
        id="1",
        name="Desk",
        timezone=HOURS.timezone,
        intervals=HOURS.intervals,
        holidays=HOURS.holidays,
    )
    save(store, renamed, stream=Stream.SCHEDULES, minutes=5)
    assert rows(store, "select name from schedules") == [("Desk",)]


def test_a_stream_never_read_has_no_cursor(store: Store) -> None:
    assert store.cursor(Stream.PEOPLE) is None
    assert store.through() is None


def test_the_cursor_is_stored_with_its_page(store: Store) -> None:
    first = page(tickets(ticket()), "a", has_more=True, through=at(1), unknown={"x": 2})
    store.save(Stream.TICKETS, first, read_at=at(2))
    store.save(Stream.TICKETS, page(tickets(), "b", unknown={"x": 1}), read_at=at(3))
    state = store.cursor(Stream.TICKETS)
    assert state is not None
    assert (state.cursor, state.has_more, state.pages) == ("b", False, 2)
    assert (state.through, state.read_at) == (at(1), at(3))
    assert store.unknown() == {"x": 3}


def test_tickets_alone_are_complete_up_to_nothing(store: Store) -> None:
    store.save(Stream.TICKETS, page(tickets(ticket()), through=at(9)), read_at=at(9))
    assert store.through() is None
    store.save(Stream.EVENTS, page(events(), through=at(8), has_more=True), read_at=at(9))
    assert store.through() == at(8)
    store.save(Stream.EVENTS, page(events(), through=at(9)), read_at=at(9))
    assert store.through() == at(9)


def test_counts_are_by_relation(store: Store) -> None:
    save(store, ticket("1"), ticket("2"))
    counts = store.counts()
    assert (counts["tickets"], counts["events"], counts["changed"]) == (2, 0, 2)


def test_remeasuring_everything_marks_every_ticket_once(store: Store) -> None:
    save(store, ticket("1"), ticket("2"))
    store.remeasure_all()
    assert rows(store, "from changed order by 1") == [(1,), (2,)]


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.connection.execute("update meta set value = '99' where name = 'schema_version'")
    needed = rf"version 99, this connector needs {SCHEMA_VERSION}; .*sync again"
    with pytest.raises(StoreError, match=needed):
        opened(tmp_path).__enter__()


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "store.duckdb") as connection:
        connection.execute("create table theirs (x integer)")
    with pytest.raises(StoreError, match="no schema version"):
        opened(tmp_path).__enter__()


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.duckdb").write_bytes(b"nonsense" * 4096)
    with pytest.raises(StoreError, match="not a valid DuckDB"):
        opened(tmp_path).__enter__()


def test_a_file_left_empty_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "store.duckdb").close()
    with opened(tmp_path) as store:
        assert store.counts()["tickets"] == 0


def test_the_store_is_not_opened_without_the_lock(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lock"):
        Store.open(tmp_path, Lease(tmp_path))


def test_a_lease_that_was_overtaken_commits_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.connection.execute("update meta set value = '99999999999' where name = 'fence'")
        with pytest.raises(StoreError, match="another run took over"):
            save(store, ticket())
        assert store.counts()["tickets"] == 0


def test_a_lease_whose_file_is_gone_commits_nothing(tmp_path: Path) -> None:
    with Lease(tmp_path) as lease, Store.open(tmp_path, lease) as store:
        lease.path.unlink()
        with pytest.raises(StoreError, match="another run took over"):
            save(store, ticket())


def test_memory_is_limited(tmp_path: Path) -> None:
    with opened(tmp_path, memory_limit="100MB") as store:
        (limit,) = rows(store, "select current_setting('memory_limit')")[0]
        assert limit == "95.3 MiB"


class Dying:
    """A connection that fails at its nth statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, fatal: int) -> None:
        self._connection = connection
        self._left = fatal

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, sql: str, *parameters: object) -> duckdb.DuckDBPyConnection:
        self._left -= 1
        if self._left == 0:
            raise InterruptedError("the process was stopped here")
        return self._connection.execute(sql, *parameters)


def die(store: Store, fatal: int, minutes: float) -> bool:
    """Save a page, stopping at a statement; tell whether the page got through."""
    real = store.connection
    store.connection = Dying(real, fatal)  # type: ignore[assignment]
    history = events(event(f"{fatal}", "1"))
    records = page(tickets(ticket("1", minutes), ticket("x")), f"c{fatal}")
    try:
        store.save(Stream.TICKETS, records, read_at=at(0), history=history)
    except StoreError:
        return False
    finally:
        store.connection = real
    return True


def test_a_page_that_stops_at_any_statement_leaves_nothing(store: Store) -> None:
    save(store, ticket("1", 0, native={"replies": 1}))
    everything = ("tickets", "native", "events", "cursors", "changed", "vendor_ids", "generations")
    before = [rows(store, f"from {name} order by all") for name in everything]
    fatal = 1
    while not die(store, fatal, minutes=5):
        assert [rows(store, f"from {name} order by all") for name in everything] == before
        fatal += 1
    assert fatal > 10
    assert rows(store, "select max(stamp) from tickets") == [(at(5).replace(tzinfo=None),)]


def test_pages_are_saved_by_one_thread_with_little_memory_until_the_slice_ends(
    store: Store,
) -> None:
    settings = "select current_setting('threads'), current_setting('memory_limit')"
    usual = rows(store, settings)
    save(store, ticket("1"))
    ((threads, memory),) = rows(store, settings)
    assert threads == 1
    assert memory != usual[0][1]
    store.use_all_threads()
    assert rows(store, settings) == usual


FILL_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from connector.errors import StoreError
from connector.model.page import Stream
from tests.store.records import at, opened, page, ticket, tickets

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
try:
    with opened(folder) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        for number in range(1000):
            some = [ticket(f"T-{number}-{n}", tags=(f"{number}-{n}" * 20,)) for n in range(1000)]
            store.save(Stream.TICKETS, page(tickets(*some), str(number)), read_at=at(0))
            print(number, flush=True)
except StoreError as error:
    print(error)
    sys.exit(7)
"""


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 7, ended.stdout + ended.stderr
    *saved, message = ended.stdout.splitlines()
    assert "free some disk space" in message
    with opened(tmp_path) as store:
        state = store.cursor(Stream.TICKETS)
        assert state is not None
        pages = int(state.cursor or 0) + 1
        assert pages in {len(saved), len(saved) + 1}
        assert store.counts()["tickets"] == pages * 1000
