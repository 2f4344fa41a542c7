"""What is expected by now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.goals.pace import (
    Shape,
    calendar_fraction,
    default_shape,
    expected_progress,
    is_early,
    status_of_pace,
    working_fraction,
)
from connector.model.goal import GoalState
from connector.model.kpi import Period
from tests.goals.cases import END, MIDDLE, START, share, value

PERIOD = Period(START, END)
WEEK = Period(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC))


def days(*offsets: int) -> list[tuple[datetime, datetime]]:
    """Return eight open hours on each of these days of the week."""
    opens = [WEEK.start + timedelta(days=offset, hours=9) for offset in offsets]
    return [(at, at + timedelta(hours=8)) for at in opens]


def test_a_ramp_expects_as_much_as_has_passed() -> None:
    assert expected_progress(Shape.RAMP, 0.58) == 0.58


def test_level_expects_the_target_from_the_first_day() -> None:
    assert expected_progress(Shape.LEVEL, 0.58) == 1.0


def test_shares_are_level_and_times_ramp() -> None:
    assert default_shape(share(9, 10)) is Shape.LEVEL
    assert default_shape(value(60)) is Shape.RAMP


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        (0.475, GoalState.ON_TRACK),
        (0.474, GoalState.AT_RISK),
        (0.375, GoalState.AT_RISK),
        (0.374, GoalState.OFF_TRACK),
    ],
)
def test_status_changes_at_95_and_75_percent_of_what_is_expected(
    progress: float, status: GoalState
) -> None:
    assert status_of_pace(progress, 0.5) is status


def test_a_plan_that_gets_worse_first_is_kept_by_what_is_as_it_says() -> None:
    assert status_of_pace(-0.2, -0.2) is GoalState.ON_TRACK
    assert status_of_pace(-0.21, -0.2) is GoalState.OFF_TRACK


def test_less_than_a_tenth_of_the_period_is_early() -> None:
    assert is_early(0.099)
    assert not is_early(0.10)


def test_clock_time_is_a_share_of_the_period() -> None:
    assert calendar_fraction(PERIOD, MIDDLE) == 0.5


def test_before_the_start_nothing_and_after_the_end_all_has_passed() -> None:
    assert calendar_fraction(PERIOD, START - timedelta(days=1)) == 0
    assert calendar_fraction(PERIOD, END + timedelta(days=1)) == 1


def test_working_time_counts_open_hours_only() -> None:
    friday_evening = WEEK.start + timedelta(days=4, hours=20)
    assert working_fraction(days(0, 1, 2, 3, 4), WEEK, friday_evening) == 1
    assert working_fraction(days(0, 1, 3, 4), WEEK, WEEK.start + timedelta(days=2)) == 0.5


def test_working_time_outside_of_the_period_does_not_count() -> None:
    assert working_fraction(days(-7, 0, 1, 9), WEEK, WEEK.start + timedelta(days=1)) == 0.5


def test_without_open_hours_clock_time_counts() -> None:
    assert working_fraction([], WEEK, WEEK.start + timedelta(days=3.5)) == 0.5


def quarter(*closed: int) -> float:
    """Return by how many points clock time is wrong at worst; some days of it are closed."""
    whole = Period(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    mornings = [whole.start + timedelta(days=n) for n in range(92)]
    hours = [
        (day + timedelta(hours=9), day + timedelta(hours=17))
        for number, day in enumerate(mornings)
        if day.weekday() < 5 and number not in closed
    ]
    return max(
        100 * abs(working_fraction(hours, whole, day) - calendar_fraction(whole, day))
        for day in mornings
    )


def test_clock_time_is_wrong_by_a_point_in_a_quarter_and_by_six_with_a_week_closed() -> None:
    assert quarter() == pytest.approx(1.3, abs=0.05)
    assert quarter(*range(82, 89)) > 6
