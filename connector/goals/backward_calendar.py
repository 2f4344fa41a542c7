"""Working days: how many lie between two dates, and which one is so many away."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from math import floor
from typing import Self

import msgspec

from connector.model.series import DAY

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
ANY_MONDAY = date(2024, 1, 1)
WEEK_DAYS = 7


class WorkingDays(msgspec.Struct, frozen=True):
    """Local dates on which a schedule is open, sorted; all from `first` until `end` are known.

    Before and after that the `weekdays` (Monday is 0) are open.

    A date stands for its beginning, so its own day is still to come. The position of a date is the
    number of working days before it, counted from the first one known: differences of positions
    are working days.
    """

    days: tuple[date, ...]
    first: date
    end: date
    weekdays: tuple[int, ...] = MONDAY_TO_FRIDAY

    @classmethod
    def of(cls, days: Iterable[date], first: date | None = None, end: date | None = None) -> Self:
        """Take dates in any order; before and after what is known the usual weekdays go on.

        All dates from the first one until the last one are known, or from `first` until `end`,
        which should reach over the whole plan, since the last days may be closed. Usual is a
        weekday that is open at least half as often as the most frequent one; without any date it
        is Monday to Friday.
        """
        known = tuple(sorted(set(days)))
        often = Counter(day.weekday() for day in known)
        most = max(often.values(), default=0)
        usual = tuple(sorted(weekday for weekday, n in often.items() if 2 * n >= most))
        begin = min(filter(None, (first, *known[:1])), default=end or ANY_MONDAY)
        last = (known[-1] + DAY,) if known else ()
        until = max(filter(None, (end, *last)), default=begin)
        return cls(known, begin, until, usual or MONDAY_TO_FRIDAY)

    def position(self, day: date) -> int:
        """Return how many working days lie before a date; negative before the first one known."""
        if day < self.first:
            return -self._usual(day, self.first)
        if day > self.end:
            return len(self.days) + self._usual(self.end, day)
        return bisect_left(self.days, day)

    def at(self, position: float) -> date:
        """Return the working day at a position; a fraction is a part of that day."""
        index = floor(position)
        if 0 <= index < len(self.days):
            return self.days[index]
        after = index >= len(self.days)
        weeks, rest = divmod(index - len(self.days) if after else index, len(self.weekdays))
        day = (self.end if after else self.first) + timedelta(weeks=weeks)
        while rest or day.weekday() not in self.weekdays:
            rest -= day.weekday() in self.weekdays
            day += DAY
        return day

    def count(self, start: date, end: date) -> int:
        """Return the working days from one date (with it) to another (without it)."""
        return self.position(end) - self.position(start)

    def shift(self, day: date, days: float) -> date:
        """Return the working day that many working days after a date, before it where negative."""
        return self.at(self.position(day) + days)

    def _usual(self, start: date, end: date) -> int:
        weeks, rest = divmod((end - start).days, WEEK_DAYS)
        odd = sum((start + n * DAY).weekday() in self.weekdays for n in range(rest))
        return weeks * len(self.weekdays) + odd
