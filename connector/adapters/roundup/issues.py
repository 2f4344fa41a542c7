"""Issues as tickets, with the values of the properties that admins added for us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import requests

from connector.adapters.roundup.client import Element, RoundupClient, Row, Rows
from connector.adapters.roundup.parse import ISSUE, ticket
from connector.adapters.roundup.settings import ISSUE_PROPERTIES, RoundupSettings
from connector.errors import ProtocolError
from connector.model.ticket import Ticket

NAMED = 2
"""How verbose an answer is that names what an issue points at, not only its id."""
CLASS = "issue"
T = TypeVar("T")


class Issues:
    """Reads issues; a property that an admin took away again is left out, and told in `lacking`."""

    def __init__(
        self, client: RoundupClient, settings: RoundupSettings, watched: frozenset[str]
    ) -> None:
        """Take the names of the properties whose values are read."""
        self._client = client
        self._settings = settings
        self._watched = frozenset(filter(is_property_name, watched))
        self.lacking: tuple[str, ...] = ()

    def page(self, *params: tuple[str, str]) -> Rows:
        """Read one page of the list."""
        return self._asking(
            lambda fields: self._client.rows(CLASS, fields, *params, verbose=NAMED), self._watched
        )

    def get(self, ids: Iterable[str], named: frozenset[str] = frozenset()) -> tuple[Ticket, ...]:
        """Return the tickets that are there, with the values of more properties."""
        wanted = self._watched | named
        ids = tuple(ids)
        rows = self._asking(
            lambda fields: list(self._client.of_ids(CLASS, fields, ids, verbose=NAMED)), wanted
        )
        return tuple(ticket(row, self._settings, wanted) for row in rows)

    def one(self, ticket_id: str, named: frozenset[str] = frozenset()) -> Element:
        """Read one issue, retired or not, with what a write of it has to name."""
        return self._asking(
            lambda fields: self._client.element(CLASS, ticket_id, fields, verbose=NAMED),
            self._watched | named,
        )

    def ticket(self, element: Element, named: frozenset[str] = frozenset()) -> Ticket:
        """Return what `one` read."""
        row = {**element.attributes, "id": element.id}
        return ticket(row, self._settings, self._watched | named)

    def tickets(self, rows: Iterable[Row], unknown: Counter[str]) -> Iterator[Ticket]:
        """Yield the tickets of a page."""
        return (ticket(row, self._settings, self._watched, unknown) for row in rows)

    def has_property(self, name: str) -> bool:
        """Ask whether issues have a property; one that is unknown is refused even when empty."""
        if not is_property_name(name):
            return False
        try:
            self._client.rows(CLASS, [name], ("@page_size", "1"))
        except ProtocolError as error:
            if error.status != requests.codes.bad_request:
                raise
        else:
            return True
        # what breaks inside the server is answered with 400 too: then this is refused as well
        self._client.rows(CLASS, ["status"], ("@page_size", "1"))
        return False

    def _asking(self, ask: Callable[[Iterable[str]], T], watched: frozenset[str]) -> T:
        """Ask with all properties, and when that is refused, with those that there are."""
        try:
            return ask([*ISSUE, *sorted(watched)])
        except ProtocolError as error:
            if error.status != requests.codes.bad_request or not watched:
                raise
        there = [name for name in sorted(watched) if self.has_property(name)]
        self.lacking = tuple(sorted(watched.difference(there)))
        return ask([*ISSUE, *there])


def is_property_name(name: str) -> bool:
    """Tell whether an admin may have added a property of this name to issues."""
    return name.isascii() and name.isidentifier() and name not in ISSUE_PROPERTIES
