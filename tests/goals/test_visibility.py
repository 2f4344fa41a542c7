"""Who may see the goals of people."""

from __future__ import annotations

import pytest

from connector.goals.pyramid import Node
from connector.goals.visibility import sight
from tests.goals.trees import node, objective, report


@pytest.fixture
def nodes() -> list[Node]:
    return [
        objective("firm", level="company", owner="Chief"),
        objective("desk", level="team", owner="Lead", parents=("firm",)),
        objective("other", level="team", owner="Neighbour"),
        node("ann", level="person", owner="Coach", for_whom="Ann Lee", parents=("desk",)),
        node("bob", level="person", owner="Coach", for_whom="Bob", parents=("desk", "other")),
        node("team", level="team", owner="Someone", parents=("desk",)),
    ]


@pytest.mark.parametrize(
    ("viewer", "hidden"),
    [
        (None, {"ann", "bob"}),
        ("", {"ann", "bob"}),
        ("Ann Lee", {"bob"}),
        ("  ann  LEE", {"bob"}),
        ("Coach", set()),
        ("Lead", set()),
        ("Chief", set()),
        ("Neighbour", {"ann"}),
        ("Someone", {"ann", "bob"}),
        ("Ann", {"ann", "bob"}),
    ],
)
def test_people_and_their_line_see_their_goals(
    nodes: list[Node], viewer: str | None, hidden: set[str]
) -> None:
    assert sight(nodes, viewer).hidden == hidden


def test_what_is_hidden_is_counted_by_parent(nodes: list[Node]) -> None:
    assert sight(nodes).counts == {"desk": 2, "other": 1}
    assert sight(nodes, "Ann Lee").counts == {"desk": 1, "other": 1}


def test_what_is_seen_stays_in_its_order(nodes: list[Node]) -> None:
    values = {"ann": 0.1, "bob": 0.9, "team": 0.5}
    reports = [report(id=id_, grade=grade) for id_, grade in values.items()]
    assert [one.id for one in sight(nodes, "Lead").of(reports)] == ["ann", "bob", "team"]
    assert [one.id for one in sight(nodes).of(reports)] == ["team"]


def test_an_owner_without_a_name_is_nobody() -> None:
    nodes = [objective(owner=""), node("ann", level="person", owner="", for_whom="")]
    assert sight(nodes, " ").hidden == {"ann"}
