"""Backward goals: what it takes, whether the past did as much, and the plan from its end."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.backward import outlook
from connector.goals.backward_plan import Known, Milestone
from connector.model.goal import Outlook
from connector.model.kpi import Direction
from connector.model.series import SeriesKind
from tests.goals.backward_cases import (
    CALENDAR,
    DAY,
    END,
    START,
    TODAY,
    known,
    milestone,
    plan,
    series,
)

LAST = END - DAY


def by_name(found: Outlook, name: str) -> tuple[date | None, float | None, bool, tuple[str, ...]]:
    report = next(report for report in found.milestones if report.name == name)
    return report.latest_start, report.float_days, report.is_critical, report.flags


def test_the_required_rate_is_what_is_missing_a_working_day() -> None:
    found = outlook(plan(), known(310))
    assert (found.needed, found.working_days_left) == (-110, 44)
    assert found.rate_per_day == pytest.approx(-110 / 44)


def test_a_target_that_is_met_asks_for_nothing() -> None:
    found = outlook(plan(), known(190))
    assert (found.needed, found.rate_per_day) == (10, 0)


def test_before_the_start_the_whole_period_is_left() -> None:
    today = date(2026, 9, 1)
    levels = series(SeriesKind.LEVEL, total=[400] * 200, today=today)
    found = outlook(plan(), known(400, today=today, series=levels))
    assert (found.working_days_left, found.windows) == (66, 200 - 92)
    assert found.rate_per_day == pytest.approx(-200 / 66)


def test_at_the_end_no_rate_is_left() -> None:
    found = outlook(plan(), known(310, today=END))
    assert (found.working_days_left, found.rate_per_day, found.realism) == (0, None, "unknown")


def test_without_a_value_nothing_is_told_of_what_it_takes() -> None:
    found = outlook(plan(), known(series=series(SeriesKind.LEVEL, total=[400] * 400)))
    assert (found.needed, found.rate_per_day, found.share, found.simulated) == (None,) * 4
    assert found.realism == "unknown"


def test_the_plan_is_computed_back_from_the_end() -> None:
    path = (
        milestone("hire", date(2026, 11, 20), done=False, duration=10),
        milestone("train", date(2026, 12, 4), done=False, duration=30, depends_on=("hire",)),
        milestone("macros", date(2026, 12, 11), done=False, duration=40),
    )
    found = outlook(plan(*path), known(310))
    back = CALENDAR.position(END)
    assert found.critical_path == ("hire", "train")
    assert by_name(found, "hire") == (CALENDAR.at(back - 40), 4, True, ())
    assert by_name(found, "train") == (CALENDAR.at(back - 30), 4, True, ())
    assert by_name(found, "macros") == (CALENDAR.at(back - 40), 4, False, ())


ORDER = (
    "'train' (31 Dec 2026) takes 35 working days after 'hire' (13 Nov 2026), and its date leaves 34"
)


def test_too_few_working_days_are_named_with_the_chain_that_lacks_them() -> None:
    path = (
        milestone("hire", date(2026, 11, 13), done=False, duration=10),
        milestone("train", LAST, done=False, duration=35, depends_on=("hire",)),
    )
    found = outlook(plan(*path), known(310))
    assert by_name(found, "hire") == (date(2026, 10, 30), -1, True, ("infeasible",))
    assert found.flags == ("infeasible",)
    assert found.problems == (
        ORDER,
        "hire → train takes 45 working days up to the end: its latest start was 30 Oct 2026",
    )


def test_little_float_is_tight() -> None:
    made = plan(milestone("train", LAST, done=False, duration=42))
    found = outlook(made, known(310))
    assert (found.flags, by_name(found, "train")[3]) == (("tight",), ("tight",))


def test_a_reached_milestone_has_no_place_in_the_plan_any_more() -> None:
    path = (
        milestone("hire", TODAY, done=True, duration=60),
        milestone("train", LAST, done=False, duration=30, depends_on=("hire",)),
    )
    found = outlook(plan(*path), known(310))
    assert by_name(found, "hire") == (None, None, False, ())
    assert (found.critical_path, found.flags) == (("train",), ())


def test_a_missed_milestone_moves_the_rate_but_not_the_end() -> None:
    made = plan(milestone("a", TODAY - DAY, value=330.0))
    kept, missed = outlook(made, known(330)), outlook(made, known(360))
    assert (kept.flags, missed.flags) == ((), ("replanned",))
    assert kept.rate_per_day == pytest.approx(-130 / 44)
    assert missed.rate_per_day == pytest.approx(-160 / 44)
    assert missed.working_days_left == kept.working_days_left


@pytest.mark.parametrize(
    ("current", "share", "name"),
    [
        (200.0, 421, "realistic"),
        (259.0, 181, "stretch"),
        (260.0, 61, "aggressive"),
        (261.0, 0, "unrealistic"),
    ],
)
def test_realism_is_the_share_of_past_windows_of_the_time_left(
    current: float, share: int, name: str
) -> None:
    levels = [1000.0]
    for fall in (0, 59, 0, 60) * 2:  # each one lies in sixty windows, the last one in one
        levels += [levels[-1]] * 59 + [levels[-1] - fall]
    found = outlook(plan(), known(current, series=series(SeriesKind.LEVEL, total=levels)))
    assert (found.windows, found.independent) == (421, 8)
    assert found.share == pytest.approx(share / 421)
    assert found.realism == name
    assert ("unreachable" in found.flags) is (share == 0)


def test_a_single_window_is_no_reference_class() -> None:
    found = outlook(plan(), known(310, series=series(SeriesKind.LEVEL, total=[300] * 120)))
    assert (found.realism, found.share, found.independent) == ("unknown", None, 1)


def test_what_no_past_window_had_is_a_problem() -> None:
    found = outlook(plan(), known(310, series=series(SeriesKind.LEVEL, total=[300] * 400)))
    assert found.flags == ("unreachable",)
    assert found.problems == (
        "none of 340 past windows of 60 days changed as much as is needed until the end",
    )


def test_a_met_target_is_not_unreachable() -> None:
    rising = series(SeriesKind.LEVEL, total=list(range(400)))
    assert outlook(plan(), known(190, series=rising)).flags == ()


def test_a_median_needs_half_of_the_values_at_its_target() -> None:
    hits, n = [3.0] * 250 + [4.0] * 150, [10.0] * 400
    times = plan(unit="s", target=3600.0, baseline=7200.0)
    median, p90 = (
        outlook(times, known(5000, series=series(SeriesKind.QUANTILE, n=n, hits=hits, q=q)))
        for q in (0.5, 0.9)
    )
    rising = plan(unit="ratio", target=0.5, baseline=0.3, direction=Direction.HIGHER)
    share = outlook(rising, known(0.4, series=series(SeriesKind.SHARE, n=n, hits=hits)))
    assert (median.needed, median.share) == (-1400, share.share)
    assert median.realism == "aggressive"
    assert (p90.share, p90.flags) == (0.0, ("unreachable",))


def test_before_its_start_a_quantile_is_taken_from_the_last_28_days() -> None:
    hits = [9.0] * 200 + [4.0] * 28
    days = series(SeriesKind.QUANTILE, n=[10.0] * 228, hits=hits, q=0.5)
    ahead = plan(start=TODAY + DAY, end=TODAY + 20 * DAY)
    assert outlook(ahead, known(5000, series=days)).share == 0.0
    assert outlook(
        plan(start=TODAY - 100 * DAY, end=TODAY + 20 * DAY), known(5000, series=days)
    ).share


def test_a_share_that_has_to_rise_is_judged_by_past_rises() -> None:
    hits = ([8.0] * 100 + [9.0] * 100) * 2
    days = series(SeriesKind.SHARE, n=[10.0] * 400, hits=hits)
    made = plan(unit="ratio", target=0.9, baseline=0.8, direction=Direction.HIGHER)
    up = outlook(made, known(0.85, series=days)).share
    assert up is not None
    assert 0.1 < up < 0.4
    assert outlook(made, known(0.79, series=days)).share == 0.0


def test_a_backlog_that_falls_every_week_gets_there_in_all_runs() -> None:
    falling = series(SeriesKind.LEVEL, total=[500 - 2 * n for n in range(120)])
    assert outlook(plan(), known(262, series=falling)).simulated == 1.0
    assert outlook(plan(), known(400, series=falling)).simulated == 0.0
    count = series(SeriesKind.COUNT, total=[1] * 120)
    assert outlook(plan(), known(262, series=count)).simulated is None


def test_days_after_today_are_not_looked_at() -> None:
    whole = series(
        SeriesKind.LEVEL, total=[500 - 2 * n for n in range(160)], today=TODAY + 40 * DAY
    )
    facts = known(262, series=whole.until(TODAY))
    assert outlook(plan(), known(262, series=whole)) == outlook(plan(), facts)


durations = st.integers(0, 60).map(float)


@settings(max_examples=60, deadline=None)
@given(work=st.lists(durations, min_size=1, max_size=4), later=st.integers(0, 60))
def test_moving_the_end_date_later_lowers_no_float_of_the_plan(
    work: list[float], later: int
) -> None:
    path: list[Milestone] = [
        milestone(f"m{n}", TODAY + n * DAY, done=False, duration=days, depends_on=(f"m{n - 1}",))
        for n, days in enumerate(work)
    ]
    early, late = (
        outlook(plan(*path, end=end), Known(today=TODAY)).milestones
        for end in (END, END + later * DAY)
    )
    for before, after in zip(early, late, strict=True):
        assert before.float_days is not None
        assert after.float_days is not None
        assert after.float_days >= before.float_days


@settings(max_examples=60, deadline=None)
@given(today=st.integers(0, 100), current=st.floats(0, 1000))
def test_the_rate_held_to_the_end_is_at_the_target(today: int, current: float) -> None:
    found = outlook(plan(), known(current, today=START + today * DAY))
    if found.rate_per_day and found.working_days_left:
        arrived = current + found.rate_per_day * found.working_days_left
        assert arrived == pytest.approx(200)
