"""The pyramid: who serves whom, as written and as judged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config.mapping import GoalTable, ObjectiveTable
from connector.errors import MappingError
from connector.goals.objective import roll_up
from connector.goals.pyramid import in_order, nodes_of, template_of
from tests.goals.cases import END, anti_goal, goal
from tests.goals.trees import node, objective, report


def test_they_stand_as_written_and_as_judged() -> None:
    table = goal(objective="top", serves=["desk"], weight=2, critical=True)
    top = ObjectiveTable(title="Top", owner="Boss", parents=("firm",))
    above, below = nodes_of({"top": top}, {"a": table}, [report(id="a", status="at_risk")])
    assert (above.kind, above.owner, above.parents) == ("objective", "Boss", ("firm",))
    assert (below.parents, below.weight, below.critical) == (("top", "desk"), 2.0, True)
    assert (below.status, below.grade, below.is_final) == ("at_risk", report().grade, False)


def test_a_goal_that_was_not_judged_has_no_status() -> None:
    (alone,) = nodes_of({}, {"a": goal()}, [])
    assert (alone.status, alone.is_judged) == ("", False)


def test_a_proposal_is_one_until_it_is_accepted() -> None:
    tables = {
        "a": goal(proposed_by="Ann"),
        "b": goal(proposed_by="Ann", accepted_by="Boss"),
    }
    assert [one.is_proposal for one in nodes_of({}, tables, [])] == [True, False]


def test_goals_for_each_drive_the_goal_they_were_made_from_where_it_is_judged() -> None:
    tables = {
        "fast": goal(objective="top", for_each="group"),
        "fast_of_7": goal(objective="top"),
    }
    reports = [report(id="fast", grade=0.8), report(id="fast_of_7", grade=0.1)]
    nodes = [objective(), *nodes_of({}, tables, reports)]
    assert [one.parents for one in nodes] == [(), ("top",), ("fast",)]
    (found,) = roll_up(nodes)
    assert (found.grade, [one.id for one in found.drivers]) == (0.8, ["fast"])
    alone = nodes_of({}, tables, reports[1:])
    assert [one.parents for one in alone] == [("top",), ("top",)]


def test_an_id_is_made_from_the_longest_name_that_fits() -> None:
    tables = {id_: goal(for_each="group") for id_ in ("a", "a_of_b")} | {"c": goal()}
    assert template_of("a_of_b_of_7", tables) == "a_of_b"
    assert [template_of(one, tables) for one in ("a", "a_of_", "c_of_7", "b")] == [None] * 4


def test_an_anti_goal_is_final_once_its_period_is_over_and_settled() -> None:
    def is_final(as_of: datetime, *flags: str, table: GoalTable | None = None) -> bool:
        kind = (table or anti_goal(limit="60 min")).kind
        one = report(id="a", kind=kind, status="safe", as_of=as_of, flags=flags)
        (found,) = nodes_of({}, {"a": anti_goal(limit="60 min")}, [one])
        return found.is_final

    assert is_final(END)
    assert not is_final(END - timedelta(seconds=1))
    assert not is_final(END, "provisional")


def test_what_serves_comes_first() -> None:
    leaf, middle = node("leaf", parents=("mid",)), objective("mid", parents=("top",))
    found = [one.id for one in in_order([objective(), middle, leaf])]
    assert found == ["leaf", "mid", "top"]


def test_a_circle_is_refused_by_name() -> None:
    above = {"a": "b", "b": "c", "c": "a"}
    circle = [objective(id_, parents=(parent,)) for id_, parent in above.items()]
    with pytest.raises(MappingError, match="serve each other in a circle") as caught:
        in_order(circle)
    told = str(caught.value).partition("circle: ")[2].split(" serves ")
    assert [above[id_] for id_ in told[:-1]] == told[1:]


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=10))
def test_every_goal_comes_once_and_before_its_parents(drawn: list[list[int]]) -> None:
    nodes = [
        node(f"n{number}", parents=tuple(f"n{p}" for p in above if p < number))
        for number, above in enumerate(drawn)
    ]
    order = [one.id for one in in_order(nodes)]
    assert sorted(order) == sorted(one.id for one in nodes)
    for one in nodes:
        assert all(order.index(one.id) < order.index(parent) for parent in one.parents)
