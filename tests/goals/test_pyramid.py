"""The pyramid: who serves whom, what drives a goal, and who may see the goals of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.config.mapping import GoalTable, ObjectiveTable
from connector.errors import MappingError
from connector.goals.drivers import drivers_of, with_drivers
from connector.goals.objective import roll_up
from connector.goals.pyramid import Node, in_order, nodes_of, template_of
from connector.goals.visibility import sight
from connector.model.goal import GoalReport
from tests.goals.cases import END, MIN, anti_goal, goal, judged, value
from tests.goals.trees import anti, node, objective


def report(**changes: Any) -> GoalReport:
    return replace(judged(goal(), value(70 * MIN)), **{"id": "top", **changes})


class TestNodes:
    def test_they_stand_as_written_and_as_judged(self) -> None:
        table = goal(objective="top", serves=["desk"], weight=2, critical=True)
        top = ObjectiveTable(title="Top", owner="Boss", parents=("firm",))
        above, below = nodes_of({"top": top}, {"a": table}, [report(id="a", status="at_risk")])
        assert (above.kind, above.owner, above.parents) == ("objective", "Boss", ("firm",))
        assert (below.parents, below.weight, below.critical) == (("top", "desk"), 2.0, True)
        assert (below.status, below.grade, below.is_final) == ("at_risk", report().grade, False)

    def test_a_goal_that_was_not_judged_has_no_status(self) -> None:
        (alone,) = nodes_of({}, {"a": goal()}, [])
        assert (alone.status, alone.is_judged) == ("", False)

    def test_a_proposal_is_one_until_it_is_accepted(self) -> None:
        tables = {
            "a": goal(proposed_by="Ann"),
            "b": goal(proposed_by="Ann", accepted_by="Boss"),
        }
        assert [one.is_proposal for one in nodes_of({}, tables, [])] == [True, False]

    def test_goals_for_each_drive_the_goal_they_were_made_from_where_it_is_judged(self) -> None:
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

    def test_an_id_is_made_from_the_longest_name_that_fits(self) -> None:
        tables = {id_: goal(for_each="group") for id_ in ("a", "a_of_b")} | {"c": goal()}
        assert template_of("a_of_b_of_7", tables) == "a_of_b"
        assert [template_of(one, tables) for one in ("a", "a_of_", "c_of_7", "b")] == [None] * 4

    def test_an_anti_goal_is_final_once_its_period_is_over_and_settled(self) -> None:
        def is_final(as_of: datetime, *flags: str, table: GoalTable | None = None) -> bool:
            kind = (table or anti_goal(limit="60 min")).kind
            one = report(id="a", kind=kind, status="safe", as_of=as_of, flags=flags)
            (found,) = nodes_of({}, {"a": anti_goal(limit="60 min")}, [one])
            return found.is_final

        assert is_final(END)
        assert not is_final(END - timedelta(seconds=1))
        assert not is_final(END, "provisional")


class TestOrder:
    def test_what_serves_comes_first(self) -> None:
        leaf, middle = node("leaf", parents=("mid",)), objective("mid", parents=("top",))
        found = [one.id for one in in_order([objective(), middle, leaf])]
        assert found == ["leaf", "mid", "top"]

    def test_a_circle_is_refused_by_name(self) -> None:
        above = {"a": "b", "b": "c", "c": "a"}
        circle = [objective(id_, parents=(parent,)) for id_, parent in above.items()]
        with pytest.raises(MappingError, match="serve each other in a circle") as caught:
            in_order(circle)
        told = str(caught.value).partition("circle: ")[2].split(" serves ")
        assert [above[id_] for id_ in told[:-1]] == told[1:]

    @given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=10))
    def test_every_goal_comes_once_and_before_its_parents(self, drawn: list[list[int]]) -> None:
        nodes = [
            node(f"n{number}", parents=tuple(f"n{p}" for p in above if p < number))
            for number, above in enumerate(drawn)
        ]
        order = [one.id for one in in_order(nodes)]
        assert sorted(order) == sorted(one.id for one in nodes)
        for one in nodes:
            assert all(order.index(one.id) < order.index(parent) for parent in one.parents)


class TestDrivers:
    @pytest.mark.parametrize(
        ("parent", "below", "words"),
        [
            ("off_track", ("on_track", "achieved"), "is well, yet it is off track"),
            ("missed", ("achieved",), "is well, yet it is missed"),
            ("on_track", ("off_track", "missed"), "is off track, yet it is on track"),
        ],
    )
    def test_a_contradiction_is_flagged(
        self, parent: str, below: tuple[str, ...], words: str
    ) -> None:
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
    def test_anything_less_is_not(self, parent: str, below: tuple[str, ...]) -> None:
        served = [node(f"n{number}", status) for number, status in enumerate(below)]
        found = drivers_of([node("top", parent, parents=()), *served])["top"]
        assert (found.flag, found.why) == ("", "")

    def test_what_cannot_be_judged_and_proposals_contradict_nothing(self) -> None:
        top = node("top", "off_track", parents=())
        silent = node("a", "needs_baseline")
        proposal = node("b", "off_track", is_proposal=True)
        found = drivers_of([top, node("c"), silent, proposal])["top"]
        assert found.flag == "drivers_disagree"
        assert [driver.id for driver in found.drivers] == ["c", "a"]
        assert "proposals wait: B (a proposal)" in found.why

    def test_an_objective_may_drive_a_goal(self) -> None:
        team = objective("team", parents=("top",))
        leaf = node("leaf", "off_track", 0.2, parents=("team",))
        found = drivers_of([node("top", parents=()), team, leaf])
        assert [(one.id, one.status, one.grade) for one in found["top"].drivers] == [
            ("team", "off_track", 0.2)
        ]
        assert set(found) == {"top"}

    def test_a_goal_keeps_its_own_grade_and_status(self) -> None:
        before = report(status="off_track")
        nodes = [node("top", "off_track", parents=()), node("a", grade=1.0), anti("b")]
        (after,) = with_drivers([before], nodes)
        assert (after.grade, after.status) == (before.grade, "off_track")
        assert "drivers_disagree" in after.flags
        assert after.why.startswith(f"{before.why}; everything that serves it is well")
        assert [driver.grade for driver in after.drivers] == [1.0, None]

    def test_a_goal_that_nothing_serves_stays_as_it_is(self) -> None:
        assert with_drivers([report()], [node("top", parents=())]) == [report()]

    def test_what_is_hidden_is_neither_told_nor_listed(self) -> None:
        nodes = [node("top", parents=()), node("ann", level="person", for_whom="Ann")]
        reports = [report(), report(id="ann")]
        (after,) = with_drivers(reports, nodes, sight(nodes))
        assert (after.id, after.drivers) == ("top", ())
        assert after.why.endswith("not shown: 1 goal of people")


class TestVisibility:
    @pytest.fixture
    def nodes(self) -> list[Node]:
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
        self, nodes: list[Node], viewer: str | None, hidden: set[str]
    ) -> None:
        assert sight(nodes, viewer).hidden == hidden

    def test_what_is_hidden_is_counted_by_parent(self, nodes: list[Node]) -> None:
        assert sight(nodes).counts == {"desk": 2, "other": 1}
        assert sight(nodes, "Ann Lee").counts == {"desk": 1, "other": 1}

    def test_what_is_seen_stays_in_its_order(self, nodes: list[Node]) -> None:
        values = {"ann": 0.1, "bob": 0.9, "team": 0.5}
        reports = [report(id=id_, grade=grade) for id_, grade in values.items()]
        assert [one.id for one in sight(nodes, "Lead").of(reports)] == ["ann", "bob", "team"]
        assert [one.id for one in sight(nodes).of(reports)] == ["team"]

    def test_an_owner_without_a_name_is_nobody(self) -> None:
        nodes = [objective(owner=""), node("ann", level="person", owner="", for_whom="")]
        assert sight(nodes, " ").hidden == {"ann"}
