"""Worked examples of grades, and their laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.goals.grade import (
    Band,
    band,
    better_side,
    grade,
    is_met,
    maintained,
    raw_progress,
    succeeds,
)
from connector.model.kpi import Direction
from tests.goals.cases import CSAT, definition, value

numbers = st.floats(-1e6, 1e6, allow_nan=False)


def test_csat_two_thirds_of_the_way_is_0_67() -> None:
    assert grade(raw_progress(0.88, baseline=0.84, target=0.90)) == 0.67


def test_first_reply_halfway_down_is_0_50() -> None:
    assert grade(raw_progress(450, baseline=600, target=300)) == 0.50


def test_a_worse_value_has_negative_progress_and_grade_0() -> None:
    raw = raw_progress(660, baseline=600, target=300)
    assert raw == pytest.approx(-0.20)
    assert grade(raw) == 0


def test_over_achievement_is_kept_in_raw_and_graded_1() -> None:
    raw = raw_progress(150, baseline=400, target=200)
    assert (raw, grade(raw)) == (1.25, 1.0)


@given(numbers, numbers, numbers)
def test_turning_the_scale_over_changes_nothing(
    number: float, baseline: float, step: float
) -> None:
    target = baseline + (step or 1.0)
    if target == baseline:
        return
    up = raw_progress(number, baseline=baseline, target=target)
    down = raw_progress(-number, baseline=-baseline, target=-target)
    assert up == down


@given(numbers)
def test_a_grade_stays_between_0_and_1(raw: float) -> None:
    assert 0 <= grade(raw) <= 1


def test_bands_change_at_0_70_and_0_40() -> None:
    graded = [band(number) for number in (0.70, 0.69, 0.40, 0.39)]
    assert graded == [Band.GREEN, Band.YELLOW, Band.YELLOW, Band.RED]


def test_committed_goals_succeed_at_1_and_aspirational_ones_at_0_7() -> None:
    assert (succeeds(1.0, "committed"), succeeds(0.99, "committed")) == (True, False)
    assert (succeeds(0.70, "aspirational"), succeeds(0.69, "aspirational")) == (True, False)


def test_a_maintain_goal_is_graded_by_weeks_inside_the_limit() -> None:
    weeks = [50.0, 61.0, 60.0, None]
    assert maintained(weeks, limit=60, direction=Direction.LOWER) == pytest.approx(2 / 3)


def test_a_maintain_goal_without_a_complete_week_has_no_grade() -> None:
    assert maintained([], limit=60, direction=Direction.LOWER) is None


def test_no_progress_is_none_and_has_no_sign() -> None:
    assert str(raw_progress(83, baseline=83, target=50)) == "0.0"


def test_exactly_on_target_is_met() -> None:
    assert is_met(60, 60, Direction.LOWER)
    assert is_met(60, 60, Direction.HIGHER)


def test_a_share_within_a_limit_is_better_when_higher() -> None:
    within = value(0.8, aggregate="within", unit="ratio")
    assert (
        better_side(definition(), within.aggregate, baseline=None, target=0.9) is Direction.HIGHER
    )


def test_a_neutral_measure_is_better_where_the_goal_points() -> None:
    neutral = definition(direction="neutral")
    measured = value(10)
    assert better_side(neutral, measured.aggregate, baseline=5, target=20) is Direction.HIGHER
    assert better_side(neutral, measured.aggregate, baseline=20, target=5) is Direction.LOWER


def test_the_measure_says_which_way_is_better() -> None:
    assert better_side(CSAT, "rate", baseline=None, target=0.9) is Direction.HIGHER
