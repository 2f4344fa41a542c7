"""Anti-goals of mode `budget`: safe, a warning that names its alert, violated when it is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.goals.evidence import Evaluation
from connector.model.goal import Burn, Forecast, GoalReport, GoalState
from tests.goals.cases import (
    END,
    MIDDLE,
    REOPENED,
    START,
    anti_goal,
    count,
    judged,
    share,
)

BUDGET = anti_goal(limit="10 %", mode="budget")
LEVEL = anti_goal(limit="10 %")
LATE = END + timedelta(days=15)


def spent(alert: str = "", **changes: Any) -> GoalReport:
    values = {"budget": 65, "bad": 32.5, "consumed": 0.5, "burn": 1.2, "fast": 0.12, "slow": 0.28}
    burn = Burn(**{**values, **changes.pop("burn", {})}, alert=alert)
    table = changes.pop("table", BUDGET)
    measured = changes.pop("measured", share(300, 1000))
    return judged(table, measured, measure=REOPENED, baseline=0.05, burn=burn, **changes)


def test_a_budget_that_lasts_is_safe_whatever_the_value_is() -> None:
    report = spent()
    assert report.status == GoalState.SAFE
    assert report.why == (
        "50 % of the budget is used up, 32.5 bad where 65 are allowed in the period"
    )


def test_the_same_value_breaks_a_level() -> None:
    assert spent(table=LEVEL).status == GoalState.VIOLATED


def test_a_fast_burn_is_a_warning_that_says_so() -> None:
    report = spent("fast")
    assert (report.status, report.flags) == (GoalState.WARNING, ("fast_burn",))
    assert report.why.startswith("fast burn: 12 % of the budget went in the last business day")


def test_a_slow_burn_is_a_warning_that_says_so() -> None:
    report = spent("slow")
    assert (report.status, report.flags) == (GoalState.WARNING, ("slow_burn",))
    assert report.why.startswith("slow burn: 28 % of the budget went in the last 5 business days")


def test_an_exhausted_budget_is_violated() -> None:
    report = spent("exhausted", burn={"bad": 70, "consumed": 70 / 65})
    assert report.status == GoalState.VIOLATED
    assert report.why == (
        "the budget is exhausted: 108 % of the budget is used up, "
        "70 bad where 65 are allowed in the period"
    )


@pytest.mark.parametrize(("chance", "status"), [(0.70, "warning"), (0.71, "safe")])
def test_a_budget_that_hardly_lasts_to_the_end_is_a_warning(chance: float, status: str) -> None:
    assert spent(forecast=Forecast(probability=chance)).status == status


def test_a_budget_that_nobody_counted_is_judged_by_its_level() -> None:
    report = judged(BUDGET, share(300, 1000), measure=REOPENED, baseline=0.05)
    assert report.status == GoalState.VIOLATED


def test_after_the_end_the_final_value_decides() -> None:
    kept = spent("fast", measured=share(99, 1000, as_of=LATE))
    assert (kept.status, kept.flags) == (GoalState.SAFE, ())


def test_a_report_carries_how_its_budget_burns() -> None:
    report = spent("fast")
    assert report.burn is not None
    assert (report.burn.budget, report.burn.alert) == (65, "fast")


PAST = (Evaluation(MIDDLE, "violated"),)


@pytest.mark.parametrize(
    "report",
    [
        spent(),
        spent("fast"),
        spent("exhausted"),
        spent(table=LEVEL),
        spent(measured=share(9, 10)),
        spent(measured=share(99, 1000, as_of=LATE)),
        spent(measured=share(300, 1000, as_of=LATE)),
        spent(measured=share(1, 100, as_of=START), now=START - timedelta(days=1)),
        spent(table=anti_goal(limit="10 %", paused=True)),
        spent(now=MIDDLE + timedelta(days=7), history=PAST),
        spent(table=anti_goal(limit="5 %", baseline="5 %")),
        spent(table=LEVEL, measured=count(30), sub_periods=(0.1, 0.2)),
        spent(table=LEVEL, forecast=Forecast(probability=0.5)),
    ],
)
def test_no_anti_goal_is_ever_told_as_done_by_so_much(report: GoalReport) -> None:
    assert (report.grade, report.raw) == (None, None)
    assert report.status not in {"achieved", "missed", "on_track", "at_risk", "off_track"}
    assert "of the way" not in report.why
    assert "target" not in report.why
