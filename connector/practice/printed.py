"""Pages of the exports as bytes: printed once, and again only when a ticket on them has moved.

A ticket that moves goes to the end of the export, so a page loses its tickets and never gets new
ones. Time is cut into stretches that count the tickets which have left them; a page whose stretches
still count what they did when it was printed is as it was. Events stay where they are.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

STRETCH_S = 1 << 16
PLAIN_BYTES, PACKED_BYTES = 192 << 20, 640 << 20
"""How much is kept as it is, and how much packed, before the oldest pages are given up."""
QUICKLY = 1
NOWHERE = range(0)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Printed:
    """The rows of one full page, the place of the last one, and the stretches they are in."""

    rows: bytes
    last: Place = (0, 0)
    stretches: range = NOWHERE


def stretches(first: int, last: int) -> range:
    """Return the stretches from one instant to another, both included."""
    return range(first // STRETCH_S, last // STRETCH_S + 1)


@dataclass(slots=True)
class _Kept:
    page: Printed
    left: int
    is_packed: bool


@dataclass(slots=True)
class Shelf:
    """The pages printed so far, by what was asked for."""

    plain_bytes: int = PLAIN_BYTES
    packed_bytes: int = PACKED_BYTES
    _pages: dict[Hashable, _Kept] = field(default_factory=dict)
    _left: Counter[int] = field(default_factory=Counter)
    _held: Counter[bool] = field(default_factory=Counter)

    def __len__(self) -> int:
        """Return how many pages are kept."""
        return len(self._pages)

    def get(self, key: Hashable) -> Printed | None:
        """Return a page that is still as it was printed."""
        kept = self._pages.get(key)
        if kept is None:
            return None
        page = kept.page
        if kept.left != self._count(page):
            self._drop(key)
            return None
        if not kept.is_packed:
            return page
        return replace(page, rows=zlib.decompress(page.rows))

    def keep(self, key: Hashable, page: Printed) -> None:
        """Keep a full page: as it is while there is room, packed afterwards."""
        self._drop(key)
        is_packed = self._held[False] + len(page.rows) > self.plain_bytes
        if is_packed:
            page = replace(page, rows=zlib.compress(page.rows, QUICKLY))
        self._pages[key] = _Kept(page, self._count(page), is_packed)
        self._held[is_packed] += len(page.rows)
        while self._held[True] > self.packed_bytes:
            self._drop(next(one for one, kept in self._pages.items() if kept.is_packed))

    def leave(self, at: int) -> None:
        """Count a ticket that leaves its place in the export."""
        self._left[at // STRETCH_S] += 1

    def clear(self) -> None:
        """Give up all pages, because something that all of them show has changed."""
        self._pages.clear()
        self._held.clear()

    def _count(self, page: Printed) -> int:
        left = self._left
        return sum([left.get(one, 0) for one in page.stretches])

    def _drop(self, key: Hashable) -> None:
        kept = self._pages.pop(key, None)
        if kept is not None:
            self._held[kept.is_packed] -= len(kept.page.rows)
