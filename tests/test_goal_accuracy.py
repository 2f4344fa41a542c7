"""The judge of goal statuses: what a naive reader knows, and how what was said is counted."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from connector.practice.team_seed import teams_world
from connector.practice.team_truth import QuarterTruth, truth_of
from connector.practice.teams import LIMIT_S, Plan, midnight

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from goal_accuracy_facts import NEVER, Facts, facts_of, is_met, is_red, looks
from goal_accuracy_tables import by_status, calibration, ever
from goal_accuracy_watch import Look, Watched

PLAN = Plan(weekly=2)
START, END = PLAN.quarters[0]
TRUTH = {(one.team, one.kpi): one for one in truth_of(PLAN).kpis}
STEADY = TRUTH["steady", "reopened"]


def noon(day: int) -> float:
    return midnight(START + timedelta(days=day)).timestamp() + 12 * 3600


def test_a_reopening_is_known_when_it_has_come() -> None:
    facts = Facts(np.array([noon(0), noon(1)]), np.zeros(2), np.array([noon(3), NEVER]))
    shares = [facts.so_far("reopened", (START, END), START + timedelta(d)) for d in range(5)]
    assert shares == [None, 0.0, 0.0, 0.0, 0.5]


def test_red_is_on_the_wrong_side_of_the_target_and_contacts_have_the_part_that_is_due() -> None:
    quarter, contacts = STEADY.quarters[0], TRUTH["steady", "contacts"]
    assert is_met(quarter.target, quarter.target, STEADY)
    assert not is_red(quarter.target, STEADY, quarter, END)
    assert is_red(quarter.target + 0.01, STEADY, quarter, END)
    assert not is_red(None, STEADY, quarter, END)
    due, tenth = contacts.quarters[0], START + (END - START) / 10
    assert not is_red(0.09 * due.target, contacts, due, tenth)
    assert is_red(0.11 * due.target, contacts, due, tenth)


def test_every_day_of_a_quarter_is_looked_at_and_the_last_look_is_at_its_end() -> None:
    days = looks(STEADY.quarters[0])
    assert (days[0], days[-1], len(days)) == (START + timedelta(1), END, 90)


def test_the_facts_are_those_of_the_tickets() -> None:
    world = teams_world(PLAN)
    facts = facts_of(world, LIMIT_S)
    assert set(facts) == set(TRUTH)
    created = sum(len(one.at) for (_, kpi), one in facts.items() if kpi == "contacts")
    assert created == len(world.tickets)
    replies, in_time = facts["gaming", "first_reply"], facts["gaming", "in_time"]
    assert list(in_time.value) == [float(wait <= LIMIT_S) for wait in replies.value]
    assert 0 < np.isfinite(facts["gaming", "reopened"].turned).sum() < len(replies.at)
    rated = sum(len(one.at) for (_, kpi), one in facts.items() if kpi == "satisfied")
    assert rated == sum(one.score in {"good", "bad"} for one in world.ratings.values())


@pytest.fixture
def goals() -> list[Watched]:
    """Return one goal that was said to fail and did not, and one that was said to hold and did."""
    return [_watched(["off_track", "on_track"], 0.1), _watched(["on_track"], 0.9)]


def _watched(states: list[str], chance: float) -> Watched:
    quarter: QuarterTruth = STEADY.quarters[0]
    made = [
        Look(day / 90, states[min(len(states) - 1, day // 60)], chance, is_red=False, gap=0.0)
        for day in range(1, 91)
    ]
    return Watched("steady", "satisfied", 0, quarter, True, "achieved", 0.0, tuple(made))


def test_what_was_said_is_counted_with_how_it_ended(goals: list[Watched]) -> None:
    rows = {line.split(" | ")[0].strip("| `"): line for line in by_status(goals).splitlines()}
    assert rows["off_track"].split(" | ")[1:3] == ["1", "100%"]
    assert rows["on_track"].split(" | ")[1:3] == ["1", "100%"]
    assert rows["on_track"].split(" | ")[7] == "2"
    assert "exactly on target | 2 | 50% | 50% | 0%" in ever(goals)
    assert "stay as they are | 0.0 to 0.2 | 1 | 0.10 | 1.00" in calibration(goals)
