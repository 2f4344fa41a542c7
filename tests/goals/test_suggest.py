"""What is suggested: slices that got worse beyond noise, and targets that they had before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from connector.goals.sample import wilson
from connector.goals.suggest import (
    LEAST_STRETCHES,
    Slice,
    excess_of,
    least_excess,
    limit_of,
    met_in,
    reached,
    usual,
    worst,
    written,
)
from connector.model.kpi import Direction, KpiValue, Period
from tests.goals.cases import value as kpi_value

END = datetime(2026, 11, 1, tzinfo=UTC)
STRETCH = Period(END - timedelta(days=28), END)


def rate(k: int, n: int = 200) -> KpiValue:
    """Return a share of one stretch with its interval."""
    bounds = wilson(k, n)
    return kpi_value(
        k / n, k=k, n=n, unit="ratio", aggregate="rate", low=bounds.low, high=bounds.high,
        period=STRETCH,
    )  # fmt: skip


def time(minutes: float) -> KpiValue:
    """Return a median of one stretch with its interval."""
    seconds = minutes * 60
    return kpi_value(seconds, low=seconds * 0.9, high=seconds * 1.1, period=STRETCH)


def sliced(recent: KpiValue, *past: KpiValue, **changes: Any) -> Slice:
    values: dict[str, Any] = {
        "kpi": "csat",
        "measure": "csat_pct",
        "dimension": "group",
        "name": "EMEA",
        "direction": Direction.HIGHER,
        "recent": recent,
        "past": past,
    }
    return Slice(**{**values, **changes})


GOOD = [rate(k) for k in (180, 178, 183, 181, 176, 182, 179, 184)]
QUICK = [time(m) for m in (50, 52, 47, 55, 51, 49, 53, 48)]


def test_a_fall_beyond_noise_is_found_in_both_directions() -> None:
    fell = sliced(rate(150), *GOOD)
    slow = sliced(time(95), *QUICK, kpi="reply", measure="r", direction=Direction.LOWER)
    assert {one.of.kpi for one in worst([fell, slow], 3)} == {"csat", "reply"}
    rose = sliced(rate(198), *GOOD)
    quick = sliced(time(20), *QUICK, kpi="reply", measure="r", direction=Direction.LOWER)
    assert worst([rose, quick], 3) == []


def test_noise_alone_suggests_anything_once_in_twenty_times() -> None:
    random = np.random.default_rng(20_261_001)
    looks, slices, alarms = 300, 40, 0
    for _ in range(looks):
        drawn = random.binomial(200, 0.9, (slices, 9))
        found = [
            sliced(rate(int(row[0])), *map(rate, row[1:].tolist()), name=str(i))
            for i, row in enumerate(drawn)
        ]
        alarms += bool(worst(found, 1))
    assert alarms / looks <= 0.08


def test_more_slices_need_a_larger_fall() -> None:
    assert least_excess(100, 12) > least_excess(10, 12) > least_excess(1, 12)
    assert least_excess(10, 6) > least_excess(10, 12)
    assert least_excess(1, 12) == pytest.approx(1.796, abs=0.01)
    assert least_excess(10, 12) == pytest.approx(3.106, abs=0.03)


def test_a_short_past_suggests_nothing() -> None:
    few = GOOD[: LEAST_STRETCHES - 1]
    assert excess_of(sliced(rate(20), *few)) is None
    assert worst([sliced(rate(20), *few)], 3) == []
    assert worst([sliced(rate(20), *GOOD[:LEAST_STRETCHES])], 3)


def test_a_steady_past_makes_no_small_sample_sure() -> None:
    steady = [rate(18, 20)] * 12
    assert worst([sliced(rate(16, 20), *steady)], 3) == []


def test_one_measure_of_a_slice_is_suggested_once_and_the_worst_comes_first() -> None:
    slow = {"direction": Direction.LOWER, "measure": "first_reply_time"}
    found = worst(
        [
            sliced(time(80), *QUICK, kpi="median", **slow),
            sliced(time(120), *QUICK, kpi="p90", **slow),
            sliced(time(100), *QUICK, kpi="median", name="APAC", **slow),
        ],
        3,
    )
    assert [(one.of.name, one.of.kpi) for one in found] == [("EMEA", "p90"), ("APAC", "median")]
    assert len(worst([sliced(rate(100), *GOOD), sliced(time(90), *QUICK, **slow)], 1)) == 1


def test_the_same_tickets_by_another_name_are_suggested_once() -> None:
    alike = [sliced(rate(150), *GOOD, dimension="tag", name=name) for name in ("a", "b")]
    assert [one.of.name for one in worst(alike, 3)] == ["a"]
    other = sliced(rate(151), *GOOD, dimension="tag", name="c")
    assert len(worst([*alike, other], 3)) == 2


def test_targets_are_levels_that_the_slice_had() -> None:
    one = sliced(rate(150), *GOOD)
    best, middle = reached(one)
    assert (best, middle) == (0.91, 0.9)
    assert usual(one) == 0.9
    assert met_in(one, best) == 3
    slow = sliced(time(95), *QUICK, direction=Direction.LOWER)
    assert [seconds / 60 for seconds in reached(slow)] == [49, 51]
    assert met_in(slow, 49 * 60) == 3


def test_a_limit_is_the_worst_that_was_and_never_all_or_nothing() -> None:
    assert limit_of(sliced(rate(170), *GOOD)).text == '"85 %"'
    assert limit_of(sliced(rate(200), *[rate(200)] * 8)).text == '"99 %"'
    none = sliced(rate(0), *[rate(0)] * 8, direction=Direction.LOWER)
    assert limit_of(none).text == '"1 %"'


@pytest.mark.parametrize(
    ("number", "unit", "up", "text"),
    [
        (95.2, "s", True, '"96 s"'),
        (3001, "s", True, '"51 min"'),
        (3001, "s", False, '"50 min"'),
        (4 * 3600 + 61, "s", True, '"4.1 h"'),
        (0.8666, "ratio", False, '"86.6 %"'),
        (0.8666, "ratio", True, '"86.7 %"'),
        (0.29, "ratio", True, '"29 %"'),
        (212.0, "count", True, "212"),
        (4.21, "points", True, "4.3"),
    ],
)
def test_values_are_written_as_people_would(
    number: float, unit: str, text: str, *, up: bool
) -> None:
    assert written(number, unit, up=up).text == text
