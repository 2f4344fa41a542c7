"""Reading the histories of tickets.

- pages do not say how many there are, and what the user may not see is missing from them, so the
  newest is asked for first: a ticket's own beginning is the end;
- the history of a ticket holds that of all that were merged into it, each under its own id.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec
import requests

from connector.adapters.rt.client import MOST_PAGES, PAGE_SIZE, Listed, RtClient, number
from connector.adapters.rt.events import Words, begins, told
from connector.adapters.rt.parse import TicketParser
from connector.adapters.rt.settings import KIND
from connector.adapters.rt.tickets import MERGED_TOO, Tickets
from connector.adapters.rt.wire import WireTransaction, WireUser, text
from connector.errors import ProtocolError
from connector.model.ticket import Event

MOST_EMPTY = 3
"""How many empty pages in a row are the end of a history whose beginning is hidden from us."""

_PARAMS = {
    "fields": "Type,Field,OldValue,NewValue,Created,Creator,ObjectId",
    "fields[Creator]": "id,Name",
    "orderby": "id",
    "order": "DESC",
    "per_page": PAGE_SIZE,
}
_PAGE: msgspec.json.Decoder[Listed[WireTransaction]] = msgspec.json.Decoder(Listed[WireTransaction])
_USER = msgspec.json.Decoder(WireUser)


class Histories:
    """Reads histories of tickets."""

    def __init__(self, client: RtClient, tickets: Tickets, parser: TicketParser) -> None:
        """Read through `client`."""
        self._client = client
        self._tickets = tickets
        self._parser = parser

    def read(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of each of these tickets, oldest first."""
        rows = self._tickets.by_ids(map(number, ids), MERGED_TOO)
        today = {str(row.id): self._parser.ticket(row) for row in rows}
        words = Words(self._parser.status, lambda: self._nobody_id)
        return tuple(
            event
            for ticket_id in ids
            for event in told(ticket_id, self._entries(ticket_id), today.get(ticket_id), words)
        )

    def _entries(self, ticket_id: str) -> list[WireTransaction]:
        """Return what happened to one ticket and to no other, oldest first."""
        found: dict[int, WireTransaction] = {}
        empty = 0
        for page in range(1, MOST_PAGES):
            rows = self._page(ticket_id, page)
            own = [row for row in rows or () if text(row.object_id) in {None, ticket_id}]
            found |= {int(row.id): row for row in own}
            empty = 0 if rows else empty + 1
            if rows is None or empty > MOST_EMPTY or any(map(begins, own)):
                return [found[key] for key in sorted(found)]
        raise ProtocolError(f"{KIND}: the history of ticket {ticket_id} does not end")

    def _page(self, ticket_id: str, page: int) -> list[WireTransaction] | None:
        """Return one page, newest first; None where there is no such ticket."""
        params = {**_PARAMS, "page": page}
        try:
            return self._client.get(f"ticket/{ticket_id}/history", _PAGE, params).items
        except ProtocolError as error:
            if error.status != requests.codes.not_found:
                raise
        return None

    @cached_property
    def _nobody_id(self) -> str:
        """Return the id of the user who owns what nobody owns."""
        nobody = self._client.get("user/Nobody", _USER)
        ids = (link.id for link in nobody.links if link.ref == "self")
        found = text(nobody.id) or text(next(ids, None))
        if found is None:
            raise ProtocolError(f"{KIND} does not tell the id of the user Nobody")
        return found
