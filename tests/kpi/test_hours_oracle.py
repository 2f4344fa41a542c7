"""Business time against an independent engine, opening-hours-py, on schedules made by chance.

The engine reads OpenStreetMap's notation, evaluates local days and turns local times into instants
itself. Of a local time that occurs twice it takes the second; the product takes the first, so the
test puts its edges back. Everything else has to be equal to the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from connector.config.mapping import KpiTable
from connector.kpi.forms import form_of
from connector.kpi.hours import Hours, Version, build
from tests.kpi.desk import AGENT, Desk
from tests.laws import examples

ZONES: Final = (
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles",
    "America/St_Johns", "America/Santiago", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Africa/Cairo",
)  # fmt: skip
"""Both hemispheres, offsets of half and quarter hours, a switch of half an hour, and zones that
switch at midnight."""

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
DAY_MIN, WEEK_MIN = 1_440, 10_080
NAMES: Final = ("Su", "Mo", "Tu", "We", "Th", "Fr", "Sa")
SECONDS = int((END - START).total_seconds())
LONGEST_S = 100 * 86_400
ENDS: Final = ("first_reply_time", "full_resolution_time")


class Week(msgspec.Struct, frozen=True):
    """A schedule: weekly minutes, which may run over midnight, and holidays from day to day."""

    timezone: str
    intervals: tuple[tuple[int, int], ...]
    holidays: tuple[tuple[date, date], ...] = ()

    @property
    def closed(self) -> frozenset[date]:
        """Return every day of the holidays."""
        return frozenset(
            start + timedelta(days=i)
            for start, end in self.holidays
            for i in range((end - start).days + 1)
        )

    def version(self, valid_from: datetime = START) -> Version:
        """Return the schedule as the product's engine takes it."""
        return Version(
            timezone=self.timezone,
            intervals=self.intervals,
            closed=self.closed,
            valid_from=int(valid_from.timestamp()),
        )


class Life(msgspec.Struct, frozen=True):
    """A ticket: the seconds after which it is answered, is solved, and changes its schedule."""

    start: datetime
    reply_s: int
    solve_s: int
    first: int
    switches: tuple[tuple[int, int], ...]

    def end_s(self, measure: str) -> int:
        """Return when a measure of it stops."""
        return self.reply_s if measure == "first_reply_time" else self.solve_s

    def schedule_at(self, seconds: int) -> int:
        """Return which schedule is in force, a change in the same second included."""
        return next((nth for at, nth in reversed(self.switches) if at <= seconds), self.first)

    def stretches(self, end_s: int) -> Iterator[tuple[int, datetime, datetime]]:
        """Yield each schedule with the stretch up to `end_s` in which it was in force."""
        edges = [0, *(at for at, _ in self.switches if at < end_s), end_s]
        for low, high in pairwise(edges):
            start, end = (self.start + timedelta(seconds=edge) for edge in (low, high))
            yield self.schedule_at(low), start, end


def notation(week: Week) -> str:
    """Write a schedule as OpenStreetMap does: one rule a weekday, one for each holiday."""
    days: dict[int, list[str]] = {}
    for start, end in week.intervals:
        for low in range(start - start % DAY_MIN, end, DAY_MIN):
            a, b = max(start, low) - low, min(end, low + DAY_MIN) - low
            days.setdefault(low // DAY_MIN % 7, []).append(
                f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}"
            )
    rules = [f"{NAMES[day]} {','.join(sorted(spans))}" for day, spans in sorted(days.items())]
    for first, last in week.holidays:
        rules.append(f"{first:%Y %b %d}-{last:%Y %b %d} off")
    return "; ".join(rules or ["off"])


@cache
def engine(week: Week) -> OpeningHours:
    return OpeningHours(notation(week), timezone=ZoneInfo(week.timezone))


def oracle(week: Week, start: datetime, end: datetime) -> float:
    """Return the open seconds between two instants as the independent engine has them."""
    zone = ZoneInfo(week.timezone)
    wide = timedelta(days=3)
    total = 0.0
    for opens, closes, state, _ in engine(week).intervals(
        (start - wide).astimezone(zone), (end + wide).astimezone(zone)
    ):
        if str(state) == "open":
            a = max(first_of_two(opens), start.timestamp())
            b = min(first_of_two(closes), end.timestamp())
            total += max(b - a, 0.0)
    return total


def first_of_two(local: datetime) -> float:
    return local.replace(fold=0).timestamp()


def spans_of_a_day() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Return up to two spans of a day in minutes, often early in it; the last may be a night."""
    quarters = st.integers(0, 95) | st.integers(0, 15)
    edges = st.lists(quarters, min_size=4, max_size=4, unique=True).map(sorted)
    return st.tuples(edges, st.integers(0, 2), st.booleans()).map(_spans)


def _spans(drawn: tuple[list[int], int, bool]) -> list[tuple[int, int]]:
    edges, count, is_night = drawn
    a, b, c, d = (quarter * 15 for quarter in edges)
    spans = [(a, b), (c, d)][:count]
    if is_night and spans:
        spans[-1] = (spans[-1][0], DAY_MIN + a)  # until the next day's first edge at most
    return spans


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Draw a schedule: days off, lunch breaks, nights, round the clock, and holidays."""
    intervals: list[tuple[int, int]] = []
    for day in range(7):
        base = day * DAY_MIN
        for start, end in draw(spans_of_a_day()):
            intervals.append((base + start, base + end))
    if draw(st.integers(0, 9)) == 0:
        intervals = [(0, WEEK_MIN)]
    holidays = draw(
        st.lists(
            st.tuples(st.dates(START.date(), END.date()), st.integers(0, 12)),
            max_size=6,
        )
    )
    return Week(
        timezone=draw(st.sampled_from(ZONES)),
        intervals=tuple(intervals),
        holidays=tuple((first, first + timedelta(days=days)) for first, days in holidays),
    )


