"""The page server of the bench: every ticket and event once, cheap for it and in order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from bench.serving.export import Export
from bench.serving.life import BLOCK, SLOTS, life
from bench.serving.profiles import account

END = 1_760_000_040
URL = "https://localhost:1"
Json = dict[str, Any]


def exported(tickets: int, slots: int = SLOTS) -> Export:
    return Export(life(tickets, END, slots, 7), account(7, BLOCK), URL, 7)


def decoded(parts: list[memoryview]) -> Json:
    page: Json = msgspec.json.decode(b"".join(parts))
    return page


def tickets_of(export: Export, size: int = 1_000) -> list[Json]:
    query = {"start_time": "0", "per_page": str(size), "include": "metric_sets"}
    rows: list[Json] = []
    while True:
        page = decoded(export.tickets_by_cursor(query))
        rows += page["tickets"]
        if page["end_of_stream"]:
            return rows
        query |= {"cursor": page["after_cursor"]}


def events_of(export: Export, start: int = 0, size: int = 1_000) -> list[Json]:
    rows: dict[int, Json] = {}
    while True:
        query = {"start_time": str(start), "per_page": str(size), "include": "comment_events"}
        page = decoded(export.ticket_events(query))
        rows |= {row["id"]: row for row in page["ticket_events"]}
        if page["end_of_stream"]:
            return list(rows.values())
        start = page["end_time"]


@pytest.mark.parametrize("tickets", [100, 5_800, 13_000])
def test_every_ticket_comes_once_and_in_order(tickets: int) -> None:
    rows = tickets_of(exported(tickets), 700)
    assert sorted(row["id"] for row in rows) == list(range(1_000_001, 1_000_001 + tickets))
    stamps = [row["generated_timestamp"] for row in rows]
    assert stamps == sorted(stamps)
    assert stamps[-1] < END


@pytest.mark.parametrize("slots", [0, 3, SLOTS])
def test_every_event_comes_once_and_in_order(slots: int) -> None:
    export = exported(6_000, slots)
    rows = events_of(export, size=900)
    assert len(rows) == export.events
    times = [row["timestamp"] for row in rows]
    assert times == sorted(set(times))
    told = Counter(row["ticket_id"] for row in rows)
    assert max(told.values(), default=0) == slots


def test_a_ticket_is_in_the_state_that_its_events_end_with() -> None:
    export = exported(6_000)
    status: dict[int, str] = {}
    changed: dict[int, int] = {}
    for row in events_of(export):
        changed[row["ticket_id"]] = row["timestamp"]
        for child in row["child_events"]:
            status[row["ticket_id"]] = child.get("status", status.get(row["ticket_id"]))
    rows = tickets_of(export)
    assert {row["id"]: row["status"] for row in rows} == status
    assert {row["id"]: row["generated_timestamp"] for row in rows} == changed
    assert set(status.values()) == {"pending", "open", "solved", "closed"}


def test_tickets_have_a_realistic_size() -> None:
    rows = tickets_of(exported(1_000))
    assert 3_000 < len(msgspec.json.encode(rows)) / len(rows) < 4_000


def test_what_changes_comes_behind_the_cursor_with_its_events() -> None:
    export = exported(12_000)
    end = decoded(export.tickets_by_cursor({"cursor": "12000"}))
    assert (end["tickets"], end["end_of_stream"]) == ([], True)
    last = events_of(export)[-1]["timestamp"]
    export.changes.make(30, "random")
    page = decoded(export.tickets_by_cursor({"cursor": end["after_cursor"]}))
    told = [row for row in events_of(export, last) if row["timestamp"] > last]
    assert len(page["tickets"]) == 30
    assert [row["id"] for row in page["tickets"]] == [row["ticket_id"] for row in told]
    assert [row["status"] for row in page["tickets"]] == [
        row["child_events"][0]["status"] for row in told
    ]
    shown = decoded(export.shown(str(told[0]["ticket_id"]), with_figures=False))["tickets"]
    assert shown == page["tickets"][:1]


def test_recent_changes_are_those_of_the_last_that_were_solved() -> None:
    export = exported(12_000)
    export.changes.make(50, "recent")
    assert {moved.before for moved in export.changes.all} == {"solved"}


def test_pages_by_time_repeat_their_last_second_only() -> None:
    export = exported(6_000)
    first = decoded(export.tickets_by_time({"start_time": "0"}))
    second = decoded(export.tickets_by_time({"start_time": str(first["end_time"])}))
    assert first["tickets"][-1] == second["tickets"][0]
    assert first["next_page"].endswith(f"start_time={first['end_time']}")
