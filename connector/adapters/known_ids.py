"""Which tickets a helpdesk had, for those that never say that one is gone.

Ids of such helpdesks are numbers that rise, so thousands of them are a few ranges, short enough to
be part of a cursor. Whether one is gone is seen by counting: first all, then, only when that
differs, half by half until the gap is found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Self

Range = tuple[int, int]
Count = Callable[[int, int], int]
"""Asks the helpdesk how many tickets it has from one id to another, both included."""


class KnownIds:
    """A set of ids as ranges, both ends included, in order and never touching."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        """Take ranges in any order; those that touch become one."""
        self.ranges: tuple[Range, ...] = tuple(_joined(ranges))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` gives, such as `1-40,43`; raise ValueError for anything else."""
        parts = (part.partition("-") for part in text.split(",") if part)
        return cls((int(first), int(last or first)) for first, _, last in parts)

    @property
    def text(self) -> str:
        """Return the ranges as a short text."""
        return ",".join(f"{a}-{b}" if a < b else str(a) for a, b in self.ranges)

    def __len__(self) -> int:
        """Return how many ids there are."""
        return sum(last - first + 1 for first, last in self.ranges)

    def __contains__(self, number: object) -> bool:
        """Tell whether an id is among them."""
        if not isinstance(number, int):
            return False
        at = bisect_right(self.ranges, number, key=lambda one: one[0]) - 1
        return at >= 0 and number <= self.ranges[at][1]

    def within(self, first: int, last: int) -> list[int]:
        """Return the ids between two, both included."""
        return [number for a, b in self.ranges for number in range(max(a, first), min(b, last) + 1)]

    def count(self, first: int, last: int) -> int:
        """Return how many ids there are between two, both included."""
        return sum(max(min(b, last) - max(a, first) + 1, 0) for a, b in self.ranges)

    def with_(self, numbers: Iterable[int]) -> Self:
        """Return the set with more ids."""
        return type(self)([*self.ranges, *((number, number) for number in numbers)])

    def without(self, numbers: Iterable[int]) -> Self:
        """Return the set with fewer ids."""
        gone = KnownIds((number, number) for number in numbers)
        left: list[Range] = []
        for first, last in self.ranges:
            for a, b in gone.ranges:
                if first <= a <= last:
                    left.append((first, a - 1))
                if a <= last and b >= first:
                    first = b + 1  # noqa: PLW2901  # what is left of the range
            left.append((first, last))
        return type(self)(one for one in left if one[0] <= one[1])


def vanished(known: KnownIds, count: Count, *, most: int = 100) -> list[int]:
    """Return the ids that the helpdesk has no longer, lowest first, and at most `most` of them.

    One request when nothing is gone, about two for each halving of the ids around a gap else.
    What is found first is told first: the rest comes with the next read.
    """
    found: list[int] = []
    waiting = [(known.ranges[0][0], known.ranges[-1][1], 0)] if known.ranges else []
    while waiting and len(found) < most:
        first, last, missing = waiting.pop()
        had = known.count(first, last)
        missing = missing or had - count(first, last)
        if missing >= had:
            found += known.within(first, last)
        elif missing > 0:
            middle = (first + last) // 2
            lower = known.count(first, middle) - count(first, middle)
            halves = ((middle + 1, last, missing - lower), (first, middle, lower))
            waiting += [half for half in halves if half[2] > 0]
    return found[:most]


def _joined(ranges: Iterable[Range]) -> Iterable[Range]:
    begun: Range | None = None
    for first, last in sorted(ranges):
        if begun is not None and first <= begun[1] + 1:
            begun = (begun[0], max(begun[1], last))
            continue
        if begun is not None:
            yield begun
        begun = (first, last)
    if begun is not None:
        yield begun
