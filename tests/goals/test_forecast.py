from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from connector.goals.forecast import forecast, share_forecast
from connector.model.goal import Forecast
from connector.model.kpi import Direction
from connector.model.series import DAY, DaySeries, SeriesKind
from tests.goals.quarters import END, HISTORY_DAYS, START, series

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
MIDDLE = START + 42 * DAY
DAYS = HISTORY_DAYS + 91


def told(days: DaySeries, *, aim: float, direction: Direction, today: date = MIDDLE) -> Forecast:
    found = forecast(days, start=START, today=today, end=END, aim=aim, direction=direction)
    assert found is not None
    return found


def chance(days: DaySeries, *, aim: float, direction: Direction, today: date = MIDDLE) -> float:
    found = told(days, aim=aim, direction=direction, today=today)
    assert found.probability is not None
    return found.probability


def every_day(kind: SeriesKind, *, n: float = 0, hits: float = 0, total: float = 0) -> DaySeries:
    return series(kind, n=[n] * DAYS, hits=[hits] * DAYS, total=[total] * DAYS)


def lively(kind: SeriesKind, *, q: float | None = None) -> DaySeries:
    rng = np.random.default_rng(4)
    n = rng.poisson(10, DAYS)
    hits = rng.binomial(n, 0.5)
    changes = rng.normal(0, 5, DAYS)
    total = 200 + np.cumsum(changes) if kind is SeriesKind.LEVEL else rng.poisson(20, DAYS)
    return series(kind, n=n, hits=hits, total=total, q=q)


class TestShares:
    @pytest.mark.parametrize(
        ("hits", "n", "final", "expected"),
        [(88, 100, 200, 0.21), (93, 100, 200, 0.94), (45, 50, 195, 0.49)],
    )
    def test_the_worked_examples_of_the_reference(
        self, hits: int, n: int, final: int, expected: float
    ) -> None:
        found = share_forecast(hits, n, final - n, aim=0.90, direction=HIGHER)
        assert found.probability == pytest.approx(expected, abs=0.005)
        mirrored = share_forecast(n - hits, n, final - n, aim=0.10, direction=LOWER)
        assert mirrored.probability == pytest.approx(expected, abs=0.005)

    def test_the_examples_come_out_of_a_series_of_days(self) -> None:
        """88 of 100 after 50 days with two answers each, and 50 days to come."""
        history = [2.0] * HISTORY_DAYS
        days = series(
            SeriesKind.SHARE,
            n=history + [2.0] * 50,
            hits=[0.0] * HISTORY_DAYS + [1.76] * 50,
        )
        found = forecast(
            days,
            start=START,
            today=days.end,
            end=START + 100 * DAY,
            aim=0.90,
            direction=HIGHER,
        )
        assert found is not None
        assert found.probability == pytest.approx(0.21, abs=0.005)
        assert found.method == "beta-binomial: 88 of 100 so far, about 100 to come"

    def test_the_interval_holds_nine_tenths_of_what_may_come(self) -> None:
        found = share_forecast(88, 100, 100, aim=0.90, direction=HIGHER)
        assert (found.low, found.high) == (0.835, 0.915)
        at_low = share_forecast(88, 100, 100, aim=0.835, direction=HIGHER).probability
        above = share_forecast(88, 100, 100, aim=0.84, direction=HIGHER).probability
        assert at_low is not None
        assert above is not None
        assert at_low >= 0.95 > above

    def test_a_change_in_the_last_28_days_drives_the_rest(self) -> None:
        before, after = [8.0] * (HISTORY_DAYS + 14), [10.0] * 28
        days = series(SeriesKind.SHARE, n=[10.0] * (HISTORY_DAYS + 42), hits=before + after)
        found = told(days, aim=0.95, direction=HIGHER)
        assert found.probability is not None
        assert found.probability > 0.9
        assert found.method.endswith("the last 28 days differ and drive the rest")

    def test_what_was_before_the_period_does_not_count_as_before_a_change(self) -> None:
        hits = [5.0] * HISTORY_DAYS + [9.0] * 42
        days = series(SeriesKind.SHARE, n=[10.0] * (HISTORY_DAYS + 42), hits=hits)
        found = told(days, aim=0.9, direction=HIGHER)
        assert found.method == "beta-binomial: 378 of 420 so far, about 490 to come"

    def test_without_an_answer_there_is_no_share(self) -> None:
        n = [1.0] * 4 + [0.0] * 80
        days = series(SeriesKind.SHARE, n=n, first=MIDDLE - 84 * DAY)
        found = forecast(days, start=START, today=MIDDLE, end=END, aim=0.9, direction=HIGHER)
        assert found is None


