"""`connector history`: days, changes, versions and what was said; goals of people stay theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.model.goal import CheckIn
from connector.store.goal_history import Closing, GoalHistory
from connector.store.state import State
from tests.cli.cli import NOW, Cli

GOAL = "faster_first_reply"
DAY = {
    "day", "status", "raw_status", "value", "n", "grade", "raw", "target", "baseline",
    "forecast", "version", "why",
}  # fmt: skip


def state(cli: Cli) -> State:
    return State.open(cli.folder / "var" / "state.sqlite")


def document(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("history", GOAL, "--json", *arguments)
    assert ran.code == ExitCode.DONE, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_it_has_every_day_that_the_run_kept(synced: Cli) -> None:
    found = document(synced)
    with state(synced) as opened:
        kept = GoalHistory(opened).days(GOAL)
    assert [one["day"] for one in found["days"]] == [one.day.isoformat() for one in kept]
    assert [one["status"] for one in found["days"]] == [one.status for one in kept]
    assert len(kept) == 48
    assert {frozenset(one) for one in found["days"]} == {frozenset(DAY)}
    assert found["goal"]["id"] == GOAL


def test_changes_are_those_of_the_days_with_their_reasons(synced: Cli) -> None:
    found = document(synced)
    days = found["days"]
    turned = [now for before, now in pairwise(days) if before["status"] != now["status"]]
    assert turned
    assert [(one["day"], one["status"], one["why"]) for one in found["changes"]] == [
        (one["day"], one["status"], one["why"]) for one in turned
    ]


def test_days_that_no_run_kept_are_told_all_the_same_and_not_kept(synced: Cli) -> None:
    before = document(synced)["days"]
    with state(synced) as opened:
        opened.write("delete from days", {})
    assert document(synced)["days"] == before
    with state(synced) as opened:
        assert GoalHistory(opened).days(GOAL) == []


def test_since_leaves_out_what_was_before(synced: Cli) -> None:
    found = document(synced, "--since", "2026-11-16")
    assert [one["day"] for one in found["days"]] == ["2026-11-16", "2026-11-17", "2026-11-18"]


@pytest.mark.parametrize("columns", [80, 200])
def test_the_drawing_fits_the_terminal(synced: Cli, columns: int) -> None:
    synced.columns = columns
    out = synced("history", GOAL).out
    assert all(len(line) <= columns for line in out.splitlines())
    assert "╌ target 1 h" in out
    assert "┈ baseline" in out
    assert "Changes of status" in out
    assert "(was " in out


def test_a_changed_target_is_a_version_with_what_it_was(synced: Cli) -> None:
    text = synced.mapping.read_text(encoding="utf-8")
    assert 'target = "60 min"' in text
    synced.mapping.write_text(text.replace('target = "60 min"', 'target = "50 min"', 1), "utf-8")
    assert synced("sync").code == ExitCode.DONE
    first, second = document(synced)["versions"]
    assert first["changes"] == []
    assert {"name": "target", "before": "1 h", "after": "50 min"} in second["changes"]
    assert "target from 1 h to 50 min" in synced("history", GOAL).flat
    told = "was changed in its mapping on 18 Nov 2026: target from 1 h to 50 min"
    assert told in synced("digest").flat
    assert told in synced("digest", "--since", "2026-11-18T09:00Z").flat


def test_what_was_said_and_learned_is_told(synced: Cli) -> None:
    with state(synced) as opened:
        history = GoalHistory(opened)
        history.check_in(CheckIn(goal=GOAL, at=NOW, by="Ann", confidence=7, note="hiring [b]helps"))
        history.close(
            Closing(
                goal=GOAL,
                start=datetime(2026, 7, 1, tzinfo=UTC),
                end=datetime(2026, 10, 1, tzinfo=UTC),
                closed_at=NOW,
                value=4200,
                grade=0.6,
                status="missed",
            )
        )
    told = synced("history", GOAL).flat
    assert "2026-11-18 Ann: confidence 7 of 10; hiring [b]helps" in told
    assert (
        "2026-07-01 to 2026-09-30 ✘ missed: final value 1 h 10 min; grade 0.60; no lesson" in told
    )
    assert synced("close", GOAL, "--lesson", "start earlier").code == ExitCode.DONE
    assert f"{GOAL}: 2026-07-01 to 2026-09-30 ✘ missed" in synced("goals").flat
    assert "lesson: start earlier" in synced("goals").flat
    assert "lesson" not in synced("goals", "--as-of", "2026-11-01").flat
    assert "lesson: start earlier" in synced("history", GOAL).flat
    assert [one["lesson"] for one in document(synced)["closings"]] == ["start earlier"]


def test_a_goal_that_left_the_mapping_still_has_its_history(synced: Cli) -> None:
    text = synced.mapping.read_text(encoding="utf-8")
    synced.mapping.write_text(text.replace(GOAL, "renamed"), "utf-8")
    found = document(synced)
    assert found["goal"] is None
    assert len(found["days"]) == 48
    assert "No longer in a mapping" in synced("history", GOAL).out


def test_the_goal_of_a_person_is_shown_to_them_and_to_the_line_above(synced: Cli) -> None:
    synced.edit(synced.mapping, f"[goal.{GOAL}]\n", f'[goal.{GOAL}]\nlevel = "person"\n')
    refused = synced("history", GOAL)
    assert refused.code == ExitCode.CONFIG
    assert "--viewer NAME" in refused.err
    assert refused.out == ""
    assert synced("history", GOAL, "--viewer", "Somebody").code == ExitCode.CONFIG
    assert synced("history", GOAL, "--viewer", "support lead").code == ExitCode.DONE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("faster_first_repyl",), 'did you mean "faster_first_reply"?'),
        (("customers_looked_after",), "is an objective"),
        ((GOAL, "--since", "tomorrow"), "is no time"),
        ((GOAL, "--since", "2027-01-01"), "lies in the future"),
    ],
)
def test_wrong_input_is_refused_with_what_to_do(
    synced: Cli, arguments: tuple[str, ...], words: str
) -> None:
    ran = synced("history", *arguments)
    assert (ran.code, ran.out) == (ExitCode.CONFIG, "")
    assert words in " ".join(ran.err.split())


def test_before_the_first_sync_it_says_what_to_do(cli: Cli) -> None:
    assert "connector sync" in cli("history", GOAL).err


def test_each_of_many_has_its_own_history(synced: Cli) -> None:
    synced.edit(synced.mapping, f"[goal.{GOAL}]\n", f'[goal.{GOAL}]\nfor_each = "group"\n')
    assert synced("sync").code == ExitCode.DONE
    with state(synced) as opened:
        made = sorted(
            one for one in GoalHistory(opened).last_days() if one.startswith(f"{GOAL}_of_")
        )
    ran = synced("history", made[0], "--json")
    assert ran.code == ExitCode.DONE
    found = json.loads(ran.out)
    assert found["goal"]["for_whom"]
    assert len(found["days"]) == 48


def test_a_goal_without_a_kpi_tells_its_check_ins(synced: Cli) -> None:
    written = """
[goal.writing]
kind = "development"
title = "Learn to write"
owner = "Ann"
period = { start = 2026-10-01, end = 2027-01-01 }
"""
    text = synced.mapping.read_text(encoding="utf-8")
    synced.mapping.write_text(text + written, "utf-8")
    synced("checkin", "writing", "--note", "half the book is read")
    told = synced("history", "writing").flat
    assert "no values to draw" in told
    assert "Ann: half the book is read" in told
