"""`connector close`: a lesson for a period that is over; before that there is nothing to close."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.cli.exits import ExitCode
from connector.store.goal_history import Closing, GoalHistory
from connector.store.state import State
from tests.cli.cli import NOW, Cli, write_folder

GOAL = "faster_first_reply"
OVER = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Return the command line of a folder whose helpdesk nobody asks."""
    return Cli(write_folder(tmp_path / "goals", "http://127.0.0.1:9"))


def closed(cli: Cli, goal: str = GOAL, end: datetime = OVER) -> None:
    """Keep how a period ended, as a run does."""
    ended = Closing(
        goal=goal,
        start=datetime(2026, 4, 1, tzinfo=UTC),
        end=end,
        closed_at=NOW,
        value=70.0,
        grade=0.4,
        status="missed",
    )
    with State.open(cli.folder / "var" / "state.sqlite") as opened:
        GoalHistory(opened).close(ended)


def kept(cli: Cli, goal: str = GOAL) -> list[Closing]:
    with State.open(cli.folder / "var" / "state.sqlite") as opened:
        return GoalHistory(opened).closings(goal)


def test_a_lesson_is_kept_with_the_last_period_that_ended(cli: Cli) -> None:
    closed(cli, end=datetime(2026, 7, 1, tzinfo=UTC))
    closed(cli)
    ran = cli("close", GOAL, "--lesson", "start earlier", "--carry-over", "backlog_in_hand")
    assert ran.code == ExitCode.DONE
    assert "lesson: start earlier; carried over to: backlog_in_hand" in ran.flat
    older, newer = kept(cli)
    assert (older.lesson, older.carry_over) == ("", "")
    assert (newer.lesson, newer.carry_over) == ("start earlier", "backlog_in_hand")
    assert (newer.value, newer.grade, newer.status) == (70.0, 0.4, "missed")


def test_what_is_said_later_corrects_and_the_rest_stays(cli: Cli) -> None:
    closed(cli)
    cli("close", GOAL, "--lesson", "a", "--carry-over", "next quarter, with two people more")
    document = json.loads(cli("close", GOAL, "--lesson", "b", "--json").out)
    assert (document["lesson"], document["carry_over"]) == (
        "b",
        "next quarter, with two people more",
    )


def test_with_nothing_to_say_it_tells_how_the_period_ended(cli: Cli) -> None:
    closed(cli)
    assert "2026-04-01 to 2026-09-30 ✘ missed: final value 70" in cli("close", GOAL).flat
    assert kept(cli)[0].lesson == ""


def test_how_the_goal_of_a_person_ended_is_not_for_everybody(cli: Cli) -> None:
    cli.edit(cli.mapping, f"[goal.{GOAL}]\n", f'[goal.{GOAL}]\nlevel = "person"\n')
    closed(cli)
    refused = cli("close", GOAL)
    assert (refused.code, refused.out) == (ExitCode.CONFIG, "")
    assert f"connector history {GOAL} --viewer NAME" in " ".join(refused.err.split())
    assert cli("close", GOAL, "--lesson", "a").flat == f"{GOAL}: kept"
    assert set(json.loads(cli("close", GOAL, "--lesson", "b", "--json").out)) == {
        "goal",
        "lesson",
        "carry_over",
    }


def test_a_goal_that_left_the_mapping_can_still_be_learned_from(cli: Cli) -> None:
    closed(cli, "old_goal")
    assert cli("close", "old_goal", "--lesson", "a").code == ExitCode.DONE
    assert kept(cli, "old_goal")[0].lesson == "a"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((GOAL, "--lesson", "a"), "is not over: it ends at 2027-01-01"),
        (("faster_first_repyl", "--lesson", "a"), 'did you mean "faster_first_reply"?'),
        (("customers_looked_after", "--lesson", "a"), "has no period"),
    ],
)
def test_what_is_not_over_is_not_closed(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    ran = cli("close", *arguments)
    assert (ran.code, ran.out) == (ExitCode.CONFIG, "")
    assert words in " ".join(ran.err.split())
    assert kept(cli) == []


def test_a_period_that_is_over_waits_for_the_run_that_keeps_its_value(cli: Cli) -> None:
    text = cli.mapping.read_text(encoding="utf-8")
    text = text.replace(
        "start = 2026-10-01, end = 2027-01-01", "start = 2026-07-01, end = 2026-10-01"
    )
    cli.mapping.write_text(text, encoding="utf-8")
    ran = cli("close", GOAL, "--lesson", "a")
    assert ran.code == ExitCode.CONFIG
    assert "first `connector sync` after its value is final" in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("carried", "words"),
    [
        ("backlog_in_hnad", 'did you mean "backlog_in_hand"?'),
        ("zzz", "several words are taken as they are"),
        ("  ", "say something"),
    ],
)
def test_one_word_has_to_be_the_id_of_a_goal(cli: Cli, carried: str, words: str) -> None:
    closed(cli)
    ran = cli("close", GOAL, "--carry-over", carried)
    assert (ran.code, ran.out) == (ExitCode.CONFIG, "")
    assert words in " ".join(ran.err.split())
    assert kept(cli)[0].carry_over == ""
