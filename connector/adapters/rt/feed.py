"""The stream of tickets: by the second of their last change, then by id.

A read goes on after the last ticket of the one before, so that no page depends on how many rows
others moved. Only seconds that are over are read. The first read after the end begins a little
earlier, and has to find the last ticket again: where it does not, RT reads our times in another
zone. Tickets that were deleted, merged, or moved to a queue that is not read never appear; they
are missed by counting, and then told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from connector.adapters.base import utc
from connector.adapters.known_ids import KnownIds, vanished
from connector.adapters.rt.client import RtClient
from connector.adapters.rt.parse import TicketParser, gone, is_merged, merged
from connector.adapters.rt.settings import KIND, RtSettings
from connector.adapters.rt.tickets import MERGED_TOO, Found, Tickets, in_queues, since
from connector.adapters.rt.wire import WireTicket
from connector.errors import AuthenticationError, FatalError
from connector.model.page import Page
from connector.model.ticket import Status, Ticket, TicketRows

MOST_GONE = 100
_TICKET = msgspec.json.Decoder(WireTicket)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stands: after which ticket, and which ones there were."""

    at: int = 0
    id: int = 0
    page: int = 1
    is_end: bool = False
    known: str = ""
    queues: Mapping[str, str] = {}


_PLACE = msgspec.json.Decoder(Place)


class TicketFeed:
    """Reads the stream of tickets, one page at a time."""

    def __init__(
        self, client: RtClient, tickets: Tickets, settings: RtSettings, watched: frozenset[str]
    ) -> None:
        """Read through `tickets`."""
        self._client = client
        self._tickets = tickets
        self._settings = settings
        self._watched = watched

    def read(self, cursor: str | None) -> Page:
        """Read one page; at its end, tell which tickets are gone."""
        place = self._place(cursor)
        start = self._start(place)
        found = self._tickets.page(
            in_queues(place.queues), since(start.at, start.id), page=start.page
        )
        self._check_zone(place, found, start.at)
        parser = TicketParser(self._settings, self._watched)
        closed = [row for row in found.rows if _second(row) <= found.closed]
        after = _after(start, found, closed)
        lost = self._lost(after, parser, utc(found.closed)) if after.is_end else ()
        known = KnownIds.parse(after.known).without(int(ticket.id) for ticket in lost)
        rows = [*map(parser.ticket, closed), *lost]
        return Page(
            records=TicketRows.of(rows),
            cursor=msgspec.json.encode(msgspec.structs.replace(after, known=known.text)).decode(),
            has_more=not after.is_end or len(lost) >= MOST_GONE,
            through=utc(found.closed if after.is_end else max(0, after.at - 1)),
            server_time=found.server_time,
            unknown=dict(parser.unknown),
            expected=found.total if cursor is None else None,
        )

    def _place(self, cursor: str | None) -> Place:
        try:
            place = _PLACE.decode(cursor) if cursor else Place()
        except msgspec.MsgspecError as error:
            raise FatalError(f"{KIND}: the cursor is unreadable; read everything anew") from error
        if set(place.queues) == set(self._settings.queues):
            return place
        return Place(known=place.known, queues=self._tickets.queues)

    def _start(self, place: Place) -> Place:
        """Return after which ticket to ask: a little earlier where everything had been read."""
        if not place.is_end:
            return place
        return msgspec.structs.replace(place, at=max(0, place.at - self._settings.overlap_s), id=0)

    def _lost(self, place: Place, parser: TicketParser, at: datetime) -> tuple[Ticket, ...]:
        """Return the known tickets that are no longer there, as what became of them."""
        scope = in_queues(place.queues)
        ids = vanished(
            KnownIds.parse(place.known),
            lambda first, last: self._tickets.count(scope, f"id >= {first}", f"id <= {last}"),
            most=MOST_GONE,
        )
        rows = {int(row.id): row for row in self._tickets.by_ids(ids, MERGED_TOO)}
        queues = frozenset(place.queues.values())
        return tuple(self._fates(ids, rows, queues, parser, at))

    def _fates(
        self,
        ids: Sequence[int],
        rows: Mapping[int, WireTicket],
        queues: frozenset[str],
        parser: TicketParser,
        at: datetime,
    ) -> Iterator[Ticket]:
        for ticket_id in ids:
            row = rows.get(ticket_id)
            if row is None:
                yield from self._deleted(ticket_id, parser, at)
            elif is_merged(row):
                yield merged(parser.ticket(row), at=at)
            elif queues and str(row.queue.id) not in queues:
                yield gone(parser.ticket(row), at=at)

    def _deleted(self, ticket_id: int, parser: TicketParser, at: datetime) -> Iterator[Ticket]:
        """Yield a ticket that no list shows, unless it is alive all the same."""
        try:
            row = self._client.find(f"ticket/{ticket_id}", _TICKET)
        except AuthenticationError as error:
            raise AuthenticationError(
                f"{KIND}: the token's user may no longer see ticket {ticket_id}; grant ShowTicket"
                " for its queue, or take the queue out of the queues option",
                status=error.status,
            ) from error
        if row is None or int(row.id) != ticket_id:
            yield Ticket(
                id=str(ticket_id), status=Status.DELETED, created_at=at, updated_at=at, stamp=at
            )
        elif row.status == Status.DELETED:
            yield gone(parser.ticket(row), at=at)

    def _check_zone(self, place: Place, found: Found, second: int) -> None:
        """Raise if RT takes the times of our conditions for those of another zone than UTC."""
        first = found.rows[0] if found.rows else None
        if first is not None and _second(first) < second:
            raise FatalError(_ZONE)
        if not place.at and first is not None and place.page == 1:
            at = _second(first)
            mine = f"id = {first.id}"
            if not self._tickets.count(mine, since(at)) and self._tickets.count(mine):
                raise FatalError(_ZONE)
        if place.is_end and place.id not in {int(row.id) for row in found.rows}:
            # the last ticket has to come again, unless somebody changed it since, or it is gone
            is_all = found.per_page >= found.total
            seconds = [_second(row) for row in found.rows] or [0]
            last = found.closed if is_all else max(seconds) - 1
            rows = self._tickets.by_ids([place.id], in_queues(place.queues))
            if any(second <= _second(row) <= last for row in rows):
                raise FatalError(_ZONE)


_ZONE = (
    f"{KIND} reads our times in another zone; set the time zone of the token's user to UTC, in its"
    " preferences"
)


def _after(start: Place, found: Found, closed: Sequence[WireTicket]) -> Place:
    """Return where the next read goes on."""
    known = KnownIds.parse(start.known).with_(int(row.id) for row in closed)
    is_end = len(closed) < len(found.rows) or start.page * found.per_page >= found.total
    after = msgspec.structs.replace(start, is_end=is_end, known=known.text)
    if closed:
        last = closed[-1]
        return msgspec.structs.replace(after, at=_second(last), id=int(last.id), page=1)
    # every row of this page was hidden from us
    return msgspec.structs.replace(after, page=1 if is_end else start.page + 1)


def _second(row: WireTicket) -> int:
    return int(row.last_updated.timestamp())
