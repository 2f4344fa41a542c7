"""What drives a goal with a KPI of its own, and where it says otherwise."""

from __future__ import annotations

import pytest

from connector.goals.drivers import drivers_of, with_drivers
from connector.goals.visibility import sight
from tests.goals.trees import anti, node, objective, report


@pytest.mark.parametrize(
    ("parent", "below", "words"),
    [
        ("off_track", ("on_track", "achieved"), "is well, yet it is off track"),
        ("missed", ("achieved",), "is well, yet it is missed"),
        ("on_track", ("off_track", "missed"), "is off track, yet it is on track"),
    ],
)
def test_a_contradiction_is_flagged(parent: str, below: tuple[str, ...], words: str) -> None:
    served = [node(f"n{number}", status) for number, status in enumerate(below)]
    found = drivers_of([node("top", parent, parents=()), *served])["top"]
    assert found.flag == "drivers_disagree"
    assert words in found.why


@pytest.mark.parametrize(
    ("parent", "below"),
    [
        ("off_track", ("on_track", "at_risk")),
        ("off_track", ("off_track",)),
        ("at_risk", ("on_track",)),
        ("on_track", ("off_track", "on_track")),
        ("on_track", ("on_track",)),
        ("insufficient_data", ("off_track",)),
        ("off_track", ("insufficient_data",)),
    ],
)
def test_anything_less_is_not(parent: str, below: tuple[str, ...]) -> None:
    served = [node(f"n{number}", status) for number, status in enumerate(below)]
    found = drivers_of([node("top", parent, parents=()), *served])["top"]
    assert (found.flag, found.why) == ("", "")


def test_what_cannot_be_judged_and_proposals_contradict_nothing() -> None:
    top = node("top", "off_track", parents=())
    silent = node("a", "needs_baseline")
    proposal = node("b", "off_track", is_proposal=True)
    found = drivers_of([top, node("c"), silent, proposal])["top"]
    assert found.flag == "drivers_disagree"
    assert [driver.id for driver in found.drivers] == ["c", "a"]
    assert "proposals wait: B (a proposal)" in found.why


def test_an_objective_may_drive_a_goal() -> None:
    team = objective("team", parents=("top",))
    leaf = node("leaf", "off_track", 0.2, parents=("team",))
    found = drivers_of([node("top", parents=()), team, leaf])
    assert [(one.id, one.status, one.grade) for one in found["top"].drivers] == [
        ("team", "off_track", 0.2)
    ]
    assert set(found) == {"top"}


def test_a_goal_keeps_its_own_grade_and_status() -> None:
    before = report(status="off_track")
    nodes = [node("top", "off_track", parents=()), node("a", grade=1.0), anti("b")]
    (after,) = with_drivers([before], nodes)
    assert (after.grade, after.status) == (before.grade, "off_track")
    assert "drivers_disagree" in after.flags
    assert after.why.startswith(f"{before.why}; everything that serves it is well")
    assert [driver.grade for driver in after.drivers] == [1.0, None]


def test_a_goal_that_nothing_serves_stays_as_it_is() -> None:
    assert with_drivers([report()], [node("top", parents=())]) == [report()]


def test_what_is_hidden_is_neither_told_nor_listed() -> None:
    nodes = [node("top", parents=()), node("ann", level="person", for_whom="Ann")]
    reports = [report(), report(id="ann")]
    (after,) = with_drivers(reports, nodes, sight(nodes))
    assert (after.id, after.drivers) == ("top", ())
    assert after.why.endswith("not shown: 1 goal of people")
