"""Forecasts of made-up quarters: what was predicted comes true about as often as it was said.

In each fifth of the chance, what came true is at most 0.06 away from what was predicted on average,
beside two standard errors that the number of looks leaves to chance (0.04 at 600 looks and a chance
of one half, 0.10 at 100). The projection interval holds the final value in 90 % of looks, give or
take 4 points.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from connector.goals.forecast import forecast
from connector.model.kpi import Direction
from connector.model.series import DAY
from tests.goals.quarters import (
    END,
    START,
    Calibration,
    Quarter,
    calibrate,
    count_quarter,
    level_quarter,
    median_quarter,
    score_quarter,
    share_quarter,
)

TOLERANCE = 0.06
COVERED = (0.86, 0.94)
HIGHER, LOWER = Direction.HIGHER, Direction.LOWER

CASES = [
    pytest.param(
        partial(share_quarter, a_day=15 / 7, truths=(0.84, 0.96)), 0.9, HIGHER, 1200, id="share"
    ),
    pytest.param(
        partial(share_quarter, a_day=60 / 7, truths=(0.86, 0.94)), 0.9, HIGHER, 1200, id="many"
    ),
    pytest.param(median_quarter, 0.0, LOWER, 300, id="median"),
    pytest.param(score_quarter, 30.0, HIGHER, 220, id="score"),
    pytest.param(count_quarter, 6 * 91.0, HIGHER, 1200, id="count"),
    pytest.param(level_quarter, 400.0, LOWER, 220, id="level"),
]


@pytest.mark.parametrize(("make", "aim", "direction", "quarters"), CASES)
def test_what_is_predicted_comes_true_as_often(
    make: Callable[[np.random.Generator], Quarter], aim: float, direction: Direction, quarters: int
) -> None:
    found = calibrate(make, aim=aim, direction=direction, quarters=quarters, seed=77)
    assert found.looks.min() >= 50
    by_chance = 2 * np.sqrt(found.predicted * (1 - found.predicted) / found.looks)
    allowed = TOLERANCE + by_chance
    assert bool((np.abs(found.came_true - found.predicted) <= allowed).all()), told(found)
    if make is not median_quarter:
        assert COVERED[0] <= found.covered <= COVERED[1], told(found)


def test_a_team_exactly_on_target_is_called_off_track_less_often_than_red() -> None:
    """Fifteen ratings a week, true share and target 90 %, a look each week.

    The naive rule (below target is red) is red at about 45 % of looks and at least once in four of
    five quarters. Where the target is met in the end, "off track" (chance below 30 %) is told at
    most half as often as red.
    """
    rng = np.random.default_rng(3)
    red, off, met = [], [], []
    for _ in range(300):
        quarter = share_quarter(rng, 15 / 7, (0.9, 0.9))
        looks = [weekly_look(quarter, week) for week in range(1, 13)]
        red.append([below for below, _ in looks])
        off.append([chance < 0.30 for _, chance in looks])
        met.append(quarter.is_met)
    reds, offs, mets = np.array(red), np.array(off), np.array(met)
    assert 0.40 <= reds.mean() <= 0.52
    assert reds.any(axis=1).mean() >= 0.75
    assert offs.mean() <= 0.75 * reds.mean()
    assert offs[mets].mean() <= 0.5 * reds[mets].mean()


def weekly_look(quarter: Quarter, week: int) -> tuple[bool, float]:
    """Return whether the share is below target, and the chance (undecided below 20 ratings)."""
    today = START + 7 * week * DAY
    so_far = quarter.days.until(today).since(START)
    hits, n = so_far.hits.sum(), so_far.n.sum()
    found = forecast(
        quarter.days, start=START, today=today, end=END, aim=0.9, direction=Direction.HIGHER
    )
    assert found is not None
    assert found.probability is not None
    return bool(hits < 0.9 * n - 1e-9), found.probability if n >= 20 else 0.5


def told(found: Calibration) -> str:
    bins = zip(found.predicted, found.came_true, found.looks, strict=True)
    rows = (f"{said:.2f} came true {true:.2f} (n {n:.0f})" for said, true, n in bins)
    return "; ".join((*rows, f"covered {found.covered:.3f}"))
