"""A scripted helpdesk: each stream is a list of pages, served from a position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.errors import FatalError
from connector.model.change import Receipt, TicketChange
from connector.model.page import EventSource, Identity, Page, Records, Schema, Stream
from connector.model.ticket import Event, EventRows, Ticket, TicketRows

EMPTY: Mapping[Stream, Records] = {
    Stream.TICKETS: TicketRows.of(()),
    Stream.EVENTS: EventRows.of(()),
}


class ScriptedAdapter(Adapter):
    """Serves what a test put in; counts and remembers what it was asked."""

    kind = "scripted"
    settings_model = AdapterSettings
    capabilities = Capabilities(
        streams=frozenset({Stream.TICKETS, Stream.EVENTS}), events=EventSource.STREAM
    )

    def __init__(
        self,
        settings: AdapterSettings | None = None,
        *,
        watched_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.pages: dict[Stream, list[Records]] = {}
        self.asked: list[tuple[Stream, str | None]] = []
        self.past: dict[str, list[Event]] = {}
        self.through: datetime | None = None
        self.unknown: dict[str, int] = {}
        self.notes: tuple[str, ...] = ()
        self.expected: int | None = None
        self.past_error: FatalError | None = None
        self.cursor_of: Callable[[int], str | None] = str

    def put(self, stream: Stream, *pages: Records) -> None:
        self.pages.setdefault(stream, []).extend(pages)

    @property
    def requests(self) -> int:
        return len(self.asked)

    def streams_asked(self) -> list[str]:
        return [stream.value for stream, _ in self.asked]

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        self.asked.append((stream, cursor))
        pages = self.pages.get(stream, [])
        position = int(cursor or 0)
        is_there = position < len(pages)
        records = pages[position] if is_there else EMPTY.get(stream, ())
        following = position + 1 if is_there else position
        return Page(
            records=records,
            cursor=self.cursor_of(following),
            has_more=following < len(pages),
            through=self.through,
            unknown=self.unknown,
            notes=self.notes,
            expected=self.expected if cursor is None and stream is Stream.TICKETS else None,
        )

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        self.asked.append((Stream.EVENTS, ",".join(ids)))
        if self.past_error:
            raise self.past_error
        return tuple(event for ticket_id in ids for event in self.past.get(ticket_id, ()))

    def check(self) -> Identity:
        raise FatalError("not scripted")

    def discover(self) -> Schema:
        raise FatalError("not scripted")

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        raise FatalError("not scripted")

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        raise FatalError("not scripted")
