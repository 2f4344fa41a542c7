"""How quiet the write-back is over the life of a ticket, run after run."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.model.goal import GoalReport
from connector.pipeline.run import RunRequest, run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from quiet_quarter_runs import Quarter, Write, played
from quiet_quarter_story import START, Stage, Story
from quiet_quarter_tables import by_ticket, cause, promises, quantile
from quiet_quarter_verdicts import (
    Verdicts,
    backlog_limits,
    judged_quarter,
    set_up,
    workspace,
)

QUARTER = Story(tickets=300, days=14)
FEW = Story(tickets=60, days=2)
EACH = timedelta(hours=4)
Told = dict[str, list[tuple[datetime, tuple[str, ...]]]]
"""For each ticket when it was written, and the options that it shows from then on."""


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    folder = tmp_path_factory.mktemp("quarter")
    verdicts = judged_quarter(folder, QUARTER, backlog_limits(QUARTER))
    assert sum(verdicts.changes().values()) > 4
    return played(Stage(QUARTER), *set_up(verdicts.job), verdicts, check_each=40)


def test_a_ticket_is_written_twice_in_the_middle_and_four_times_at_most_of_most(
    quarter: Quarter,
) -> None:
    written = by_ticket(quarter.log.writes)
    counts = [len(written.get(one, ())) for one in quarter.facts]
    assert quantile(counts, 0.5) <= 2
    assert quantile(counts, 0.95) <= 4
    causes = {cause(one) for one in quarter.log.writes}
    assert {"first status", "due soon", "missed", "how it ended, once solved"} <= causes


def test_nothing_is_written_while_pending_or_on_hold_twice_or_for_pending_alone(
    quarter: Quarter,
) -> None:
    assert {name: n for name, n in promises(quarter.log).items() if n} == {}
    assert quarter.log.checked > 100
    assert quarter.log.checked_tickets > 1_000
    resting = {fact.status for fact in quarter.facts.values()}
    assert {"pending", "closed"} <= resting


@dataclass
class Past:
    """What whole runs wrote, and how they judged the goals."""

    told: Told
    reports: dict[datetime, list[GoalReport]]
    verdicts: Verdicts


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Let whole runs read, judge, plan and write a few days."""
    stage = Stage(FEW)
    place = workspace(tmp_path_factory.mktemp("whole"), stage, backlog_limits(FEW), writes=True)
    verdicts = Verdicts(place.job(), {}, {}, None)  # type: ignore[arg-type]
    set_up(verdicts.job)
    told: Told = defaultdict(list)
    reports = {}
    for now in moments():
        stage.until(now)
        result = run(place.job(), RunRequest())
        assert [one.error for one in result.report.helpdesks] == [None]
        reports[now] = result.report.goals
        for planned in (one for plan in result.plans for one in plan.changes):  # idle: no plan
            told[planned.change.ticket_id].append((now, options(stage, planned.change.ticket_id)))
    return Past(told, reports, verdicts)


def moments() -> list[datetime]:
    return [START + n * EACH for n in range(int((FEW.end - START) / EACH))]


def options(stage: Stage, ticket: str) -> tuple[str, ...]:
    return tuple(sorted(stage.desk.tickets[ticket].fields.values()))


def test_the_planner_alone_writes_what_whole_runs_write(past: Past) -> None:
    stage = Stage(FEW)
    quarter = Quarter(stage, *set_up(past.verdicts.job), past.verdicts.job)
    told: Told = defaultdict(list)
    for now in moments():
        quarter.follow(stage.until(now))
        seen = len(quarter.log.writes)
        quarter.run(now, past.verdicts.steady(past.reports[now]))
        for write in quarter.log.writes[seen:]:
            told[write.ticket].append((now, options(stage, write.ticket)))
    assert told == past.told
    assert sum(map(len, told.values())) > 30


def test_writes_are_counted_under_what_they_tell_of_the_ticket(quarter: Quarter) -> None:
    def is_told(write: Write, option: str) -> bool:
        return write.now[0][1] == option

    late = [one for one in quarter.log.writes if cause(one) == "due soon"]
    assert late
    assert all(is_told(one, "goal_outcome__due_soon") for one in late)
