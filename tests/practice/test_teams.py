"""The teams' year holds what its truth says; the bounds are 3.4 standard errors or wider."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from bisect import bisect_left
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean, linear_regression, median, pstdev

import pytest

from connector.practice.server import PracticeServer
from connector.practice.team_seed import teams_world
from connector.practice.team_truth import KpiTruth, Truth, truth_of
from connector.practice.teams import (
    COURSES,
    CROSSES,
    REPLY_S,
    TURNS,
    Plan,
    is_holiday,
    midnight,
)
from connector.practice.world import Change, Comment, Ticket, World
from tests.cli.cli import Cli, write_folder

PLAN = Plan()
SMALL = Plan(weekly=2)
Dated = list[tuple[float, float]]
"""What counted when."""
MAPPING = """
[kpi.contacts]
measure = "tickets_created"
where = { group = ["gaming"] }
[kpi.first_reply]
measure = "first_reply_time"
aggregate = "median"
where = { group = ["gaming"] }
[kpi.satisfied]
measure = "csat_pct"
where = { group = ["gaming"] }
[kpi.reopened]
measure = "reopen_rate"
where = { group = ["gaming"] }
"""


@pytest.fixture(scope="module")
def world() -> World:
    """Return the whole year; tests only read it."""
    return teams_world(PLAN)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return truth_of(PLAN)


def dated(world: World, team: str) -> dict[str, Dated]:
    """Return what happened to a team's tickets within the year, by KPI, in order of time."""
    groups = world.directory.groups.values()
    group = next(one.id for one in groups if one.name == team)
    found: dict[str, Dated] = {name: [] for name in ("first_reply", "satisfied", "reopened")}
    for ticket in world.tickets.values():
        if ticket.group_id == group:
            _add(world, ticket, found)
    return {name: sorted(rows) for name, rows in found.items()}


def _add(world: World, ticket: Ticket, found: dict[str, Dated]) -> None:
    history = [audit for _, audit in world.history(ticket)]
    replies = [
        audit.at
        for audit in history[1:]
        for one in audit.changes
        if isinstance(one, Comment) and audit.author_id != ticket.requester_id
    ]
    if replies:
        found["first_reply"].append((replies[0], replies[0] - ticket.created_at))
    moves = [(audit.at, one) for audit in history for one in audit.changes]
    votes = [(at, one.new) for at, one in moves if isinstance(one, Change)]
    found["satisfied"] += [(at, score == "good") for at, score in votes if score in {"good", "bad"}]
    solved = [at for at, status in votes if status == "solved"]
    if solved:
        found["reopened"].append((solved[0], len(solved) > 1))


def between(rows: Dated, first: int, after: int) -> list[float]:
    """Return the values from one day of the year to another."""
    begin, end = (midnight(PLAN.day(day)).timestamp() for day in (first, after))
    return [value for _, value in rows[bisect_left(rows, (begin,)) : bisect_left(rows, (end,))]]


def of(truth: Truth, team: str, kpi: str) -> KpiTruth:
    """Return what is true of a KPI of a team."""
    return next(one for one in truth.kpis if (one.team, one.kpi) == (team, kpi))


def test_the_same_plan_gives_the_same_year_and_another_seed_another() -> None:
    first, second = (teams_world(SMALL) for _ in range(2))
    assert first.feed == second.feed
    assert first.tickets == second.tickets
    assert first.ratings == second.ratings
    assert teams_world(Plan(seed=8, weekly=2)).feed != first.feed


def test_first_replies_have_the_median_that_is_true_of_their_team(world: World) -> None:
    for team, wanted in (("steady", 1.0), ("better", 0.9), ("worse", 1.1)):
        waits = between(dated(world, team)["first_reply"], 0, 365)
        assert len(waits) > 4500
        assert median(waits) / REPLY_S == pytest.approx(wanted, rel=0.05)


def test_what_happened_differs_from_the_truth_by_luck_alone(truth: Truth) -> None:
    luck = []
    for seed in range(3):
        plan = Plan(seed, weekly=40)
        world, true = teams_world(plan), truth_of(plan)
        for course in COURSES:
            luck += _luck(dated(world, course.name), true, course.name)
    assert len(luck) == 3 * 5 * 3 * 4
    assert max(map(abs, luck)) < 4
    assert fmean(luck) == pytest.approx(0, abs=0.26)
    assert pstdev(luck) == pytest.approx(1, abs=0.18)


def _luck(found: dict[str, Dated], truth: Truth, team: str) -> list[float]:
    """Return by how many standard errors each quarter's value misses the true one."""
    luck = []
    for kpi, rows in found.items():
        for quarter in of(truth, team, kpi).quarters:
            days = ((day - truth.start).days for day in (quarter.start, quarter.end))
            values = between(rows, *days)
            if kpi == "first_reply":
                spread = pstdev([math.log(value) for value in values])
                error = quarter.value * spread * math.sqrt(math.pi / 2 / len(values))
                luck.append((median(values) - quarter.value) / error)
            else:
                error = math.sqrt(quarter.value * (1 - quarter.value) / len(values))
                luck.append((fmean(values) - quarter.value) / error)
    return luck


