"""Published sets: whole or absent, linked where nothing changed, readable while a writer works."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from connector.errors import StoreError
from connector.model.page import Stream
from connector.model.ticket import Group, Person
from connector.store.published import PublishedSet, attach, latest
from connector.store.publishing import is_current, publish
from connector.store.schema import SCHEMA_VERSION
from connector.store.store import Store
from tests.store.records import at, event, events, opened, page, ticket, tickets


def save_ticket(store: Store, ticket_id: str = "1", stamp: float = 0) -> None:
    store.save(Stream.TICKETS, page(tickets(ticket(ticket_id, stamp))), read_at=at(stamp))
    store.connection.execute("insert into unpublished from changed")  # as measuring does
    store.connection.execute("delete from changed")


def published(store: Store, folder: Path, run: str = "r1") -> PublishedSet:
    return publish(store, folder, run=run, through=at(5), read_at=at(6))


def inode(one: PublishedSet, relation: str) -> int:
    return one.files(relation)[0].stat().st_ino


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    assert latest(tmp_path) is None


def test_attaching_nothing_says_what_to_do() -> None:
    with pytest.raises(StoreError, match="connector sync"):
        attach([])


def test_the_manifest_tells_age_and_counts(tmp_path: Path) -> None:
    folder = tmp_path / "support"
    with opened(folder) as store:
        save_ticket(store)
        made = published(store, folder)
    found = latest(folder)
    assert found == made
    assert (found.manifest.helpdesk, found.manifest.run) == ("support", "r1")
    assert (found.manifest.through, found.manifest.read_at) == (at(5), at(6))
    assert found.manifest.counts["tickets"] == 1


def test_sets_of_several_helpdesks_are_read_together(tmp_path: Path) -> None:
    for name in ("emea", "apac"):
        with opened(tmp_path / name) as store:
            save_ticket(store, "7" if name == "emea" else "T-7")
            published(store, tmp_path / name)
    sets = [found for name in ("emea", "apac") if (found := latest(tmp_path / name))]
    read = attach(sets).execute("select helpdesk, id, status from tickets order by id").fetchall()
    assert read == [("emea", "7", "open"), ("apac", "T-7", "open")]


def test_every_relation_is_attached_with_helpdesk_first(tmp_path: Path) -> None:
    with opened(tmp_path / "support") as store:
        made = published(store, tmp_path / "support")
    for relation in made.manifest.files:
        described = attach([made]).execute(f"describe {relation}").fetchall()
        assert described[0][0] == "helpdesk"


def test_a_reader_works_while_the_writer_holds_the_file_and_writes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        save_ticket(store, "1")
        reader = attach([published(store, tmp_path)])
        with store.transaction():
            store.connection.execute("delete from tickets")
            assert reader.execute("select count(*) from tickets").fetchall() == [(1,)]
        save_ticket(store, "2")
        published(store, tmp_path, "r2")
        assert reader.execute("select id from tickets").fetchall() == [("1",)]


def test_relations_that_did_not_change_are_links(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        save_ticket(store)
        store.save(Stream.GROUPS, page((Group(id="1", name="EMEA"),)), read_at=at(0))
        first = published(store, tmp_path)
        save_ticket(store, stamp=1)
        second = published(store, tmp_path, "r2")
    assert inode(first, "groups") == inode(second, "groups")
    assert inode(first, "events") == inode(second, "events")
    assert inode(first, "tickets") != inode(second, "tickets")
    assert inode(first, "measures") != inode(second, "measures")


def test_a_change_after_a_restart_is_published(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        published(store, tmp_path)
    with opened(tmp_path) as store:
        store.save(Stream.EVENTS, page(events(event())), read_at=at(0))
    with opened(tmp_path) as store:
        read = attach([published(store, tmp_path, "r2")])
    assert read.execute("select count(*) from events").fetchall() == [(1,)]


def test_touched_relations_are_written_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        published(store, tmp_path)
        store.connection.execute("insert into measures (ticket_id, measure) values (1, 'm')")
        store.touch("measures")
        read = attach([published(store, tmp_path, "r2")])
    assert read.execute("select measure from measures").fetchall() == [("m",)]


def test_rows_of_one_measure_and_clock_lie_together_and_undated_ones_apart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.connection.execute(
            'insert into measures (ticket_id, measure, clock, value, "at")'
            " select t, m, c, t, if(t < 2, null, timestamp '2026-03-02')"
            " from range(5) as a(t), (values ('it''s'), ('m')) as b(m),"
            " (values ('calendar'), ('business'), (null)) as d(c) order by t"
        )
        kept = store.connection.execute("select * from measures order by all").fetchall()
        made = published(store, tmp_path)
    read = attach([made])
    lying = read.execute(
        'select "at" is null, if("at" is null, null, (measure, clock)) from measures'
    ).fetchall()
    changes = sum(one != other for one, other in pairwise(lying))
    assert changes == len(set(map(str, lying))) - 1
    found = read.execute("select * exclude (helpdesk) from measures order by all").fetchall()
    assert found == kept


def test_measures_published_before_measuring_are_written_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save(Stream.TICKETS, page(tickets(ticket())), read_at=at(0))
        published(store, tmp_path)
        store.connection.execute("insert into measures (ticket_id, measure) values (1, 'm')")
        store.connection.execute("delete from changed")
        read = attach([published(store, tmp_path, "r2")])
    assert read.execute("select measure from measures").fetchall() == [("m",)]


def test_a_set_is_current_until_something_changed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = publish(store, tmp_path, run="r1", through=store.through(), read_at=at(6))
        assert is_current(made, store)
        store.save(Stream.EVENTS, page(events(event())), read_at=at(0))
        assert not is_current(made, store)


def test_a_set_grows_old_while_nothing_changes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = publish(store, tmp_path, run="r1", through=store.through(), read_at=at(6))
        idle = page(tickets(), through=at(9))
        store.save(Stream.TICKETS, idle, read_at=at(9), history=events())
        assert not is_current(made, store)


def test_only_the_two_newest_sets_stay(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for run in ("r1", "r2", "r3"):
            published(store, tmp_path, run)
    folders = {path.name for path in (tmp_path / "published").iterdir() if path.is_dir()}
    assert folders == {"r2", "r3"}


def test_one_run_may_publish_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        published(store, tmp_path)
        assert published(store, tmp_path).path.name == "r1-2"


def test_names_of_staff_are_published_as_read(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save(Stream.PEOPLE, page((Person(id="5", role="agent", name="Ada"),)), read_at=at(0))
        read = attach([published(store, tmp_path)])
    assert read.execute("select person_id, role, name from people").fetchall() == [
        (5, "agent", "Ada")
    ]


def test_a_set_of_another_version_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = published(store, tmp_path)
    manifest = made.path / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace(f'"schema_version":{SCHEMA_VERSION}', '"schema_version":99')
    )
    with pytest.raises(StoreError, match=rf"schema version 99.*reads {SCHEMA_VERSION}"):
        latest(tmp_path)


DIE_WHILE_PUBLISHING = """
import os, signal, sys
from pathlib import Path
from connector.store import publishing
from tests.store.records import at, opened, page, ticket, tickets
from connector.model.page import Stream