class TestQuantiles:
    def test_a_median_is_met_when_half_of_all_values_are(self) -> None:
        assert chance(days_within(0.6), aim=0, direction=LOWER) == 1
        assert chance(days_within(0.4), aim=0, direction=LOWER) == 0

    def test_a_p90_wants_nine_tenths_within(self) -> None:
        assert chance(days_within(0.9, q=0.9), aim=0, direction=LOWER) == 1
        assert chance(days_within(0.8, q=0.9), aim=0, direction=LOWER) == 0

    def test_a_p90_that_is_better_when_higher_wants_a_tenth_at_the_aim(self) -> None:
        assert chance(days_within(0.2, q=0.9), aim=0, direction=HIGHER) == 1
        assert chance(days_within(0.0, q=0.9), aim=0, direction=HIGHER) == 0

    def test_the_last_28_days_drive_the_rest(self) -> None:
        """20 of 42 days went well; the last 20 of 28 did, so it is soon made good."""
        good = [0.0] * (HISTORY_DAYS + 22) + [10.0] * 20
        days = series(SeriesKind.QUANTILE, n=[10.0] * len(good), hits=good, q=0.5)
        assert chance(days, aim=0, direction=LOWER) > 0.9

    def test_daily_counts_alone_bound_no_value_and_say_so(self) -> None:
        found = told(lively(SeriesKind.QUANTILE, q=0.5), aim=0, direction=LOWER)
        assert (found.low, found.high) == (None, None)
        assert "daily counts alone bound no value" in found.method

    def test_before_the_first_value_of_the_period_the_past_decides(self) -> None:
        days = days_within(0.6)
        assert chance(days, aim=0, direction=LOWER, today=START) == 1

    def test_a_future_without_values_says_nothing(self) -> None:
        """A value every fourth day, none of them within the aim, and one day to come."""
        days = series(SeriesKind.QUANTILE, n=[1.0, 0, 0, 0] * 14, q=0.5)
        end = START + DAY
        found = forecast(days, start=START, today=START, end=end, aim=0, direction=LOWER)
        assert found is not None
        assert found.probability == 0


