"""`connector suggest`: what it drafts can be read beside the mapping that is there."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from math import exp
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.cli.exits import ExitCode
from connector.config.mapping import Mappings, load_mappings
from connector.kpi.catalogue import definitions
from tests.cli.cli import Cli
from tests.run import AGENT, CUSTOMER, Runner, staffed

STRETCHES = 9
KPIS = """
[kpi.first_reply]
measure = "first_reply_time"

[kpi.csat]
measure = "csat_pct"

[kpi.first_reply_time_emea]
measure = "first_reply_time"
aggregate = "p90"
where = { priority = ["low"] }
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose helpdesk was read: EMEA got slow four weeks ago, the others did not."""
    desk = staffed()
    groups = {name: desk.add_group(name) for name in ("EMEA", "APAC", "Tiny")}
    _tell(desk, groups)
    runner = Runner(tmp_path_factory.mktemp("desk") / "goals")
    runner.write("mappings/goals.toml", KPIS)
    runner.run(desk)
    return runner.folder


@pytest.fixture
def cli(read: Path, tmp_path: Path) -> Cli:
    """Return the command line of a copy of that folder."""
    folder = tmp_path / "goals"
    copytree(read, folder)
    return Cli(folder, environ={"MEMORY_TOKEN": "secret"})


def _tell(desk: MemoryHelpdesk, groups: dict[str, str]) -> None:
    random, days = Random(5), STRETCHES * 28  # noqa: S311  # a made-up helpdesk, no secret
    midnight = desk.now.replace(hour=0) + timedelta(days=1)
    for day in range(days):
        is_late = day >= days - 28
        names = ["EMEA", "APAC", "EMEA", "APAC"] + (["Tiny"] if day % 7 == 0 else [])
        for place, name in enumerate(names):
            desk.now = midnight + timedelta(days=day, hours=4 * place + 1)
            slow = 3 if is_late and name != "APAC" else 1
            _ticket(desk, random, groups[name], 20 * 60 * slow * exp(random.gauss(0, 0.5)))
    desk.now = midnight + timedelta(days=days, minutes=5)


def _ticket(desk: MemoryHelpdesk, random: Random, group: str, wait_s: float) -> None:
    ticket = desk.put(
        requester_id=CUSTOMER, channel="email", group_id=group, priority="normal",
        tags=("goal_first_reply__on_track", "printer"),
    )  # fmt: skip
    desk.advance(min(wait_s, 3 * 3600))
    desk.comment(ticket, by=AGENT)
    desk.set_status(ticket, "solved", by=AGENT)
    desk.advance(60)
    desk.rate(ticket, "good" if random.random() < 0.85 else "bad")


def suggested(cli: Cli, *options: str) -> list[dict[str, Any]]:
    """Return what is suggested."""
    ran = cli("suggest", "--json", *options)
    assert ran.code == ExitCode.DONE, ran.said
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def beside(cli: Cli, text: str) -> Mappings:
    """Put a file beside the others and read them all."""
    (cli.folder / "mappings" / "suggested.toml").write_text(text, encoding="utf-8")
    return load_mappings([cli.folder / "mappings"], definitions())


def test_the_group_that_got_slow_is_found_and_no_other(cli: Cli) -> None:
    (found,) = suggested(cli, "--by", "group")
    assert (found["kpi"], found["by"], found["slice"]) == ("first_reply", "group", "EMEA")
    assert found["n"] == 56
    assert found["excess"] >= found["least"] > 0
    assert found["target"] < found["baseline"]
    assert found["target"] <= found["usual"] * 1.05


def test_what_is_drafted_loads_beside_the_mapping_that_is_there(cli: Cli) -> None:
    before = load_mappings([cli.folder / "mappings"], definitions())
    ran = cli("suggest", "--by", "group")
    assert ran.code == ExitCode.DONE
    after = beside(cli, ran.out)
    (goal, guard) = after.goals.values()
    assert after.kpis.keys() - before.kpis.keys() == {goal.kpi, guard.kpi}
    assert after.kpis[goal.kpi].where == after.kpis[guard.kpi].where == {"group": ("EMEA",)}
    assert guard.protects == tuple(id_ for id_, one in after.goals.items() if one is goal)
    assert after.kpis[guard.kpi].measure == "csat_pct"
    assert guard.category == "quality"


def test_standard_output_is_a_file_and_the_rest_is_said_beside_it(cli: Cli) -> None:
    ran = cli("suggest")
    assert tomllib.loads(ran.out)["goal"]
    assert "slices that got worse beyond noise" in ran.err
    assert "read the drafts" not in ran.out


def test_every_number_says_what_it_rests_on(cli: Cli) -> None:
    out = cli("suggest", "--by", "group").out
    assert "n = 56" in out
    assert (
        "of the 8 stretches before, 0 % of past quarters changed as much; realism: realistic" in out
    )
    assert "beyond noise among all that was looked at" in out


def test_what_has_a_goal_already_is_suggested_no_more(cli: Cli) -> None:
    beside(cli, cli("suggest", "--by", "group").out)
    ran = cli("suggest", "--by", "group")
    assert (ran.code, ran.out) == (ExitCode.DONE, "")
    assert "nothing to suggest" in ran.err


def test_a_draft_asks_for_an_owner_and_its_limit_holds_today(cli: Cli) -> None:
    beside(cli, cli("suggest", "--by", "group").out)
    found = json.loads(cli("lint", "--json").out)
    rules = {one["rule"] for one in found}
    assert "no_owner" in rules
    assert not rules & {
        "speed_without_guard", "vague_anti_goal", "limit_broken_already", "target_on_wrong_side",
        "too_easy", "too_hard", "small_sample",
    }  # fmt: skip


def test_our_own_tags_are_no_slices(cli: Cli) -> None:
    found = suggested(cli, "--by", "tag", "--kpi", "first_reply")
    assert {one["slice"] for one in found} <= {"printer"}
    assert found


@pytest.mark.parametrize("by", ["assignee", "week"])
def test_persons_and_times_are_no_slices(cli: Cli, by: str) -> None:
    ran = cli("suggest", "--by", by)
    assert ran.code == ExitCode.CONFIG
    assert "group, channel, tag, priority" in ran.err


def test_a_kpi_that_nobody_wrote_is_refused(cli: Cli) -> None:
    ran = cli("suggest", "--kpi", "nobody")
    assert ran.code == ExitCode.CONFIG
    assert "first_reply" in ran.err


def test_kpis_keep_all_that_they_say(cli: Cli) -> None:
    more = """
[kpi.in_time]
measure = "first_reply_time"
aggregate = "within"
limit = "30 min"
credit = "assignee_at_event"
group_as_of = "event"
where = { tag = { none = ["test", 'a "b"'] }, created = { from = 2026-01-01 } }
"""
    with (cli.folder / "mappings" / "goals.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    ran = cli("suggest", "--by", "group", "--kpi", "in_time")
    after = beside(cli, ran.out)
    (name,) = (goal.kpi for goal in after.goals.values() if not goal.is_anti)
    one, other = after.kpis["in_time"], after.kpis[name]
    assert other.model_dump(exclude={"where"}) == one.model_dump(exclude={"where"})
    assert dict(other.where) == {**one.where, "group": ("EMEA",)}
