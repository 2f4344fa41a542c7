"""Digests after whole runs: what was told then is compared with what is told now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.goals.digest import Digest
from connector.pipeline.digesting import DigestRequest, digest
from tests.run import AGENT, Runner, staffed

START = datetime(2026, 1, 1, tzinfo=UTC)
MAPPING = """
[kpi.first_reply]
measure = "first_reply_time"

[objective.quick]
title = "Nobody waits"
owner = "Head"

[goal.faster]
title = "Faster first reply"
kpi = "first_reply"
objective = "quick"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-01-31 }
baseline = "95 min"
target = "60 min"

[goal.each]
title = "Each replies fast"
kpi = "first_reply"
owner = "Lead"
for_each = "assignee"
level = "person"
period = { start = 2026-01-01, end = 2026-01-31 }
baseline = "95 min"
target = "60 min"
"""


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return staffed()


@pytest.fixture
def runner(tmp_path: Path, desk: MemoryHelpdesk) -> Runner:
    runner = Runner(tmp_path)
    runner.write("mappings/goals.toml", MAPPING)
    runner.set_up(desk)
    return runner


def replies(desk: MemoryHelpdesk, day: int, count: int, minutes: float) -> None:
    """Let so many tickets come on a day of the period, and be replied to after some minutes."""
    desk.now = START + timedelta(days=day, hours=8)
    for _ in range(count):
        ticket = desk.put(
            requester_id="20", submitter_id="20", channel="email", status="new", assignee_id=AGENT
        )
        desk.comment(ticket, by="20")
        desk.advance(minutes * 60)
        desk.comment(ticket, by=AGENT)
        desk.set_status(ticket, "solved", by=AGENT)


def told(runner: Runner, desk: MemoryHelpdesk, since: datetime, **asked: object) -> Digest:
    return digest(runner.job(desk.now), DigestRequest(since=since, **asked))  # type: ignore[arg-type]


def test_an_objective_that_turned_is_told_once(runner: Runner, desk: MemoryHelpdesk) -> None:
    replies(desk, 4, 12, 30)
    runner.run(desk)
    first = desk.now
    desk.advance(1)
    runner.run(desk, as_of=START + timedelta(days=1))
    replies(desk, 6, 40, 12 * 60 / 40 + 180)
    desk.now = START + timedelta(days=20)
    runner.run(desk)
    news = {one.goal: one for one in told(runner, desk, first + timedelta(minutes=1)).changed}
    assert news["quick"].text == "went from on track to off track"
    assert news["quick"].why
    desk.advance(3600)
    again = told(runner, desk, desk.now - timedelta(minutes=30))
    assert again.changed == ()
    assert "quick" in {one.goal for one in again.at_risk}


def test_before_any_run_is_old_enough_the_days_tell_what_turned(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    replies(desk, 4, 12, 30)
    replies(desk, 6, 40, 198)
    desk.now = START + timedelta(days=20)
    runner.run(desk)
    found = told(runner, desk, START + timedelta(days=5))
    assert [one.goal for one in found.changed] == ["faster", "each"]


def test_people_are_counted_and_not_named_without_a_viewer(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    replies(desk, 4, 12, 200)
    desk.now = START + timedelta(days=15)
    runner.run(desk)
    found = told(runner, desk, START + timedelta(days=2))
    assert found.hidden.startswith("Not shown: 1 goal of a person")
    assert f"each_of_{AGENT}" not in repr(found)
    assert told(runner, desk, START, goals=("quick",)).hidden == ""
    seen = told(runner, desk, START + timedelta(days=2), viewer="ann")
    assert f"each_of_{AGENT}" in repr(seen)
    assert seen.hidden == ""
