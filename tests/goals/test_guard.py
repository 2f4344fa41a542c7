"""Anti-goals: safe, warning, violated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import MappingError
from connector.model.goal import Forecast, GoalState
from tests.goals.cases import (
    BACKLOG,
    CSAT,
    END,
    MIDDLE,
    MIN,
    REOPENED,
    START,
    anti_goal,
    count,
    definition,
    judged,
    share,
    value,
)

LATE = END + timedelta(days=15)
REOPENS = anti_goal(limit="10 %")


def test_well_inside_the_limit_is_safe() -> None:
    report = judged(REOPENS, share(4, 100), measure=REOPENED, baseline=0.05)
    assert report.status == GoalState.SAFE
    assert report.why == "value 4 % keeps clear of the warning line 7.5 % and the limit 10 %"


def test_an_anti_goal_has_no_grade() -> None:
    report = judged(REOPENS, share(4, 100), measure=REOPENED, baseline=0.05)
    assert (report.grade, report.raw) == (None, None)


def test_the_warning_line_lies_halfway_from_baseline_to_limit() -> None:
    below = judged(REOPENS, share(75, 1000), measure=REOPENED, baseline=0.05)
    above = judged(REOPENS, share(76, 1000), measure=REOPENED, baseline=0.05)
    assert (below.status, above.status) == (GoalState.SAFE, GoalState.WARNING)


def test_a_warning_line_may_be_written() -> None:
    table = anti_goal(limit="10 %", warning="3 %")
    report = judged(table, share(4, 100), measure=REOPENED, baseline=None)
    assert report.status == GoalState.WARNING


def test_without_a_baseline_only_the_limit_counts() -> None:
    report = judged(REOPENS, share(99, 1000), measure=REOPENED, baseline=None)
    assert (report.status, report.why) == (
        GoalState.SAFE,
        "value 9.9 % keeps clear of the limit 10 %",
    )


def test_a_baseline_past_the_limit_draws_no_warning_line() -> None:
    report = judged(REOPENS, share(9, 100), measure=REOPENED, baseline=0.2)
    assert report.status == GoalState.SAFE


def test_past_the_limit_beyond_doubt_is_violated() -> None:
    report = judged(REOPENS, share(200, 1000), measure=REOPENED, baseline=0.05)
    assert report.status == GoalState.VIOLATED


def test_past_the_limit_within_doubt_is_a_warning() -> None:
    report = judged(REOPENS, share(11, 100), measure=REOPENED, baseline=0.05)
    assert report.status == GoalState.WARNING
    assert "leaves room for doubt" in report.why


def test_a_count_past_the_limit_is_violated() -> None:
    table = anti_goal(limit=200)
    assert judged(table, count(201), measure=BACKLOG, baseline=None).status == "violated"
    assert judged(table, count(200), measure=BACKLOG, baseline=None).status == "safe"


def test_of_a_count_nobody_speaks_of_doubt() -> None:
    counted = judged(anti_goal(limit=200), count(201), measure=BACKLOG)
    assert counted.why == "value 201 is past the limit 200"
    rated = judged(anti_goal(limit="10 %"), share(40, 100), measure=REOPENED)
    assert rated.why.endswith("beyond reasonable doubt (n 100)")


def test_a_median_is_violated_when_its_whole_interval_is_past_the_limit() -> None:
    table = anti_goal(limit="60 min")
    sure = value(80 * MIN, low=61 * MIN, high=99 * MIN)
    unsure = value(80 * MIN, low=59 * MIN, high=99 * MIN)
    assert judged(table, sure, baseline=None).status == GoalState.VIOLATED
    assert judged(table, unsure, baseline=None).status == GoalState.WARNING


def test_a_kpi_that_is_better_when_higher_has_its_limit_below() -> None:
    table = anti_goal(limit="85 %")
    assert judged(table, share(90, 100), measure=CSAT, baseline=None).status == "safe"
    assert judged(table, share(84, 100), measure=CSAT, baseline=None).status == "warning"
    assert judged(table, share(50, 100), measure=CSAT, baseline=None).status == "violated"


def test_a_neutral_measure_has_its_limit_on_the_far_side_of_the_baseline() -> None:
    neutral = definition(unit="count", family="snapshot", direction="neutral")
    table = anti_goal(limit=100)
    assert judged(table, count(120), measure=neutral, baseline=50.0).status == "violated"
    assert judged(table, count(120), measure=neutral, baseline=150.0).status == "warning"
    assert judged(table, count(90), measure=neutral, baseline=150.0).status == "violated"


def test_few_tickets_are_no_status() -> None:
    report = judged(REOPENS, share(9, 10), measure=REOPENED, baseline=None)
    assert report.status == GoalState.INSUFFICIENT_DATA


def test_an_anti_goal_needs_no_baseline() -> None:
    report = judged(REOPENS, share(4, 100), measure=REOPENED, baseline=None)
    assert report.status == GoalState.SAFE


def test_a_likely_break_is_a_warning() -> None:
    chance = Forecast(probability=0.69)
    report = judged(REOPENS, share(4, 100), measure=REOPENED, baseline=0.05, forecast=chance)
    assert report.status == GoalState.WARNING


def test_before_its_start_an_anti_goal_is_not_started() -> None:
    early = START - timedelta(days=1)
    report = judged(REOPENS, share(4, 100, as_of=early), measure=REOPENED, now=early)
    assert report.status == GoalState.NOT_STARTED


def test_after_its_end_the_final_value_decides_without_doubt() -> None:
    broken = judged(REOPENS, share(11, 100, as_of=LATE), measure=REOPENED)
    kept = judged(REOPENS, share(10, 100, as_of=LATE), measure=REOPENED)
    assert (broken.status, kept.status) == (GoalState.VIOLATED, GoalState.SAFE)


def test_an_anti_goal_is_judged_early_as_well() -> None:
    report = judged(anti_goal(limit=200), count(300, as_of=MIDDLE), measure=BACKLOG, elapsed=0.01)
    assert report.status == GoalState.VIOLATED


def test_an_anti_goal_without_a_limit_is_a_mistake_in_the_mapping() -> None:
    with pytest.raises(MappingError, match="has no limit"):
        judged(anti_goal(), count(1), measure=BACKLOG)
