"""The plan of a year whose truth is known: five teams, and how well each of them works on each day.

Everything bad about a team's work (waits, bad ratings, reopenings, contacts) is a multiple of what
its targets allow: 1.0 is exactly on target, 0.9 is 10 % better, 1.1 is 10 % worse.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from math import log
from statistics import NormalDist
from zoneinfo import ZoneInfo

from connector.practice.account import HOLIDAYS, SCHEDULES
from connector.practice.directory import ZONES
from connector.practice.seed import WEEKDAY
from connector.practice.teller import HOUR

Points = tuple[tuple[int, float], ...]

ZONE = ZoneInfo(ZONES[SCHEDULES[0][1]])
LEAD_IN, SETTLING = 28, 28
"""Days of the same life before the year, and after it until every value is final."""
ON_A_HOLIDAY = 0.15
REPLY_S, LIMIT_S, IN_TIME = 4 * HOUR, 8 * HOUR, 0.80
"""First replies on target: the median, and a limit that this share of them keeps."""
SPREAD = log(LIMIT_S / REPLY_S) / NormalDist().inv_cdf(IN_TIME)
"""The sigma of the log-normal waits that have this median and this share."""
BAD_RATINGS, REOPENED, RATED = 0.20, 0.12, 0.36
CROSSES, TURNS = 212, 120
"""Days into the year: when `improving` comes to its targets, and when `gaming` begins to game."""
LAST_DAY = 28


@dataclass(frozen=True, slots=True)
class Course:
    """How a team's work goes: points of (day of the year, multiple of what is allowed)."""

    name: str
    waits: Points
    ratings: Points
    reopenings: Points
    contacts: Points


def _alike(name: str, *points: tuple[int, float]) -> Course:
    return Course(name, points, points, points, points)


COURSES = (
    _alike("steady", (0, 1.0)),
    _alike("better", (0, 0.9)),
    _alike("worse", (0, 1.1)),
    _alike("improving", (0, 1.2), (CROSSES, 1.0), (CROSSES + 159, 0.85)),
    Course(
        "gaming",
        waits=((TURNS, 1.05), (TURNS, 0.6)),
        ratings=((TURNS, 0.9), (TURNS, 1.5)),
        reopenings=((TURNS, 0.9), (TURNS, 1.5)),
        contacts=((0, 1.0),),
    ),
)


def multiple(points: Points, day: int) -> float:
    """Return how bad things are on a day: on the line between its neighbours among the points."""
    place = bisect_right([at for at, _ in points], day)
    if place in {0, len(points)}:
        return points[max(0, place - 1)][1]
    (begin, low), (end, high) = points[place - 1], points[place]
    return low + (high - low) * (day - begin) / (end - begin)


def is_holiday(day: date) -> bool:
    """Tell whether the teams' schedule is closed for a holiday."""
    at = (day.month, day.day)
    return any((m, d) <= at <= (last_m, last_d) for _, m, d, last_m, last_d in HOLIDAYS[0])


@dataclass(frozen=True)
class Plan:
    """Which year it is, how many tickets a team on target gets in a week, and the seed."""

    seed: int = 7
    start: date = date(2025, 1, 1)
    weekly: float = 100.0

    def __post_init__(self) -> None:
        """Refuse a start that has no counterpart three months later."""
        if self.start.day > LAST_DAY:
            message = f"the year starts on the first {LAST_DAY} days of a month, not {self.start}"
            raise ValueError(message)

    @cached_property
    def quarters(self) -> tuple[tuple[date, date], ...]:
        """Return first days of the four quarters, and of what follows each."""
        days = [_later(self.start, months) for months in range(0, 13, 3)]
        return tuple(pairwise(days))

    @property
    def end(self) -> date:
        """Return the day after the year."""
        return self.quarters[-1][1]

    @property
    def days(self) -> range:
        """Return all days that are told, counted from the start of the year."""
        return range(-LEAD_IN, (self.end - self.start).days + SETTLING)

    @property
    def now(self) -> datetime:
        """Return the present of the helpdesk: everything of the year is final."""
        return midnight(self.day(self.days.stop))

    def day(self, number: int) -> date:
        """Return a day by its number."""
        return self.start + timedelta(days=number)

    def number(self, at: float) -> int:
        """Return the number of the local day that an instant is in."""
        return bisect_right(self._midnights, at) - 1 + self.days.start

    @cached_property
    def _midnights(self) -> list[float]:
        return [midnight(self.day(number)).timestamp() for number in self.days]

    def expected(self, course: Course, number: int) -> float:
        """Return how many tickets a team is to expect on a day."""
        day = self.day(number)
        weight = ON_A_HOLIDAY if is_holiday(day) else WEEKDAY[day.weekday()]
        return self.weekly * weight / sum(WEEKDAY) * multiple(course.contacts, number)


def midnight(day: date) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def _later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)
