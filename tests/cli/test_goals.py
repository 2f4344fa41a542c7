"""`connector goals` and `explain goal`: everything in its place, and nobody's own for everybody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from connector.practice.server import PracticeServer
from tests.cli.cli import Cli, write_folder

GOALS = """
[kpi.reply]
measure = "first_reply_time"

[kpi.reply_billing]
measure = "first_reply_time"
where = {{ group = ["Billing"] }}

[kpi.reopened]
measure = "reopen_rate"

[kpi.backlog]
measure = "backlog"

[objective.loved]
title = "Customers feel looked after"
level = "company"
owner = "Chief"

[objective.quick]
title = "Nobody waits"
level = "department"
parents = ["loved"]

[goal.half]
title = "Half within the hour"
objective = "quick"
kpi = "reply"
owner = "Head"
period = {{ start = {start}, end = {end}, timezone = "Europe/Berlin" }}
baseline = "95 min"
target = "60 min"

[goal.each]
title = "Each team"
objective = "quick"
kpi = "reply"
owner = "Head"
for_each = "group"
period = {{ start = {start}, end = {end} }}
baseline = "95 min"
target = "60 min"

[goal.mine]
title = "My replies"
kpi = "reply_billing"
owner = "Head"
level = "person"
for_each = "assignee"
serves = ["each"]
period = {{ start = {start}, end = {end} }}
baseline = "95 min"
target = "60 min"

[goal.guard]
kind = "anti_goal"
title = "Few come back"
kpi = "reopened"
owner = "Head"
limit = "1 %"
protects = ["half"]
period = {{ start = {start}, end = {end} }}

[goal.down]
kind = "backward"
title = "Backlog down"
objective = "quick"
kpi = "backlog"
owner = "Lead"
baseline = 900
target = 20
period = {{ start = {start}, end = {end} }}
[[goal.down.milestones]]
name = "Halfway"
date = {end}
value = 400
duration = 3

[goal.coach]
kind = "development"
title = "Learn to coach"
bucket = "personal"
level = "person"
owner = "Ann"
period = {{ start = {start}, end = {end} }}
"""


@pytest.fixture(scope="module")
def folder(shared_server: PracticeServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with goals of every kind, after one run."""
    folder = write_folder(tmp_path_factory.mktemp("kinds") / "goals", shared_server.url)
    for shipped in (folder / "mappings").iterdir():
        shipped.unlink()
    text = GOALS.format(start="2026-10-01", end="2027-01-01")
    (folder / "mappings" / "goals.toml").write_text(text, encoding="utf-8")
    assert Cli(folder)("sync").code in {0, 3}
    return folder


@pytest.fixture
def goals(folder: Path, tmp_path: Path) -> Cli:
    """Return the command line of a copy of that folder."""
    shutil.copytree(folder, tmp_path / "goals")
    return Cli(tmp_path / "goals")


def test_everything_stands_under_what_it_serves(goals: Cli) -> None:
    rows = goals("goals").out.splitlines()
    wanted = (
        "Customers feel looked after ",
        "  Nobody waits ",
        "    Half within the hour ",
        "    Each team ",
    )
    places = [next(i for i, row in enumerate(rows) if row.startswith(name)) for name in wanted]
    assert places == sorted(places)


def test_json_has_goals_and_objectives_with_the_same_keys(goals: Cli) -> None:
    rows = json.loads(goals("goals", "--json").out)
    kinds = {row["kind"] for row in rows}
    assert {"objective", "key_result", "anti_goal", "backward"} <= kinds
    goal = next(row for row in rows if row["kind"] == "key_result")
    objective = next(row for row in rows if row["id"] == "loved")
    promised = {"id", "kind", "title", "period", "value", "n", "grade", "raw", "status", "why"}
    assert promised <= set(goal)
    assert promised <= set(objective)
    assert [one["id"] for one in objective["drivers"]] == ["quick"]


def test_goals_of_people_wait_for_somebody_who_may_see_them(goals: Cli) -> None:
    shown = goals("goals")
    assert "goals of people not shown: say who looks with --viewer NAME" in shown.out
    assert "Learn to coach" not in shown.out
    assert "Learn to coach" in goals("goals", "--viewer", "Ann").out
    exported = goals("export", "goals", "--format", "jsonl", "-").out
    assert "coach" not in exported
    assert "mine_of_" not in goals("sync", "--json").out


def test_explaining_a_goal_of_a_person_asks_who_looks(goals: Cli) -> None:
    refused = goals("explain", "goal", "coach")
    assert refused.code == 2
    assert "coach is the goal of a person: say who looks with --viewer NAME" in refused.err
    assert "closed by hand" in goals("explain", "goal", "coach", "--viewer", "Ann").out


def test_an_anti_goal_names_the_tickets_that_count_against_it(goals: Cli) -> None:
    out = goals("explain", "goal", "guard").out
    assert "Tickets that count against it" in out
    assert "guards" in out


def test_a_backward_goal_shows_its_milestones(goals: Cli) -> None:
    out = goals("explain", "goal", "down").out
    assert "Milestones" in out
    assert "Halfway" in out
    assert "working days left" in out


def test_a_goal_made_for_one_of_many_is_explained_by_its_id(goals: Cli) -> None:
    rows = json.loads(goals("goals", "--json").out)
    made = next(row for row in rows if row["id"].startswith("each_of_"))
    out = goals("explain", "goal", made["id"]).out
    assert made["title"] in out


def test_an_unknown_goal_is_answered_with_the_nearest(goals: Cli) -> None:
    refused = goals("explain", "goal", "halff")
    assert refused.code == 2
    assert "half" in refused.err
