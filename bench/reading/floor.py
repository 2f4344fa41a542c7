"""The least code that reads an export into DuckDB: requests, msgspec, a transaction a page.

    python -m bench.reading.floor tickets|events URL CA FOLDER

It keeps what the connector keeps of tickets and events, and is as safe as a page can be: what is
older than stored is left out, what comes again replaces or adds nothing, and the cursor is saved
with the rows. It has no retries, limits, settings, versions, nor anything that tells people why it
failed; vendor ids are taken for numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import requests
from msgspec import UNSET

from bench.reading.told import Told
from bench.serving.started import TOKEN

FIGURES = (
    "reply",
    "first_resolution",
    "full_resolution",
    "agent_wait",
    "requester_wait",
    "on_hold",
)
COUNTS = ("reopens", "replies", "assignee_stations", "group_stations")
NUMBERS = ("requester_id", "submitter_id", "assignee_id", "group_id", "organization_id", "brand_id")
TICKETS = f"""
create table if not exists tickets (
  ticket_id bigint, status varchar, created_at timestamp, updated_at timestamp, stamp bigint,
  {", ".join(f"{name} bigint" for name in NUMBERS)}, form_id bigint,
  channel varchar, priority varchar, type varchar, tags varchar[],
  {", ".join(f"{name}_{clock} double" for name in FIGURES for clock in ("calendar", "business"))},
  {", ".join(f"{name} double" for name in COUNTS)}, read_at timestamp)
"""
EVENTS = """
create table if not exists events (
  ticket_id bigint, event_id bigint, "at" timestamp, kind varchar, actor_id bigint,
  is_public boolean, value varchar, previous varchar, read_at timestamp)
"""
TAGS = 15
"""Where the tags stand, which travel as one text."""
CURSORS = "create table if not exists cursors (stream varchar, cursor varchar)"
KINDS = {
    "status": "status",
    "assignee_id": "assignee",
    "group_id": "group",
    "priority": "priority",
    "type": "type",
}


class Via(msgspec.Struct):
    """How a ticket came in."""

    channel: str | None = None


class Minutes(msgspec.Struct):
    """A figure by both clocks."""

    calendar: float | None = None
    business: float | None = None


class Figures(msgspec.Struct):
    """The vendor's own figures of a ticket."""

    reply_time_in_minutes: Minutes
    first_resolution_time_in_minutes: Minutes
    full_resolution_time_in_minutes: Minutes
    agent_wait_time_in_minutes: Minutes
    requester_wait_time_in_minutes: Minutes
    on_hold_time_in_minutes: Minutes
    reopens: int | None
    replies: int | None
    assignee_stations: int | None
    group_stations: int | None


class Ticket(msgspec.Struct):
    """What is kept of a ticket."""

    id: int
    status: str
    created_at: str
    updated_at: str
    generated_timestamp: int
    requester_id: int | None
    submitter_id: int | None
    assignee_id: int | None
    group_id: int | None
    organization_id: int | None
    brand_id: int | None
    ticket_form_id: int | None
    via: Via
    priority: str | None
    type: str | None
    tags: list[str]
    metric_set: Figures


class TicketPage(msgspec.Struct):
    """A page of tickets."""

    tickets: list[Ticket]
    after_cursor: str
    end_of_stream: bool


class Child(msgspec.Struct):
    """What is kept of one entry of an event."""

    id: int
    event_type: str
    author_id: int | None = None
    public: bool | None = None
    status: Any = UNSET
    assignee_id: Any = UNSET
    group_id: Any = UNSET
    priority: Any = UNSET
    type: Any = UNSET
    previous_value: Any = None


class Event(msgspec.Struct):
    """What is kept of an event."""

    ticket_id: int
    created_at: str
    updater_id: int
    via: str
    child_events: list[Child]


class EventPage(msgspec.Struct):
    """A page of events."""

    ticket_events: list[Event]
    end_time: int
    end_of_stream: bool


def main() -> None:
    """Read one stream to its end, and tell what it cost."""
    stream, url, ca, folder = sys.argv[1:]
    told = Told()
    con = duckdb.connect(Path(folder) / "floor.duckdb")
    for table in (TICKETS, EVENTS, CURSORS):
        con.execute(table)
    session = requests.Session()
    session.trust_env = False
    session.verify = ca
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    pages, save = reading(stream, session, url)
    for page, cursor in pages:
        con.execute("begin")
        told.rows += save(con, page)
        con.execute("delete from cursors where stream = ?", [stream])
        con.execute("insert into cursors values (?, ?)", [stream, cursor])
        con.execute("commit")
        told.pages += 1
    con.close()
    told.tell()


def reading(
    stream: str, session: requests.Session, url: str
) -> tuple[Iterator[tuple[list[Any], str]], Callable[..., int]]:
    """Return the pages of a stream, and what saves one."""
    if stream == "tickets":
        return ticket_pages(session, url), save_tickets
    return event_pages(session, url), save_events


