"""What became of goals: kept for good, told by goal and time, open beside a running run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from connector.model.goal import CheckIn
from connector.store.database import Database
from connector.store.goal_history import Closing, DayRow, GoalHistory, GoalVersionRow
from tests.store.records import at


@pytest.fixture
def history(tmp_path: Path) -> Iterator[GoalHistory]:
    with Database.open(tmp_path / "state.sqlite") as state:
        yield GoalHistory(state)


def day(number: int, status: str = "on_track") -> DayRow:
    return DayRow(
        day=date(2026, 3, number),
        status=status,
        evaluation='{"value":1.5}',
        version=1,
        judged_at=at(number),
    )


def checkin(minutes: float = 0, goal: str = "g", confidence: int | None = 7) -> CheckIn:
    return CheckIn(goal=goal, at=at(minutes), by="Ann", confidence=confidence, note="so so")


def closing(minutes: float = 10, status: str = "missed") -> Closing:
    return Closing(
        goal="g",
        start=at(0),
        end=at(minutes),
        closed_at=at(20),
        value=None,
        grade=0.4,
        status=status,
        lesson="start earlier",
        carry_over="h",
    )


def test_days_come_back_as_they_were_kept_oldest_first(history: GoalHistory) -> None:
    history.keep_days("g", [day(2), day(1)], "r1")
    history.keep_days("other", [day(3)], "r1")
    assert history.days("g") == [day(1), day(2)]


def test_a_day_is_never_rewritten(history: GoalHistory) -> None:
    history.keep_days("g", [day(1)], "r1")
    history.keep_days("g", [day(1, "missed"), day(2)], "r2")
    assert [row.status for row in history.days("g")] == ["on_track", "on_track"]


def test_days_are_told_from_one_day_to_another_both_included(history: GoalHistory) -> None:
    history.keep_days("g", [day(number) for number in range(1, 6)], "r1")
    found = history.days("g", since=date(2026, 3, 2), until=date(2026, 3, 4))
    assert [row.day.day for row in found] == [2, 3, 4]


def test_the_last_day_of_each_goal(history: GoalHistory) -> None:
    history.keep_days("g", [day(1), day(10, "at_risk"), day(9)], "r1")
    history.keep_days("h", [day(2)], "r1")
    assert history.last_days() == {"g": day(10, "at_risk"), "h": day(2)}


def test_versions_stay_as_they_were_written(history: GoalHistory) -> None:
    first = GoalVersionRow(version=1, valid_from=at(0), fingerprint="a", definition="{}")
    second = GoalVersionRow(
        version=2, valid_from=at(5), fingerprint="b", definition="{}", reason="target raised"
    )
    history.keep_version("g", second)
    history.keep_version("g", first)
    rewritten = GoalVersionRow(version=1, valid_from=at(9), fingerprint="c", definition="{}")
    history.keep_version("g", rewritten)
    assert history.versions("g") == [first, second]
    assert history.versions("h") == []


def test_check_ins_are_told_up_to_an_instant(history: GoalHistory) -> None:
    for minutes in (5, 1, 9):
        history.check_in(checkin(minutes))
    history.check_in(checkin(2, goal="h", confidence=None))
    assert [found.at for found in history.checkins("g")] == [at(1), at(5), at(9)]
    assert history.checkins("g", at(5)) == [checkin(1), checkin(5)]
    assert history.last_checkins(at(6)) == {"g": checkin(5), "h": checkin(2, "h", None)}


def test_the_same_person_at_the_same_instant_corrects_a_check_in(history: GoalHistory) -> None:
    history.check_in(checkin(1, confidence=2))
    history.check_in(checkin(1, confidence=8))
    assert [found.confidence for found in history.checkins("g")] == [8]


def test_the_end_of_a_period_is_kept_for_good(history: GoalHistory) -> None:
    history.close(closing(20))
    history.close(closing(10))
    history.close(closing(10, status="achieved"))
    assert history.closings("g") == [closing(10), closing(20)]


def test_a_lesson_is_added_to_an_end_that_was_kept_and_changes_nothing_else(
    history: GoalHistory,
) -> None:
    history.close(closing(10))
    history.close(closing(20))
    history.learn("g", at(20), lesson="start earlier")
    history.learn("g", at(20), carry_over="next_quarter")
    learned = msgspec.structs.replace(
        closing(20), lesson="start earlier", carry_over="next_quarter"
    )
    assert history.closings("g") == [closing(10), learned]


def test_a_lesson_makes_no_end_where_there_is_none(history: GoalHistory) -> None:
    history.learn("g", at(20), lesson="start earlier")
    assert history.closings("g") == []
    assert history.ends() == frozenset()
