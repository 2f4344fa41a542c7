"""Reading Zendesk's streams, one bounded page at a time.

Cursors are ours: the vendor's own, with the time it stood at, so that a refused one can be
replaced by the minute before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import requests

from connector.adapters.base import utc
from connector.adapters.zendesk import parse
from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.events import EventParser
from connector.adapters.zendesk.feed import decode_events, event_names
from connector.adapters.zendesk.lookups import ticket_total
from connector.adapters.zendesk.paging import GONE, NOT_THERE, WITHHELD, Pages
from connector.adapters.zendesk.ratings import RatingReader
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.sla import SlaReader
from connector.adapters.zendesk.wire import (
    HolidayList,
    Named,
    ScheduleList,
    TicketExport,
    UserExport,
)
from connector.errors import FatalError, ProtocolError, UnavailableError
from connector.model.page import Page, Records
from connector.model.ticket import EventRows, Group

EXPORT_SIZE = 1_000

_TICKETS = msgspec.json.Decoder(TicketExport)
_USERS = msgspec.json.Decoder(UserExport)
_SCHEDULES = msgspec.json.Decoder(ScheduleList)
_HOLIDAYS = msgspec.json.Decoder(HolidayList)


class Streams:
    """Readers of one account's streams."""

    def __init__(
        self,
        client: ZendeskClient,
        *,
        since: datetime | None,
        watched: frozenset[str],
        comment_channels: frozenset[str] = frozenset(),
    ) -> None:
        """Read through `client`; `since` bounds events and ratings."""
        self._comment_channels = comment_channels
        self._client = client
        self._since = int(since.timestamp()) if since else 0
        self._watched = watched
        self._pages = Pages(client)
        self.ratings = RatingReader(client, self._since).read
        self.sla = SlaReader(client, self._since).read

    def tickets(self, cursor: str | None) -> Page:
        """Read a page of the ticket export; deleted tickets come with the status `deleted`."""
        stood_at, theirs = _split(cursor)
        page = self._export(
            "incremental/tickets/cursor",
            _TICKETS,
            cursor,
            {"include": "metric_sets", "support_type_scope": "all"},
        )
        unknown: Counter[str] = Counter()
        rows = parse.ticket_rows(
            page.tickets,
            watched=self._watched,
            metric_sets=page.metric_sets or (),
            unknown=unknown,
            comment_channels=self._comment_channels,
        )
        self._refuse_standstill(theirs, page, len(page.tickets))
        last = max((ticket.generated_timestamp or 0 for ticket in page.tickets), default=stood_at)
        told = self._export_page(rows, page, cursor, max(last, stood_at), unknown)
        if cursor is None:  # a first sync, which takes long enough for people to want to know
            total = ticket_total(self._client) if told.has_more else len(rows)
            told = msgspec.structs.replace(told, expected=total)
        return told

    def people(self, cursor: str | None) -> Page:
        """Read a page of the user export."""
        stood_at, theirs = _split(cursor)
        page = self._export("incremental/users/cursor", _USERS, cursor, {})
        unknown: Counter[str] = Counter()
        rows = parse.people(page.users, unknown)
        self._refuse_standstill(theirs, page, len(page.users))
        times = [int(person.updated_at.timestamp()) for person in rows if person.updated_at]
        return self._export_page(rows, page, cursor, max([stood_at, *times]), unknown)

    def events(self, cursor: str | None) -> Page:
        """Read a page of the ticket event export; its last second comes again with the next."""
        start = int(cursor) if cursor else self._since
        response = self._events_from(start)
        if response is None:
            return self._pages.page(
                EventRows.of(()), cursor=str(start), has_more=False, through=utc(start)
            )
        page = decode_events(response)
        parser = EventParser(lambda: event_names(response))
        rows = parser.parse(page.ticket_events)
        is_end = page.end_of_stream
        end = start if page.end_time is None else page.end_time
        if is_end is None:
            is_end = end == start
        if not is_end and end <= start:
            what = f"{len(page.ticket_events)} events within one second"
            raise ProtocolError(f"{KIND}: the event export stands still at {start} with {what}")
        return self._pages.page(
            rows,
            cursor=str(max(start, end)),
            has_more=not is_end,
            through=self._pages.complete_until() if is_end else utc(end),
            unknown=parser.unknown + parser.unknown_keys,
            limits=self._pages.export_limits,
        )

    def groups(self, _: str | None) -> Page:
        """Read all groups, the deleted ones too; tickets go on naming those."""
        found = self._client.listing("groups", "groups", Named, {"exclude_deleted": "false"})
        rows = tuple(
            Group(id=str(group.id), name=group.name or "", deleted=bool(group.deleted))
            for group in found
        )
        return self._pages.page(rows, cursor=None, has_more=False, limits=self._pages.limits)

    def schedules(self, _: str | None) -> Page:
        """Read all schedules with their holidays: one request, and one more for each schedule."""
        try:
            rows = self._client.get("business_hours/schedules", _SCHEDULES).schedules
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            rows = []  # plans without business hours refuse the call
        holidays = {
            row.id: self._client.get(
                f"business_hours/schedules/{row.id}/holidays", _HOLIDAYS
            ).holidays
            for row in rows
        }
        return self._pages.page(
            parse.schedules(rows, holidays),
            cursor=None,
            has_more=False,
            limits=self._pages.limits,
        )

    def _export(
        self,
        path: str,
        decoder: msgspec.json.Decoder[Any],
        cursor: str | None,
        more: Mapping[str, Any],
    ) -> Any:
        """Ask for one page; a cursor that is refused is replaced by the minute before its time."""
        stood_at, theirs = _split(cursor)
        params = {"per_page": EXPORT_SIZE, **more}
        if not theirs:
            return self._client.get(path, decoder, {"start_time": stood_at, **params})
        try:
            return self._client.get(path, decoder, {"cursor": theirs, **params})
        except ProtocolError as error:
            if error.status not in GONE:
                raise
        start = max(0, stood_at - int(WITHHELD.total_seconds()))
        return self._client.get(path, decoder, {"start_time": start, **params})

    def _events_from(self, start: int) -> requests.Response | None:
        params = {
            "start_time": start,
            "include": "comment_events",
            "support_type_scope": "all",
        }
        try:
            return self._client.fetch("incremental/ticket_events", params)
        except ProtocolError as error:
            if self._pages.is_too_recent(start, error):
                return None  # the vendor refuses to start within the minute it withholds
            raise

    def _export_page(
        self,
        rows: Records,
        page: TicketExport | UserExport,
        cursor: str | None,
        stood_at: int,
        unknown: Counter[str],
    ) -> Page:
        after = page.after_cursor or _split(cursor)[1]
        return self._pages.page(
            rows,
            cursor=f"{stood_at}:{after}" if after else None,
            has_more=not page.end_of_stream,
            through=self._pages.complete_until() if page.end_of_stream else utc(stood_at),
            unknown=unknown,
            limits=self._pages.export_limits,
        )

    def _refuse_standstill(self, asked: str, page: TicketExport | UserExport, rows: int) -> None:
        if page.end_of_stream or (page.after_cursor and page.after_cursor != asked):
            return
        if rows:
            raise ProtocolError(f"{KIND}: the export gives the same cursor twice, with {rows} rows")
        raise UnavailableError(f"{KIND}: the export goes on without telling where")


def _split(cursor: str | None) -> tuple[int, str]:
    """Return the time a cursor stood at, and the vendor's part of it."""
    stood_at, _, theirs = (cursor or "0:").partition(":")
    return int(stood_at), theirs
