"""What a digest tells of goals: changes, dangers, wins and things to do, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connector.config.mapping import GoalTable
from connector.goals.digest import (
    Ended,
    Entry,
    Facts,
    Rewritten,
    at_risk,
    changed,
    small_wins,
    summary,
)
from connector.goals.digest_next import to_do
from connector.model.goal import (
    CheckIn,
    DayVerdict,
    GoalReport,
    MilestoneReport,
    ObjectiveReport,
    Outlook,
    Streak,
)
from connector.model.kpi import Period

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
SINCE = date(2026, 11, 11)
PERIOD = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def goal(id_: str = "g", status: str = "on_track", **changes: Any) -> GoalReport:
    values: dict[str, Any] = {
        "id": id_,
        "kind": "key_result",
        "title": id_.upper(),
        "level": "team",
        "scope": "all tickets",
        "kpi": "first_reply",
        "period": PERIOD,
        "baseline": 5700.0,
        "target": 3600.0,
        "value": 4200.0,
        "unit": "s",
        "n": 120,
        "grade": 0.7,
        "raw": 0.7,
        "status": status,
        "flags": (),
        "forecast": None,
        "as_of": NOW,
        "why": f"{id_} stands there",
        "owner": "Lead",
        "checkin": CheckIn(goal=id_, at=NOW, confidence=6),
    }
    return GoalReport(**{**values, **changes})


def objective(status: str, **changes: Any) -> ObjectiveReport:
    values: dict[str, Any] = {
        "id": "o",
        "title": "O",
        "level": "team",
        "grade": None,
        "why": "below",
    }
    return ObjectiveReport(status=status, **{**values, **changes})


def table(**changes: Any) -> GoalTable:
    written = {
        "title": "G",
        "kpi": "first_reply",
        "owner": "Lead",
        "target": "60 min",
        "period": {"start": date(2026, 10, 1), "end": date(2027, 1, 1)},
    }
    return GoalTable.model_validate({**written, **changes})


def days(*statuses: str, last: date = date(2026, 11, 18)) -> list[DayVerdict]:
    first = last - timedelta(days=len(statuses) - 1)
    return [
        DayVerdict(
            day=first + timedelta(days=number),
            status=status,
            raw_status=status,
            why=f"day {number}",
        )
        for number, status in enumerate(statuses)
    ]


def facts(*goals: GoalReport, **changes: Any) -> Facts:
    return Facts(**{"since": SINCE, "now": NOW, "goals": goals, **changes})


def told(entries: Sequence[Entry]) -> list[str]:
    return [f"{one.title} {one.text}: {one.why}" for one in entries]


def changes_of(*statuses: str, **report: Any) -> list[str]:
    one = goal(status=report.pop("status", statuses[-1]), **report)
    return told(list(changed(facts(one, days={"g": days(*statuses)}))))


def test_a_change_is_told_with_its_day_and_reason() -> None:
    assert changes_of("on_track", "at_risk", "at_risk") == [
        "G went from on track to at risk on 17 Nov 2026: day 1"
    ]


def test_what_was_before_the_first_day_is_no_news() -> None:
    assert changes_of("on_track", *["at_risk"] * 9) == []
    assert len(changes_of("on_track", *["at_risk"] * 8)) == 1


def test_a_detour_is_told_once() -> None:
    assert changes_of("on_track", "at_risk", "on_track") == [
        "G was at risk for a while and is on track again since 18 Nov 2026: day 2"
    ]
    assert changes_of("on_track", "at_risk", "off_track") == [
        "G went from on track to off track on 18 Nov 2026, having been at risk between: day 2"
    ]


def test_what_turned_since_the_day_began_is_told_too() -> None:
    assert changes_of("safe", "safe", status="violated", kind="anti_goal") == [
        "G went from safe to violated on 18 Nov 2026: g stands there"
    ]


def test_what_was_told_before_its_day_was_over_is_not_told_again() -> None:
    now, known = goal(status="violated", kind="anti_goal"), {"g": days("safe", "violated")}
    assert list(changed(facts(now, days=known, then={"g": now}))) == []
    before = goal(status="safe", kind="anti_goal")
    assert len(list(changed(facts(now, days=known, then={"g": before})))) == 1
    again = {"g": days("violated", "safe", "violated")}
    assert len(list(changed(facts(now, days=again, then={"g": now})))) == 1


def test_what_an_anti_goal_caps_is_news_once() -> None:
    capped = goal(status="off_track", capped_by=("few_open",))
    known = {"g": days("on_track", "on_track")}
    assert list(changed(facts(capped, days=known, then={"g": capped}))) == []
    (news,) = changed(facts(capped, days=known, then={"g": goal()}))
    assert news.text == "went from on track to off track on 18 Nov 2026"


def test_what_was_rewritten_in_the_mapping_is_a_change() -> None:
    rewritten = {"g": [Rewritten(date(2026, 11, 12), "target from 1 h to 50 min")]}
    (news,) = changed(facts(goal(), rewritten=rewritten))
    assert news.text == "was changed in its mapping on 12 Nov 2026"
    assert news.why == "target from 1 h to 50 min"


def test_an_objective_is_compared_with_what_was_told_then() -> None:
    now = objective("at_risk")
    (news,) = changed(facts(objectives=[now], then={"o": objective("on_track")}))
    assert (news.text, news.why) == ("went from on track to at risk", "below")
    assert list(changed(facts(objectives=[now], then={"o": now}))) == []
    assert list(changed(facts(objectives=[now]))) == []


def test_the_gravest_come_first_and_the_rest_stand_as_in_the_mapping() -> None:
    found = at_risk(
        facts(
            goal("a", "at_risk"),
            goal("b", "off_track"),
            goal("c", "on_track"),
            goal("d", "warning"),
            goal("e", "violated"),
            tables={"e": table(kind="anti_goal", target=None, limit="2 h")},
        )
    )
    assert [one.goal for one in found] == ["e", "b", "a", "d"]


def test_goals_of_people_are_never_sorted_by_how_they_stand() -> None:
    people = [
        goal(name, status, level="person")
        for name, status in (("ann", "at_risk"), ("bob", "off_track"), ("cy", "at_risk"))
    ]
    found = at_risk(facts(*people, goal("team", "at_risk")))
    assert [one.goal for one in found] == ["team", "ann", "bob", "cy"]


def test_numbers_have_units_and_dates_and_the_reason_is_there() -> None:
    since = datetime(2026, 11, 3, tzinfo=UTC)
    berlin = goal(status="off_track", since=since - timedelta(hours=1), timezone="Europe/Berlin")
    (found,) = at_risk(facts(berlin))
    assert found.text == (
        "is off track since 3 Nov 2026, at 1 h 10 min with the target 1 h (n 120)"
    )
    assert (found.why, found.owner) == ("g stands there", "Lead")


def test_what_is_over_and_what_nobody_accepted_is_not_at_risk() -> None:
    over = Period(PERIOD.start, NOW - timedelta(days=1))
    assert list(at_risk(facts(goal(status="missed", period=over)))) == []
    assert list(at_risk(facts(goal(status="violated", kind="anti_goal", period=over)))) == []
    provisional = goal(status="violated", period=over, flags=("provisional",))
    assert len(list(at_risk(facts(provisional)))) == 1
    proposal = {"g": table(proposed_by="Ann")}
    assert list(at_risk(facts(goal(status="off_track"), tables=proposal))) == []


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (("on_track", "achieved"), "was achieved on 18 Nov 2026"),
        (("violated", "safe"), "is safe again since 18 Nov 2026, after being violated"),
    ],
)
def test_a_win_is_told_as_a_win_and_not_twice(statuses: tuple[str, ...], words: str) -> None:
    known = facts(goal(status=statuses[-1]), days={"g": days(*statuses)})
    assert [one.text for one in small_wins(known)] == [words]
    assert list(changed(known)) == []


def milestone(state: str, **changes: Any) -> MilestoneReport:
    values: dict[str, Any] = {"name": "half way", "day": date(2026, 11, 14), "why": "250 of 260"}
    return MilestoneReport(state=state, **{**values, **changes})


def backward(*milestones: MilestoneReport, **changes: Any) -> GoalReport:
    return goal(kind="backward", outlook=Outlook(milestones=milestones, **changes))


def test_a_milestone_is_a_win_in_the_digest_after_it_was_reached() -> None:
    reached = milestone("reached", reached_on=date(2026, 11, 12), timing="early")
    (win,) = small_wins(facts(backward(reached)))
    assert win.text == 'reached the milestone "half way" on 12 Nov 2026, early'
    assert win.why == "250 of 260"
    assert list(small_wins(facts(backward(reached), then={"g": backward(reached)}))) == []
    before = {"g": backward(milestone("due_soon"))}
    assert len(list(small_wins(facts(backward(reached), then=before)))) == 1
    old = milestone("reached", reached_on=date(2026, 11, 1))
    assert list(small_wins(facts(backward(old)))) == []


def test_a_goal_closed_by_hand_is_a_win() -> None:
    said = CheckIn(goal="g", at=NOW - timedelta(days=2), evidence="report")
    closed = goal(status="achieved", kind="development", checkin=said)
    assert [one.text for one in small_wins(facts(closed))] == ["is achieved"]
    assert list(small_wins(facts(closed, then={"g": closed}))) == []


@pytest.mark.parametrize(("clean", "praised"), [(13, 0), (14, 1), (21, 1), (22, 0), (33, 1)])
def test_a_clean_streak_is_praised_when_it_is_completed(clean: int, praised: int) -> None:
    report = goal(status="safe", kind="anti_goal", streak=Streak(clean_days=clean))
    assert len(list(small_wins(facts(report)))) == praised


def test_milestones_tell_what_to_do_and_whose_they_are() -> None:
    report = backward(
        milestone("due_soon", owner="Ann"),
        milestone("missed"),
        milestone("unreachable"),
        milestone("upcoming"),
        problems=("too few working days",),
    )
    assert [one.text for one in to_do(facts(report))] == [
        'has the milestone "half way" due on 14 Nov 2026 (Ann answers for it)',
        'missed the milestone "half way" of 14 Nov 2026, so plan again what comes after it',
        'can hardly reach the milestone "half way" by 14 Nov 2026',
        "needs another plan",
    ]


def test_lessons_proposals_and_contradictions_wait_for_people() -> None:
    found = to_do(
        facts(
            goal("h"),
            goal(disagrees="Lead is confident (9 of 10), the numbers say off track"),
            tables={
                "g": table(proposed_by="Ann", objective="o"),
                "o": table(owner="Head"),
            },
            ended=[
                Ended("h", date(2026, 10, 1), "missed"),
                Ended("g", SINCE, "missed"),
                Ended("other", SINCE, "missed"),
            ],
        )
    )
    assert [one.text for one in found] == [
        "ended on 1 Oct 2026, missed: write down what was learned with `connector close h`",
        "should be talked about",
        "was proposed by Ann and counts for nothing until Head accepts it",
    ]


def test_what_cannot_be_judged_and_old_data_are_named() -> None:
    found = told(list(to_do(facts(goal("a", "needs_baseline"), goal("b", flags=("stale",))))))
    assert found[0] == "A cannot be judged yet: a stands there"
    assert found[1].endswith("since these rest on old data: B")


def test_owners_who_said_nothing_for_long_are_asked_once_for_all_their_goals() -> None:
    long_ago = CheckIn(goal="b", at=NOW - timedelta(days=15), confidence=6)
    found = list(
        to_do(
            facts(
                goal("a", checkin=None),
                goal("b", checkin=long_ago),
                goal("c", checkin=CheckIn(goal="c", at=NOW - timedelta(days=14), note="fine")),
                goal("d", "not_started", checkin=None),
                goal("e", "safe", kind="anti_goal", checkin=None),
                goal("f", owner="Ann", checkin=None),
                goal("h", checkin=None, period=Period(NOW - timedelta(days=3), PERIOD.end)),
            )
        )
    )
    assert [(one.owner, one.why) for one in found] == [("Lead", "A, B"), ("Ann", "F")]
    assert "these 2 goals" in found[0].text


def test_the_summary_counts_every_goal_once() -> None:
    known = facts(goal("a"), goal("b", "violated"), goal("c", "paused"), goal("d", "safe"))
    assert summary(known) == (
        "4 goals: 2 all right, 1 off track, missed or violated, 1 not judged yet or paused."
    )
    assert summary(facts()) == "No goals to tell of."