def near_switches(zone: str) -> list[int]:
    """Return the seconds after START at which a zone switches."""
    local = ZoneInfo(zone)
    hours = range(0, SECONDS, 3600)
    offsets = [(s, (START + timedelta(seconds=s)).astimezone(local).utcoffset()) for s in hours]
    return [s for (_, a), (s, b) in pairwise(offsets) if a != b]


SWITCHES: Final = {zone: near_switches(zone) for zone in ZONES}


@st.composite
def stretches(draw: st.DrawFn, week: Week) -> tuple[datetime, datetime]:
    """Draw a stretch of time, every other one around a switch of the schedule's zone."""
    switches = SWITCHES[week.timezone]
    is_near: bool = draw(st.booleans())
    if switches and is_near:
        base = draw(st.sampled_from(switches)) + draw(st.integers(-40 * 3600, 10 * 3600))
        length = draw(st.integers(0, 60 * 3600))
    else:
        base, length = draw(st.integers(0, SECONDS)), draw(st.integers(0, LONGEST_S))
    start = START + timedelta(seconds=min(max(base, 0), SECONDS - 1))
    return start, min(start + timedelta(seconds=length), END)


def hours_of(week: Week) -> Hours:
    return build([week.version()], START, END)


@settings(max_examples=examples(50, 150), deadline=None)
@given(st.data())
def test_open_time_is_what_an_independent_engine_counts(data: st.DataObject) -> None:
    week = data.draw(weeks())
    hours = hours_of(week)
    for _ in range(4):
        start, end = data.draw(stretches(week))
        assert hours.open_seconds(start, end) == oracle(week, start, end), notation(week)


@settings(max_examples=examples(20, 40), deadline=None)
@given(st.data())
def test_each_version_counts_from_its_day_on(data: st.DataObject) -> None:
    older, newer = data.draw(weeks()), data.draw(weeks())
    start, end = data.draw(stretches(older))
    turn = START + timedelta(seconds=data.draw(st.integers(1, SECONDS)))  # one version an instant
    turn = min(max(turn, start), end)
    hours = build([newer.version(turn), older.version()], START, END)
    expected = oracle(older, start, turn) + oracle(newer, turn, end)
    assert hours.open_seconds(start, end) == expected


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Draw a ticket that waits, is answered and solved, under schedules that change meanwhile."""
    start, end = draw(stretches(draw(weeks())))
    length = int((end - start).total_seconds())
    inside = st.integers(6, max(length, 6))
    switches = draw(st.lists(st.tuples(inside, st.integers(0, 2)), max_size=4))
    return Life(
        start=start,
        reply_s=draw(st.integers(1, max(length, 1))),
        solve_s=length + 1,
        first=draw(st.integers(0, 2)),
        switches=tuple(sorted(dict(switches).items())),
    )


@settings(max_examples=examples(4, 10), deadline=None)
@given(st.lists(weeks(), min_size=3, max_size=3), st.lists(lives(), min_size=8, max_size=8))
def test_tickets_that_switch_schedules_are_measured_as_the_engine_counts(
    chosen: list[Week], tickets: list[Life]
) -> None:
    desk = desk_of(chosen, tickets)
    split = [form_of(KpiTable(measure=name)) for name in ENDS]
    at_event = [form_of(KpiTable(measure=name, schedule="at_event")) for name in ENDS]
    desk.measure(forms=[*split, *at_event])
    for key, life in enumerate(tickets, 1):
        for one, whole in zip(split, at_event, strict=True):
            end_s = life.end_s(one.key)
            parts = [(chosen[nth], a, b) for nth, a, b in life.stretches(end_s)]
            expected = sum(oracle(week, a, b) for week, a, b in parts)
            assert desk.rows(one.key, key, "business")[0][0] == expected
            at = life.start + timedelta(seconds=end_s)
            last = chosen[life.schedule_at(end_s)]
            assert desk.rows(whole.key, key, "business")[0][0] == oracle(last, life.start, at)


def desk_of(chosen: list[Week], tickets: list[Life]) -> Desk:
    """Return a store with these schedules, the first being the default, and these tickets."""
    desk = Desk()
    for nth, week in enumerate(chosen):
        desk.schedule(
            50 + nth, week.intervals, timezone=week.timezone, is_default=nth == 0,
            valid_from=START, closed=week.holidays,
        )  # fmt: skip
    for key, life in enumerate(tickets, 1):
        desk.ticket(key, at=life.start)
        for seconds, nth in ((0, life.first), *life.switches):
            at = life.start + timedelta(seconds=seconds)
            desk.event("schedule", at, key, value=str(50 + nth))
        desk.comment(life.start + timedelta(seconds=life.reply_s), AGENT, key)
        desk.status(life.start + timedelta(seconds=life.solve_s), "solved", key)
    return desk
