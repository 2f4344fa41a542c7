"""Goals for each person or team, and what is different for some of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.mapping import OverrideTable, Quantity, load_mappings
from tests.config.goals import Definitions, anti_goal, complaints, goal

PEOPLE = 'for_each = "assignee"\nlevel = "person"\nbaseline = "2 h"'
TEAMS = 'for_each = "group"'


def override(body: str, name: str = '"Ann Lee"') -> str:
    return f"\n[goal.a.override.{name}]\n{body}"


@pytest.mark.parametrize(
    "text",
    [
        goal("a", PEOPLE),
        goal("a", TEAMS),
        goal("a", PEOPLE + override('reason = "new"\ntarget = "90 min"\nbaseline = "3 h"')),
        goal("a", PEOPLE + override('reason = "on leave"\npaused = true')),
        goal("a", PEOPLE + override('reason = "new"\nbaseline = "from_history"')),
        anti_goal("a", TEAMS + override('reason = "new"\nlimit = "12 %"', "EMEA")),
    ],
)
def test_a_goal_for_each(text: str, tmp_path: Path, definitions: Definitions) -> None:
    assert complaints(text, tmp_path, definitions) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (goal("a", 'for_each = "assignee"'),
         ('for_each: goals for each assignee have level = "person", not "team"; '
          'write level = "person"')),
        (goal("a", 'for_each = "group"\nlevel = "person"'),
         ('for_each: goals for each group have level = "team", not "person"; '
          'write level = "team"')),
        (goal("a", 'for_each = "groups"'),
         'for_each: must be "assignee" or "group", not "groups"; did you mean "group"?'),
        (goal("a", f'{TEAMS}\nkpi = "calls"\ntarget = 10'),
         ("for_each: an imported value cannot be split up: it does not know tickets; "
          "leave the key out, or take a KPI of tickets")),
        (goal("a", override('reason = "new"\npaused = true')),
         ("override: only a goal for each person or team has overrides; "
          'write for_each = "assignee" or "group", or change the goal itself')),
        (goal("a", PEOPLE + override('target = "90 min"')),
         'override."Ann Lee".reason: this key is required'),
        (goal("a", PEOPLE + override('reason = " "\npaused = true')),
         'override."Ann Lee".reason: must not be empty'),
        (goal("a", PEOPLE + override('reason = "new"')),
         ('override."Ann Lee": this override changes nothing; '
          "write what is different: target, limit, baseline or paused")),
        (goal("a", PEOPLE + override('reason = "new"\ntarget = "90 %"')),
         ('override."Ann Lee".target: "90 %" is not a time, which reply_time is; '
          'write it with its unit: "60 min"')),
        (goal("a", PEOPLE + override('reason = "new"\nlimit = "1 h"')),
         'override."Ann Lee".limit: only anti-goals have a limit; write "target"'),
        (anti_goal("a", TEAMS + override('reason = "new"\ntarget = "5 %"', "EMEA")),
         'override.EMEA.target: an anti-goal has no target; write "limit"'),
        (goal("a", PEOPLE + override('reason = "new"\ntarget = "3 h"')),
         ('override."Ann Lee".target: the target 3 h is on the wrong side of the baseline 2 h; '
          "lower is better for reply_time")),
        (goal("a", PEOPLE + override('reason = "new"\nbaseline = "30 min"')),
         ('override."Ann Lee".baseline: the target 1 h is on the wrong side of the baseline '
          "30 min; lower is better for reply_time")),
        (goal("a", PEOPLE + override('reason = "new"\ntraget = "30 min"')),
         'override."Ann Lee".traget: unknown key; did you mean "target"?'),
    ],
)  # fmt: skip
def test_a_mistake_in_a_goal_for_each(
    text: str, said: str, tmp_path: Path, definitions: Definitions
) -> None:
    assert complaints(text, tmp_path, definitions) == [f"goal.a.{said}"]


def test_bare_values_of_overrides_are_read_in_the_unit_of_the_kpi(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = goal(
        "a",
        f'{TEAMS}\nkpi = "happy"\ntarget = 0.9'
        + override('reason = "new"\ntarget = 0.8\nbaseline = 0.7', "EMEA"),
    )
    assert complaints(text, tmp_path, definitions) == []
    assert load_mappings([tmp_path], definitions).goals["a"].override == {
        "EMEA": OverrideTable(
            reason="new", target=Quantity(0.8, "ratio"), baseline=Quantity(0.7, "ratio")
        )
    }


def test_a_wrong_goal_is_not_blamed_on_its_overrides(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = goal("a", f'{PEOPLE}\ntarget = "90 %"' + override('reason = "new"\nbaseline = "3 h"'))
    (said,) = complaints(text, tmp_path, definitions)
    assert said.startswith("goal.a.target: ")
