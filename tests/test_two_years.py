"""The two years behind a backward goal: read in the first run of a day, and kept until the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.model.goal import Outlook
from connector.pipeline.judging import judge_all
from connector.pipeline.views import views
from tests.run import AGENT, CONFIG, Runner, asked, staffed

CALM = CONFIG.replace("enabled = true", "enabled = false")
MAPPING = """
[kpi.solved]
measure = "tickets_solved"

[goal.plan]
kind = "backward"
title = "Many are solved"
kpi = "solved"
owner = "Lead"
period = { start = 2026-02-02, end = 2026-02-20 }
baseline = 10
target = 90
"""
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
TODAY = FEBRUARY + timedelta(days=15, hours=8)
KEPT = "two_years:plan:"


@pytest.fixture
def solved(tmp_path: Path) -> tuple[Runner, MemoryHelpdesk]:
    """Return two weeks in which four tickets a day were solved, read by a run."""
    desk, runner = staffed(), Runner(tmp_path)
    runner.write("config.toml", CALM)
    runner.write("mappings/goals.toml", MAPPING)
    for day in range(15):
        desk.now = FEBRUARY + timedelta(days=day, hours=8)
        for _ in range(4):
            desk.set_status(asked(desk), "solved", by=AGENT)
    desk.now = TODAY
    asked(desk)
    runner.run(desk)
    return runner, desk


def outlook(runner: Runner, desk: MemoryHelpdesk, as_of: datetime | None = None) -> Outlook:
    """Judge the goal without a run."""
    job = runner.job(desk.now)
    with views(job, as_of) as seen:
        (report,) = judge_all(job, seen).goals
    assert report.outlook is not None
    return report.outlook


def keep(runner: Runner, **changes: str | None) -> None:
    """Change what is kept."""
    state = runner.job(TODAY).state
    kept = msgspec.json.decode(state.get(KEPT) or "null")
    state.put(KEPT, msgspec.json.encode({**kept, **changes}).decode())


def forget_the_days(runner: Runner) -> None:
    """Let what is kept say that there are no days; what it is about stays."""
    keep(runner, days=None)


def test_the_days_that_are_kept_serve_for_the_rest_of_the_day(
    solved: tuple[Runner, MemoryHelpdesk],
) -> None:
    runner, desk = solved
    first = outlook(runner, desk)
    assert first.windows > 0
    asked(desk)
    desk.advance(3_600)
    runner.run(desk)
    assert outlook(runner, desk) == first
    forget_the_days(runner)
    assert outlook(runner, desk).windows == 0


def test_they_are_read_anew_on_the_next_day(solved: tuple[Runner, MemoryHelpdesk]) -> None:
    runner, desk = solved
    before = outlook(runner, desk).windows
    forget_the_days(runner)
    desk.now = TODAY + timedelta(days=1)
    asked(desk)
    runner.run(desk)
    assert outlook(runner, desk).windows == before + 2  # a day more, and a day less to go


def test_they_are_read_anew_when_more_of_the_past_becomes_known(
    solved: tuple[Runner, MemoryHelpdesk],
) -> None:
    runner, desk = solved
    before = outlook(runner, desk)
    forget_the_days(runner)
    desk.now = TODAY - timedelta(days=2)
    desk.set_status(asked(desk), "solved", by=AGENT)
    desk.now = TODAY + timedelta(hours=1)
    asked(desk)
    runner.run(desk)
    assert outlook(runner, desk).windows == before.windows


def test_a_past_moment_is_told_from_its_own_days(solved: tuple[Runner, MemoryHelpdesk]) -> None:
    runner, desk = solved
    then = TODAY - timedelta(days=3)
    before = outlook(runner, desk, then)
    forget_the_days(runner)
    assert outlook(runner, desk, then) == before
    assert before.windows > 0


def test_the_same_is_planned_from_days_that_are_kept_as_from_those_just_read(
    solved: tuple[Runner, MemoryHelpdesk],
) -> None:
    runner, desk = solved
    kept = outlook(runner, desk)
    keep(runner, about="something else", days=None)
    assert outlook(runner, desk) == kept
