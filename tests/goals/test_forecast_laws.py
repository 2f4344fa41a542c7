from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.forecast import forecast, share_forecast
from connector.model.kpi import Direction
from connector.model.series import DaySeries, SeriesKind
from tests.goals.quarters import END, HISTORY_DAYS, START, series

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
OTHER = {HIGHER: LOWER, LOWER: HIGHER}
DIRECTIONS = st.sampled_from([HIGHER, LOWER])
AIMS = {
    SeriesKind.SHARE: 0.5,
    SeriesKind.QUANTILE: 0.0,
    SeriesKind.MEAN: 1.5,
    SeriesKind.RATIO: 1.5,
    SeriesKind.SCORE: 150.0,
    SeriesKind.COUNT: 800.0,
    SeriesKind.LEVEL: 9.0,
}
FEW = settings(max_examples=40, deadline=None)


@st.composite
def histories(draw: st.DrawFn, kind: SeriesKind | None = None) -> DaySeries:
    """Draw a series that ends in the period, of any kind or of one."""
    drawn = draw(st.sampled_from(list(SeriesKind))) if kind is None else kind
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = draw(st.sampled_from([1.0, 8.0]))
    length = HISTORY_DAYS + draw(st.integers(1, 90))
    n = rng.poisson(size, length)
    hits = rng.binomial(n, draw(st.sampled_from([0.3, 0.5, 0.7])))
    total = rng.poisson(12, length)
    return series(drawn, n=n, hits=hits, total=total, q=draw(st.sampled_from([0.5, 0.9])))


def chance(days: DaySeries, direction: Direction, *, aim: float | None = None) -> float:
    found = forecast(
        days,
        start=START,
        today=days.end,
        end=END,
        aim=AIMS[days.kind] if aim is None else aim,
        direction=direction,
    )
    assert found is not None
    assert found.probability is not None
    return found.probability


def better(column: Floats, places: list[int], most: Floats) -> Floats:
    """Add one on some days, as far as each day has room for it."""
    raised = column.copy()
    raised[places] += 1
    found: Floats = np.minimum(raised, most)
    return found


@FEW
@given(histories(), DIRECTIONS)
def test_a_chance_is_between_0_and_1_and_low_is_not_above_high(
    days: DaySeries, direction: Direction
) -> None:
    found = forecast(
        days, start=START, today=days.end, end=END, aim=AIMS[days.kind], direction=direction
    )
    assert found is not None
    assert found.probability is not None
    assert 0 <= found.probability <= 1
    if found.low is not None and found.high is not None:
        assert found.low <= found.high


@FEW
@given(histories(SeriesKind.QUANTILE), st.lists(st.integers(1, 60), max_size=20), DIRECTIONS)
def test_more_values_within_the_aim_never_lower_the_chance_of_a_quantile(
    days: DaySeries, back: list[int], direction: Direction
) -> None:
    places = [max(len(days) - day, 0) for day in back]
    raised = msgspec.structs.replace(days, hits=better(days.hits, places, days.n))
    assert chance(raised, direction) >= chance(days, direction)


@FEW
@given(histories(SeriesKind.SHARE), st.lists(st.integers(1, 28), max_size=20))
def test_more_hits_in_the_last_28_days_never_lower_the_chance_of_a_share(
    days: DaySeries, back: list[int]
) -> None:
    """Earlier ones may: they can make the last 28 days a change for the worse."""
    raised = better(days.hits, [len(days) - day for day in back], days.n)
    more = msgspec.structs.replace(days, hits=raised)
    assert chance(more, HIGHER) >= chance(days, HIGHER) - 1e-9
    assert chance(more, LOWER) <= chance(days, LOWER) + 1e-9


@FEW
@given(histories(SeriesKind.COUNT), st.lists(st.integers(0, 55), max_size=20))
def test_more_done_so_far_never_lowers_the_chance_of_a_count(
    days: DaySeries, passed: list[int]
) -> None:
    """The last 56 days stay as they are, so what is still to come does too."""
    earlier = [place for place in passed if HISTORY_DAYS + place < len(days) - 56]
    raised = better(days.total, [HISTORY_DAYS + place for place in earlier], days.total + 1)
    more = msgspec.structs.replace(days, total=raised)
    assert chance(more, HIGHER) >= chance(days, HIGHER)


@FEW
@given(histories(SeriesKind.MEAN), st.integers(1, 40))
def test_an_easier_aim_never_lowers_the_chance(days: DaySeries, tenths: int) -> None:
    aim = tenths / 5
    assert chance(days, LOWER, aim=aim + 0.1) >= chance(days, LOWER, aim=aim)
    assert chance(days, HIGHER, aim=aim) >= chance(days, HIGHER, aim=aim + 0.1)


@FEW
@given(histories(SeriesKind.SHARE), st.sampled_from([0.25, 0.5, 0.75]), DIRECTIONS)
def test_a_share_of_bad_ones_is_the_mirror_of_that_of_good_ones(
    days: DaySeries, aim: float, direction: Direction
) -> None:
    mirrored = msgspec.structs.replace(days, hits=days.n - days.hits)
    there = chance(days, direction, aim=aim)
    assert chance(mirrored, OTHER[direction], aim=1 - aim) == pytest.approx(there, abs=1e-9)


@FEW
@given(histories(SeriesKind.MEAN) | histories(SeriesKind.RATIO), DIRECTIONS)
def test_a_mean_of_losses_is_the_mirror_of_that_of_gains(
    days: DaySeries, direction: Direction
) -> None:
    mirrored = msgspec.structs.replace(days, total=-days.total)
    assert chance(mirrored, OTHER[direction], aim=-1.5) == chance(days, direction, aim=1.5)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 200), st.integers(1, 99))
def test_what_cannot_be_missed_any_more_is_sure_and_the_impossible_is_not(
    hits: int, misses: int, more: int, percent: int
) -> None:
    n, final = hits + misses, hits + misses + more
    if not final:
        return
    found = share_forecast(hits, n, more, aim=percent / 100, direction=HIGHER).probability
    if 100 * hits >= percent * final:
        assert found == 1
    if 100 * (hits + more) < percent * final:
        assert found == 0


def test_a_count_that_is_reached_is_sure_and_a_limit_that_is_passed_is_lost() -> None:
    days = series(SeriesKind.COUNT, total=[10.0] * (HISTORY_DAYS + 60))
    assert chance(days, HIGHER, aim=600) == 1
    assert chance(days, LOWER, aim=599) == 0


def test_a_median_that_cannot_be_missed_any_more_is_sure() -> None:
    """Two thousand values within the aim, and one a day since."""
    n = [1.0] * HISTORY_DAYS + [100.0] * 20 + [1.0] * 40
    hits = [0.0] * HISTORY_DAYS + [100.0] * 20 + [0.0] * 40
    days = series(SeriesKind.QUANTILE, n=n, hits=hits, q=0.5)
    assert chance(days, LOWER) == 1
    lost = msgspec.structs.replace(days, hits=days.n - days.hits)
    assert chance(lost, LOWER) == 0
