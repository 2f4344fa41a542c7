"""Whole runs over the end of a period: how a goal ended is kept once, when its value is final."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.store.goal_history import Closing, GoalHistory
from tests.run import AGENT, Runner, asked, staffed

END = datetime(2026, 1, 8, tzinfo=UTC)
MAPPING = """
[kpi.first_reply]
measure = "first_reply_time"

[kpi.reopened]
measure = "reopen_rate"

[kpi.backlog]
measure = "backlog"

[objective.quick]
title = "Nobody waits"
period = { start = 2026-01-01, end = 2026-01-08 }

[goal.faster]
title = "Faster first reply"
kpi = "first_reply"
objective = "quick"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-01-08 }
baseline = "95 min"
target = "60 min"

[goal.few_open]
kind = "anti_goal"
title = "The backlog stays in hand"
kpi = "backlog"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-01-08 }
limit = 2

[goal.few_reopened]
kind = "anti_goal"
title = "Solved stays solved"
kpi = "reopened"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-01-08 }
limit = "10 %"

[goal.goes_on]
title = "Goes on"
kpi = "first_reply"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
baseline = "95 min"
target = "60 min"

[goal.writing]
kind = "development"
title = "Learn to write"
owner = "Ann"
level = "person"
period = { start = 2026-01-01, end = 2026-01-08 }
"""


@pytest.fixture
def desk() -> MemoryHelpdesk:
    desk = staffed()
    desk.now = datetime(2026, 1, 2, 9, tzinfo=UTC)
    for _ in range(12):
        ticket = asked(desk)
        desk.advance(1800)
        desk.comment(ticket, by=AGENT)
        desk.set_status(ticket, "solved", by=AGENT)
    return desk


@pytest.fixture
def runner(tmp_path: Path, desk: MemoryHelpdesk) -> Runner:
    runner = Runner(tmp_path)
    runner.write("mappings/goals.toml", MAPPING)
    runner.set_up(desk)
    return runner


def closings(runner: Runner, desk: MemoryHelpdesk, goal: str) -> list[Closing]:
    return GoalHistory(runner.job(desk.now).state).closings(goal)


def test_before_its_end_no_period_is_closed(runner: Runner, desk: MemoryHelpdesk) -> None:
    desk.now = END - timedelta(minutes=1)
    runner.run(desk)
    assert GoalHistory(runner.job(desk.now).state).ends() == frozenset()


def test_the_first_run_after_the_end_keeps_how_each_goal_ended(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    desk.now = END + timedelta(hours=1)
    runner.run(desk)
    (faster,) = closings(runner, desk, "faster")
    assert (faster.value, faster.grade, faster.status) == (1800, 1.0, "achieved")
    assert (faster.start, faster.end) == (datetime(2026, 1, 1, tzinfo=UTC), END)
    assert (faster.lesson, faster.carry_over) == ("", "")
    (few_open,) = closings(runner, desk, "few_open")
    assert (few_open.value, few_open.grade, few_open.status) == (0, None, "safe")
    (writing,) = closings(runner, desk, "writing")
    assert (writing.value, writing.grade, writing.status) == (None, 0.0, "missed")
    assert [one.status for one in closings(runner, desk, "quick")] == ["achieved"]
    assert closings(runner, desk, "goes_on") == []


def test_a_value_that_may_still_change_closes_nothing(runner: Runner, desk: MemoryHelpdesk) -> None:
    desk.now = END + timedelta(days=13)
    runner.run(desk)
    assert closings(runner, desk, "few_reopened") == []
    desk.now = END + timedelta(days=15)
    runner.run(desk)
    assert [one.status for one in closings(runner, desk, "few_reopened")] == ["safe"]


def test_more_runs_close_nothing_twice_and_lose_no_lesson(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    desk.now = END + timedelta(hours=1)
    runner.run(desk)
    (first,) = closings(runner, desk, "faster")
    history = GoalHistory(runner.job(desk.now).state)
    history.learn("faster", END, lesson="start earlier")
    desk.advance(86_400)
    runner.run(desk)
    (again,) = closings(runner, desk, "faster")
    assert (again.closed_at, again.lesson) == (first.closed_at, "start earlier")


def test_a_dry_run_closes_nothing(runner: Runner, desk: MemoryHelpdesk) -> None:
    desk.now = END + timedelta(hours=1)
    runner.run(desk, dry_run=True)
    assert closings(runner, desk, "faster") == []