class TestMeans:
    def test_a_steady_mean_stays(self) -> None:
        days = every_day(SeriesKind.MEAN, n=4, total=400)
        found = told(days, aim=100, direction=LOWER)
        assert (found.probability, found.low, found.high) == (1, 100, 100)
        assert chance(days, aim=99, direction=LOWER) == 0

    def test_a_score_is_in_points(self) -> None:
        found = told(every_day(SeriesKind.SCORE, n=10, total=4), aim=40, direction=HIGHER)
        assert (found.probability, found.low, found.high) == (1, 40, 40)

    def test_a_ratio_pools_both_amounts(self) -> None:
        """A costly day with little work weighs by its amounts, not as a day."""
        n, total = [1.0, 9.0] * (DAYS // 2), [10.0, 9.0] * (DAYS // 2)
        found = told(series(SeriesKind.RATIO, n=n, total=total), aim=2, direction=LOWER)
        assert found.low is not None
        assert found.high is not None
        assert 1.5 < found.low < 1.9 < found.high < 2.6

    def test_the_interval_narrows_towards_the_end(self) -> None:
        days = lively(SeriesKind.MEAN)
        widths = []
        for today in (MIDDLE, MIDDLE + 28 * DAY, END - DAY):
            found = told(days, aim=2, direction=LOWER, today=today)
            assert found.low is not None
            assert found.high is not None
            widths.append(found.high - found.low)
        assert widths[0] > widths[1] > widths[2] > 0


class TestCounts:
    def test_what_is_there_and_weekday_means_add_up(self) -> None:
        found = told(every_day(SeriesKind.COUNT, total=10), aim=910, direction=HIGHER)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 910 < found.high
        assert found.probability == pytest.approx(0.5, abs=0.02)
        assert "about 490 to come" in found.method

    def test_lower_is_the_other_side(self) -> None:
        days = every_day(SeriesKind.COUNT, total=10)
        below = chance(days, aim=909, direction=LOWER)
        assert below + chance(days, aim=910, direction=HIGHER) == pytest.approx(1)

    def test_days_that_vary_more_widen_the_interval(self) -> None:
        calm = every_day(SeriesKind.COUNT, total=10)
        wild = msgspec.structs.replace(calm, total=np.array(([2.0, 18.0] * DAYS)[:DAYS]))
        spans = []
        for days in (calm, wild):
            found = told(days, aim=910, direction=HIGHER)
            assert found.low is not None
            assert found.high is not None
            spans.append(found.high - found.low)
        assert spans[1] > 1.5 * spans[0]

    def test_the_doubt_about_the_weekday_means_is_in_the_interval(self) -> None:
        """Seven of each weekday to come, told from eight: 490 with a variance of 490 (1 + 7/8)."""
        found = told(every_day(SeriesKind.COUNT, total=10), aim=910, direction=HIGHER)
        assert found.low is not None
        assert found.high is not None
        width = 2 * 1.645 * (490 * (1 + 7 / 8)) ** 0.5
        assert found.high - found.low == pytest.approx(width, abs=2)

    def test_sums_of_large_amounts_are_told_too(self) -> None:
        found = told(every_day(SeriesKind.COUNT, total=1e6), aim=91e6, direction=HIGHER)
        assert found.low == pytest.approx(91e6, rel=0.01)
        assert found.high == pytest.approx(91e6, rel=0.01)


class TestLevels:
    def test_a_level_goes_on_as_it_went(self) -> None:
        falling = series(SeriesKind.LEVEL, total=500 - 2.0 * np.arange(DAYS))
        found = told(falling, aim=210, direction=LOWER)
        assert (found.probability, found.low, found.high) == (1, 208, 208)
        assert chance(falling, aim=207, direction=LOWER) == 0

    def test_a_level_never_falls_below_zero(self) -> None:
        falling = series(SeriesKind.LEVEL, total=np.maximum(300 - 3.0 * np.arange(DAYS), 0))
        found = told(falling, aim=0, direction=LOWER)
        assert (found.probability, found.low, found.high) == (1, 0, 0)

    def test_changes_are_those_of_the_weekday(self) -> None:
        """Up by five on Mondays, down by five on Fridays: the end falls on a Sunday."""
        week = np.array([5.0, 5, 5, 5, 0, 0, 0])
        days = series(SeriesKind.LEVEL, total=100 + np.resize(week, DAYS))
        assert told(days, aim=100, direction=LOWER).high == 100

    def test_an_interval_has_whole_tickets(self) -> None:
        found = told(lively(SeriesKind.LEVEL), aim=100, direction=LOWER)
        assert found.low is not None
        assert found.high is not None
        assert found.low.is_integer()
        assert found.high.is_integer()
        assert found.low < found.high

    def test_only_the_last_eight_weeks_count(self) -> None:
        changes = np.concatenate([np.full(DAYS - 105, 50.0), np.zeros(105)])
        days = series(SeriesKind.LEVEL, total=np.cumsum(changes))
        today = START + 56 * DAY
        found = told(days, aim=9_999, direction=LOWER, today=today)
        assert found.low == found.high


class TestWhatCounts:
    def test_days_from_today_on_do_not_count(self) -> None:
        days = lively(SeriesKind.SHARE)
        assert told(days, aim=0.5, direction=HIGHER) == told(
            days.until(MIDDLE), aim=0.5, direction=HIGHER
        )

    def test_days_that_are_not_known_are_still_to_come(self) -> None:
        """The data end before today: the days between are forecast."""
        days = every_day(SeriesKind.SHARE, n=10, hits=9).until(MIDDLE - 2 * DAY)
        found = told(days, aim=0.9, direction=HIGHER)
        assert "360 of 400 so far, about 510 to come" in found.method

    def test_less_than_14_days_of_history_tell_nothing(self) -> None:
        days = lively(SeriesKind.SHARE).since(START)
        for passed, is_told in ((13, False), (14, True)):
            today = START + passed * DAY
            found = forecast(days, start=START, today=today, end=END, aim=0.5, direction=HIGHER)
            assert (found is not None) is is_told

    @pytest.mark.parametrize("kind", [SeriesKind.SHARE, SeriesKind.QUANTILE, SeriesKind.COUNT])
    def test_less_than_4_days_with_data_tell_nothing(self, kind: SeriesKind) -> None:
        for filled, is_told in ((3, False), (4, True)):
            some = [0.0] * 70 + [5.0] * filled + [0.0] * (98 - 70 - filled)
            days = series(kind, n=some, hits=some, total=some)
            found = forecast(days, start=START, today=MIDDLE, end=END, aim=0.5, direction=HIGHER)
            assert (found is not None) is is_told

    @pytest.mark.parametrize("kind", list(SeriesKind))
    def test_the_same_input_gives_the_same_answer(self, kind: SeriesKind) -> None:
        days = lively(kind, q=0.5)
        first = told(days, aim=100, direction=LOWER)
        told(lively(SeriesKind.MEAN), aim=2, direction=LOWER)
        assert told(days, aim=100, direction=LOWER) == first

    def test_another_seed_draws_other_days(self) -> None:
        days = lively(SeriesKind.MEAN)
        one, other = (
            forecast(days, start=START, today=MIDDLE, end=END, aim=2, direction=LOWER, seed=seed)
            for seed in (1, 2)
        )
        assert one != other


class TestTheEnd:
    @pytest.mark.parametrize(
        ("days", "value"),
        [
            (every_day(SeriesKind.SHARE, n=10, hits=9), 0.9),
            (every_day(SeriesKind.MEAN, n=4, total=400), 100),
            (every_day(SeriesKind.RATIO, n=4, total=400), 100),
            (every_day(SeriesKind.SCORE, n=10, total=4), 40),
            (every_day(SeriesKind.COUNT, total=10), 910),
            (every_day(SeriesKind.LEVEL, total=10), 10),
        ],
        ids=lambda given: given.kind if isinstance(given, DaySeries) else "",
    )
    def test_with_no_day_left_the_value_decides(self, days: DaySeries, value: float) -> None:
        found = told(days, aim=value, direction=HIGHER, today=END)
        assert (found.probability, found.low, found.high) == (1, value, value)
        assert chance(days, aim=value, direction=LOWER, today=END) == 1
        assert chance(days, aim=value + 0.01, direction=HIGHER, today=END) == 0
        assert chance(days, aim=value - 0.01, direction=LOWER, today=END) == 0

    def test_with_no_day_left_a_median_is_met_or_not(self) -> None:
        assert chance(days_within(0.5), aim=0, direction=LOWER, today=END) == 1
        assert chance(days_within(0.4), aim=0, direction=LOWER, today=END) == 0

    def test_nothing_measured_tells_nothing(self) -> None:
        for kind in (SeriesKind.SHARE, SeriesKind.QUANTILE, SeriesKind.MEAN):
            days = every_day(kind)
            found = forecast(days, start=START, today=END, end=END, aim=0.5, direction=HIGHER)
            assert found is None


def days_within(share: float, *, q: float = 0.5) -> DaySeries:
    n = np.full(DAYS, 10.0)
    return series(SeriesKind.QUANTILE, n=n, hits=n * share, q=q)


def test_a_young_period_is_told_from_the_last_days_before_it() -> None:
    history = 56
    days = np.full(history, 10.0)
    for share, is_likely in ((0.95, True), (0.70, False)):
        series = DaySeries(
            kind=SeriesKind.SHARE,
            zone="UTC",
            first=date(2026, 8, 6),
            n=days,
            hits=days * share,
            total=np.zeros(history),
        )
        start = date(2026, 10, 1)  # nothing of the period has settled yet
        found = forecast(
            series,
            start=start,
            today=start,
            end=date(2027, 1, 1),
            aim=0.85,
            direction=Direction.HIGHER,
        )
        assert found is not None
        assert found.probability is not None
        assert (found.probability > 0.99) if is_likely else (found.probability < 0.01)
