"""Lint by what is written: every rule has an example that fires and one that must not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connector.config.where import Condition, Filter
from connector.goals.lint import RULES, SEVERITIES
from connector.goals.lint_scopes import can_overlap
from tests.goals.lint_cases import findings, goal, guard, rules
from tests.goals.test_lint_history import HISTORY_RULES

DEVELOPMENT = """
[goal.trained]
kind = "development"
title = "Everybody knows the new product"
objective = "happy"
owner = "Ann"
why = "Questions about it grow"
endorsed_by = ["Bob"]
period = { start = 2026-10-01, end = 2027-01-01 }
"""
FAST = goal("fast", "first_reply", target='"60 min"')
GUARDED = FAST + guard("not_back", '"fast"')
SIX = "".join(
    goal(f"g{i}", "csat", f"period = {{ start = 2026-{i:02}-01, end = 2026-{i + 1:02}-01 }}")
    for i in range(1, 7)
)
FIVE = SIX.partition("[goal.g6]")[0]
PARENT = """
[objective.above]
title = "All is well"
owner = "Eve"
period = { start = 2026-10-01, end = 2027-01-01 }
"""
UP = 'level = "department"'
WAITS = goal("up", "pending", 'baseline = "2 h"\ntarget = "4 h"')
SERVES = 'objective = "happy"\nserves = ["whole"]'

CASES = {
    "no_kpi": (DEVELOPMENT, DEVELOPMENT + 'bucket = "personal"'),
    "vague_anti_goal": (guard("g", ""), guard("g", '"fast"') + FAST),
    "no_why": (goal("g", body='why = ""').replace('why = ""\n', ""), goal("g")),
    "no_owner": (goal("g", body='owner = "Everybody"'), goal("g", body='owner = "Support lead"')),
    "objective_no_owner": (goal("g") + '[objective.x]\ntitle = "All is well"', goal("g")),
    "no_business_effect": (
        goal("g").replace('business_effect = "Fewer cancellations"\n', ""),
        goal("g", body='level = "person"').replace('business_effect = "Fewer cancellations"\n', ""),
    ),
    "not_endorsed": (goal("g", body='endorsed_by = ["Ann"]'), goal("g")),
    "proposal_waits": (
        goal("g", body='proposed_by = "Cid"'),
        goal("g", body='proposed_by = "Cid"\naccepted_by = "Eve"'),
    ),
    "objective_proposal_waits": (
        goal("g") + PARENT + 'proposed_by = "Cid"',
        goal("g") + PARENT + 'proposed_by = "Cid"\naccepted_by = "Eve"',
    ),
    "activity_not_outcome": (goal("g", "solved", "target = 500"), goal("g")),
    "handle_time_of_persons": (
        goal("g", "handling", 'level = "person"', target='"20 min"'),
        goal("g", "handling", 'level = "person"', target='"20 min"') + guard("x", '"g"'),
    ),
    "speed_without_guard": (FAST, GUARDED),
    "opposite_goals": (
        WAITS + goal("down", "pending", 'baseline = "5 h"\ntarget = "3 h"'),
        WAITS + goal("more", "pending", 'baseline = "2 h"\ntarget = "3 h"'),
    ),
    "overlapping_scopes": (
        goal("whole") + goal("part", "csat_emea"),
        goal("emea", "csat_emea") + goal("apac", "csat_apac"),
    ),
    "outside_of_parent": (
        PARENT
        + goal("g", body='objective = "above"\nperiod = { start = 2026-10-01, end = 2027-02-01 }'),
        PARENT + goal("g", body='objective = "above"'),
    ),
    "weaker_than_parent": (
        goal("whole", body=UP) + goal("part", "csat_emea", SERVES, target='"85 %"'),
        goal("whole", body=UP) + goal("part", "csat_emea", SERVES, target='"92 %"'),
    ),
    "empty_objective": ("", goal("g")),
    "crowded_objective": (SIX, FIVE),
    "no_baseline": (
        goal("g").replace('baseline = "from_history"\n', ""),
        goal("g", body='baseline = "84 %"'),
    ),
}


def test_every_rule_has_examples() -> None:
    names = [rule.id for rule in RULES]
    assert len(names) == len(set(names))
    assert set(names) == CASES.keys() | HISTORY_RULES
    assert {rule.id for rule in RULES if rule.needs_data} == HISTORY_RULES - {"no_baseline"}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_on_what_it_is_for(rule: str, tmp_path: Path) -> None:
    found = [one for one in findings(tmp_path, CASES[rule][0]) if one.rule == rule]
    assert len(found) == 1
    assert found[0].why
    assert found[0].suggestion
    assert found[0].severity in SEVERITIES


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_silent_on_what_is_right(rule: str, tmp_path: Path) -> None:
    assert rule not in rules(findings(tmp_path, CASES[rule][1]))


def test_a_well_written_goal_has_nothing_against_it(tmp_path: Path) -> None:
    assert findings(tmp_path, GUARDED) == []


def test_a_rule_says_what_it_is_for() -> None:
    for rule in RULES:
        assert rule.about.endswith(".")
        assert rule.severity in SEVERITIES
        assert (rule.goal is None) is not (rule.objective is None)


def test_the_page_on_goals_lists_every_rule() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "goals.md").read_text(encoding="utf-8")
    told = [line for line in page.splitlines() if line.startswith("| `")]
    for rule in RULES:
        star = " *" if rule.needs_data else ""
        assert f"| `{rule.id}` | {rule.severity} | {rule.about}{star} |" in told


def test_findings_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = goal("second", body='owner = "tbd"') + goal("first", "reopened", 'owner = "all"')
    found = findings(tmp_path, text + DEVELOPMENT)
    places = [(one.file, one.line, one.rule) for one in found]
    assert places == sorted(places)
    assert [one.id for one in found if one.rule == "no_owner"] == ["second", "first"]
    lines = Path(found[0].file).read_text(encoding="utf-8").splitlines()
    assert lines[found[0].line - 1] == "[goal.second]"


def test_what_is_over_is_not_judged(tmp_path: Path) -> None:
    text = goal("g", body='owner = "tbd"') + PARENT
    last, over = date(2026, 12, 31), date(2027, 1, 1)
    assert {"no_owner", "empty_objective"} <= rules(findings(tmp_path, text, today=last))
    assert findings(tmp_path, text, today=over) == []


def test_a_key_result_on_quality_beside_it_guards_speed(tmp_path: Path) -> None:
    assert "speed_without_guard" not in rules(findings(tmp_path, FAST + goal("happy_ones")))
    far = "period = { start = 2027-01-01, end = 2027-04-01 }"
    found = findings(tmp_path, FAST + goal("happy_ones", body=far))
    assert "speed_without_guard" in rules(found, "fast")


def test_an_anti_goal_on_anything_else_guards_no_speed(tmp_path: Path) -> None:
    text = FAST + guard("piled", '"fast"', "backlog", "limit = 400")
    assert "speed_without_guard" in rules(findings(tmp_path, text), "fast")


def test_a_share_within_a_limit_pulls_the_same_way_as_the_median(tmp_path: Path) -> None:
    text = FAST + goal("in_time", "in_time")
    assert "opposite_goals" not in rules(findings(tmp_path, text))


def test_goals_at_other_times_are_not_against_each_other(tmp_path: Path) -> None:
    later = 'period = { start = 2027-01-01, end = 2027-04-01 }\nbaseline = "5 h"\ntarget = "3 h"'
    assert "opposite_goals" not in rules(findings(tmp_path, WAITS + goal("down", "pending", later)))


def test_a_goal_that_serves_another_one_is_a_part_of_it(tmp_path: Path) -> None:
    text = goal("whole") + goal("part", "csat_emea", SERVES)
    assert "overlapping_scopes" not in rules(findings(tmp_path, text))


def test_a_sibling_makes_up_for_a_weaker_goal(tmp_path: Path) -> None:
    weaker = goal("emea", "csat_emea", SERVES, target='"85 %"')
    better = goal("apac", "csat_apac", SERVES, target='"95 %"')
    found = findings(tmp_path, goal("whole", body=UP) + weaker + better)
    assert "weaker_than_parent" not in rules(found)


def test_a_part_of_a_backlog_is_smaller_than_the_whole(tmp_path: Path) -> None:
    whole = goal("whole", "solved", f"{UP}\ntarget = 500")
    part = goal("part", "solved", f"{SERVES}\ntarget = 100")
    assert "weaker_than_parent" not in rules(findings(tmp_path, whole + part))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({}, {"group": ("EMEA",)}, True),
        ({"group": ("EMEA", "APAC")}, {"group": ("apac",)}, True),
        ({"group": ("EMEA",)}, {"group": ("APAC",)}, False),
        ({"group": ("EMEA",)}, {"channel": ("email",)}, True),
        ({"tag": ("vip",)}, {"tag": ("test",)}, True),
        ({"tag": ("vip",)}, {"tag": Filter(none=("vip",))}, False),
        ({"tag": Filter(all=("vip", "new"))}, {"tag": Filter(none=("new",))}, False),
        ({"group": ("EMEA",)}, {"group": Filter(exclude=("EMEA",))}, False),
        ({"group": ("EMEA", "APAC")}, {"group": Filter(exclude=("EMEA",))}, True),
        ({"field.Seats": Filter(max=3)}, {"field.Seats": Filter(min=4)}, False),
        ({"field.Seats": Filter(max=4)}, {"field.Seats": Filter(min=4)}, True),
    ],
)
def test_tickets_can_count_for_two_scopes(
    one: dict[str, Condition], other: dict[str, Condition], *, overlap: bool
) -> None:
    assert can_overlap(one, other) is overlap
    assert can_overlap(other, one) is overlap
