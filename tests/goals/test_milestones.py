"""Milestones: values from the ramp, states, re-planning and small wins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.goals.backward_calendar import WorkingDays
from connector.goals.backward_plan import Known, Milestone, Plan
from connector.goals.milestones import expected_value, judged, planned, wins
from connector.model.goal import MilestoneReport
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

YESTERDAY = TODAY - DAY  # a Sunday
SOON = date(2026, 11, 6)
LATER = date(2026, 11, 30)  # 21 working days from today


def only(made: Plan, facts: Known) -> MilestoneReport:
    (report,) = judged(made, facts)
    return report


def expected(day: date, *milestones: Milestone, **changes: Any) -> float:
    values: dict[str, Any] = {
        "baseline": 400.0,
        "start": START,
        "target": 200.0,
        "end": END,
        "calendar": CALENDAR,
    }
    return expected_value(milestones, day=day, **{**values, **changes})


def test_the_ramp_runs_along_working_days() -> None:
    assert expected(START) == 400
    assert expected(TODAY) == pytest.approx(400 - 200 * 22 / 66)
    assert expected(TODAY - 2 * DAY) == expected(TODAY)
    assert expected(END) == expected(END + 9 * DAY) == 200


def test_a_closed_week_near_the_end_moves_what_is_expected_before_it() -> None:
    before = (day for day in CALENDAR.days if day < date(2026, 12, 24))
    closed = WorkingDays.of(before, START, END)
    assert expected(TODAY, calendar=closed) == pytest.approx(400 - 200 * 22 / 60)


def test_phased_progress_runs_from_milestone_to_milestone() -> None:
    front = milestone("a", TODAY - 3 * DAY, value=250.0)  # a Friday
    assert expected(TODAY, front) == 250
    halfway = CALENDAR.at(CALENDAR.position(TODAY) + 22)
    assert expected(halfway, front) == pytest.approx(225)
    assert expected(halfway, front, milestone("done", halfway, done=False)) == pytest.approx(225)


def test_start_and_end_are_where_the_goal_says() -> None:
    early, last = milestone("a", START - DAY, value=1.0), milestone("b", END - DAY, value=2.0)
    assert (expected(START, early, last), expected(END, early, last)) == (400, 200)


def test_a_period_without_a_working_day_runs_along_all_days() -> None:
    saturday = date(2026, 10, 10)
    found = expected(saturday + DAY, start=saturday, end=saturday + 2 * DAY)
    assert found == pytest.approx(300)


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.integers(0, 91), min_size=2, max_size=2),
    steps=st.lists(st.integers(0, 91), max_size=5, unique=True),
)
def test_what_is_expected_never_goes_back_where_the_milestones_do_not(
    days: list[int], steps: list[int]
) -> None:
    path = [
        milestone(f"m{n}", START + step * DAY, value=400.0 - 30 * n)
        for n, step in enumerate(sorted(steps))
    ]
    early, late = (expected(START + day * DAY, *path) for day in sorted(days))
    assert 200 <= late <= early <= 400


def test_a_milestone_without_value_and_flag_gets_the_ramp_at_the_end_of_its_day() -> None:
    made = plan(milestone("a", YESTERDAY), milestone("b", SOON, done=False))
    assert [each.value for each in planned(made)] == [pytest.approx(400 - 200 / 3), None]
    assert [each.value for each in planned(plan(milestone("a", SOON, value=7.0)))] == [7]


def test_without_a_baseline_there_is_no_ramp() -> None:
    report = only(plan(milestone("a", YESTERDAY), baseline=None), known(300))
    assert (report.value, report.state, report.flags) == (None, "upcoming", ("needs_baseline",))


def test_the_ramp_of_a_sum_begins_at_zero() -> None:
    made = plan(milestone("a", YESTERDAY), adds_up=True, target=600.0, baseline=500.0)
    assert [each.value for each in planned(made)] == [pytest.approx(200)]


def test_a_sum_that_shall_stay_low_is_not_won_before_its_date() -> None:
    made = plan(milestone("a", SOON, value=300.0), adds_up=True)
    assert only(made, known(10)).state == "due_soon"
    assert only(made, known(10, today=SOON + DAY)).state == "reached"
    more = plan(milestone("a", SOON, value=300.0), adds_up=True, direction=Direction.HIGHER)
    assert only(more, known(310)).timing == "early"


@pytest.mark.parametrize(
    ("day", "duration", "state"),
    [
        (date(2026, 11, 6), None, "due_soon"),
        (date(2026, 11, 9), None, "upcoming"),
        (date(2026, 11, 13), 100.0, "due_soon"),
        (date(2026, 11, 13), 99.0, "upcoming"),
    ],
)
def test_due_soon_are_five_working_days_or_a_tenth_of_the_duration(
    day: date, duration: float | None, state: str
) -> None:
    made = plan(milestone("a", day, value=100.0, duration=duration))
    assert only(made, known(300)).state == state


def test_a_value_is_judged_on_its_date_once_it_is_final() -> None:
    made = plan(milestone("a", YESTERDAY - DAY, value=300.0), lag_days=2)
    facts = {YESTERDAY - DAY: 310.0, YESTERDAY: 310.0}
    waiting = only(made, Known(today=TODAY, current=310, values=facts))
    assert (waiting.state, waiting.flags) == ("due_soon", ("provisional",))
    final = only(made, Known(today=TODAY + DAY, current=310, values=facts))
    assert (final.state, final.actual) == ("missed", 310)
    assert final.why == "300 was due on 31 Oct 2026 and it was 310"


def test_a_value_that_is_lost_after_its_date_stays_reached() -> None:
    made = plan(milestone("a", TODAY - 3 * DAY, value=300.0))
    report = only(made, known(305, 299, 320, 330))
    assert (report.state, report.timing, report.actual) == ("reached", "on_time", 299)


def test_a_value_may_be_reached_early_and_lost_again() -> None:
    made = plan(milestone("a", LATER, value=300.0))
    early = only(made, known(310, 300, 290))
    assert (early.state, early.timing, early.reached_on) == (
        "reached",
        "early",
        TODAY - 2 * DAY,
    )
    assert early.flags == ("provisional",)
    assert only(made, known(310, 300, 290, 301)).state == "upcoming"


def test_a_value_reached_after_its_date_is_late() -> None:
    made = plan(milestone("a", TODAY - 4 * DAY, value=300.0))
    report = only(made, known(310, 305, 301, 300))
    assert (report.state, report.timing, report.reached_on) == ("reached", "late", YESTERDAY)


def test_a_day_on_which_nothing_was_measured_keeps_the_value_before() -> None:
    made = plan(milestone("a", YESTERDAY, value=300.0))
    assert only(made, known(299, None)).state == "reached"
    assert only(made, known(None, None)).state == "missed"


def test_values_of_today_and_later_are_not_known_yet() -> None:
    facts = Known(today=TODAY, current=310, values={YESTERDAY: 310.0, TODAY: 100.0})
    assert only(plan(milestone("a", LATER, value=300.0)), facts).state == "upcoming"


def test_higher_is_better_where_the_plan_says_so() -> None:
    made = plan(milestone("a", YESTERDAY, value=0.86), direction=Direction.HIGHER, unit="ratio")
    assert only(made, known(0.86)).state == "reached"
    assert only(made, known(0.85)).why == "86 % was due on 1 Nov 2026 and it was 85 %"


@pytest.mark.parametrize(
    ("done", "done_on", "day", "state", "timing"),
    [
        (True, None, SOON, "reached", "early"),
        (True, YESTERDAY, SOON, "reached", "early"),
        (True, YESTERDAY, YESTERDAY, "reached", "on_time"),
        (True, YESTERDAY, YESTERDAY - DAY, "reached", "late"),
        (True, None, YESTERDAY, "reached", ""),
        (False, None, SOON, "due_soon", ""),
        (False, None, LATER, "upcoming", ""),
        (False, None, YESTERDAY, "missed", ""),
        (False, None, TODAY, "due_soon", ""),
    ],
)
def test_a_flag_is_reached_when_it_is_done_and_missed_after_its_date(
    *, done: bool, done_on: date | None, day: date, state: str, timing: str
) -> None:
    made = plan(milestone("a", day, done=done, done_on=done_on), lag_days=30)
    report = only(made, known(300))
    assert (report.state, report.timing) == (state, timing)


def test_a_milestone_on_the_first_date_after_the_goal_is_due_with_its_end() -> None:
    made = plan(milestone("a", END, done=False))
    assert only(made, known(300, today=END - DAY)).state == "due_soon"
    assert only(made, known(300, today=END)).state == "missed"


def test_more_than_the_best_past_window_had_is_unreachable() -> None:
    days = [400 - n % 30 for n in range(300)]  # no 29 days brought more than 29 less
    facts = known(330, series=series(SeriesKind.LEVEL, total=days))
    assert only(plan(milestone("a", LATER, value=301.0)), facts).state == "upcoming"
    report = only(plan(milestone("a", LATER, value=300.0)), facts)
    assert report.state == "unreachable"
    assert report.why == (
        "30 are needed in 29 days, and the best of 271 past windows of that length had 29"
    )


def test_too_short_a_history_calls_nothing_unreachable() -> None:
    facts = known(330, series=series(SeriesKind.LEVEL, total=[400] * 58))
    assert only(plan(milestone("a", LATER, value=100.0)), facts).state == "upcoming"


def test_hits_at_the_target_say_nothing_of_other_values_of_a_quantile() -> None:
    days = series(SeriesKind.QUANTILE, n=[10] * 300, hits=[1] * 300, q=0.5)
    assert only(plan(milestone("a", LATER, value=1.0)), known(330, series=days)).state == "upcoming"


def test_a_missed_milestone_plans_the_later_ones_anew_and_keeps_their_values() -> None:
    path = (milestone("a", YESTERDAY, value=330.0), milestone("b", LATER, value=260.0))
    missed, later = judged(plan(*path), known(360))
    assert (missed.state, missed.flags) == ("missed", ())
    assert (later.value, later.flags) == (260, ("replanned",))
    assert later.why == (  # 360 - 160 * 21 / 44
        "21 working days are left until 30 Nov 2026; planned anew from today it is 284"
    )


def test_what_is_reached_is_not_planned_anew() -> None:
    path = (milestone("a", YESTERDAY, value=330.0), milestone("b", LATER, value=380.0))
    assert [report.flags for report in judged(plan(*path), known(360))] == [(), ("provisional",)]


def test_nothing_is_planned_anew_while_nothing_is_missed() -> None:
    path = (milestone("a", YESTERDAY, value=360.0), milestone("b", LATER, value=260.0))
    assert [report.flags for report in judged(plan(*path), known(360))] == [(), ()]


def test_small_wins_are_the_milestones_reached_since() -> None:
    made = plan(milestone("a", YESTERDAY, value=360.0), milestone("b", LATER, value=300.0))
    before, now = judged(made, known(350)), judged(made, known(300, today=TODAY + DAY))
    assert [report.name for report in wins((), before)] == ["a"]
    assert [report.name for report in wins(before, now)] == ["b"]
    assert wins(now, now) == ()


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(100, 500) | st.none(), max_size=60), ahead=st.integers(0, 40))
def test_a_judged_milestone_keeps_its_verdict_while_it_was_reached_in_time(
    values: list[float | None], ahead: int
) -> None:
    made = plan(milestone("a", TODAY - timedelta(days=1), value=300.0))
    then = only(made, known(*values))
    facts = known(*values)
    later = Known(
        today=TODAY + ahead * DAY,
        current=500.0,
        values={**facts.values, **{TODAY + n * DAY: 500.0 for n in range(ahead)}},
    )
    assert only(made, later).state == then.state
