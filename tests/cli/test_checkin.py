"""`connector checkin`: said, kept, told again; wrong input is refused and keeps nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from connector.cli.exits import ExitCode
from connector.model.goal import CheckIn
from connector.store.goal_history import DayRow, GoalHistory
from connector.store.lock import Lease
from connector.store.state import State
from tests.cli.cli import NOW, Cli, write_folder

GOAL = "faster_first_reply"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Return the command line of a folder whose helpdesk nobody asks."""
    return Cli(write_folder(tmp_path / "goals", "http://127.0.0.1:9"))


def state(cli: Cli) -> State:
    return State.open(cli.folder / "var" / "state.sqlite")


def kept(cli: Cli, goal: str = GOAL) -> list[CheckIn]:
    with state(cli) as opened:
        return GoalHistory(opened).checkins(goal)


def judged(cli: Cli, goal: str, status: str = "on_track") -> None:
    """Keep a day of a goal, as a run does."""
    row = DayRow(day=date(2026, 11, 18), status=status, evaluation="{}", version=1, judged_at=NOW)
    with state(cli) as opened:
        GoalHistory(opened).keep_days(goal, [row], "r1")


def for_each(cli: Cli) -> None:
    """Make one goal of the mapping a goal for each group."""
    cli.edit(cli.mapping, f"[goal.{GOAL}]\n", f'[goal.{GOAL}]\nfor_each = "group"\n')


def test_a_check_in_is_kept_for_the_owner(cli: Cli) -> None:
    ran = cli("checkin", GOAL, "--confidence", "7", "--note", "hiring helps")
    assert ran.code == ExitCode.DONE
    assert ran.flat == f"{GOAL}: kept for Support lead: confidence 7 of 10; hiring helps"
    assert kept(cli) == [
        CheckIn(goal=GOAL, at=NOW, by="Support lead", confidence=7, note="hiring helps")
    ]


def test_somebody_else_may_speak_and_give_evidence(cli: Cli) -> None:
    ran = cli("checkin", GOAL, "--by", "Ann", "--evidence", "report of May", "--json")
    document = json.loads(ran.out)
    assert (document["by"], document["confidence"]) == ("Ann", None)
    assert kept(cli)[0].evidence == "report of May"


def test_an_objective_is_checked_in_on_like_a_goal(cli: Cli) -> None:
    assert cli("checkin", "customers_looked_after", "--confidence", "0").code == ExitCode.DONE
    assert [one.by for one in kept(cli, "customers_looked_after")] == ["Head of support"]


def test_with_nothing_to_say_it_tells_what_was_said(cli: Cli) -> None:
    assert "Nothing said yet" in cli("checkin", GOAL).out
    cli("checkin", GOAL, "--confidence", "7", "--note", "hiring helps")
    cli("checkin", GOAL, "--by", "Ann", "--note", "no [bold]markup[/bold]")
    told = cli("checkin", GOAL).flat
    assert "2026-11-18 10:00 Support lead 7 hiring helps" in told
    assert "2026-11-18 10:00 Ann – no [bold]markup[/bold]" in told
    assert [one["by"] for one in json.loads(cli("checkin", GOAL, "--json").out)] == [
        "Ann",
        "Support lead",
    ]
    assert len(kept(cli)) == 2


def test_only_the_last_ones_are_listed_and_the_rest_counted(cli: Cli) -> None:
    for number in range(12):
        cli("checkin", GOAL, "--by", f"agent{number:02}", "--note", "x")
    told = cli("checkin", GOAL).out
    assert "agent01" not in told
    assert "agent11" in told
    assert "2 older ones" in told


def test_a_contradiction_to_the_last_status_is_told_at_once(cli: Cli) -> None:
    judged(cli, GOAL, "off_track")
    assert "the numbers say off track" in cli("checkin", GOAL, "--confidence", "9").out
    assert "the numbers say" not in cli("checkin", GOAL, "--confidence", "5").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("faster_first_repyl", "--confidence", "7"), 'did you mean "faster_first_reply"?'),
        (("zzz", "--confidence", "7"), "there are: backlog_in_hand, customers_looked_after"),
        ((f"{GOAL}_of_12", "--confidence", "7"), f'no goal or objective is called "{GOAL}_of_12"'),
        ((GOAL, "--confidence", "11"), "--confidence 11 is out of range"),
        ((GOAL, "--confidence", "-1"), "--confidence -1 is out of range"),
        ((GOAL, "--confidence", "high"), "valid integer"),
        ((GOAL, "--note", "  "), "say something"),
        ((GOAL, "--by", "Ann"), "say something"),
    ],
)
def test_wrong_input_is_refused_and_keeps_nothing(
    cli: Cli, arguments: tuple[str, ...], words: str
) -> None:
    ran = cli("checkin", *arguments)
    assert (ran.code, ran.out) == (ExitCode.CONFIG, "")
    assert words in " ".join(ran.err.split())
    assert kept(cli) == []


def test_a_goal_made_for_a_group_is_known_by_its_template(cli: Cli) -> None:
    for_each(cli)
    assert cli("checkin", f"{GOAL}_of_12", "--confidence", "4").code == ExitCode.DONE
    assert [one.confidence for one in kept(cli, f"{GOAL}_of_12")] == [4]
    assert cli("checkin", f"{GOAL}_of_", "--confidence", "4").code == ExitCode.CONFIG


def test_once_runs_made_goals_for_groups_only_these_are_known(cli: Cli) -> None:
    for_each(cli)
    judged(cli, f"{GOAL}_of_3600012")
    assert cli("checkin", f"{GOAL}_of_3600012", "--confidence", "4").code == ExitCode.DONE
    ran = cli("checkin", f"{GOAL}_of_360012", "--confidence", "4")
    assert ran.code == ExitCode.CONFIG
    assert f'did you mean "{GOAL}_of_3600012"?' in " ".join(ran.err.split())


def test_it_waits_for_no_run(cli: Cli) -> None:
    with Lease(cli.folder / "var" / "practice", clock=lambda: 1_000.0):
        assert cli("checkin", GOAL, "--confidence", "7").code == ExitCode.DONE
    assert len(kept(cli)) == 1
