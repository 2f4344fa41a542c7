"""Status of goals: each rule, in the order in which they apply."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import MappingError
from connector.goals.evidence import (
    Evaluation,
    Evidence,
    baseline_of,
    baseline_period,
    max_age_s,
)
from connector.model.goal import Forecast, GoalState
from connector.model.kpi import Period
from tests.goals.cases import (
    CSAT,
    END,
    MIDDLE,
    MIN,
    SOLVED,
    START,
    count,
    definition,
    goal,
    judged,
    share,
    value,
)

WEEK = timedelta(days=7)
LATE = END + timedelta(days=15)


def test_a_value_ahead_of_its_ramp_is_on_track() -> None:
    report = judged(goal(), value(52 * MIN), elapsed=0.58)
    assert report.status == GoalState.ON_TRACK
    assert report.grade == 1.0
    assert report.raw == pytest.approx(43 / 35)


def test_the_reason_names_rule_and_numbers() -> None:
    report = judged(goal(), value(75 * MIN), elapsed=0.58)
    assert report.why == (
        "value 1 h 15 min is between baseline 1 h 35 min and target 1 h: "
        "57 % of the way, expected 58 % by now"
    )


def test_a_value_behind_its_ramp_is_at_risk_then_off_track() -> None:
    assert judged(goal(), value(80 * MIN), elapsed=0.5).status == GoalState.AT_RISK
    assert judged(goal(), value(90 * MIN), elapsed=0.5).status == GoalState.OFF_TRACK


def test_a_value_worse_than_its_baseline_is_off_track() -> None:
    report = judged(goal(), value(105 * MIN))
    assert (report.status, report.grade) == (GoalState.OFF_TRACK, 0.0)
    assert "worse than the baseline" in report.why


def test_before_its_start_a_goal_is_not_started() -> None:
    report = judged(goal(), value(None, n=0, as_of=START - WEEK), now=START - WEEK, elapsed=0)
    assert report.status == GoalState.NOT_STARTED
    assert report.why == "the period starts on 1 Oct 2026"


def test_after_its_end_a_goal_is_achieved_or_missed_by_its_value() -> None:
    assert judged(goal(), value(60 * MIN, as_of=LATE)).status == GoalState.ACHIEVED
    assert judged(goal(), value(61 * MIN, as_of=LATE)).status == GoalState.MISSED


def test_a_goal_is_not_over_before_its_kpi_has_settled() -> None:
    table = goal(target="90 %")
    measured = share(90, 100, as_of=END + timedelta(days=6))
    report = judged(table, measured, measure=CSAT, elapsed=1, baseline=0.8)
    assert report.status == GoalState.ON_TRACK
    assert "provisional" in report.flags


def test_a_goal_is_not_over_while_its_data_end_before_the_end() -> None:
    report = judged(goal(), value(60 * MIN, as_of=END - WEEK), now=END + WEEK)
    assert report.status != GoalState.ACHIEVED
    assert "stale" in report.flags


def test_a_goal_that_measured_nothing_is_missed() -> None:
    assert judged(goal(), value(None, n=0, as_of=LATE)).status == GoalState.MISSED


def test_an_ended_goal_that_is_paused_is_still_scored() -> None:
    assert judged(goal(paused=True), value(50 * MIN, as_of=LATE)).status == GoalState.ACHIEVED


def test_a_paused_goal_is_paused_though_its_data_are_old() -> None:
    report = judged(goal(paused=True), value(52 * MIN), now=MIDDLE + WEEK)
    assert report.status == GoalState.PAUSED


def test_stale_data_keep_the_last_status_and_say_so() -> None:
    last = (Evaluation(MIDDLE - WEEK, "on_track"), Evaluation(MIDDLE, "at_risk"))
    report = judged(goal(), value(52 * MIN), now=MIDDLE + timedelta(hours=25), history=last)
    assert report.status == GoalState.AT_RISK
    assert "stale" in report.flags


def test_data_of_a_day_are_not_stale() -> None:
    last = (Evaluation(MIDDLE, "at_risk"),)
    report = judged(goal(), value(52 * MIN), now=MIDDLE + timedelta(hours=24), history=last)
    assert (report.status, report.flags) == (GoalState.ON_TRACK, ())


def test_stale_data_without_an_earlier_status_are_judged_and_flagged() -> None:
    report = judged(goal(), value(52 * MIN), now=MIDDLE + WEEK)
    assert (report.status, report.flags) == (GoalState.ON_TRACK, ("stale",))


def test_a_status_from_before_the_start_is_not_kept() -> None:
    last = (Evaluation(START - WEEK, "not_started"),)
    report = judged(goal(), value(52 * MIN), now=MIDDLE + WEEK, history=last)
    assert report.status == GoalState.ON_TRACK


def test_data_may_be_two_intervals_old_but_at_least_a_day() -> None:
    assert max_age_s(300) == 86_400
    assert max_age_s(86_400) == 172_800


def test_without_a_baseline_a_goal_waits_for_one() -> None:
    report = judged(goal(baseline="from_history"), value(52 * MIN), baseline=None)
    assert (report.status, report.grade, report.raw) == (GoalState.NEEDS_BASELINE, None, None)


def test_who_waits_for_a_baseline_in_vain_is_told_so() -> None:
    late = judged(goal(), value(52 * MIN), baseline=None)
    assert "too few tickets to measure one" in late.why
    first = value(52 * MIN, as_of=START + WEEK)
    slow = definition(lag_s=8 * 86_400)
    assert "wait until" in judged(goal(), first, measure=slow, baseline=None).why


def test_too_few_tickets_are_no_status_and_the_interval_is_shown() -> None:
    report = judged(goal(target="90 %"), share(13, 15), measure=CSAT, baseline=0.8)
    assert report.status == GoalState.INSUFFICIENT_DATA
    assert report.why == ("n 15: a share needs 20; so far 86.7 %, between 62.1 % and 96.3 % (95 %)")


def test_needing_a_baseline_comes_before_needing_tickets() -> None:
    assert judged(goal(), value(None, n=0), baseline=None).status == GoalState.NEEDS_BASELINE


def test_early_in_the_period_a_goal_is_on_track() -> None:
    report = judged(goal(), value(200 * MIN), elapsed=0.09)
    assert (report.status, report.flags) == (GoalState.ON_TRACK, ("early",))
    assert report.why.startswith("early:")


def test_a_rate_is_expected_on_target_all_period() -> None:
    table = goal(target="90 %")
    assert judged(table, share(88, 100), measure=CSAT, baseline=0.84).status == "off_track"
    assert judged(table, share(90, 100), measure=CSAT, baseline=0.84).status == "on_track"


def test_a_rate_may_be_asked_to_ramp() -> None:
    table = goal(target="90 %", pace="ramp")
    assert judged(table, share(88, 100), measure=CSAT, baseline=0.84).status == "on_track"


def test_a_share_within_a_limit_is_judged_as_higher_is_better() -> None:
    within = value(0.95, k=95, aggregate="within", unit="ratio", as_of=LATE)
    assert judged(goal(target="90 %"), within, baseline=0.8).status == GoalState.ACHIEVED


def test_a_sum_is_judged_by_where_it_is_heading() -> None:
    table = goal(target=500)
    report = judged(table, count(260), measure=SOLVED, baseline=400)
    assert (report.status, report.grade) == (GoalState.ON_TRACK, 0.0)
    assert "heading for 520" in report.why
    assert judged(table, count(210), measure=SOLVED, baseline=400).status == GoalState.OFF_TRACK


def test_a_maintain_goal_is_judged_by_its_completed_weeks() -> None:
    weeks = (50 * MIN, 59 * MIN, 61 * MIN, 60 * MIN)
    report = judged(goal(), value(58 * MIN), baseline=60 * MIN, sub_periods=weeks)
    assert (report.status, report.grade, report.raw) == (GoalState.AT_RISK, 0.75, 0.75)


def test_a_maintain_goal_before_its_first_full_week_is_judged_by_its_value() -> None:
    assert judged(goal(), value(58 * MIN), baseline=60 * MIN).status == GoalState.ON_TRACK
    assert judged(goal(), value(62 * MIN), baseline=60 * MIN).status == GoalState.AT_RISK


@pytest.mark.parametrize(
    ("chance", "status"),
    [(0.70, "on_track"), (0.69, "at_risk"), (0.30, "at_risk"), (0.29, "off_track")],
)
def test_a_forecast_decides_before_pace_does(chance: float, status: str) -> None:
    report = judged(goal(), value(200 * MIN), forecast=Forecast(probability=chance))
    assert report.status == status


def test_a_forecast_without_a_chance_leaves_it_to_pace() -> None:
    report = judged(goal(), value(52 * MIN), forecast=Forecast(low=1.0, high=2.0))
    assert report.status == GoalState.ON_TRACK


def test_flags_of_the_value_are_passed_on_once() -> None:
    measured = value(52 * MIN, flags=("provisional", "default_schedule"))
    assert judged(goal(), measured).flags == ("provisional", "default_schedule")


def test_a_report_says_which_tickets_the_kpi_covers() -> None:
    measured = value(52 * MIN, where={"group": ("EMEA",), "channel": ("email", "web")})
    assert judged(goal(), measured).scope == "group EMEA; channel email, web"
    assert judged(goal(), value(52 * MIN)).scope == "all tickets"


def test_a_goal_without_a_target_is_a_mistake_in_the_mapping() -> None:
    with pytest.raises(MappingError, match="has no target"):
        judged(goal(target=None), value(52 * MIN))


def test_a_baseline_comes_from_the_same_length_before_the_period() -> None:
    period = Period(MIDDLE, END)
    assert baseline_period(period) == Period(START, MIDDLE)


def test_a_written_baseline_is_taken_as_it_is() -> None:
    assert baseline_of(goal(baseline="95 min"), value(70 * MIN), definition()) == 95 * MIN


def test_a_measured_baseline_needs_enough_tickets() -> None:
    measured = goal(baseline="from_history")
    assert baseline_of(measured, value(70 * MIN, n=10), definition()) == 70 * MIN
    assert baseline_of(measured, value(70 * MIN, n=9), definition()) is None
    assert baseline_of(measured, None, definition()) is None


def test_evidence_needs_no_more_than_the_time_that_has_passed() -> None:
    assert Evidence(elapsed=0.5).forecast is None


SPENT = definition(id="support_cost", family="imported", unit="count", aggregates=("sum",))


@pytest.mark.parametrize(
    ("so_far", "status"),
    [
        (45_000, GoalState.ON_TRACK),
        (46_000, GoalState.AT_RISK),
        (60_000, GoalState.OFF_TRACK),
    ],
)
def test_a_sum_of_amounts_is_judged_by_where_it_is_heading(
    so_far: float, status: GoalState
) -> None:
    table = goal(target=90_000)
    spent = value(so_far, unit="EUR", aggregate="sum", n=0)
    assert judged(table, spent, measure=SPENT, baseline=100_000.0).status == status


@pytest.mark.parametrize(
    ("so_far", "status"),
    [(400, GoalState.ON_TRACK), (390, GoalState.AT_RISK), (300, GoalState.OFF_TRACK)],
)
def test_a_phased_sum_is_judged_by_its_plan(so_far: int, status: GoalState) -> None:
    table = goal(target=1200, pace="phased")
    found = judged(table, count(so_far), measure=SOLVED, baseline=1000.0, expected=400.0)
    assert found.status == status
    assert found.why.startswith(f"{so_far} where the plan has 400, heading for {so_far * 3:,}: ")
