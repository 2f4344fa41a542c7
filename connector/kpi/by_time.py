"""Local time: what a UTC column shows on the clocks of an IANA zone; hours, days, weeks, months.

The zone's offsets over the stretch at hand become a `case`, which is exact and many times faster
than converting every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connector.config.zones import midnight

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def is_zone(name: str) -> bool:
    """Tell whether there is such an IANA zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def local(column: str, zone: str, start: datetime, end: datetime) -> str:
    """Return an expression for the local time of a UTC timestamp between two instants."""
    ahead = offset(column, zone, start, end)
    return column if ahead == "0" else f"({column} + to_seconds({ahead}))"


def offset(column: str, zone: str, start: datetime, end: datetime) -> str:
    """Return an expression for how many seconds local time is ahead of UTC."""
    pieces = list(_pieces(ZoneInfo(zone), start, end))
    *changing, (last, _) = pieces
    cases = " ".join(
        f"when {column} < timestamp '{until:%Y-%m-%d %H:%M:%S}' then {seconds}"
        for seconds, until in changing
    )
    return f"case {cases} else {last} end" if cases else str(last)


def _pieces(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[int, datetime]]:
    """Yield the zone's offsets in order, each with the instant at which the next one begins."""
    instant = start.astimezone(UTC)
    while instant < end:
        later = min(instant + DAY, end.astimezone(UTC))
        if _offset(zone, later) != _offset(zone, instant):
            yield _offset(zone, instant), _switch(zone, instant, later)
        instant = later
    yield _offset(zone, end), end


def _switch(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the second at which the offset of `low` ends."""
    before = _offset(zone, low)
    first, last = int(low.timestamp()), int(high.timestamp())
    while last - first > 1:
        middle = (first + last) // 2
        is_before = _offset(zone, datetime.fromtimestamp(middle, tz=UTC)) == before
        first, last = (middle, last) if is_before else (first, middle)
    return datetime.fromtimestamp(last, tz=UTC)


def _offset(zone: ZoneInfo, instant: datetime) -> int:
    delta = instant.astimezone(zone).utcoffset()
    return int(delta.total_seconds()) if delta else 0


class Bucket(msgspec.Struct, frozen=True):
    """One hour, day, week or month of a zone: its instants, and what it is called."""

    start: datetime
    end: datetime
    label: str


class Calendar(msgspec.Struct, frozen=True):
    """How time is cut: in which zone, into what, and on which day weeks begin (Monday is 0)."""

    zone: str
    unit: str
    first_weekday: int = 0

    def key(self, column: str, start: datetime, end: datetime) -> str:
        """Return an expression that is the same for all instants of a bucket, and for no others.

        Hours are told by the instant they begin at, since a local hour may come twice.
        """
        shown = local(column, self.zone, start, end)
        if self.unit == "hour":
            ahead = offset(column, self.zone, start, end)
            return f"(date_trunc('hour', {shown}) - to_seconds({ahead}))"
        if self.unit == "week" and self.first_weekday:
            shift = f"interval {self.first_weekday} day"
            return f"(date_trunc('week', {shown} - {shift}) + {shift})::date"
        return f"date_trunc('{self.unit}', {shown})::date"

    def bucket(self, key: date | datetime) -> Bucket:
        """Return the bucket behind a key."""
        if isinstance(key, datetime):
            start = key.replace(tzinfo=UTC)
            label = start.astimezone(ZoneInfo(self.zone)).isoformat(timespec="minutes")
            return Bucket(start, start + HOUR, label)
        label = f"{key:%Y-%m}" if self.unit == "month" else key.isoformat()
        return Bucket(self._midnight(key), self._midnight(self._after(key)), label)

    def buckets(self, start: datetime, end: datetime) -> Iterator[Bucket]:
        """Yield the buckets that touch [start, end), in order."""
        bucket = self.bucket(self.first(start))
        while bucket.start < end:
            yield bucket
            bucket = self.bucket(self.first(bucket.end))

    def first(self, instant: datetime) -> date | datetime:
        """Return the key of the bucket that an instant lies in."""
        shown = instant.astimezone(ZoneInfo(self.zone))
        if self.unit == "hour":
            begun = timedelta(minutes=shown.minute, seconds=shown.second)
            return (instant.astimezone(UTC) - begun).replace(microsecond=0, tzinfo=None)
        day = shown.date()
        if self.unit == "month":
            return day.replace(day=1)
        back = (day.weekday() - self.first_weekday) % 7 if self.unit == "week" else 0
        return day - timedelta(days=back)

    def _after(self, day: date) -> date:
        if self.unit == "month":
            return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        return day + timedelta(days=7 if self.unit == "week" else 1)

    def _midnight(self, day: date) -> datetime:
        return midnight(day, self.zone)
