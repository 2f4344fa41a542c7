"""Business hours: weekly minutes in a zone, less holidays, as a ruler of open seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60


class Hours:
    """The open spans of one schedule between two days, with a running sum of open seconds."""

    def __init__(
        self,
        zone: ZoneInfo,
        intervals: Sequence[tuple[int, int]],
        closed_on: frozenset[date],
        days: tuple[date, date],
    ) -> None:
        """Lay out every open span from the first day to the last."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._sums: list[int] = []
        total = 0
        for start, end in sorted(_spans(zone, intervals, closed_on, days)):
            self._starts.append(start)
            self._ends.append(end)
            self._sums.append(total)
            total += end - start

    def open_before(self, at: int) -> int:
        """Return the open seconds from the beginning of the ruler to an instant."""
        place = bisect_right(self._starts, at) - 1
        if place < 0:
            return 0
        return self._sums[place] + min(at, self._ends[place]) - self._starts[place]

    def between(self, start: int, end: int) -> int:
        """Return the open seconds between two instants."""
        return self.open_before(end) - self.open_before(start)

    def after(self, at: int, seconds: float) -> int:
        """Return the instant at which so many open seconds have passed."""
        position = self.open_before(at) + int(seconds)
        place = max(0, bisect_right(self._sums, position) - 1)
        return max(at, self._starts[place] + position - self._sums[place])


def _spans(
    zone: ZoneInfo,
    intervals: Sequence[tuple[int, int]],
    closed_on: frozenset[date],
    days: tuple[date, date],
) -> Iterable[tuple[int, int]]:
    by_weekday: dict[int, list[tuple[int, int]]] = {}
    for start, end in intervals:
        by_weekday.setdefault(start // DAY_MINUTES, []).append((start, end))
    day = days[0]
    while day <= days[1]:
        weekday = day.isoweekday() % 7
        if day not in closed_on:
            for start, end in by_weekday.get(weekday, ()):
                offset = weekday * DAY_MINUTES
                yield _instant(zone, day, start - offset), _instant(zone, day, end - offset)
        day += timedelta(days=1)


def _instant(zone: ZoneInfo, day: date, minute: int) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    return int(local.astimezone(UTC).timestamp())