def ticket_pages(session: requests.Session, url: str) -> Iterator[tuple[list[Ticket], str]]:
    """Yield the tickets of each page, and where the next begins."""
    decoder = msgspec.json.Decoder(TicketPage)
    place = {"start_time": "0"}
    while True:
        answer = session.get(
            f"{url}/api/v2/incremental/tickets/cursor",
            params={**place, "per_page": "1000", "include": "metric_sets"},
        )
        answer.raise_for_status()
        page = decoder.decode(answer.content)
        yield page.tickets, page.after_cursor
        if page.end_of_stream:
            return
        place = {"cursor": page.after_cursor}


def event_pages(session: requests.Session, url: str) -> Iterator[tuple[list[Event], str]]:
    """Yield the events of each page, and where the next begins."""
    decoder = msgspec.json.Decoder(EventPage)
    start = 0
    while True:
        answer = session.get(
            f"{url}/api/v2/incremental/ticket_events",
            params={"start_time": str(start), "include": "comment_events"},
        )
        answer.raise_for_status()
        page = decoder.decode(answer.content)
        start = page.end_time
        yield page.ticket_events, str(start)
        if page.end_of_stream:
            return


def save_tickets(con: duckdb.DuckDBPyConnection, tickets: list[Ticket]) -> int:
    """Replace the tickets of a page that are not older than stored."""
    if not tickets:
        return 0
    page = columns(map(ticket_row, tickets))
    con.register("page", page)
    bounds = [int(page["c0"].min()), int(page["c0"].max())]
    con.execute(
        "delete from tickets where ticket_id between ? and ? and exists"
        " (from page where page.c0 = ticket_id and page.c4 >= stamp)",
        bounds,
    )
    listed = [f"c{number}" for number in range(len(page))]
    listed[TAGS] = f"string_split(c{TAGS}, ' ')"
    con.execute(
        f"insert into tickets select {', '.join(listed)}, ? from page where c0 not in"
        " (select ticket_id from tickets where ticket_id between ? and ?)",
        [datetime.now(tz=UTC), *bounds],
    )
    return len(tickets)


def ticket_row(ticket: Ticket) -> tuple[Any, ...]:
    """Return what is kept of a ticket."""
    figures = ticket.metric_set
    return (
        ticket.id,
        ticket.status,
        ticket.created_at,
        ticket.updated_at,
        ticket.generated_timestamp,
        ticket.requester_id,
        ticket.submitter_id,
        ticket.assignee_id,
        ticket.group_id,
        ticket.organization_id,
        ticket.brand_id,
        ticket.ticket_form_id,
        ticket.via.channel,
        ticket.priority,
        ticket.type,
        " ".join(ticket.tags),
        figures.reply_time_in_minutes.calendar,
        figures.reply_time_in_minutes.business,
        figures.first_resolution_time_in_minutes.calendar,
        figures.first_resolution_time_in_minutes.business,
        figures.full_resolution_time_in_minutes.calendar,
        figures.full_resolution_time_in_minutes.business,
        figures.agent_wait_time_in_minutes.calendar,
        figures.agent_wait_time_in_minutes.business,
        figures.requester_wait_time_in_minutes.calendar,
        figures.requester_wait_time_in_minutes.business,
        figures.on_hold_time_in_minutes.calendar,
        figures.on_hold_time_in_minutes.business,
        figures.reopens,
        figures.replies,
        figures.assignee_stations,
        figures.group_stations,
    )


def save_events(con: duckdb.DuckDBPyConnection, events: list[Event]) -> int:
    """Add the events of a page that are not there yet."""
    page = columns(row for event in events for row in event_rows(event))
    if not page:
        return 0
    con.register("page", page)
    con.execute(
        "insert into events select page.*, ? from page where (c0, c1, c3) not in"
        " (select (ticket_id, event_id, kind) from events where event_id between ? and ?)",
        [datetime.now(tz=UTC), int(page["c1"].min()), int(page["c1"].max())],
    )
    return len(page["c0"])


def event_rows(event: Event) -> Iterator[tuple[Any, ...]]:
    """Yield what is kept of an event: a row for each fact."""
    actor = None if event.updater_id == -1 else event.updater_id
    for child in event.child_events:
        begin = (event.ticket_id, child.id, event.created_at)
        if child.event_type == "Comment":
            yield (*begin, "comment", child.author_id, child.public, None, None)
            continue
        if child.event_type == "Create":
            yield (*begin, "created", actor, None, event.via, None)
        for name, kind in KINDS.items():
            value = getattr(child, name)
            if value is not UNSET and (value is not None or child.previous_value is not None):
                yield (*begin, kind, actor, None, value, child.previous_value)


def columns(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Return rows as columns for DuckDB."""
    found = {
        f"c{number}": np.array(values) for number, values in enumerate(zip(*rows, strict=True))
    }
    return {
        name: values.astype(object) if values.dtype.kind == "U" else values
        for name, values in found.items()
    }


if __name__ == "__main__":
    main()
