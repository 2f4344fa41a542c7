"""Which keys each kind of goal has to have, may have and may not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.mapping import load_mappings
from tests.config.goals import (
    Definitions,
    anti_goal,
    complaints,
    development,
    goal,
    objective,
)


@pytest.mark.parametrize(
    "text",
    [
        goal("a", 'weight = 2\ncommitment = "aspirational"\nbucket = "leader"\ncritical = true'),
        goal("a", 'horizon = "strategic"\nendorsed_by = ["Ann Lee", "Bo"]\nreview = 2026-12-01'),
        goal("a", 'proposed_by = "Ann Lee"'),
        goal("a", 'proposed_by = "Ann Lee"\naccepted_by = "Bo"'),
        goal("a", 'pace = "maintain"'),
        anti_goal("a", 'category = "quality"\nhard = false\nmode = "level"\nwindow = "28 d"'),
        anti_goal("a", 'mode = "budget"\nlimit = "10 %"'),
        anti_goal("a", 'mode = "budget"\nkpi = "in_time"\nlimit = 0.9'),
        development("a", 'level = "person"\nwhy = "To grow"\nbucket = "personal"'),
        development("a", '[[goal.a.milestones]]\nname = "Course"\ndate = 2026-11-01\ndone = true'),
        objective("a", 'commitment = "aspirational"\nweight = 0.5\ncritical = true'),
        objective("a", "period = { start = 2026-10-01, end = 2027-01-01 }"),
        '[vision.a]\nstatement = "We help at once"\nowner = "me"\nsince = 2026-01-01',
    ],
)
def test_what_a_goal_may_say(text: str, tmp_path: Path, definitions: Definitions) -> None:
    assert complaints(text, tmp_path, definitions) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (goal("a", "hard = true"),
         "goal.a.hard: only anti-goals are hard or soft; leave the key out"),
        (goal("a", 'category = "cost"'),
         "goal.a.category: only anti-goals have a category; leave the key out"),
        (goal("a", 'mode = "level"'),
         "goal.a.mode: only anti-goals have a mode; leave the key out"),
        (goal("a", 'window = "7 d"'),
         "goal.a.window: only anti-goals have a window; leave the key out"),
        (goal("a", 'protects = ["a"]'),
         "goal.a.protects: only anti-goals protect other goals; leave the key out"),
        (development("a", 'warning = "1 h"'),
         "goal.a.warning: only anti-goals have a warning; leave the key out"),
        (anti_goal("a", 'window = "36 h"'),
         'goal.a.window: a window is made of whole days; write for example "28 d"'),
        (anti_goal("a", 'window = "28 d"\nmode = "budget"'),
         ("goal.a.window: a budget is that of the whole period; "
          "leave the key out, or the mode")),
        (anti_goal("a", "window = 28"),
         'goal.a.window: must be a time with its unit; write for example "5 min"'),
        (anti_goal("a", 'mode = "budget"\nkpi = "pile"\nlimit = 100'),
         ("goal.a.mode: a budget counts bad tickets, and open_tickets is no share of them; "
          'leave the key out, or take a KPI such as one with aggregate = "within"')),
        (anti_goal("a", 'mode = "budget"\nlimit = "100 %"'),
         ("goal.a.limit: a budget needs a limit between 0 % and 100 %; "
          "so many tickets may be bad, but not none and not all of them")),
        (anti_goal("a", 'mode = "budget"\nlimit = "0 %"'),
         ("goal.a.limit: a budget needs a limit between 0 % and 100 %; "
          "so many tickets may be bad, but not none and not all of them")),
        (anti_goal("a", 'pace = "phased"'),
         "goal.a.pace: an anti-goal has no phases; write a limit for all period"),
        (anti_goal("a", 'milestones = [{ name = "x", date = 2026-11-01 }]'),
         ("goal.a.milestones: an anti-goal has no milestones; "
          "an anti-goal has nothing to reach: leave them out")),
        (goal("a", 'accepted_by = "Bo"'),
         ("goal.a.accepted_by: nobody has proposed this; "
          "write proposed_by as well, or leave the key out")),
        (objective("a", 'accepted_by = "Bo"'),
         ("objective.a.accepted_by: nobody has proposed this; "
          "write proposed_by as well, or leave the key out")),
        (objective("a", "period = { start = 2027-10-01, end = 2027-01-01 }"),
         ("objective.a.period.end: the period ends on 2027-01-01, before it starts on "
          "2027-10-01; exchange the two, or correct the year")),
        (goal("a", "weight = 0"),
         "goal.a.weight: must be more than 0 and at most 1,000,000"),
        (objective("a", "weight = -1"),
         "objective.a.weight: must be more than 0 and at most 1,000,000"),
        (goal("a", 'commitment = "commited"'),
         ('goal.a.commitment: must be "committed" or "aspirational", not "commited"; '
          'did you mean "committed"?')),
        ("[vision.a]", "vision.a.statement: this key is required"),
        (goal("a", "review = 2026-10-01"),
         ("goal.a.review: the review on 2026-10-01 is not after the start on 2026-10-01; "
          "write a later day, or leave the key out")),
    ],
)  # fmt: skip
def test_what_a_goal_may_not_say(
    text: str, said: str, tmp_path: Path, definitions: Definitions
) -> None:
    assert complaints(text, tmp_path, definitions) == [said]


@pytest.mark.parametrize(
    "line",
    [
        'kpi = "first_reply"', 'target = "1 h"', 'limit = "1 h"', 'baseline = "1 h"',
        'ticket = "sla"', "show = { tag = true }", 'pace = "level"', 'for_each = "assignee"',
    ],
)  # fmt: skip
def test_a_development_goal_has_nothing_to_measure(
    line: str, tmp_path: Path, definitions: Definitions
) -> None:
    key = line.partition(" ")[0]
    text = development("a", f'level = "person"\n{line}')
    assert complaints(text, tmp_path, definitions) == [
        f"goal.a.{key}: a development goal has no {key}; it is closed by hand: leave the key out"
    ]


def test_a_milestone_of_a_development_goal_is_ticked_off(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = development("a", '[[goal.a.milestones]]\nname = "x"\ndate = 2026-11-01\nvalue = 3')
    assert complaints(text, tmp_path, definitions) == [
        (
            "goal.a.milestones.x.value: a milestone of a development goal has no value; "
            "write done = false, and true when it is"
        )
    ]


@pytest.mark.parametrize("kind", ["key_result", "anti_goal", "backward", "simple"])
def test_every_other_goal_needs_a_kpi(kind: str, tmp_path: Path, definitions: Definitions) -> None:
    text = goal("a", f'kind = "{kind}"\n{"limit" if kind == "anti_goal" else "target"} = "1 h"')
    assert complaints(text.replace('kpi = "first_reply"\n', ""), tmp_path, definitions) == [
        "goal.a.kpi: this key is required"
    ]


def test_a_kind_that_is_misspelt_is_the_only_mistake(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = anti_goal("a", "hard = true\nprotects = []").replace('"anti_goal"', '"antigoal"')
    (said,) = complaints(text, tmp_path, definitions)
    assert said.endswith('not "antigoal"; did you mean "anti_goal"?')


STEP = '[[goal.a.milestones]]\nname = "x"\ndate = 2026-11-01\nvalue = "2 h"'
OVERRIDE = '[goal.a.override."Ann Lee"]\nreason = "new"\n'


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("pace", goal("a", f'pace = "phasd"\n{STEP}')),
        ("milestones.x.value", goal("a", f'pace = "phased"\n{STEP.replace("2 h", "2 hh")}')),
        ("proposed_by", goal("a", 'proposed_by = 5\naccepted_by = "Bo"')),
        ("for_each", goal("a", f'for_each = "groups"\n{OVERRIDE}target = "50 min"')),
        ("level", goal("a", 'for_each = "assignee"\nlevel = "persn"')),
        ("kind", anti_goal("a", f'for_each = "group"\n{OVERRIDE}limit = "5 %"')),
    ],
)
def test_a_malformed_key_is_the_only_mistake(
    key: str, text: str, tmp_path: Path, definitions: Definitions
) -> None:
    text = text.replace('"anti_goal"', '"antigoal"')
    (said,) = complaints(text, tmp_path, definitions)
    assert said.partition(":")[0] == f"goal.a.{key}"


def test_a_proposal_is_one_until_it_is_accepted(tmp_path: Path, definitions: Definitions) -> None:
    text = (
        goal("a", 'proposed_by = "Ann"')
        + goal("b", 'proposed_by = "Ann"\naccepted_by = "Bo"')
        + goal("c")
        + objective("d", 'proposed_by = "Ann"')
    )
    assert complaints(text, tmp_path, definitions) == []
    mappings = load_mappings([tmp_path], definitions)
    assert [id_ for id_, one in mappings.goals.items() if one.is_proposal] == ["a"]
    assert mappings.objectives["d"].is_proposal


def test_a_goal_names_each_parent_once_and_its_objective_first(
    tmp_path: Path, definitions: Definitions
) -> None:
    text = objective("o") + goal("g") + goal("a", 'objective = "o"\nserves = ["g", "o", "g"]')
    assert complaints(text, tmp_path, definitions) == []
    goals = load_mappings([tmp_path], definitions).goals
    assert goals["a"].parents == ("o", "g")
    assert goals["g"].parents == ()


def test_a_window_is_told_in_days(tmp_path: Path, definitions: Definitions) -> None:
    assert complaints(anti_goal("a", 'window = "4 w"'), tmp_path, definitions) == []
    assert load_mappings([tmp_path], definitions).goals["a"].window_days == 28


def test_visions_are_part_of_a_folder(tmp_path: Path, definitions: Definitions) -> None:
    text = '[vision.a]\nstatement = "We help at once"\n'
    assert complaints(text, tmp_path / "m", definitions) == []
    mappings = load_mappings([tmp_path / "m"], definitions)
    assert mappings.visions["a"].statement == "We help at once"
    assert set(mappings.within([tmp_path / "m"]).visions) == {"a"}
    assert set(mappings.within([tmp_path / "other"]).visions) == set()
