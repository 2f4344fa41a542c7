"""Measure tickets: run every measure's SQL over the tickets that changed, or over all.

The SQL of a measure reads relations `m_*` that hold only the tickets at hand (`measures/inputs`),
so the cost grows with the tickets that changed and not with the store, and the same SQL serves all
of them, a chunk at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import duckdb

from connector.errors import StoreError
from connector.kpi import catalogue
from connector.kpi.flags import SQL_WORDS
from connector.kpi.hours import create_hours

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK: Final = 100_000
COLUMNS: Final = 'ticket_id, measure, clock, value, "at", until, actor_id, flags'
INPUTS: Final = (
    "events",
    "tickets",
    "staff",
    "comments",
    "states",
    "solves",
    "ratings",
    "schedules",
)
CLOCKS: Final = ("calendar", "business")
FAMILY: Final = """
create or replace temp macro family(status) as case
  when status is null then null
  when status in ('new', 'open', 'pending', 'hold') then 'unsolved'
  when status in ('solved', 'closed') then 'done'
  when status = 'deleted' then 'deleted'
  else error('status ' || status || ' is none of the connector''s; the adapter has to map it')
end
"""


def measure(
    con: DuckDBPyConnection,
    *,
    now: datetime,
    bots: frozenset[int] = frozenset(),
    ignore: frozenset[int] = frozenset(),
    everything: bool = False,
    chunk: int = CHUNK,
) -> int:
    """Measure the tickets in `changed` again, or all; return how many. One transaction.

    `bots` are people whose comments are no human replies, `ignore` people whose comments count for
    nothing. `chunk` bounds how many tickets are worked on at once, and so the memory.
    """
    try:
        with _transaction(con):
            return _measure(con, now, sorted(bots | ignore), everything=everything, chunk=chunk)
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise StoreError(
            f"the tickets could not be measured: {reason}; check disk space and memory, and run"
            " again: nothing is lost"
        ) from error


@contextmanager
def _transaction(con: DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end of the block, or take everything back, also when interrupted."""
    con.execute("begin transaction")
    is_done = False
    try:
        yield
        con.execute("commit")
        is_done = True
    finally:
        if not is_done:
            with suppress(duckdb.Error):  # a fatal error has ended the transaction already
                con.execute("rollback")


def _measure(
    con: DuckDBPyConnection, now: datetime, not_human: list[int], *, everything: bool, chunk: int
) -> int:
    source = "tickets" if everything else "changed"
    con.execute(
        f"create or replace temp table m_todo as select distinct ticket_id from {source} order by 1"
    )
    gone = "" if everything else " where ticket_id in (select ticket_id from m_todo)"
    con.execute(f"delete from measures{gone}")
    con.execute(FAMILY)
    ranges = _ranges(con, chunk)
    if ranges:
        create_hours(con, *_stretch(con, now))
    for low, high in ranges:
        _measure_range(con, low, high, not_human)
    con.execute("delete from changed")
    return sum(con.execute("select count(*) from m_todo").fetchone() or (0,))


def _ranges(con: DuckDBPyConnection, chunk: int) -> list[tuple[int, int]]:
    """Cut the tickets to measure into ranges of ids, `chunk` tickets each."""
    rows = con.execute(
        "select min(ticket_id), max(ticket_id) from"
        " (select ticket_id, (row_number() over (order by ticket_id) - 1) // ? as nth from m_todo)"
        " group by nth order by nth",
        [chunk],
    ).fetchall()
    return [(low, high) for low, high in rows]


def _stretch(con: DuckDBPyConnection, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that business hours have to cover, in whole years so that it can be kept."""
    oldest = con.execute(
        "select min(created_at) from tickets where ticket_id in (select ticket_id from m_todo)"
    ).fetchone()
    first = oldest[0] if oldest and oldest[0] else now
    return datetime(first.year, 1, 1, tzinfo=UTC), datetime(now.year + 1, 1, 2, tzinfo=UTC)


def _measure_range(con: DuckDBPyConnection, low: int, high: int, not_human: list[int]) -> None:
    bound = {"low": low, "high": high, "not_human": not_human}
    bound |= {"schedules": "schedules", "vendor_ids": "vendor_ids"}
    con.execute(
        "create or replace temp table m_chunk as"
        " select ticket_id from m_todo where ticket_id between ? and ?",
        [low, high],
    )
    for name in INPUTS:
        query = catalogue.input_sql(name, **SQL_WORDS, **bound)
        con.execute(f"create or replace temp table m_{name} as {query}")
    con.execute(
        "create or replace temp table m_segments (measure varchar, ticket_id bigint, part bigint,"
        " started_at timestamp, stopped_at timestamp,"
        ' "at" timestamp, actor_id bigint, flags integer)'
    )
    for definition in catalogue.definitions().values():
        _run(con, definition.id, is_time=definition.family == "time")
    for clock in CLOCKS:
        query = catalogue.input_sql(clock, **SQL_WORDS)
        con.execute(f"insert into measures ({COLUMNS}) select {COLUMNS} from ({query})")


def _run(con: DuckDBPyConnection, name: str, *, is_time: bool) -> None:
    """Run one measure: times yield segments for the clocks to count, the others yield values."""
    query = catalogue.sql(name)
    if is_time:
        columns = 'ticket_id, part, started_at, stopped_at, "at", actor_id, flags'
        con.execute(
            f"insert into m_segments (measure, {columns}) select '{name}', {columns} from ({query})"
        )
        return
    con.execute(
        f"insert into measures ({COLUMNS}) select ticket_id, '{name}', 'calendar',"
        f' value, "at", until, actor_id, flags from ({query})'
    )
