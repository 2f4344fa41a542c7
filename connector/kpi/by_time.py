"""Local time in SQL: what a UTC column shows on the clocks of an IANA zone.

The zone's offsets over the stretch at hand become a `case`, which is exact and many times faster
than converting every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def local(column: str, zone: str, start: datetime, end: datetime) -> str:
    """Return an expression for the local time of a UTC timestamp between two instants."""
    return f"({column} + to_seconds({offset(column, zone, start, end)}))"


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