def test_improving_crosses_its_target_at_the_date(world: World, truth: Truth) -> None:
    true = of(truth, "improving", "first_reply")
    assert true.days[0] == pytest.approx(1.2 * REPLY_S)
    assert true.days[CROSSES - 1] > REPLY_S
    assert true.days[CROSSES + 1] < REPLY_S
    assert [quarter.meets for quarter in true.quarters] == [False, False, True, True]
    rows = dated(world, "improving")["first_reply"]
    days = [(at - midnight(PLAN.start).timestamp()) / 86400 for at, _ in rows]
    line = linear_regression(days, [math.log(wait / REPLY_S) for _, wait in rows])
    assert -line.intercept / line.slope == pytest.approx(CROSSES, abs=36)


def test_gaming_gets_fast_at_the_date_and_customers_pay_for_it(world: World, truth: Truth) -> None:
    found = dated(world, "gaming")
    for kpi, change in (("first_reply", -2.0 * 3600), ("satisfied", -0.05), ("reopened", 0.03)):
        middle = median if kpi == "first_reply" else fmean
        before, after = (between(found[kpi], *days) for days in ((0, TURNS), (TURNS, 365)))
        difference = middle(after) - middle(before)
        assert difference / change > 0.5
        true = of(truth, "gaming", kpi).days
        assert (true[TURNS] - true[TURNS - 1]) / change > 0.5
    meets = {kpi: [q.meets for q in of(truth, "gaming", kpi).quarters] for kpi in found}
    assert meets["first_reply"] == [False, True, True, True]
    assert meets["satisfied"] == meets["reopened"] == [True, False, False, False]


def test_contacts_come_in_the_week_as_planned_and_hardly_on_holidays(world: World) -> None:
    steady = COURSES[0]
    assert sum(PLAN.expected(steady, day) for day in range(5, 12)) == pytest.approx(PLAN.weekly)
    came = Counter(PLAN.number(ticket.created_at) for ticket in world.tickets.values())
    for chosen in (is_holiday, lambda day: day.weekday() == 0):
        days = [day for day in range(365) if chosen(PLAN.day(day))]
        wanted = sum(PLAN.expected(course, day) for day in days for course in COURSES)
        assert sum(came[day] for day in days) == pytest.approx(wanted, abs=3.4 * math.sqrt(wanted))


def test_the_target_is_what_steady_truly_has_and_better_is_a_tenth_less_of_what_is_bad(
    truth: Truth,
) -> None:
    for kpi in {one.kpi for one in truth.kpis}:
        steady, better, worse = (of(truth, team, kpi) for team in ("steady", "better", "worse"))
        for at_target, above, below in zip(
            steady.quarters, better.quarters, worse.quarters, strict=True
        ):
            assert at_target.value == at_target.target
            assert (at_target.meets, at_target.chance) == (True, 0.5)
            assert above.meets
            assert not below.meets
            assert below.chance < 0.5 < above.chance
    bad = [1 - of(truth, team, "satisfied").days[0] for team in ("steady", "better", "worse")]
    assert [one / bad[0] for one in bad] == pytest.approx([1.0, 0.9, 1.1])


def test_a_year_begins_on_a_day_that_every_quarter_has() -> None:
    assert Plan(start=date(2024, 11, 28)).quarters[1] == (date(2025, 2, 28), date(2025, 5, 28))
    with pytest.raises(ValueError, match="2025-01-31"):
        Plan(start=date(2025, 1, 31))


def test_an_ordinary_sync_reads_what_happened(tmp_path: Path) -> None:
    world = teams_world(SMALL)
    with PracticeServer(world, limits="off") as server:
        cli = Cli(write_folder(tmp_path / "goals", server.url))
        config = cli.config.read_text("utf-8").replace("2026-05-01", "2024-11-01")
        cli.config.write_text(config, "utf-8")
        cli.mapping.write_text(MAPPING, "utf-8")
        assert cli("sync").code == 0
        options = ("--from", "2025-01-01", "--to", "2026-01-01", "--json")
        said = {one["id"]: one for one in json.loads(cli("kpis", *options).out)}
    begin, end = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2025, 2026))
    for kpi, rows in dated(world, "gaming").items():
        values = [value for at, value in rows if begin <= at < end]
        middle = median if kpi == "first_reply" else fmean
        assert said[kpi]["value"] == pytest.approx(middle(values))
        assert said[kpi]["n"] == len(values)
    assert said["contacts"]["value"] > 0


def test_the_command_serves_the_year_and_writes_down_what_is_true(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    options = ["--story", "teams", "--start", "2024-07-01", "--weekly", "1", "--truth", str(path)]
    command = [sys.executable, "-m", "connector.practice", "--frozen", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "practice helpdesk at http://127.0.0.1:" in process.stdout.readline()
        process.terminate()
    told = json.loads(path.read_text("utf-8"))
    assert (told["start"], told["end"], len(told["kpis"])) == ("2024-07-01", "2025-07-01", 25)
    assert teams_world(Plan(start=date(2024, 7, 1), weekly=1)).now() == int(
        datetime(2025, 7, 28, 22, tzinfo=UTC).timestamp()
    )
