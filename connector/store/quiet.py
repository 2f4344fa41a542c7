"""What a store and the state have to tell before a run may leave them alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from connector.model.page import Stream
from connector.store.database import Database
from connector.store.store import Store

WAKES = """
select exists (from changed), (select min(wakes_at) from measures where wakes_at is not null)
"""
"""Said of rows that are not null, so that row groups without any are skipped."""
SAID = """
select (select coalesce(max(run), '') from runs),
       (select coalesce(max(imported_at), '') from imported_values),
       (select coalesce(max(imported_at), '') from imported_answers),
       (select count(*) || coalesce(max(at), '') from checkins),
       (select count(*) || coalesce(max(closed_at), '') from closings),
       (select count(*) || coalesce(max(field), '') from fields),
       (select count(*) || coalesce(max(id), '') from pins),
       (select group_concat(name || value) from meta where name like 'suspects:%')
"""
"""What others than a run write into the state, and the newest run."""


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """A store in which nothing waits: the cursor of tickets, and what time alone will wake.

    `read_at` is when the streams that are read once a day were read, by our clock.
    """

    cursor: str | None
    wakes_at: datetime | None
    read_at: datetime | None


def quiet(store: Store, rarely: tuple[Stream, ...]) -> Quiet | None:
    """Return what is known of a store in which nothing is due; None where something is."""
    states = {stream: store.cursor(stream) for stream in (Stream.TICKETS, *rarely)}
    tickets = states.pop(Stream.TICKETS)
    ((is_changed, wakes_at),) = store.connection.execute(WAKES).fetchall()
    if tickets is None or is_changed:
        return None
    read = [state.read_at for state in states.values() if state and state.read_at]
    return Quiet(
        cursor=tickets.cursor,
        wakes_at=None if wakes_at is None else wakes_at.replace(tzinfo=UTC),
        read_at=min(read, default=None),
    )


def file_mark(folder: Path) -> tuple[int, int] | None:
    """Return what differs as soon as the file of a store was written, or is another one."""
    try:
        found = (folder / "store.duckdb").stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def said(state: Database) -> list[str]:
    """Return what differs as soon as a command has written what runs heed; the newest run first."""
    (row,) = state.rows(SAID)
    return [value or "" for value in row]
