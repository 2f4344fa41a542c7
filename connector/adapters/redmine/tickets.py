"""The stream of tickets: windows of closed seconds, page by page in the order of the ids.

A ticket that changes while a window is read leaves it for the next one, and because pages go on
after the last id, no other ticket moves to where it was and is passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import requests

from connector.adapters.base import utc
from connector.adapters.http import decode
from connector.adapters.known_ids import KnownIds, vanished
from connector.adapters.redmine.client import PAGE_SIZE, RedmineClient
from connector.adapters.redmine.parse import Terms, ticket
from connector.adapters.redmine.settings import KIND, RedmineSettings
from connector.adapters.redmine.wire import Issue, IssueList
from connector.errors import FatalError, UnavailableError
from connector.model.page import Page
from connector.model.ticket import Status, Ticket, TicketRows

FEW = 10
"""So many tickets may vanish at once, whatever their share."""

_LIST = msgspec.json.Decoder(IssueList)


class Cursor(msgspec.Struct, frozen=True):
    """Where reading goes on: seconds from `since`, ids behind `after`.

    `until` is the last closed second of a window that is not read to its end, else None. `known`
    are the ids of all tickets told so far.
    """

    since: int = 0
    until: int | None = None
    after: int = 0
    known: str = ""


_CURSOR = msgspec.json.Decoder(Cursor)


class TicketReader:
    """Reads the tickets of one account; keeps nothing between two reads."""

    def __init__(
        self,
        client: RedmineClient,
        settings: RedmineSettings,
        terms: Terms,
        watched: frozenset[str],
    ) -> None:
        """Read by this client, in these terms."""
        self._client = client
        self._terms = terms
        self._watched = watched
        self._settle_s = settings.settle_s
        self._overlap_s = settings.overlap_s
        self._path = (
            f"projects/{settings.project}/issues.json" if settings.project else "issues.json"
        )
        self._scope = {"subproject_id": "*"} if settings.project else {}

    def read(self, text: str | None) -> Page:
        """Read one page of the stream."""
        cursor = _read_cursor(text)
        found, now = self._page(cursor)
        known = KnownIds.parse(cursor.known)
        told = len(known)
        if not found.total_count and not known.ranges:
            self._client.me()
        until = cursor.until or int(now.timestamp()) - self._settle_s
        issues = [issue for issue in found.issues if issue.updated_on.timestamp() <= until]
        known = known.with_(issue.id for issue in issues)
        tickets = [ticket(issue, self._terms, self._watched) for issue in issues]
        has_more = len(found.issues) < found.total_count
        if has_more:
            after = max(issue.id for issue in found.issues)
            going_on = Cursor(cursor.since, until, after, known.text)
        else:
            gone = self._gone(known)
            tickets += [_deleted(number, now) for number in gone]
            since = max(until - self._overlap_s, 0)
            going_on = Cursor(since, known=known.without(gone).text)
        return Page(
            records=TicketRows.of(sorted(tickets, key=lambda one: (one.stamp, int(one.id)))),
            cursor=msgspec.json.encode(going_on).decode(),
            has_more=has_more,
            through=None if has_more else utc(until),
            server_time=now,
            unknown=self._unknown(issues),
            expected=None if cursor.since else told + found.total_count,
        )

    def get(self, ids: Sequence[str], watched: frozenset[str]) -> list[Ticket]:
        """Return the tickets that a list shows, a request for each hundred."""
        found: list[Ticket] = []
        for start in range(0, len(ids), PAGE_SIZE):
            wanted = ids[start : start + PAGE_SIZE]
            answer = self._list({"issue_id": ",".join(str(number(name)) for name in wanted)})
            found += [ticket(issue, self._terms, watched) for issue in answer.issues]
        if ids and not found:
            self._client.me()
        return found

    def newest(self) -> list[Issue]:
        """Return the tickets that changed last."""
        issues = self._list({"sort": "updated_on:desc"}).issues
        if not issues:
            self._client.me()
        return issues

    def _page(self, cursor: Cursor) -> tuple[IssueList, datetime]:
        """Return a page, and a time of the server that is not later than the page."""
        params: dict[str, Any] = {"sort": "id"}
        if cursor.since:
            # the filter is known to reach a second further back, never less
            params["updated_on"] = f">={utc(cursor.since):%Y-%m-%dT%H:%M:%SZ}"
        if cursor.after:
            params["issue_id"] = f">={cursor.after + 1}"
        response = self._fetch(params)
        now = self._client.time(response)
        if now is None:
            now = self._client.feed_time()
            response = self._fetch(params)
        found = decode(KIND, response, _LIST)
        if found.total_count and not found.issues:
            raise UnavailableError(f"{KIND} counts {found.total_count} tickets and lists none")
        return found, now

    def _gone(self, known: KnownIds) -> list[int]:
        """Return the tickets that were there and are not; first make sure that we may look."""
        return vanished(known, lambda first, last: self._count(known, first, last))

    def _count(self, known: KnownIds, first: int, last: int) -> int:
        found = self._list({"issue_id": f"><{first}|{last}", "limit": 1}).total_count
        is_all = (first, last) == (known.ranges[0][0], known.ranges[-1][1])
        missing = len(known) - found
        if is_all and missing > 0:
            self._client.me()
        if is_all and missing > max(FEW, len(known) // 2):
            raise FatalError(
                f"{KIND} shows {found} of {len(known)} tickets that were there; see whether the"
                " key's user is still a member of the projects, or, if so many were deleted, remove"
                " this helpdesk's store.duckdb and sync: it holds nothing that cannot be read again"
            )
        return found

    def _list(self, params: dict[str, Any]) -> IssueList:
        return decode(KIND, self._fetch(params), _LIST)

    def _fetch(self, params: dict[str, Any]) -> requests.Response:
        asked = {"status_id": "*", "limit": PAGE_SIZE, **self._scope, **params}
        return self._client.fetch(self._path, asked)

    def _unknown(self, issues: Sequence[Issue]) -> Counter[str]:
        names = (one.status.id for one in issues if self._terms.family(one.status) is None)
        return Counter(f"status {name}" for name in names)


def number(vendor_id: str) -> int:
    """Return an id as the number that Redmine wants; raise FatalError for any other text."""
    if not (vendor_id.isascii() and vendor_id.isdigit()):
        raise FatalError(f"{KIND}: {vendor_id!r} is no id of this helpdesk")
    return int(vendor_id)


def _read_cursor(text: str | None) -> Cursor:
    if text is None:
        return Cursor()
    try:
        return _CURSOR.decode(text)
    except msgspec.MsgspecError as error:
        raise FatalError(
            f"{KIND}: the stored cursor is unreadable; run connector sync --full"
        ) from error


def _deleted(issue_id: int, now: datetime) -> Ticket:
    at = now - timedelta(microseconds=now.microsecond)
    return Ticket(id=str(issue_id), status=Status.DELETED, created_at=at, updated_at=at, stamp=at)
