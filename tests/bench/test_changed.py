"""The helpdesk of which some tickets changed: which they are, and what its exports say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.changed import BOUND, SPREADS, tables
from bench.changing import ChangingServer
from bench.stores import fill
from bench.timing import Figure

TICKETS = 400
TICKETS_PATH = "/api/v2/incremental/tickets/cursor.json"
EVENTS_PATH = "/api/v2/incremental/ticket_events.json"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stores") / "store.duckdb"
    fill(path, TICKETS)
    return path


def asked(server: ChangingServer, path: str) -> Any:
    status, _, body = server.answer("GET", path, {}, b"")
    assert status == 200
    return json.loads(b"".join(body))


def changed_ids(store: Path, spread: str, seed: int = 0) -> set[int]:
    server = ChangingServer()
    server.let_change(store, 20, spread, seed)
    return {one["id"] for one in asked(server, f"{TICKETS_PATH}?start_time=0")["tickets"]}


def test_half_of_the_recent_tickets_are_the_newest(store: Path) -> None:
    ids = changed_ids(store, "recent")
    assert set(range(TICKETS - 9, TICKETS + 1)) <= ids
    assert min(ids) > TICKETS * 0.8
    assert len(ids) == 20


@pytest.mark.parametrize("spread", SPREADS)
def test_other_tickets_change_the_next_time(store: Path, spread: str) -> None:
    assert changed_ids(store, spread, 1) != changed_ids(store, spread, 2)


def test_a_cursor_goes_on_behind_what_was_told(store: Path) -> None:
    server = ChangingServer()
    server.let_change(store, 3, BOUND, 0)
    cursor = asked(server, f"{TICKETS_PATH}?start_time=0")["after_cursor"]
    assert asked(server, f"{TICKETS_PATH}?cursor={cursor}")["tickets"] == []
    server.let_change(store, 2, BOUND, 1)
    assert len(asked(server, f"{TICKETS_PATH}?cursor={cursor}")["tickets"]) == 2


def test_events_tell_the_status_that_the_ticket_has(store: Path) -> None:
    server = ChangingServer()
    server.let_change(store, 5, "random", 0)
    tickets = asked(server, f"{TICKETS_PATH}?start_time=0")["tickets"]
    events = asked(server, f"{EVENTS_PATH}?start_time=0")["ticket_events"]
    told = {one["ticket_id"]: one["child_events"][0]["status"] for one in events}
    assert told == {one["id"]: one["status"] for one in tickets}
    with duckdb.connect(store, read_only=True) as con:
        before = dict(con.execute("select ticket_id, status from tickets").fetchall())
    assert all(before[number] != status for number, status in told.items())


def test_the_table_has_seconds_and_rows_by_stage() -> None:
    notes = {"measuring": 0.5, "measuring: rows": 1_200.0}
    name = "1,000 changed tickets (recent), 500 tickets: CPU above a run without"
    head, *rows = tables([Figure(name=name, value=1, unit="s", notes=notes)])["changed tickets"]
    assert head == ["stage", "1,000 changed tickets (recent), 500 tickets"]
    assert ["measuring", "0.500 s, 1,200 rows"] in rows
