"""Changes to issues: what is there is read, joined with ours, written if unchanged, and read back.

Keywords are sent as the ids of all that an issue shall have. What comes between our reading and
our writing makes the server refuse (412), so nobody's keyword is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import requests

from connector.adapters.readback import lacking, outcome_of, shows
from connector.adapters.roundup.client import Element, RoundupClient
from connector.adapters.roundup.issues import CLASS, Issues
from connector.adapters.roundup.parse import keyword_ids
from connector.adapters.roundup.settings import KIND
from connector.errors import AdapterError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.ticket import Status, Ticket

KEYWORD = "keyword"
TRIES = 2
REFUSALS = (400, 402, 403, 404, 405, 409, 422)
"""What refuses one write and says nothing of others; a detector answers 405, a retired item 409."""


class _RefusedError(Exception):
    """This one change cannot be made; the text says why, and holds nothing of the ticket."""


class Writer:
    """Writes one batch."""

    def __init__(self, client: RoundupClient, issues: Issues) -> None:
        """Share the line; nothing is sent yet."""
        self._client = client
        self._issues = issues
        self._keywords: dict[str, str] | None = None

    def write(self, changes: Sequence[TicketChange]) -> tuple[WriteResult, ...]:
        """Return what became of each change; costs two lists, and two requests a ticket."""
        if not changes:
            return ()
        named = frozenset(chain.from_iterable(change.fields for change in changes))
        before = self._read(changes, named)
        early = {c.ticket_id: _early(c, before.get(c.ticket_id)) for c in changes}
        told = {
            change.ticket_id: self._try(change, named)
            for change in changes
            if early[change.ticket_id] is None
        }
        sent = [change for change in changes if change.ticket_id in told]
        after = self._read(sent, named) if sent else {}
        return tuple(
            early[c.ticket_id] or _settled(c, told[c.ticket_id], after.get(c.ticket_id))
            for c in changes
        )

    def missing(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that are no keywords yet."""
        return tuple(tag for tag in dict.fromkeys(tags) if tag not in self._known_keywords())

    def _read(self, changes: Sequence[TicketChange], named: frozenset[str]) -> Mapping[str, Ticket]:
        found = self._issues.get((change.ticket_id for change in changes), named)
        return {ticket.id: ticket for ticket in found}

    def _try(self, change: TicketChange, named: frozenset[str]) -> WriteResult:
        """Send one change, and once more when somebody was faster."""
        for _ in range(TRIES):
            try:
                element = self._issues.one(change.ticket_id, named)
                ticket = self._issues.ticket(element, named)
                if early := _early(change, ticket):
                    return early
                self._client.change(CLASS, element, self._body(change, element, ticket))
            except _RefusedError as error:
                return _result(change, Outcome.REJECTED, str(error))
            except AdapterError as error:
                if error.status == requests.codes.precondition_failed:
                    continue
                if error.status not in REFUSALS:
                    raise
                return _result(change, Outcome.REJECTED, f"refused with status {error.status}")
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.WRITTEN, is_done=True)
        return _result(change, Outcome.CONFLICT, "it changed each time before the write")

    def _body(self, change: TicketChange, element: Element, ticket: Ticket) -> dict[str, Any]:
        """Return what has to change: nothing of an issue that already is as asked."""
        amiss = lacking(ticket, change)
        # an empty text clears a property; null is left out silently
        body: dict[str, Any] = {
            name: value or "" for name, value in change.fields.items() if name in amiss
        }
        there = keyword_ids(element.attributes)
        kept = {tag: key for tag, key in there.items() if tag not in change.remove_tags}
        added = {tag: self._keyword(tag) for tag in change.add_tags if tag not in kept}
        if added or len(kept) < len(there):
            body[KEYWORD] = [*kept.values(), *added.values()]
        return body

    def _keyword(self, tag: str) -> str:
        """Return the id of a keyword, which is made where there is none."""
        if tag not in self._known_keywords():
            try:
                self._known_keywords()[tag] = self._client.make(KEYWORD, {"name": tag})
            except AdapterError as error:
                if error.status not in REFUSALS:
                    raise
                self._keywords = None  # somebody else may have made it right now
        if tag not in self._known_keywords():
            raise _RefusedError(
                f"{KIND} has no keyword {tag!r}, and our account may not make one; an admin adds it"
            )
        return self._known_keywords()[tag]

    def _known_keywords(self) -> dict[str, str]:
        if self._keywords is None:
            rows = self._client.rows(KEYWORD, ["name"]).rows
            self._keywords = {str(row.get("name")): str(row["id"]) for row in rows}
        return self._keywords


def _early(change: TicketChange, ticket: Ticket | None) -> WriteResult | None:
    """Return what is known of a change before anything is sent."""
    if ticket is None:
        return _result(change, Outcome.MISSING)
    if shows(ticket, change):
        return _result(change, Outcome.WRITTEN, ticket=ticket)
    if ticket.status == Status.CLOSED:
        return _result(change, Outcome.LOCKED, "closed", ticket)
    if change.expected_stamp is not None and ticket.stamp > change.expected_stamp:
        return _result(change, Outcome.CONFLICT, "it changed since the plan was made", ticket)
    return None


def _settled(change: TicketChange, told: WriteResult, ticket: Ticket | None) -> WriteResult:
    """Return what became of a change, given its ticket as it now is."""
    if ticket is None:
        return _result(change, Outcome.MISSING)
    if shows(ticket, change):
        return _result(change, Outcome.WRITTEN, ticket=ticket)
    outcome, detail = told.outcome, told.detail
    if outcome == Outcome.WRITTEN:
        outcome = outcome_of(ticket, change)
        detail = "answered with success, but the ticket does not show it"
    return WriteResult(
        ticket_id=change.ticket_id,
        outcome=outcome,
        detail=detail,
        ticket=ticket,
        is_done=told.is_done,
    )


def _result(
    change: TicketChange, outcome: Outcome, detail: str = "", ticket: Ticket | None = None
) -> WriteResult:
    return WriteResult(ticket_id=change.ticket_id, outcome=outcome, detail=detail, ticket=ticket)
