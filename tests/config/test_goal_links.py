"""What goals and objectives name in other tables."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.config.cycles import circles
from connector.config.mapping import load_mappings
from connector.errors import MappingError
from tests.config.goals import (
    Definitions,
    anti_goal,
    complaints,
    development,
    goal,
    objective,
)

LEVELS = ["company", "department", "team", "person"]
TOP = 'level = "company"'


@pytest.mark.parametrize(
    "text",
    [
        objective("o") + goal("a", 'objective = "o"'),
        objective("o") + goal("b") + goal("a", 'serves = ["o", "b"]'),
        objective("o") + goal("a", 'serves = "o"'),
        objective("o", TOP) + objective("p", 'parents = ["o"]'),
        goal("a", TOP) + objective("p", 'parents = ["a"]'),
        objective("o") + objective("p", 'parents = ["o"]\nlevel = "person"'),
        goal("a") + development("d") + anti_goal("x", 'protects = ["a", "d"]'),
        '[vision.v]\nstatement = "-"\n'
        + goal("a", 'vision = "v"')
        + objective("o", 'vision = "v"'),
        objective("a") + goal("a", 'objective = "a"'),
        objective("o") + goal("b", 'serves = ["o"]') + goal("a", 'serves = ["o", "b"]'),
    ],
)
def test_what_is_there_may_be_named(text: str, tmp_path: Path, definitions: Definitions) -> None:
    assert complaints(text, tmp_path, definitions) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (objective("happier") + goal("a", 'serves = ["hapier"]'),
         ('goal.a.serves[1]: there is no objective or goal "hapier"; '
          'did you mean "happier"?')),
        (goal("faster") + goal("a", 'serves = "fasster"'),
         'goal.a.serves: there is no objective or goal "fasster"; did you mean "faster"?'),
        (objective("a", 'parents = ["gone"]'),
         'objective.a.parents[1]: there is no objective or goal "gone"; known: a'),
        (goal("faster") + anti_goal("x", 'protects = ["faster", "fastr"]'),
         'goal.x.protects[2]: there is no goal "fastr"; did you mean "faster"?'),
        (objective("o") + anti_goal("x", 'protects = ["o"]'),
         'goal.x.protects[1]: there is no goal "o"; known: x'),
        (goal("a", 'vision = "v"'),
         'goal.a.vision: there is no vision "v"; write a table [vision.v]'),
        (objective("o", 'vision = "v"'),
         'objective.o.vision: there is no vision "v"; write a table [vision.v]'),
        (goal("b") + goal("a", 'objective = "b"'),
         'goal.a.objective: there is no objective "b"; it is a goal: write serves = ["b"]'),
        (anti_goal("x") + anti_goal("y", 'protects = ["x"]'),
         ('goal.y.protects[1]: "x" is an anti-goal itself; '
          "name the goals whose pursuit this one watches")),
        (objective("b") + goal("b") + goal("a", 'serves = ["b"]'),
         'goal.a.serves[1]: an objective and a goal are both called "b"; rename one of them'),
        (objective("o", 'level = "team"') + goal("a", 'objective = "o"\nlevel = "company"'),
         ('goal.a.objective: a goal of level "company" cannot serve "o", which is of level '
          '"team"; from the top: company, department, team, person')),
        (goal("b", 'level = "person"') + goal("a", 'serves = ["b"]'),
         ('goal.a.serves[1]: a goal of level "team" cannot serve "b", which is of level '
          '"person"; from the top: company, department, team, person')),
        (objective("o", 'level = "team"')
         + objective("p", 'level = "department"\nparents = ["o"]'),
         ('objective.p.parents[1]: an objective of level "department" cannot serve "o", which '
          'is of level "team"; from the top: company, department, team, person')),
        (goal("a", 'serves = ["a"]'),
         ("goal.a.serves[1]: this serves itself: goal.a -> goal.a; "
          "take one of these steps out")),
        (goal("b", 'serves = ["a"]') + goal("a", 'serves = ["b"]'),
         ("goal.a.serves[1]: this serves itself: goal.a -> goal.b -> goal.a; "
          "take one of these steps out")),
        (objective("o", 'parents = ["a"]') + goal("a", 'objective = "o"'),
         ("goal.a.objective: this serves itself: goal.a -> objective.o -> goal.a; "
          "take one of these steps out")),
    ],
)  # fmt: skip
def test_a_name_that_does_not_fit(
    text: str, said: str, tmp_path: Path, definitions: Definitions
) -> None:
    assert complaints(text, tmp_path, definitions) == [said]


def test_an_objective_that_says_no_level_may_serve_any(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = objective("o") + goal("a", 'objective = "o"\nlevel = "department"')
    assert complaints(text, tmp_path, definitions) == []


def test_a_malformed_table_is_not_blamed_on_what_names_it(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = objective("o", 'level = "compny"') + goal("a", 'objective = "o"\nlevel = "department"')
    (said,) = complaints(text, tmp_path, definitions)
    assert said.startswith("objective.o.level: ")


def test_a_malformed_table_hides_no_mistake_of_others(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = objective("o", "parents = 1.5") + goal("a", "weight = 0") + goal("b", 'serves = ["c"]')
    keys = [one.partition(":")[0] for one in complaints(text, tmp_path, definitions)]
    assert keys == ["objective.o.parents", "goal.a.weight", "goal.b.serves[1]"]


def test_what_stands_in_another_folder_is_named(tmp_path: Path, definitions: Definitions) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert complaints(goal("b"), one, definitions) == []
    two.mkdir()
    text = goal("a", 'kpi = "other"\nserves = ["b"]') + '[kpi.other]\nmeasure = "reply_time"\n'
    (two / "goals.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings([one, two], definitions)
    (problem,) = caught.value.problems
    assert problem.message == f"there is no [goal.b] in {two}"
    assert problem.hint == f"{one / 'goals.toml'} has it: put both into one folder"


TABLES = (
    objective("o", 'parents = ["p", "gone"]'),
    objective("p", 'parents = ["o"]\nlevel = "person"'),
    goal("a", 'serves = ["b", "o"]\naccepted_by = "Bo"'),
    goal("b", 'serves = ["c"]'),
    goal("c", 'serves = ["a", "b"]\nlevel = "company"'),
    anti_goal("x", 'protects = ["x", "fast"]\nvision = "v"'),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(TABLES))
def test_the_order_of_tables_changes_nothing_that_is_said(
    order: list[str], definitions: Definitions
) -> None:
    with TemporaryDirectory() as folder:
        said = complaints("".join(order), Path(folder), definitions)
        usual = complaints("".join(TABLES), Path(folder), definitions)
    assert sorted(said) == sorted(usual)
    assert len(usual) == 10


@pytest.mark.parametrize("parent", LEVELS)
@pytest.mark.parametrize("child", LEVELS)
def test_a_goal_serves_what_is_on_its_level_or_above(
    child: str, parent: str, tmp_path: Path, definitions: Definitions
) -> None:
    text = objective("o", f'level = "{parent}"') + goal("a", f'serves = ["o"]\nlevel = "{child}"')
    is_above = LEVELS.index(child) < LEVELS.index(parent)
    assert bool(complaints(text, tmp_path, definitions)) == is_above


EDGES = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3))


@given(edges=EDGES)
def test_there_is_a_circle_exactly_where_taking_ends_away_never_ends(
    edges: dict[str, list[str]],
) -> None:
    left = dict(edges)
    while ends := [name for name, below in left.items() if not set(below) & left.keys()]:
        left = {name: below for name, below in left.items() if name not in ends}
    found = circles(edges)
    assert bool(found) == bool(left)
    for circle in found:
        assert circle[0] == circle[-1]
        assert all(two in edges[one] for one, two in pairwise(circle))
