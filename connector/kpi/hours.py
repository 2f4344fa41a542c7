"""Business time: every schedule as UTC intervals with cumulative open seconds.

With F(t) the open seconds up to t, open(a, b) = F(b) - F(a): exact, no week tables, no cap.
Schedules are weekly local minutes from Sunday 00:00 in an IANA zone, minus local holidays, both
ends included. A local time that a switch to summer time skips moves forward to the switch; one that
occurs twice means the first. A changed schedule is a new version: it holds from `valid_from` on,
the first one for all time before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connector.errors import StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAY_MIN: Final = 1_440
WEEK_MIN: Final = 7 * DAY_MIN
MINUTE_S: Final = 60
DAY_S: Final = 86_400
EPOCH: Final = date(1970, 1, 1)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a schedule; `intervals` are weekly minutes, `closed` the local holidays."""

    timezone: str
    intervals: tuple[tuple[int, int], ...]
    closed: frozenset[date] = frozenset()
    valid_from: int = 0


class Hours(msgspec.Struct, frozen=True):
    """The open intervals of one schedule as epoch seconds, ordered and apart.

    `before[i]` is the number of open seconds before `opens[i]`.
    """

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> Hours:
        """Merge intervals in any order."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(intervals):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        lengths = accumulate((end - start for start, end in merged), initial=0)
        opens = tuple(start for start, _ in merged)
        return cls(opens, tuple(end for _, end in merged), tuple(lengths)[: len(opens)])

    def until(self, instant: int) -> int:
        """Return F: the open seconds before an instant."""
        i = bisect_right(self.opens, instant) - 1
        if i < 0:
            return 0
        return self.before[i] + min(instant, self.closes[i]) - self.opens[i]

    def open_seconds(self, start: datetime, end: datetime) -> int:
        """Return the open seconds between two instants."""
        return self.until(_epoch(end)) - self.until(_epoch(start))

    def add_open(self, start: datetime, seconds: int) -> datetime | None:
        """Return when so many open seconds will have passed; None beyond the horizon.

        Nothing to wait for is the start itself, also outside hours.
        """
        if seconds <= 0:
            return start
        wanted = self.until(_epoch(start)) + seconds
        i = bisect_right(self.before, wanted - 1) - 1
        if i < 0:
            return None
        instant = self.opens[i] + wanted - self.before[i]
        return datetime.fromtimestamp(instant, tz=UTC) if instant <= self.closes[i] else None

    def ago(self, end: datetime, seconds: int) -> datetime | None:
        """Return the latest instant from which on so many open seconds passed until the end.

        None before the first opening.
        """
        if seconds <= 0:
            return end
        wanted = self.until(_epoch(end)) - seconds
        i = bisect_right(self.before, wanted) - 1
        if i < 0:
            return None
        return datetime.fromtimestamp(self.opens[i] + wanted - self.before[i], tz=UTC)


def build(versions: Sequence[Version], start: datetime, end: datetime) -> Hours:
    """Lay a schedule's versions out over a stretch of time."""
    ordered = sorted(versions, key=lambda version: version.valid_from)
    first, last = _epoch(start), _epoch(end)
    edges = [first, *(max(version.valid_from, first) for version in ordered[1:]), last]
    intervals: list[tuple[int, int]] = []
    for version, low, high in zip(ordered, edges, edges[1:], strict=False):
        for opens, closes in materialise(version, low, min(high, last)):
            intervals.append((max(opens, low), min(closes, high)))
    return Hours.of(intervals)


@lru_cache(maxsize=64)
def materialise(version: Version, low: int, high: int) -> tuple[tuple[int, int], ...]:
    """Return the open intervals of one version that touch [low, high), as epoch seconds."""
    if low >= high:
        return ()
    zone = _zone(version.timezone)
    weekdays = _by_weekday(version.intervals)
    day = datetime.fromtimestamp(low, tz=zone).date()
    last = datetime.fromtimestamp(high, tz=zone).date()
    found: list[tuple[int, int]] = []
    while day <= last:
        if day not in version.closed:
            found.extend(_day(day, weekdays[day.isoweekday() % 7], zone))
        day += timedelta(days=1)
    return tuple((a, b) for a, b in found if b > low and a < high)