folder, fatal = Path(sys.argv[1]), int(sys.argv[2])
steps = 0
real = os.fsync

def dying(handle):
    global steps
    steps += 1
    if steps == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)

with opened(folder) as store:
    store.save(Stream.TICKETS, page(tickets(ticket("2"))), read_at=at(1))
    os.fsync = dying
    publishing.publish(store, folder, run="r2", through=at(5), read_at=at(6))
    print("done")
"""


@pytest.mark.parametrize("step", [1, 3, 5, 7, 8])
def test_a_killed_publish_leaves_the_last_set_current(tmp_path: Path, step: int) -> None:
    with opened(tmp_path) as store:
        save_ticket(store, "1")
        published(store, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-c", DIE_WHILE_PUBLISHING, str(tmp_path), str(step)],
        check=False,
        capture_output=True,
        text=True,
    )
    found = latest(tmp_path)
    assert found is not None
    expected = [("1",)] if found.manifest.run == "r1" else [("1",), ("2",)]
    assert attach([found]).execute("select id from tickets order by id").fetchall() == expected
    assert ended.returncode < 0, ended.stderr
    with opened(tmp_path) as store:
        read = attach([published(store, tmp_path, "r3")])
    assert read.execute("select id from tickets order by id").fetchall() == [("1",), ("2",)]
    assert not list((tmp_path / "published").glob("*.partial"))
