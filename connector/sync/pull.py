"""Helpdesk to store: a bounded, resumable slice of one account's streams.

Every page is stored with its cursor in one transaction, so a slice may end anywhere. A slice that
finds nothing new asks for tickets once, and for nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from connector.errors import ProtocolError
from connector.model.page import EventSource, Page, Stream
from connector.model.ticket import EventRows, TicketRows
from connector.store.first_read import FirstRead
from connector.store.gaps import fill_gaps
from connector.store.store import Store
from connector.sync.derive import derive
from connector.sync.glance import Source

RARE = (Stream.PEOPLE, Stream.GROUPS, Stream.SCHEDULES)
"""Streams that are read once a day, or when a ticket names somebody unknown."""

FOLLOWING = (Stream.EVENTS, Stream.RATINGS)
"""Streams that are read only when a ticket moved."""

LAST = (Stream.SLA,)
"""Streams that are read when a ticket moved, after all else: no KPI needs them."""

RARELY = timedelta(days=1)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a stream is: its time, and the rows and pages of this slice.

    `done` and `expected` count from the beginning of a first read, earlier slices too. `first` is
    that read, while it is under way.
    """

    stream: Stream
    rows: int
    pages: int
    done: int
    expected: int | None
    through: datetime | None
    first: FirstRead | None = None


class SliceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice did.

    `finished` is false when deadline or budget ended it; `caught_up` says that tickets and events
    were read to the vendor's end mark. `changed` counts tickets that have to be measured again.
    `server_time` is the helpdesk's own time at the last page, by which data age is told. `notes`
    say what the account does not have. `first` is the first read of tickets, or else of events,
    that is still to be gone on with.
    """

    finished: bool
    caught_up: bool
    tickets_read: int
    events_read: int
    changed: int
    requests: int
    unknown: Mapping[str, int]
    server_time: datetime | None = None
    notes: tuple[str, ...] = ()
    first: FirstRead | None = None


def sync_slice(
    adapter: Source,
    store: Store,
    *,
    now: datetime,
    deadline: Callable[[], bool] = lambda: False,
    request_budget: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    full: bool = False,
) -> SliceReport:
    """Read what changed until the end, the deadline (true: time is up) or the budget of requests.

    `full` reads every stream from the beginning; what it does not come to, later slices do.
    """
    if full:
        store.start_over()
    pull = _Pull(adapter, store, now)
    pull.is_up = deadline
    pull.budget = request_budget
    pull.tell = progress or (lambda _: None)
    try:
        finished = pull.everything()
    finally:
        store.use_all_threads()
    pull.fill_gaps()
    return SliceReport(
        finished=finished,
        caught_up=pull.is_caught_up(),
        tickets_read=pull.rows[Stream.TICKETS],
        events_read=pull.rows[Stream.EVENTS],
        changed=pull.changed,
        requests=pull.requests,
        unknown=dict(pull.unknown),
        server_time=pull.server_time,
        notes=tuple(pull.notes),
        first=under_way(adapter, store),
    )


def under_way(adapter: Source, store: Store) -> FirstRead | None:
    """Return the first read of tickets, or else of events, that has not come to its end."""
    for stream in (Stream.TICKETS, Stream.EVENTS):
        state = store.cursor(stream)
        is_new = state is None or (state.cursor is None and state.has_more)
        read = store.first_read(stream)
        if _has(adapter, stream) and (read or is_new):
            return read or FirstRead(stream=stream)
    return None


def is_through(adapter: Source, store: Store) -> bool:
    """Tell whether every stream that a helpdesk has was read, and came to its end."""
    states = [store.cursor(stream) for stream in Stream if _has(adapter, stream)]
    return all(state is not None and not state.has_more for state in states)


def _has(adapter: Source, stream: Stream) -> bool:
    capabilities = adapter.capabilities
    if stream is Stream.EVENTS and capabilities.events is not EventSource.STREAM:
        return False
    return stream in capabilities.streams


class _Pull:
    def __init__(self, adapter: Source, store: Store, now: datetime) -> None:
        self.is_up: Callable[[], bool] = lambda: False
        self.budget: int | None = None
        self.tell: Callable[[Progress], None] = lambda _: None
        self.rows: Counter[Stream] = Counter()
        self.unknown: Counter[str] = Counter()
        self.changed = 0
        self.server_time: datetime | None = None
        self._adapter = adapter
        self._store = store
        self._now = now
        self.notes: list[str] = []
        self._first: FirstRead | None = None
        self._before = adapter.requests
        self._has_moved = False
        self._ended: set[Stream] = set()

    @property
    def requests(self) -> int:
        """Return the requests of this slice."""
        return self._adapter.requests - self._before

    def everything(self) -> bool:
        """Read every stream that may have something; tell whether all came to their end.

        Events that an earlier slice left waiting come before the tickets, so that slices too short
        for both get on all the same.
        """
        return (
            all(self._to_end(stream) for stream in RARE if self._is_due(stream))
            and all(self._to_end(stream) for stream in FOLLOWING if self._is_left_over(stream))
            and self._to_end(Stream.TICKETS)
            and all(self._to_end(stream) for stream in FOLLOWING if self._is_behind(stream))
            and all(self._to_end(stream) for stream in RARE if self._is_missed(stream))
            and all(self._to_end(stream) for stream in LAST if self._is_behind(stream))
        )

    def fill_gaps(self) -> None:
        """Derive what the feed of events left out, as far as it has been read."""
        state = self._store.cursor(Stream.EVENTS)
        if state is not None and self._adapter.capabilities.events is EventSource.STREAM:
            self.changed += fill_gaps(self._store, until=state.through, read_at=self._now)

    def is_caught_up(self) -> bool:
        """Tell whether tickets and events came to their end."""
        tickets = self._store.cursor(Stream.TICKETS)
        is_read = tickets is not None and not tickets.has_more
        return is_read and (
            Stream.EVENTS in self._ended
            or self._adapter.capabilities.events is not EventSource.STREAM
            or not self._is_waiting(Stream.EVENTS)
        )

    def _is_due(self, stream: Stream) -> bool:
        state = self._store.cursor(stream)
        return _has(self._adapter, stream) and (
            state is None
            or state.has_more
            or state.read_at is None
            or self._now - state.read_at >= RARELY
        )

    def _is_waiting(self, stream: Stream) -> bool:
        state = self._store.cursor(stream)
        return _has(self._adapter, stream) and (state is None or state.has_more)

    def _is_left_over(self, stream: Stream) -> bool:
        tickets = self._store.cursor(Stream.TICKETS)
        are_read = tickets is not None and not tickets.has_more
        return are_read and self._is_waiting(stream)

    def _is_behind(self, stream: Stream) -> bool:
        return self._is_waiting(stream) and (stream not in self._ended or self._has_moved)

    def _is_missed(self, stream: Stream) -> bool:
        """Tell whether changed tickets name what this stream would have told."""
        is_named = stream in {Stream.PEOPLE, Stream.GROUPS}
        return is_named and _has(self._adapter, stream) and self._store.names_unknown(stream)

    def _to_end(self, stream: Stream) -> bool:
        """Read a stream page by page; tell whether it came to its end."""
        state = self._store.cursor(stream)
        cursor = state.cursor if state else None
        begins = FirstRead(stream=stream) if cursor is None else None
        self._first = begins or self._store.first_read(stream)
        asked: set[str | None] = set()
        pages = 0
        while not self._is_over():
            page = self._adapter.read(stream, cursor)
            asked.add(cursor)
            self._check_that_it_goes_on(stream, page, asked)
            self._save(stream, page)
            pages += 1
            self._tell(stream, page, pages)
            cursor = page.cursor
            if not page.has_more:
                self._ended.add(stream)
                return True
        return False

    def _is_over(self) -> bool:
        return self.is_up() or (self.budget is not None and self.requests >= self.budget)

    def _check_that_it_goes_on(self, stream: Stream, page: Page, asked: set[str | None]) -> None:
        if page.has_more and (page.cursor is None or page.cursor in asked):
            raise ProtocolError(
                f"{self._adapter.kind}: reading {stream} gives the same cursor again, with"
                f" {len(page.records)} rows behind it; run again, and tell the vendor if it stays"
            )

    def _save(self, stream: Stream, page: Page) -> None:
        self.server_time = page.server_time or self.server_time
        history = self._history(page) if stream is Stream.TICKETS else None
        self._first = self._first.after(page) if self._first else None
        saved = self._store.save(
            stream, page, read_at=self._now, history=history, first=self._first
        )
        self.rows[stream] += saved.rows
        self.rows[Stream.EVENTS] += len(history) if history else 0
        self.changed += saved.changed
        self._has_moved |= stream is Stream.TICKETS and saved.changed > 0
        self.unknown.update(page.unknown)
        self.notes += [note for note in page.notes if note not in self.notes]

    def _history(self, page: Page) -> EventRows | None:
        """Return the events of a page of tickets, None where they have a stream of their own."""
        source = self._adapter.capabilities.events
        if source is EventSource.STREAM:
            return None
        tickets = page.records
        assert isinstance(tickets, TicketRows)
        before = self._store.snapshots(tickets.id) if len(tickets) else {}
        stored = {ticket_id: snapshot.stamp for ticket_id, snapshot in before.items()}
        versions = zip(tickets.id, tickets.stamp, strict=True)
        moved = [name for name, stamp in versions if name not in stored or stamp > stored[name]]
        told = self._adapter.history(list(dict.fromkeys(moved))) if moved else ()
        if source is EventSource.DERIVED:
            return EventRows.of((*derive(before, tickets).rows(), *told))
        return EventRows.of(told)

    def _tell(self, stream: Stream, page: Page, pages: int) -> None:
        first, until = self._first, page.server_time or self._now
        self.tell(
            Progress(
                stream=stream,
                rows=self.rows[stream],
                pages=pages,
                done=first.rows if first else self.rows[stream],
                expected=first.expected(until) if first else page.expected,
                through=page.through,
                first=first if page.has_more else None,
            )
        )
