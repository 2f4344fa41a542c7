"""Single questions to an account: how many tickets, which statuses, what lists leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.lists import listed
from connector.adapters.zendesk.paging import NOT_THERE
from connector.adapters.zendesk.wire import Wire, WireTicket
from connector.errors import AdapterError, FatalError

EXACT_UNTIL = 100_000


class Count(Wire):
    """A number of things; above 100,000 it is cut off while `refreshed_at` is null."""

    value: int | None = None
    refreshed_at: str | None = None


class CountAnswer(Wire):
    """The answer of a count."""

    count: Count


class WireStatus(Wire):
    """A custom status; agents see its label."""

    id: int
    agent_label: str | None = None
    status_category: str | None = None


class TicketAnswer(Wire):
    """One ticket."""

    ticket: WireTicket


_COUNT = msgspec.json.Decoder(CountAnswer)
_TICKET = msgspec.json.Decoder(TicketAnswer)


def ticket_total(client: ZendeskClient) -> int | None:
    """Return about how many tickets there are; an estimate is not worth a failure."""
    try:
        count = client.get("tickets/count", _COUNT).count
    except AdapterError:
        return None
    if count.value is not None and count.value >= EXACT_UNTIL and count.refreshed_at is None:
        return None
    return count.value


def status_names(client: ZendeskClient) -> dict[str, str]:
    """Return id to label of the custom statuses; accounts without them have none."""
    try:
        rows = tuple(listed(client, "custom_statuses", "custom_statuses", WireStatus))
    except FatalError as error:
        if error.status not in NOT_THERE:
            raise
        return {}
    return {str(row.id): row.agent_label or row.status_category or "" for row in rows}


def shown_one_by_one(client: ZendeskClient, ids: Iterable[int]) -> Iterator[WireTicket]:
    """Yield the tickets of these ids that exist: archived ones are shown, but not listed."""
    for ticket_id in ids:
        try:
            yield client.get(f"tickets/{ticket_id}", _TICKET).ticket
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
