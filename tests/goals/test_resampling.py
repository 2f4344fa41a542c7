from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from connector.goals.resampling import DRAWS, draw_days, draw_sums, quiet_weekdays, widened
from connector.model.series import SeriesKind
from tests.goals.quarters import series

MONDAY = date(2026, 3, 2)
ONE_CLASS = np.zeros(28, dtype=np.intp)


def test_weekdays_with_less_than_half_of_a_days_work_are_quiet() -> None:
    week = [9.0, 8, 9, 7, 6, 1, 0]
    assert list(quiet_weekdays(series(SeriesKind.QUANTILE, n=week * 4, first=MONDAY))) == [
        0, 0, 0, 0, 0, 1, 1,
    ]  # fmt: skip


def test_friday_and_saturday_may_be_the_weekend() -> None:
    week = [9.0, 8, 9, 7, 1, 1, 8]
    found = quiet_weekdays(series(SeriesKind.QUANTILE, n=week * 4, first=MONDAY))
    assert list(np.flatnonzero(found)) == [4, 5]


def test_days_are_drawn_from_their_class() -> None:
    past = np.array([0, 0, 0, 1, 1], dtype=np.intp)
    ahead = np.array([1, 0, 1, 0], dtype=np.intp)
    drawn = draw_days(np.array([1.0, 2, 3, 40, 50]), past, ahead, np.random.default_rng(1))
    assert set(np.unique(drawn[[0, 2]])) == {40, 50}
    assert set(np.unique(drawn[[1, 3]])) == {1, 2, 3}


def test_a_class_without_a_past_is_drawn_from_all_days() -> None:
    past, ahead = np.zeros(3, dtype=np.intp), np.ones(1, dtype=np.intp)
    drawn = draw_days(np.array([1.0, 2, 3]), past, ahead, np.random.default_rng(1))
    assert set(np.unique(drawn)) == {1, 2, 3}


def test_sums_of_one_future_come_from_the_same_days() -> None:
    amounts = np.arange(28.0)
    ahead = np.zeros(30, dtype=np.intp)
    once, twice = draw_sums([amounts, 2 * amounts], ONE_CLASS, ahead, np.random.default_rng(1))
    assert np.array_equal(2 * once, twice)


def test_no_days_ahead_sum_to_nothing() -> None:
    ahead = np.zeros(0, dtype=np.intp)
    (sums,) = draw_sums([np.ones(28)], ONE_CLASS, ahead, np.random.default_rng(1))
    assert np.array_equal(sums, np.zeros(DRAWS))


def test_the_spread_of_a_sum_has_the_doubt_about_the_past_in_it() -> None:
    """Forty days drawn after 28: days vary, and so does the mean that 28 days can tell."""
    amounts = np.random.default_rng(2).normal(0, 1, 28)
    ahead = np.zeros(40, dtype=np.intp)
    (sums,) = draw_sums([amounts], ONE_CLASS, ahead, np.random.default_rng(1))
    days_alone = 40 * amounts.var(ddof=1)
    with_doubt = days_alone + 40**2 * amounts.var(ddof=1) / 28
    assert sums.mean() == pytest.approx(40 * amounts.mean(), abs=0.6)
    assert sums.var() == pytest.approx(with_doubt, rel=0.1)
    assert sums.var() > 1.8 * days_alone


def test_a_small_class_is_widened_to_its_unbiased_spread() -> None:
    amounts = np.array([1.0, 4, 2, 4, 3, 4])
    which = np.array([0, 1, 0, 1, 0, 2], dtype=np.intp)
    found = widened(amounts, which)
    assert found[[0, 2, 4]].mean() == 2
    assert found[[0, 2, 4]].var() == pytest.approx(amounts[[0, 2, 4]].var(ddof=1))
    assert list(found[[1, 3, 5]]) == [4, 4, 4]
