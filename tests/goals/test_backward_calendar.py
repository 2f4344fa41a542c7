"""Working days: counting them, and going so many on or back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.backward_calendar import WorkingDays

DAY = timedelta(days=1)
FIRST = date(2026, 10, 1)  # a Thursday
HOLIDAY = date(2026, 10, 14)
OPEN = WorkingDays.of(
    day for day in (FIRST + n * DAY for n in range(92)) if day.weekday() < 5 and day != HOLIDAY
)

dates = st.dates(min_value=date(2026, 6, 1), max_value=date(2027, 6, 1))


def test_a_date_counts_itself_and_not_the_end() -> None:
    assert OPEN.count(date(2026, 10, 5), date(2026, 10, 10)) == 5
    assert OPEN.count(date(2026, 10, 5), date(2026, 10, 5)) == 0


def test_a_holiday_is_no_working_day() -> None:
    assert OPEN.count(date(2026, 10, 12), date(2026, 10, 19)) == 4
    assert OPEN.shift(date(2026, 10, 13), 1) == date(2026, 10, 15)


def test_going_back_leaves_out_the_weekend() -> None:
    assert OPEN.shift(date(2026, 10, 12), -1) == date(2026, 10, 9)
    assert OPEN.shift(date(2026, 10, 10), -5) == date(2026, 10, 5)


def test_a_closed_date_stands_for_the_next_open_one() -> None:
    assert OPEN.shift(date(2026, 10, 10), 0) == date(2026, 10, 12)


def test_half_a_day_begins_on_the_day_it_is_a_part_of() -> None:
    assert OPEN.shift(date(2026, 10, 9), -0.5) == date(2026, 10, 8)


def test_outside_of_what_is_known_the_usual_weekdays_are_open() -> None:
    assert OPEN.count(date(2026, 9, 21), date(2026, 10, 1)) == 8
    assert OPEN.shift(date(2026, 10, 1), -8) == date(2026, 9, 21)
    assert OPEN.count(date(2027, 1, 1), date(2027, 1, 11)) == 6
    assert OPEN.shift(date(2026, 12, 31), 7) == date(2027, 1, 11)


def test_days_known_to_be_closed_do_not_count_after_the_last_open_one() -> None:
    closed = WorkingDays.of(OPEN.days, date(2026, 9, 28), date(2027, 1, 11))
    assert closed.count(date(2026, 9, 28), date(2026, 10, 1)) == 0
    assert closed.count(date(2027, 1, 1), date(2027, 1, 13)) == 2
    assert closed.shift(date(2026, 12, 31), 1) == date(2027, 1, 11)
    assert WorkingDays.of([], date(2027, 1, 1), date(2027, 1, 11)).days == ()


def test_one_open_saturday_makes_no_saturday_usual() -> None:
    more = WorkingDays.of([*OPEN.days, date(2026, 10, 10)])
    assert more.weekdays == (0, 1, 2, 3, 4)


def test_without_any_date_monday_to_friday_are_open() -> None:
    assert WorkingDays.of([]).count(date(2026, 10, 5), date(2026, 10, 12)) == 5


def test_a_desk_that_is_open_every_day_counts_every_day() -> None:
    always = WorkingDays.of(FIRST + n * DAY for n in range(14))
    assert always.count(date(2027, 1, 1), date(2027, 2, 1)) == 31


@settings(max_examples=60, deadline=None)
@given(day=dates)
def test_positions_step_by_one_on_open_days_only(day: date) -> None:
    step = OPEN.position(day + DAY) - OPEN.position(day)
    known = FIRST <= day <= OPEN.days[-1]
    assert step == ((day in OPEN.days) if known else (day.weekday() < 5))


@settings(max_examples=60, deadline=None)
@given(day=dates, days=st.integers(-200, 200))
def test_going_somewhere_is_that_many_days_away(day: date, days: int) -> None:
    assert OPEN.count(day, OPEN.shift(day, days)) == days


@pytest.mark.parametrize("index", [-6, -1, 0, 5, 64, 65, 66, 90])
def test_the_day_at_a_position_has_that_position(index: int) -> None:
    assert OPEN.position(OPEN.at(index)) == index
