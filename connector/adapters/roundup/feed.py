"""The tickets of one tracker in the order of their last change, and those that are gone.

Only closed seconds are told: times have no finer grain on the wire, so a second is complete when
it is over and every write that began in it has settled. The list goes on from the last second of
a page, not by page number, because a ticket that changes meanwhile leaves its place, and all that
follow move up. Whoever retires an issue leaves no trace in that list: it is missed by counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from math import floor

import msgspec
from msgspec.structs import replace

from connector.adapters.base import utc
from connector.adapters.known_ids import KnownIds
from connector.adapters.roundup.client import RoundupClient, Row, Rows
from connector.adapters.roundup.issues import CLASS, Issues
from connector.adapters.roundup.parse import moment, since
from connector.adapters.roundup.settings import KIND, RoundupSettings
from connector.errors import AuthenticationError, FatalError
from connector.model.page import Page
from connector.model.ticket import Status, Ticket, TicketRows

NOT_THERE = (403, 404)
MOST_AT_ONCE = 50
"""Tickets that one read tells to be gone, or back; each may cost a request."""
FEW = 10
"""So many may vanish from any tracker; more than that, and than half of all, are lost rights."""
IDS_A_ROW = 20
"""Ids are short: so many times the rows of a page are listed at once, a megabyte as a rule."""
UNCOUNTED = (
    "roundup may not count all its issues, so deleted ones stay unnoticed; an admin raises"
    " max_response_row_size in interfaces.py"
)


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where reading goes on: from the second `after`, which ended a read unless it `is_mid`.

    `through` is the end of the newest second told completely; `size` is how many rows a page needs
    to get beyond one second, `known` the ids told so far.
    """

    after: int | None = None
    through: int = 0
    is_mid: bool = False
    size: int | None = None
    known: str = ""


