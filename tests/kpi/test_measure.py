"""The runner: only what changed is measured again, in one transaction, in chunks."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from connector.errors import StoreError
from connector.kpi.measure import LITTLE_MB, measure
from tests.kpi.desk import AGENT, CUSTOMER, NOW, SCHEMA, Desk, after


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for ticket_id in (1, 2, 3):
        desk.ticket(ticket_id, requester_id=CUSTOMER + ticket_id)
        desk.comment(after(hours=ticket_id), AGENT, ticket_id)
    desk.schedule()
    desk.measure()
    return desk


def changed(desk: Desk, *ids: int) -> None:
    for ticket_id in ids:
        desk.insert("changed", ticket_id=ticket_id)


def test_only_changed_tickets_are_measured_again(desk: Desk) -> None:
    desk.con.execute("update measures set value = -1")
    changed(desk, 2, 2)
    assert desk.measure(everything=False) == 1
    assert desk.rows("first_reply_time", 1)[0][0] == -1
    assert desk.rows("first_reply_time", 2)[0][0] == 7200


def test_the_list_of_changed_tickets_is_empty_afterwards(desk: Desk) -> None:
    changed(desk, 1, 2)
    desk.measure(everything=False)
    assert desk.con.execute("select count(*) from changed").fetchone() == (0,)


def test_measuring_everything_empties_it_too(desk: Desk) -> None:
    changed(desk, 1)
    assert desk.measure(everything=True) == 3
    assert desk.con.execute("select count(*) from changed").fetchone() == (0,)


def test_nothing_changed_is_nothing_to_do(desk: Desk) -> None:
    before = desk.con.execute("from measures order by all").fetchall()
    assert desk.measure(everything=False) == 0
    assert desk.con.execute("from measures order by all").fetchall() == before


def test_a_ticket_that_is_gone_loses_its_rows(desk: Desk) -> None:
    desk.con.execute("delete from tickets where ticket_id = 3")
    changed(desk, 3)
    desk.measure(everything=False)
    assert desk.rows("tickets_created", 3) == []


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_chunks_give_the_same_as_the_whole(desk: Desk, chunk: int) -> None:
    before = desk.con.execute("from measures order by all").fetchall()
    assert desk.measure(chunk=chunk) == 3
    assert desk.con.execute("from measures order by all").fetchall() == before


def test_measuring_changes_gives_the_same_as_measuring_everything(desk: Desk) -> None:
    desk.status(after(days=1), "solved", 2)
    changed(desk, 2)
    desk.measure(everything=False)
    found = desk.con.execute("from measures order by all").fetchall()
    desk.measure()
    assert desk.con.execute("from measures order by all").fetchall() == found


def test_a_failure_leaves_the_old_values_and_the_list(desk: Desk) -> None:
    before = desk.con.execute("from measures order by all").fetchall()
    changed(desk, 1)
    desk.status(after(days=1), "waiting", 1)
    with pytest.raises(StoreError):
        desk.measure(everything=False)
    assert desk.con.execute("from measures order by all").fetchall() == before
    assert desk.con.execute("select count(*) from changed").fetchone() == (1,)


def memory_limit(desk: Desk) -> str:
    query = "select value from duckdb_settings() where name = 'memory_limit'"
    return str(desk.con.execute(query).fetchall()[0][0])


def test_few_tickets_are_measured_in_little_memory_and_the_limit_comes_back(desk: Desk) -> None:
    desk.con.execute("set memory_limit = '1GiB'")
    seen = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            seen.append(memory_limit(desk))
            return getattr(desk.con, name)

    changed(desk, 1)
    assert measure(Watched(), now=NOW) == 1  # type: ignore[arg-type]  # stands in for a connection
    assert "213.6 MiB" in seen
    assert memory_limit(desk) == "1.0 GiB"


def test_memory_that_cannot_be_given_back_does_not_stop_measuring() -> None:
    config: dict[str, Any] = {"memory_limit": "800MB", "temp_directory": ""}
    with duckdb.connect(config=config) as con:
        con.execute(SCHEMA)
        con.execute("insert into changed values (1)")
        con.execute("create temp table held as select hash(range) as a from range(40_000_000)")
        with pytest.raises(duckdb.OutOfMemoryException):
            con.execute(f"set memory_limit = '{LITTLE_MB}MB'")
        measure(con, now=NOW, everything=True, forms=())
        con.execute("insert into changed values (1)")
        assert measure(con, now=NOW, forms=()) == 1


def test_a_store_too_large_for_little_memory_is_measured_with_more() -> None:
    config: dict[str, Any] = {"memory_limit": "800MB", "temp_directory": ""}
    with duckdb.connect(config=config) as con:
        con.execute(SCHEMA)
        con.execute(
            "insert into tickets (ticket_id, status, created_at) values (1, 'new', ?)", [NOW]
        )
        measure(con, now=NOW, everything=True)
        con.execute("create temp table held as select hash(range) as a from range(25_000_000)")
        con.execute(f"set memory_limit = '{LITTLE_MB}MB'")  # so it is not refused further on
        con.execute("set memory_limit = '800MB'")
        con.execute("insert into changed values (1)")
        assert measure(con, now=NOW) == 1
        assert con.execute("select count(*) from measures where ticket_id = 1").fetchall() != [(0,)]