def _by_weekday(intervals: Iterable[tuple[int, int]]) -> Mapping[int, list[tuple[int, int]]]:
    """Cut weekly intervals at midnight: nights, and ends beyond Saturday, go on the next day."""
    days: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end in intervals:
        last = end if end > start else end + WEEK_MIN
        while start < last:
            midnight = (start // DAY_MIN + 1) * DAY_MIN
            stop = min(midnight, last)
            base = midnight - DAY_MIN
            days[start // DAY_MIN % 7].append((start - base, stop - base))
            start = stop  # noqa: PLW2901  # walks from midnight to midnight
    return days


def _day(day: date, pieces: Sequence[tuple[int, int]], zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Turn one local day's minutes into instants; only days of a switch need the slow way."""
    base = (day - EPOCH).days * DAY_S
    offset = _offset(day, zone)
    is_plain = offset == _offset(day + timedelta(days=1), zone)
    for start, end in pieces:
        if is_plain:
            yield base - offset + start * MINUTE_S, base - offset + end * MINUTE_S
        else:
            yield _instant(day, start, zone), _instant(day, end, zone)


def _offset(day: date, zone: ZoneInfo) -> int:
    delta = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()
    return int(delta.total_seconds()) if delta else 0


def _instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """Return the instant of a local time: the first of two, the switch for one that is skipped."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001  # a local time
    instant = int(naive.replace(tzinfo=zone).timestamp())
    if datetime.fromtimestamp(instant, tz=zone).replace(tzinfo=None, fold=0) == naive:
        return instant
    low, high = int(naive.replace(tzinfo=zone, fold=1).timestamp()), instant
    before = datetime.fromtimestamp(low, tz=zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        is_before = datetime.fromtimestamp(middle, tz=zone).utcoffset() == before
        low, high = (middle, high) if is_before else (low, middle)
    return high


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = (
            f"a schedule has the time zone {name!r}, which is no IANA zone; values would shift"
        )
        raise StoreError(message) from error


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())


def load_versions(con: DuckDBPyConnection, helpdesk: str | None = None) -> dict[int, list[Version]]:
    """Read the schedules of a store, or of one helpdesk among attached sets."""
    only, params = ("", []) if helpdesk is None else (" where helpdesk = ?", [helpdesk])
    intervals: defaultdict[tuple[int, datetime | None], list[tuple[int, int]]] = defaultdict(list)
    columns = "schedule_id, valid_from, start_minute, end_minute"
    for key, since, start, end in con.execute(
        f"select {columns} from schedule_intervals{only}", params
    ).fetchall():
        intervals[key, since].append((start, end))
    closed: defaultdict[tuple[int, datetime | None], set[date]] = defaultdict(set)
    for key, since, start, end in con.execute(
        f"select schedule_id, valid_from, start_on, end_on from holidays{only}", params
    ).fetchall():
        closed[key, since].update(start + timedelta(days=i) for i in range((end - start).days + 1))
    found: defaultdict[int, list[Version]] = defaultdict(list)
    for key, zone, since in con.execute(
        f"select schedule_id, timezone, valid_from from schedules{only}", params
    ).fetchall():
        version = Version(
            timezone=zone,
            intervals=tuple(sorted(intervals[key, since])),
            closed=frozenset(closed[key, since]),
            valid_from=_epoch(since.replace(tzinfo=UTC)) if since else 0,
        )
        found[key].append(version)
    return dict(found)


def default_versions(con: DuckDBPyConnection) -> list[Version]:
    """Return the default schedule of attached helpdesks: the first one's, by their names."""
    row = con.execute(
        "select helpdesk, schedule_id from schedules where is_default order by helpdesk limit 1"
    ).fetchone()
    return [] if row is None else load_versions(con, row[0]).get(row[1], [])


def load_hours(
    con: DuckDBPyConnection, start: datetime, end: datetime, helpdesk: str | None = None
) -> dict[int, Hours]:
    """Build the hours of every schedule over a stretch of time."""
    versions = load_versions(con, helpdesk)
    return {key: build(found, start, end) for key, found in versions.items()}


def create_hours(con: DuckDBPyConnection, start: datetime, end: datetime) -> None:
    """Put the hours into the temporary relation `m_hours` that `business.sql` joins."""
    columns: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for key, hours in load_hours(con, start, end).items():
        columns[0].extend([key] * len(hours.opens))
        columns[1].extend(hours.opens)
        columns[2].extend(b - a for a, b in zip(hours.opens, hours.closes, strict=True))
        columns[3].extend(hours.before)
    names = ("schedule_id", "opens_at", "length", "open_before")
    selected = ", ".join(f"unnest(?::bigint[]) as {name}" for name in names)
    con.execute(f"create or replace temp table m_hours as select {selected}", list(columns))
