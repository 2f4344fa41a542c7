"""Asking RT for tickets: conditions of TicketSQL, and lists with everything that we read.

- deleted tickets are in no list, merged ones only where the condition names `EffectiveId`;
- a queue that is not there finds nothing, as an empty one does, so names become ids first;
- times of a condition are read in the time zone of the user who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import floor

import msgspec

from connector.adapters.base import utc
from connector.adapters.http import decode
from connector.adapters.limits import http_date
from connector.adapters.rt.client import PAGE_SIZE, Listed, RtClient
from connector.adapters.rt.settings import KIND, RtSettings
from connector.adapters.rt.wire import WireQueue, WireTicket
from connector.errors import FatalError, UnavailableError

MERGED_TOO = "EffectiveId > 0"
FIELDS = {
    "fields": "Status,Created,LastUpdated,Queue,Owner,Creator,Requestor,Priority,EffectiveId,"
    "CustomFields",
    "fields[Queue]": "id",
    "fields[Owner]": "id,Name",
    "fields[Creator]": "id,Name",
    "fields[Requestor]": "id,Name",
}
_PAGE: msgspec.json.Decoder[Listed[WireTicket]] = msgspec.json.Decoder(Listed[WireTicket])


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tickets; everything of `closed` seconds and before was committed when asked."""

    rows: Sequence[WireTicket]
    total: int
    per_page: int
    closed: int
    server_time: datetime


class Tickets:
    """Finds tickets in the queues that are read."""

    def __init__(self, client: RtClient, settings: RtSettings) -> None:
        """Ask through `client`."""
        self._client = client
        self._names = settings.queues
        self._settle_s = settings.settle_s
        self._queues: Mapping[str, str] | None = None

    @property
    def queues(self) -> Mapping[str, str]:
        """Return name to id of the queues of the settings; asked for once."""
        if self._queues is None:
            self._queues = self._resolved() if self._names else {}
        return self._queues

    def page(self, *conditions: str, page: int = 1) -> Found:
        """Return a page of tickets that meet every condition, in the order of their changes."""
        response = self._client.fetch(
            "tickets",
            {
                "query": " AND ".join(filter(None, conditions)),
                "orderby": ["LastUpdated", "id"],
                "order": ["ASC", "ASC"],
                "per_page": PAGE_SIZE,
                "page": page,
                **FIELDS,
            },
        )
        answer = decode(KIND, response, _PAGE)
        server_time = http_date(response.headers.get("Date"))
        if server_time is None:
            raise UnavailableError(f"{KIND} answered without a date")
        asked_at = floor(server_time.timestamp() - response.elapsed.total_seconds())
        return Found(
            rows=answer.items,
            total=_known(answer.total),
            per_page=answer.per_page,
            closed=asked_at - self._settle_s,
            server_time=server_time,
        )

    def count(self, *conditions: str) -> int:
        """Return how many tickets meet every condition."""
        query = " AND ".join(filter(None, conditions))
        return _known(
            self._client.get("tickets", _PAGE_OF_IDS, {"query": query, "per_page": 1}).total
        )

    def by_ids(self, ids: Iterable[int], *conditions: str) -> Iterator[WireTicket]:
        """Yield the tickets of these ids that meet every condition; a request for each hundred."""
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), PAGE_SIZE):
            either = " OR ".join(f"id = {one}" for one in wanted[start : start + PAGE_SIZE])
            yield from self._all(f"({either})", *conditions)

    def _all(self, *conditions: str) -> Iterator[WireTicket]:
        for number in range(1, PAGE_SIZE + 1):
            found = self.page(*conditions, page=number)
            yield from found.rows
            if number * found.per_page >= found.total:
                return

    def _resolved(self) -> dict[str, str]:
        params = {"fields": "id,Name", "find_disabled_rows": 1}  # tickets outlive their queue
        queues = self._client.listing("queues/all", WireQueue, params)
        there = {queue.name: str(queue.id) for queue in queues}
        missing = [name for name in self._names if name not in there]
        if missing:
            raise FatalError(
                f"{KIND}: the token's user sees no queue {missing[0]!r}; see the queues option, and"
                " the right SeeQueue"
            )
        return {name: there[name] for name in self._names}


class OfIds(msgspec.Struct):
    """A list of which only the total counts."""

    total: int | None = None


_PAGE_OF_IDS = msgspec.json.Decoder(OfIds)


def in_queues(queues: Mapping[str, str]) -> str:
    """Return the condition that a ticket is in one of these queues; every ticket where none is."""
    either = " OR ".join(f"Queue = {queue_id}" for queue_id in queues.values())
    return f"({either})" if either else "id > 0"


def since(second: int, ticket_id: int = 0) -> str:
    """Return the condition that a ticket comes after this second and id in the order of changes."""
    if second <= 0:
        return ""
    later = f"LastUpdated >= '{_written(second + 1)}'"
    return f"({later} OR (LastUpdated >= '{_written(second)}' AND id > {ticket_id}))"


def _written(second: int) -> str:
    return f"{utc(second).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _known(total: int | None) -> int:
    if total is None:
        raise FatalError(
            f"{KIND} does not tell how many tickets there are, because it hides some after"
            " counting; grant the token's user ShowTicket for all queues, or set"
            " $UseSQLForACLChecks"
        )
    return total
