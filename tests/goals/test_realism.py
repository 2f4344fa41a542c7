"""Realism: past windows as long as the time left, and runs of a level's net flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.realism import Windows, past_windows, pooled, realism, simulated
from connector.model.series import DaySeries, SeriesKind

TODAY = date(2026, 11, 2)  # a Monday
UP, DOWN = 1, -1


def series(kind: SeriesKind, **columns: Any) -> DaySeries:
    """Return days up to today; what is not given is nothing."""
    length = len(next(iter(columns.values())))
    arrays: dict[str, Any] = {
        name: np.asarray(columns.get(name, np.zeros(length)), dtype=float)
        for name in ("n", "hits", "total")
    }
    first = TODAY - timedelta(days=length)
    return DaySeries(kind=kind, zone="UTC", first=first, **arrays, q=columns.get("q"))


def level(values: Sequence[float]) -> DaySeries:
    return series(SeriesKind.LEVEL, total=values)


def shares(hits: Sequence[float], n: float = 10.0) -> DaySeries:
    return series(SeriesKind.SHARE, hits=hits, n=np.full(len(hits), n))


@pytest.mark.parametrize(
    ("share", "name"),
    [
        (1.0, "realistic"),
        (0.50, "realistic"),
        (0.49, "stretch"),
        (0.20, "stretch"),
        (0.19, "aggressive"),
        (0.05, "aggressive"),
        (0.049, "unrealistic"),
        (0.0, "unrealistic"),
        (None, "unknown"),
    ],
)
def test_the_classes_are_those_of_the_reference(share: float | None, name: str) -> None:
    assert realism(share) == name


def test_a_level_changes_from_the_evening_before_to_the_end_of_the_window() -> None:
    found = past_windows(level([100, 90, 95, 85, 80]), TODAY, 2)
    assert found.changes.tolist() == [-5, -5, -15]
    assert found.independent == 2


def test_half_of_the_windows_fell_enough() -> None:
    found = past_windows(level([50, 40, 40, 30, 30]), TODAY, 1)
    assert found.share(-10, DOWN) == 0.5
    assert found.share(-11, DOWN) == 0.0
    assert found.share(0, DOWN) == 1.0
    assert found.exceeded_by(-11, DOWN)
    assert found.best(DOWN) == -10


def test_a_count_is_the_total_of_its_windows() -> None:
    found = past_windows(series(SeriesKind.COUNT, total=[1, 2, 3, 4]), TODAY, 2)
    assert found.changes.tolist() == [3, 5, 7]
    assert (found.independent, found.share(5, UP), found.share(5, DOWN)) == (2, 2 / 3, 2 / 3)


def test_a_share_is_pooled_over_28_days_before_and_at_the_end_of_a_window() -> None:
    hits = [0.0] * 14 + [10.0] * 14 + [0.0] * 12 + [8.0] * 28
    found = past_windows(shares(hits), TODAY, 40)
    assert found.changes.tolist() == pytest.approx([0.3])
    assert found.independent == 1


def test_a_window_shorter_than_28_days_is_pooled_whole() -> None:
    found = past_windows(shares([5.0] * 28 + [6.0] * 7), TODAY, 7)
    assert found.changes.tolist() == pytest.approx([0.1])


def test_days_weigh_by_what_they_hold() -> None:
    hits, n = [1.0] * 27 + [100.0], [2.0] * 27 + [100.0]
    assert pooled(series(SeriesKind.SHARE, hits=hits, n=n)) == pytest.approx(127 / 154)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(SeriesKind.MEAN, 2.5), (SeriesKind.RATIO, 2.5), (SeriesKind.SCORE, 250), ("quantile", 0.75)],
)
def test_each_kind_pools_in_its_way(kind: SeriesKind, value: float) -> None:
    days = series(SeriesKind(kind), n=[2, 2], total=[4, 6], hits=[2, 1])
    assert pooled(days) == value


def test_nothing_measured_pools_to_nothing() -> None:
    assert pooled(shares([0.0], n=0)) is None
    assert pooled(shares([])) is None


def test_windows_around_days_that_hold_nothing_are_left_out() -> None:
    n = [0.0] * 28 + [10.0] * 30
    found = past_windows(series(SeriesKind.SHARE, hits=n, n=n), TODAY, 1)
    assert (len(found.changes), found.independent) == (
        29,
        29,
    )  # the first one has one day with tickets before it


def test_windows_overlap_and_the_independent_ones_are_counted() -> None:
    found = past_windows(level(range(100)), TODAY, 30)
    assert (len(found.changes), found.independent) == (70, 3)


def test_fewer_than_two_independent_windows_tell_nothing() -> None:
    found = past_windows(level(range(60)), TODAY, 30)
    assert (len(found.changes), found.independent, found.share(1, UP)) == (30, 1, None)
    assert not found.exceeded_by(1e9, UP)


def test_only_the_last_24_months_before_today_count() -> None:
    found = past_windows(level([0.0] * 500 + [1.0] + [0.0] * 731), TODAY, 1)
    assert (len(found.changes), found.best(UP)) == (730, 0)
    later = past_windows(level(range(50)), TODAY - timedelta(days=20), 10)
    assert len(later.changes) == 20


def test_without_a_series_or_time_left_there_are_no_windows() -> None:
    assert past_windows(None, TODAY, 5).independent == 0
    assert past_windows(level(range(50)), TODAY, 0).independent == 0


def test_a_steady_fall_gets_there_in_every_run() -> None:
    falling = level([200 - 2 * n for n in range(60)])
    current = falling.total[-1]
    reached = [
        simulated(falling, current, current - 2 * days, DOWN, TODAY + timedelta(days=10))
        for days in (10, 11)
    ]
    assert reached == [1.0, 0.0]


@pytest.mark.parametrize("length", [17, 57, 90])
def test_each_day_left_draws_from_the_days_of_its_weekday(length: int) -> None:
    days = [TODAY - timedelta(days=n) for n in range(length, 0, -1)]
    levels = np.cumsum([-10 if day.weekday() == 0 else 0 for day in days])
    flow = level(levels.tolist())
    once = [simulated(flow, 0, -10, DOWN, TODAY + timedelta(days=n)) for n in (1, 7)]
    twice = [simulated(flow, 0, -20, DOWN, TODAY + timedelta(days=n)) for n in (7, 8)]
    assert (once, twice) == ([1.0, 1.0], [0.0, 1.0])


def test_runs_come_out_near_the_chance_they_stand_for_and_always_the_same() -> None:
    coin = np.cumsum(np.tile([1.0, -1.0], 29)[:57])  # each weekday went up and down as often
    chances = [simulated(level(coin.tolist()), 0, 0, UP, TODAY + timedelta(days=2))] * 2
    assert chances[0] == pytest.approx(0.75, abs=0.04)
    assert chances[0] == chances[1]


def test_two_weeks_are_the_least_to_simulate() -> None:
    end = TODAY + timedelta(days=5)
    assert simulated(level([1.0] * 15), 1, 1, UP, end) == 1.0
    assert simulated(level([1.0] * 14), 1, 1, UP, end) is None
    assert simulated(shares([1.0] * 50), 1, 1, UP, end) is None


changes = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@settings(max_examples=60, deadline=None)
@given(
    values=changes,
    needs=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
    sign=st.sampled_from((UP, DOWN)),
)
def test_the_share_lies_between_0_and_1_and_needing_more_never_raises_it(
    values: list[float], needs: tuple[float, float], sign: int
) -> None:
    windows = Windows(np.array(values), 2)
    easier, harder = (windows.share(need, sign) for need in sorted(needs, key=lambda n: sign * n))
    assert easier is not None
    assert harder is not None
    assert 0 <= harder <= easier <= 1


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 300), days=st.integers(1, 120))
def test_independent_windows_fit_into_the_history(length: int, days: int) -> None:
    found = past_windows(level([0.0] * length), TODAY, days)
    assert found.independent == (length - 1) // days
    assert len(found.changes) == max(length - days, 0)
