"""Objectives: worked examples of the roll-up, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.goals.objective import roll_up
from connector.goals.pyramid import Node
from connector.goals.visibility import sight
from tests.goals.trees import anti, ended, node, objective, rolled

STATES = ("on_track", "at_risk", "off_track", "insufficient_data", "missed", "achieved")
SILENT = ("insufficient_data", "needs_baseline", "not_started", "paused", "")


def test_the_grade_is_the_weighted_mean() -> None:
    found = rolled(node("a", grade=0.9, weight=3), node("b", grade=0.1), node("c", grade=0.5))
    assert (found.grade, found.band) == (0.66, "yellow")  # (2.7 + 0.1 + 0.5) / 5
    assert "grade 0.66 is the weighted mean of 3" in found.why


@pytest.mark.parametrize(
    ("grade", "band"), [(0.70, "green"), (0.69, "yellow"), (0.40, "yellow"), (0.39, "red")]
)
def test_bands_go_by_the_rounded_grade(grade: float, band: str) -> None:
    assert rolled(node("a", grade=grade)).band == band


@pytest.mark.parametrize("off", ["off_track", "missed", "violated"])
def test_half_of_the_weight_off_its_way_is_off_track(off: str) -> None:
    assert rolled(node("a", off), node("b")).status == "off_track"
    assert rolled(node("a", off, weight=0.98), node("b")).status == "at_risk"


@pytest.mark.parametrize("worry", ["off_track", "at_risk", "warning"])
def test_a_quarter_of_the_weight_off_or_at_risk_is_at_risk(worry: str) -> None:
    found = rolled(node("a", worry), node("b", weight=3))
    assert found.status == "at_risk"
    words = worry.replace("_", " ")
    assert f"25 % of the weight is off track or at risk: A ({words})" in found.why
    less = rolled(node("a", worry), node("b", weight=3.2))
    assert less.status == "on_track"
    assert less.why.startswith("only 24 % of the weight")


def test_off_and_at_risk_add_up() -> None:
    found = rolled(node("a", "off_track"), node("b", "at_risk"), node("c", weight=6))
    assert found.status == "at_risk"


def test_tenths_add_up_to_a_half() -> None:
    off = [node(id_, "off_track", weight=weight) for id_, weight in (("a", 0.7), ("b", 0.1))]
    assert rolled(*off, node("c", weight=0.8)).status == "off_track"


def test_one_critical_child_is_enough() -> None:
    found = rolled(node("a", "off_track", weight=0.1, critical=True), node("b", weight=9))
    assert found.status == "off_track"
    assert "critical and off its way: A (off track)" in found.why
    at_risk = node("a", "at_risk", weight=0.1, critical=True)
    assert rolled(at_risk, node("b", weight=9)).status == "on_track"


@pytest.mark.parametrize("status", SILENT)
def test_what_cannot_be_judged_is_left_out_of_the_mean_and_named(status: str) -> None:
    found = rolled(node("a", grade=0.8), node("b", status, grade=0.1))
    assert (found.grade, found.status, found.left_out) == (0.8, "on_track", ("b",))
    words = status.replace("_", " ") or "not judged yet"
    assert f"left out: B ({words})" in found.why


def test_more_than_half_of_the_weight_missing_is_insufficient() -> None:
    silent = node("a", "insufficient_data", weight=1.1)
    found = rolled(silent, node("b", "off_track"))
    assert (found.status, found.grade, found.band) == ("insufficient_data", None, "")
    assert "52 % of the weight cannot be judged" in found.why
    assert rolled(node("a", "insufficient_data"), node("b")).status == "on_track"


def test_a_critical_child_decides_whatever_is_missing() -> None:
    silent = node("a", "insufficient_data", weight=5)
    found = rolled(silent, node("b", "off_track", critical=True))
    assert (found.status, found.grade) == ("off_track", None)


def test_nothing_that_serves_it_says_so() -> None:
    assert (rolled().status, rolled().why) == ("insufficient_data", "nothing serves it yet")


@pytest.mark.parametrize("status", ["not_started", "paused"])
def test_where_all_rest_the_objective_does(status: str) -> None:
    assert rolled(node("a", status), node("b", status)).status == status
    both = rolled(node("a", "not_started"), node("b", "paused"))
    assert both.status == "insufficient_data"


def test_anti_goals_count_for_the_status_but_never_for_the_mean() -> None:
    found = rolled(node("a", grade=0.9), anti("b", "violated"))
    assert (found.grade, found.status) == (0.9, "off_track")
    assert "anti-goals count for the status, not for the grade: B (violated)" in found.why
    assert rolled(node("a"), node("c"), node("d"), anti("b", "warning")).status == "at_risk"
    assert rolled(node("a", grade=0.9), node("b", "safe", 0.1, kind="anti_goal")).grade == 0.9


def test_a_goal_without_a_grade_yet_counts_for_the_status() -> None:
    found = rolled(node("a", grade=0.9), node("b", "on_track", None, kind="development"))
    assert (found.grade, found.left_out) == (0.9, ())
    assert "without a grade so far: B (on track)" in found.why


def test_proposals_count_for_nothing_and_are_named() -> None:
    proposal = node("b", "off_track", 0.0, weight=9, is_proposal=True, critical=True)
    found = rolled(node("a", grade=0.8), proposal)
    assert (found.grade, found.status, found.left_out) == (0.8, "on_track", ("b",))
    assert [driver.id for driver in found.drivers] == ["a"]
    assert "left out: B (a proposal)" in found.why
    assert rolled(proposal).why.startswith("only proposals serve it")


def test_drivers_stand_in_the_order_of_the_mapping_not_of_their_grades() -> None:
    found = rolled(node("b", grade=0.1), node("a", grade=0.9), node("c", grade=0.5))
    assert [driver.id for driver in found.drivers] == ["b", "a", "c"]


class TestFinished:
    def test_committed_succeeds_at_1(self) -> None:
        found = rolled(ended("a", 1.0), ended("b", 1.0))
        assert (found.status, found.grade) == ("achieved", 1.0)
        assert rolled(ended("a", 1.0), ended("b", 0.99)).status == "missed"

    def test_aspirational_succeeds_at_0_7(self) -> None:
        reached = rolled(ended("a", 0.6), ended("b", 0.8), commitment="aspirational")
        assert (reached.status, reached.grade) == ("achieved", 0.7)
        failed = rolled(ended("a", 0.6), ended("b", 0.78), commitment="aspirational")
        assert (failed.status, failed.grade) == ("missed", 0.69)

    def test_one_that_still_runs_keeps_it_open(self) -> None:
        assert rolled(ended("a", 1.0), node("b", grade=1.0)).status == "on_track"
        waiting = anti("b", "safe")
        assert rolled(ended("a", 1.0), waiting).status == "on_track"
        assert rolled(ended("a", 1.0), anti("b", "safe", is_final=True)).status == "achieved"

    def test_a_hair_short_of_the_target_is_missed(self) -> None:
        hair = ended("a", 1.0, status="missed")
        found = rolled(hair)
        assert found.status == "missed"
        assert "not all of it was reached: A (missed)" in found.why

    def test_what_ended_unmeasured_is_not_forgotten(self) -> None:
        nothing = ended("a", None, status="missed")
        found = rolled(nothing, ended("b", 0.9), commitment="aspirational")
        assert found.status == "missed"

    def test_a_target_that_was_met_counts_1_even_without_a_baseline(self) -> None:
        found = rolled(ended("a", None), ended("b", 1.0))
        assert (found.status, found.grade) == ("achieved", 1.0)
        assert rolled(ended("a", None), node("b", grade=0.5)).grade == 0.75

    def test_limits_that_were_passed_count(self) -> None:
        broken = anti("b", "violated", is_final=True)
        assert rolled(ended("a", 1.0), broken).status == "missed"
        assert rolled(ended("a", 1.0, weight=2), broken).status == "achieved"
        critical = anti("b", "violated", is_final=True, critical=True, weight=0.1)
        assert rolled(ended("a", 1.0), critical).status == "missed"

    def test_anti_goals_alone_can_be_achieved(self) -> None:
        found = rolled(anti("a", "safe", is_final=True))
        assert (found.status, found.grade) == ("achieved", None)


def test_an_aspirational_goal_that_came_far_enough_is_not_off() -> None:
    aspiring = ended("a", 0.8, commitment="aspirational")
    assert rolled(aspiring, node("b")).status == "on_track"
    assert rolled(ended("a", 0.8), node("b")).status == "off_track"


def test_a_committed_goal_that_missed_by_a_hair_is_off_whatever_its_grade_rounds_to() -> None:
    missed = node("a", "missed", 1.0, is_final=True)
    assert rolled(missed, node("b")).status == "off_track"


def test_objectives_roll_up_over_any_depth_whatever_their_order() -> None:
    firm, desk = objective("firm"), objective("desk", parents=("firm",))
    team = objective("crew", parents=("desk",))
    leaf = node("leaf", "off_track", 0.2, parents=("crew",))
    for order in ([firm, desk, team, leaf], [leaf, team, firm, desk]):
        found = {report.id: report for report in roll_up(order)}
        assert {report.status for report in found.values()} == {"off_track"}
        assert [driver.grade for driver in found["firm"].drivers] == [0.2]


def test_one_goal_counts_for_each_of_its_parents() -> None:
    shared = node("a", grade=0.3, parents=("one", "two", "one"))
    found = roll_up([objective("one"), objective("two"), shared, node("b", parents=("two",))])
    assert [report.grade for report in found] == [0.3, 0.4]
    assert [len(report.drivers) for report in found] == [1, 2]


def test_a_parent_that_is_not_there_is_no_mistake_here() -> None:
    assert rolled(node("a", grade=0.3, parents=("top", "elsewhere"))).grade == 0.3


def test_what_is_hidden_counts_and_is_not_named() -> None:
    secret = node("secret", "off_track", 0.1, level="person", for_whom="Ann Lee")
    nodes = [objective(owner="Boss"), node("a", grade=0.9), secret]
    (told,) = roll_up(nodes, sight(nodes, "Boss"))
    (kept_quiet,) = roll_up(nodes, sight(nodes))
    assert kept_quiet.grade == told.grade == 0.5
    assert [driver.id for driver in kept_quiet.drivers] == ["a"]
    assert "SECRET" in told.why
    assert "SECRET" not in kept_quiet.why
    assert "off track: 1 goal of people" in kept_quiet.why
    assert "not shown: 1 goal of people" in kept_quiet.why


@given(
    st.lists(
        st.tuples(st.sampled_from(STATES), st.floats(0, 1), st.floats(0.1, 10)),
        min_size=1,
        max_size=8,
    )
)
def test_the_order_of_children_and_the_unit_of_weights_change_nothing(
    drawn: list[tuple[str, float, float]],
) -> None:
    def tree(unit: float) -> list[Node]:
        return [
            node(f"n{number}", status, grade, weight=weight * unit)
            for number, (status, grade, weight) in enumerate(drawn)
        ]

    one, other = rolled(*tree(1)), rolled(*reversed(tree(4)))
    assert one.status == other.status
    if one.grade is not None:
        assert other.grade == pytest.approx(one.grade, abs=0.0101)  # the last digit is rounded
        graded = [grade for status, grade, _ in drawn if status not in SILENT]
        assert min(graded) - 0.005 <= one.grade <= max(graded) + 0.005
