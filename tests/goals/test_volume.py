from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from connector.goals.volume import expected_volume, profile
from connector.model.series import DAY, SeriesKind
from tests.goals.quarters import series

MONDAY = date(2026, 3, 2)
WEEK = [10.0, 8, 6, 4, 2, 0, 0]


def test_a_week_ahead_brings_what_weeks_brought() -> None:
    days = series(SeriesKind.SHARE, n=WEEK * 8, first=MONDAY)
    assert expected_volume(days, days.end, days.end + 7 * DAY) == 30
    assert expected_volume(days, days.end, days.end + 10 * DAY) == 30 + 10 + 8 + 6


def test_the_weekend_brings_nothing_where_nobody_writes_on_weekends() -> None:
    days = series(SeriesKind.SHARE, n=WEEK * 8, first=MONDAY)
    assert expected_volume(days, days.end + 5 * DAY, days.end + 7 * DAY) == 0


def test_only_the_last_eight_weeks_count() -> None:
    days = series(SeriesKind.SHARE, n=[99.0] * 70 + WEEK * 8, first=MONDAY)
    assert expected_volume(days, days.end, days.end + 7 * DAY) == 30


def test_a_series_that_counts_is_told_by_its_totals() -> None:
    days = series(SeriesKind.COUNT, n=[1.0] * 56, total=WEEK * 8, first=MONDAY)
    assert expected_volume(days, days.end, days.end + 7 * DAY) == 30


def test_a_weekday_that_was_never_seen_is_like_all_days() -> None:
    days = series(SeriesKind.SHARE, n=[4.0, 6, 8], first=MONDAY)
    thursday = MONDAY + 3 * DAY
    assert expected_volume(days, thursday, thursday + DAY) == 6


def test_nothing_comes_between_a_day_and_itself() -> None:
    days = series(SeriesKind.SHARE, n=WEEK * 8, first=MONDAY)
    assert expected_volume(days, days.end, days.end) == 0
    assert expected_volume(days, days.end, days.end - DAY) == 0


def test_an_empty_series_expects_nothing() -> None:
    days = series(SeriesKind.SHARE, first=MONDAY)
    assert expected_volume(days, MONDAY, MONDAY + 7 * DAY) == 0


def test_days_that_vary_by_chance_alone_have_a_dispersion_of_one() -> None:
    rng = np.random.default_rng(5)
    even = series(SeriesKind.COUNT, total=[5.0] * 56, first=MONDAY)
    chance = series(SeriesKind.COUNT, total=rng.poisson(5, 56), first=MONDAY)
    wild = series(SeriesKind.COUNT, total=rng.poisson(rng.gamma(1, 5, 56)), first=MONDAY)
    assert profile(even).dispersion == 1
    assert profile(chance).dispersion == pytest.approx(1, abs=0.4)
    assert profile(wild).dispersion > 3


def test_the_pattern_of_the_week_is_no_dispersion() -> None:
    assert profile(series(SeriesKind.COUNT, total=WEEK * 8, first=MONDAY)).dispersion == 1