class TicketFeed:
    """Reads pages of tickets."""

    def __init__(self, client: RoundupClient, settings: RoundupSettings, issues: Issues) -> None:
        """Share the line; nothing is sent yet."""
        self._client = client
        self._settings = settings
        self._issues = issues

    def read(self, text: str | None) -> Page:
        """Read one page after a cursor."""
        cursor = _parsed(text)
        size = cursor.size or self._settings.page_size
        rows = self._issues.page(
            *self._from(cursor),
            ("@sort", "activity,id"),
            ("@page_size", str(size)),
            ("@page_index", "1"),
        )
        # the Date header is made after the look-up, so what it took is taken off
        bound = floor(rows.asked_at - self._settings.settle_s)
        closed = [row for row in rows.rows if _second(row) < bound]
        if rows.is_cut and closed and len(closed) == len(rows.rows):
            return self._middle(cursor, rows, size)
        return self._end(cursor, rows, closed, bound)

    def _from(self, cursor: Cursor) -> Iterator[tuple[str, str]]:
        if cursor.after is not None:
            overlap_s = 0 if cursor.is_mid else self._settings.overlap_s
            yield "activity", since(utc(cursor.after - overlap_s))

    def _middle(self, cursor: Cursor, rows: Rows, size: int) -> Page:
        """Return a page of closed seconds with more behind it; its last second comes again."""
        first, last = _second(rows.rows[0]), _second(rows.rows[-1])
        known = KnownIds.parse(cursor.known).with_(map(_number, rows.rows))
        # a second that fills a page would come for ever
        size_after = size * 2 if first == last else None
        through = max(cursor.through, last)  # what is read again takes nothing back
        after = Cursor(after=last, through=through, is_mid=True, size=size_after, known=known.text)
        unknown: Counter[str] = Counter()
        tickets = tuple(self._issues.tickets(rows.rows, unknown))
        page = self._page(tickets, after, unknown)
        expected = rows.total if cursor.after is None and rows.total >= 0 else None
        return replace(page, has_more=True, expected=expected)

    def _end(self, cursor: Cursor, rows: Rows, closed: Sequence[Row], bound: int) -> Page:
        """Return the last page, and the tickets that are gone or back."""
        unknown: Counter[str] = Counter()
        found = {one.id: one for one in self._issues.tickets(closed, unknown)}
        known = KnownIds.parse(cursor.known).with_(map(_number, closed))
        open_ids = {_number(row) for row in rows.rows} - {_number(row) for row in closed}
        total = self._client.rows(CLASS, (), ("@page_size", "1")).total
        notes = (UNCOUNTED,) if total < 0 else ()
        if total >= 0 and (rows.is_cut or total != len(known.with_(open_ids))):
            moved = self._gone_or_back(known, open_ids, bound, total)
            found |= {one.id: one for one in moved}
            gone = {int(one.id) for one in moved if one.status == Status.DELETED}
            known = known.with_(int(one.id) for one in moved).without(gone)
        after = Cursor(after=bound, through=max(cursor.through, bound), known=known.text)
        page = self._page(tuple(found.values()), after, unknown)
        expected = rows.total if cursor.after is None and rows.total >= 0 else None
        return replace(page, notes=(*page.notes, *notes), expected=expected)

    def _gone_or_back(
        self, known: KnownIds, open_ids: Collection[int], bound: int, total: int
    ) -> list[Ticket]:
        """Return the tickets that were retired, and those that were taken back, as they are."""
        live = set(self._live_ids(total))
        had = {number for first, last in known.ranges for number in known.within(first, last)}
        if len(had - live) > max(FEW, len(had) // 2):
            raise AuthenticationError(
                f"{KIND} shows {len(had - live):,} of {len(had):,} known tickets no more; see what"
                " our account may view, or, if they were really deleted, remove this helpdesk's"
                " store.duckdb and sync: it holds nothing that cannot be read again"
            )
        missed = [str(number) for number in sorted(had - live)[:MOST_AT_ONCE]]
        # pages of ids shift while they are read, so only what is not found by its id is gone
        still = {one.id for one in self._issues.get(missed)}
        gone = [self._deleted(one) for one in missed if one not in still]
        extra = sorted(live - had - set(open_ids))[:MOST_AT_ONCE]
        back = self._issues.get(map(str, extra))
        now = self._client.now
        return gone + [replace(b, stamp=now) for b in back if b.updated_at.timestamp() < bound]

    def _live_ids(self, total: int) -> Iterator[int]:
        size = max(1, min(total, self._settings.page_size * IDS_A_ROW))
        for index in range(1, total // size + 2):
            paging = (("@page_size", str(size)), ("@page_index", str(index)))
            rows = self._client.rows(CLASS, (), ("@sort", "id"), *paging).rows
            yield from map(_number, rows)
            if not rows:
                return

    def _deleted(self, ticket_id: str) -> Ticket:
        now = self._client.now
        try:
            ticket = self._issues.ticket(self._issues.one(ticket_id))
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            # destroyed, or hidden from us: nothing more is told of it
            return Ticket(
                id=ticket_id, status=Status.DELETED, created_at=now, updated_at=now, stamp=now
            )
        at = max(now, ticket.updated_at + timedelta(seconds=1))
        return replace(ticket, status=Status.DELETED, updated_at=at, stamp=at)

    def _page(self, tickets: Sequence[Ticket], cursor: Cursor, unknown: Counter[str]) -> Page:
        lacking = (f"roundup's issues have no property {name}" for name in self._issues.lacking)
        return Page(
            records=TicketRows.of(tickets),
            cursor=msgspec.json.encode(cursor).decode(),
            has_more=False,
            through=utc(cursor.through),
            server_time=self._client.now,
            unknown=dict(unknown),
            limits=self._client.session.limits,
            notes=tuple(lacking),
        )


def _parsed(text: str | None) -> Cursor:
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.MsgspecError:
        raise FatalError(
            f"{KIND}: the stored cursor is not ours; read again from the start"
        ) from None


def _second(row: Row) -> int:
    return int(moment(str(row.get("activity"))).timestamp())


def _number(row: Row) -> int:
    return int(row["id"])
