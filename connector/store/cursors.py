"""Where each stream stands: its cursor, whether more is waiting, and up to when it is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb
import msgspec

from connector.model.page import Page, Stream

GET = "select stream, cursor, has_more, through, read_at, pages, unknown from cursors"
ADD = """
insert into cursors values ($stream, $cursor, $has_more, $through, $read_at, $pages, $unknown)
"""
CHANGE = """
update cursors set cursor = $cursor, has_more = $has_more, through = $through, read_at = $read_at,
  pages = $pages, unknown = $unknown
where stream = $stream
"""
GO_ON = """
update cursors set cursor = $cursor, has_more = true, through = greatest(through, $through),
  read_at = $read_at, pages = pages + 1
where stream = $stream
"""
NEWEST = "select max(stamp) from tickets"
EVENTS_WAIT = "update cursors set has_more = true where stream in ('events', 'ratings', 'sla')"
START_OVER = "update cursors set cursor = null, has_more = true"

WAITING = (Stream.EVENTS, Stream.RATINGS, Stream.SLA)
"""Streams that wait again as soon as a ticket moved."""


class CursorState(msgspec.Struct, frozen=True, kw_only=True):
    """Where one stream stands. `has_more` is false when nothing is known to be waiting.

    The streams of `WAITING` wait again as soon as a ticket moved.
    """

    stream: Stream
    cursor: str | None = None
    has_more: bool = True
    through: datetime | None = None
    read_at: datetime | None = None
    pages: int = 0
    unknown: Mapping[str, int] = {}


class Cursors:
    """The cursors of one store, inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on this connection."""
        self._connection = connection

    def get(self, stream: Stream) -> CursorState | None:
        """Return where a stream stands, None if it was never read."""
        return self.all().get(stream)

    def all(self) -> dict[Stream, CursorState]:
        """Return every stream that was read or waits to be."""
        states: dict[Stream, CursorState] = {}
        for row in self._connection.execute(GET).fetchall():
            states[Stream(row[0])] = CursorState(
                stream=Stream(row[0]),
                cursor=row[1],
                has_more=row[2],
                through=_aware(row[3]),
                read_at=_aware(row[4]),
                pages=row[5],
                unknown=msgspec.json.decode(row[6], type=dict[str, int]),
            )
        return states

    def advance(
        self, stream: Stream, page: Page, read_at: datetime, *, moved: bool | None = None
    ) -> None:
        """Go on to the page's cursor.

        `moved` is given with tickets whose events come by a stream: that stream has to be asked
        for, again if it was read before. A read that finds no ticket and tells nothing new leaves
        the row alone.
        """
        is_plain = page.has_more and not page.unknown and moved is None
        if is_plain and self._go_on(stream, page, read_at):
            return
        states = self.all()
        before = states.get(stream) or CursorState(stream=stream)
        through = _later(before.through, page.through)
        after = msgspec.structs.replace(
            before,
            cursor=page.cursor,
            has_more=page.has_more or (stream is Stream.EVENTS and self._is_behind(through)),
            through=through,
        )
        is_idle = stream is Stream.TICKETS and len(page.records) == 0 and not page.unknown
        if not (is_idle and before == after and stream in states):
            unknown = Counter(before.unknown) + Counter(page.unknown)
            after = msgspec.structs.replace(
                after, read_at=read_at, pages=before.pages + 1, unknown=unknown
            )
            self._put(after, is_new=stream not in states)
        if moved is not None:
            self._await_events(states, moved=moved)

    def _go_on(self, stream: Stream, page: Page, read_at: datetime) -> bool:
        """Go on within a stream that was read before, without asking where it stood."""
        where = {"stream": stream.value, "cursor": page.cursor, "read_at": _naive(read_at)}
        changed = self._connection.execute(GO_ON, {**where, "through": _naive(page.through)})
        return changed.fetchall() == [(1,)]

    def start_over(self) -> None:
        """Let every stream be read from its beginning."""
        self._connection.execute(START_OVER)

    def _await_events(self, states: Mapping[Stream, CursorState], *, moved: bool) -> None:
        if Stream.EVENTS not in states:
            self._put(CursorState(stream=Stream.EVENTS, has_more=True), is_new=True)
        following = (states[name] for name in WAITING if name in states)
        if moved and not all(state.has_more for state in following):
            self._connection.execute(EVENTS_WAIT)

    def through(self) -> datetime | None:
        """Return the instant up to which tickets and events are complete.

        Events that wait for nothing are as complete as the tickets: an event moves its ticket.
        """
        states = self.all()
        tickets, events = states.get(Stream.TICKETS), states.get(Stream.EVENTS)
        if tickets is None or events is None or not events.has_more:
            return tickets.through if tickets else None
        if tickets.through is None or events.through is None:
            return None
        return min(tickets.through, events.through)

    def unknown(self) -> dict[str, int]:
        """Return what was not understood so far, over all streams."""
        total: Counter[str] = Counter()
        for state in self.all().values():
            total.update(state.unknown)
        return dict(total)

    def _is_behind(self, through: datetime | None) -> bool:
        """Tell whether events end before the newest version of a ticket that was read."""
        newest = _aware(self._connection.execute(NEWEST).fetchall()[0][0])
        return through is not None and newest is not None and through < newest

    def _put(self, state: CursorState, *, is_new: bool) -> None:
        self._connection.execute(
            ADD if is_new else CHANGE,
            {
                "stream": state.stream.value,
                "cursor": state.cursor,
                "has_more": state.has_more,
                "through": _naive(state.through),
                "read_at": _naive(state.read_at),
                "pages": state.pages,
                "unknown": msgspec.json.encode(dict(state.unknown)).decode(),
            },
        )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [instant for instant in (one, other) if instant is not None]
    return max(known, default=None)


def _aware(naive: datetime | None) -> datetime | None:
    return None if naive is None else naive.replace(tzinfo=UTC)


def _naive(aware: datetime | None) -> datetime | None:
    return None if aware is None else aware.astimezone(UTC).replace(tzinfo=None)
