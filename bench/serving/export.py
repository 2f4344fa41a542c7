"""The incremental exports of the page server: what stands on a page, and where the next begins."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from bench.serving.changes import Changes
from bench.serving.event_pages import Events
from bench.serving.life import BLOCK, FIRST_AUDIT, FIRST_TICKET, STRIDE, Life
from bench.serving.profiles import Account
from bench.serving.ticket_pages import Tickets
from connector.practice.refusal import bad_request

PAGE = 1_000
Parts = list[memoryview]
Query = Mapping[str, str]


class Export:
    """Tickets and events of one history, and of what changed after it."""

    def __init__(self, life: Life, account: Account, url: str, seed: int) -> None:
        """Make links that begin with `url`."""
        self._life = life
        self._url = url
        self._tickets = Tickets(life, account, url)
        self._events = Events(life, account, self._tickets)
        self.changes = Changes(life, account, seed)

    @property
    def tickets(self) -> int:
        """Return how many rows the export of tickets has: one that changed again is one more."""
        return self._life.tickets + len(self.changes.all)

    @property
    def events(self) -> int:
        """Return how many events there are."""
        return self._events.total + len(self.changes.all)

    def tickets_by_cursor(self, query: Query) -> Parts:
        """Return a page of tickets; a cursor is a place."""
        if "cursor" in query:
            first = _number(query, "cursor")
        else:
            first = self._ticket_place(_number(query, "start_time"))
        last = min(first + _size(query), self.tickets)
        rest = {name: value for name, value in query.items() if name not in _WHERE}
        following = urlencode({"cursor": last, **rest})
        return _page(
            "tickets",
            self._ticket_rows(first, last, query),
            {
                "after_url": f"{self._url}/api/v2/incremental/tickets/cursor.json?{following}",
                "before_url": None,
                "after_cursor": str(last),
                "before_cursor": None,
                "end_of_stream": last >= self.tickets,
            },
        )

    def tickets_by_time(self, query: Query) -> Parts:
        """Return a page of tickets by time; the last second of a page repeats on the next."""
        start = _number(query, "start_time")
        first = self._ticket_place(start)
        last = min(first + _size(query), self.tickets)
        end = self._ticket_stamp(last - 1) if last > first else start
        told = self._by_time("tickets", query, end, last - first, is_end=last >= self.tickets)
        return _page("tickets", self._ticket_rows(first, last, query), told)

    def ticket_events(self, query: Query) -> Parts:
        """Return a page of events by time; the last second of a page repeats on the next."""
        start = _number(query, "start_time")
        first = self._event_place(start)
        last = min(first + _size(query), self.events)
        end = self._event_at(last - 1) if last > first else start
        told = self._by_time("ticket_events", query, end, last - first, is_end=last >= self.events)
        return _page("ticket_events", self._event_rows(first, last, query), told)

    def shown(self, ids: str, *, with_figures: bool) -> Parts:
        """Return the tickets of these ids that exist, as `show_many` does."""
        newest = {moved.number: moved for moved in self.changes.all}
        parts = []
        for one in ids.split(","):
            number = int(one) - FIRST_TICKET
            if not 0 <= number < self._life.tickets:
                continue
            moved = newest.get(number)
            stage = moved.stage if moved else self._life.stage(number // BLOCK)
            at = moved.at if moved else self._tickets.last_change(number)
            row = self._tickets.one(number, stage, at, with_figures=with_figures)
            parts.append(memoryview(row))
        rest = {"count": len(parts), "next_page": None, "previous_page": None}
        return _page("tickets", parts, rest)

    def _by_time(
        self, path: str, query: Query, end: int, rows: int, *, is_end: bool
    ) -> dict[str, object]:
        following = urlencode({**query, "start_time": end})
        return {
            "count": rows,
            "end_of_stream": is_end,
            "end_time": end,
            "next_page": f"{self._url}/api/v2/incremental/{path}.json?{following}",
        }

    def _ticket_rows(self, first: int, last: int, query: Query) -> Parts:
        figures = "metric_sets" in query.get("include", "")
        base = self._life.tickets
        parts = self._tickets.rows(first, min(last, base), with_figures=figures)
        for moved in self.changes.all[max(0, first - base) : max(0, last - base)]:
            row = self._tickets.one(moved.number, moved.stage, moved.at, with_figures=figures)
            parts.append(memoryview(row))
        return parts

    def _event_rows(self, first: int, last: int, query: Query) -> Parts:
        comments = "comment_events" in query.get("include", "")
        base = self._events.total
        parts = self._events.rows(first, min(last, base), with_comments=comments)
        for place in range(max(first, base), last):
            requester = self._tickets.requester_of(self.changes.all[place - base].number)
            audit_id = FIRST_AUDIT + place * STRIDE
            parts.append(memoryview(self.changes.event(place - base, audit_id, requester)))
        return parts

    def _ticket_place(self, at: int) -> int:
        base = self._life.tickets
        if at <= self._ticket_stamp(base - 1):
            return self._tickets.place_from(at)
        return base + self._change_from(at)

    def _ticket_stamp(self, place: int) -> int:
        late = place - self._life.tickets
        return self._tickets.stamp(place) if late < 0 else self.changes.all[late].at

    def _event_place(self, at: int) -> int:
        base = self._events.total
        return self._events.place_from(at) if at < self._life.end else base + self._change_from(at)

    def _event_at(self, place: int) -> int:
        late = place - self._events.total
        return self._events.at(place) if late < 0 else self.changes.all[late].at

    def _change_from(self, at: int) -> int:
        return sum(moved.at < at for moved in self.changes.all)


_WHERE = frozenset({"cursor", "start_time"})


def _page(key: str, rows: Parts, rest: Mapping[str, object]) -> Parts:
    """Return the page: its rows are joined already, but for the comma behind the last."""
    if rows:
        rows[-1] = rows[-1][:-1]
    begin, end = f'{{"{key}":['.encode(), b"]," + msgspec.json.encode(rest)[1:]
    return [memoryview(begin), *rows, memoryview(end)]


def _size(query: Query) -> int:
    return min(PAGE, max(1, _number(query, "per_page", PAGE)))


def _number(query: Query, name: str, usual: int | None = None) -> int:
    text = query.get(name, "").removesuffix(".0")  # some clients send a time as a float
    if not text and usual is not None:
        return usual
    if not text.isdigit():
        raise bad_request(f"{name} is not valid")
    return int(text)
