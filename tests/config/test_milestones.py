"""Milestones: days, names, what depends on what, and values on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.config.mapping import MilestoneTable, Quantity, load_mappings
from connector.errors import MappingError
from tests.config.goals import Definitions, complaints, goal

BACKLOG = 'kind = "backward"\nkpi = "pile"\nbaseline = 400\ntarget = 200'
FULL = 'kind = "backward"\nkpi = "full"\ntarget = "2 d"'


def step(name: str, body: str = "", day: str = "2026-11-01") -> str:
    return f'\n[[goal.a.milestones]]\nname = "{name}"\ndate = {day}\n{body}'


def backward(*steps: str, head: str = BACKLOG) -> str:
    return goal("a", head + "".join(steps))


@pytest.mark.parametrize(
    "text",
    [
        backward(),
        backward(step("x")),
        backward(step("x", "value = 300")),
        backward(step("x", "value = 400"), step("y", "value = 200")),
        backward(step("x", "done = true"), step("y", "done = false")),
        backward(step("x", day="2026-10-02"), step("y", day="2027-01-01")),
        backward(step("x", 'owner = "Bo"\nduration = 2.5'), step("y", 'depends_on = ["x"]')),
        backward(step("y", 'depends_on = "x"'), step("x")),
        goal("a", 'pace = "phased"' + step("x", 'value = "2 h"') + step("y")),
        goal("a", f'pace = "level"\nkind = "backward"{step("x")}'),
        backward(step("x"), head=f"{BACKLOG}\nreview = 2026-11-01"),
        backward(step("x"), head=f"{FULL}\nreview = 2026-11-15"),
        backward(step("x", "done = false"), head=f"{FULL}\nreview = 2026-11-01"),
        backward(step("x", "value = 900"), head=BACKLOG.replace("baseline = 400\n", "")),
        backward(step("x", "value = 900"), head=BACKLOG.replace("400", '"from_history"')),
    ],
)
def test_a_plan_that_holds(text: str, tmp_path: Path, definitions: Definitions) -> None:
    assert complaints(text, tmp_path, definitions) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (backward(step("x", day="2026-10-01")),
         ("x.date: 2026-10-01 is not in the period of the goal; "
          "it is after 2026-10-01, and at the latest on 2027-01-01")),
        (backward(step("x", day="2027-01-02")),
         ("x.date: 2027-01-02 is not in the period of the goal; "
          "it is after 2026-10-01, and at the latest on 2027-01-01")),
        (backward(step("x", "value = 300\ndone = false")),
         ("x.done: a milestone has a value, or is ticked off; "
          "what has a value is reached when the KPI is there: leave one of them out")),
        (backward(step("x"), step("x")),
         ('x.name: two milestones are called "x"; '
          "others depend on it by its name: rename one of them")),
        (backward(step("clean up"), step("y", 'depends_on = ["clean-up"]')),
         'y.depends_on: there is no milestone "clean-up"; did you mean "clean up"?'),
        (backward(step("x", 'depends_on = ["zzz"]')),
         'x.depends_on: there is no milestone "zzz"; write one of that name'),
        (backward(step("x", 'depends_on = ["y"]'), step("y", day="2026-12-01")),
         ('x.depends_on: it depends on "y", which is due later, on 2026-12-01; '
          "exchange the days, or correct them")),
        (backward(step("x", 'depends_on = ["x"]')),
         ("x.depends_on: this depends on itself: x -> x; "
          "one of them has to come first")),
        (backward(step("z", 'depends_on = ["y"]'), step("y", 'depends_on = ["z"]')),
         ("y.depends_on: this depends on itself: y -> z -> y; "
          "one of them has to come first")),
        (backward(step("x", "duration = 0")),
         "x.duration: must be more than 0 and at most 1,000,000"),
        (backward(step("x", 'duration = "2 d"')),
         'x.duration: must be a number, not "2 d"'),
        (backward(step("x", 'value = "2 h"')),
         ('x.value: "2 h" is not a plain number, which open_tickets is; '
          "write it without a unit: 200")),
        (backward(step("x", "value = -1")),
         "x.value: -1 is out of reach for open_tickets; it is never below 0"),
        (backward(step("x", "value = 401")),
         "x.value: 401 is not on the way from 400 to 200; it lies between baseline and target"),
        (backward(step("x", "value = 199")),
         "x.value: 199 is not on the way from 400 to 200; it lies between baseline and target"),
        (backward(step("x", "value = 199"), head=BACKLOG.replace("baseline = 400\n", "")),
         "x.value: 199 is beyond the target 200; a milestone lies on the way to it"),
        (backward(step("x"), head=f"{BACKLOG}\nreview = 2026-10-31"),
         ("x.date: this is known on 2026-11-01, after the review on 2026-10-31; "
          "move it, or the review")),
        (backward(step("x"), head=f"{FULL}\nreview = 2026-11-14"),
         ("x.date: this is known on 2026-11-15, after the review on 2026-11-14; "
          "the KPI settles 14 d later: move it, or the review")),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_hold(
    text: str, said: str, tmp_path: Path, definitions: Definitions
) -> None:
    assert complaints(text, tmp_path, definitions) == [f"goal.a.milestones.{said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (goal("a", step("x")),
         ("goal.a.milestones: only a backward goal has milestones; "
          'write kind = "backward", or pace = "phased"')),
        (goal("a", f'pace = "ramp"{step("x")}'),
         ("goal.a.milestones: only a backward goal has milestones; "
          'write kind = "backward", or pace = "phased"')),
        (goal("a", 'pace = "phased"'),
         ("goal.a.pace: a phased pace needs milestones with values; "
          "write [[goal.ID.milestones]] with name, date and value")),
        (goal("a", f'pace = "phased"{step("x", "done = true")}'),
         ("goal.a.pace: a phased pace needs milestones with values; "
          "write [[goal.ID.milestones]] with name, date and value")),
        (goal("a", "kind = 'backward'\n[[goal.a.milestones]]\ndate = 2026-11-01"),
         "goal.a.milestones[1].name: this key is required"),
        (goal("a", "kind = 'backward'\n[[goal.a.milestones]]\nname = 'x'"),
         "goal.a.milestones.x.date: this key is required"),
        (backward(step("x", "valu = 3")),
         'goal.a.milestones.x.valu: unknown key; did you mean "value"?'),
    ],
)  # fmt: skip
def test_where_milestones_stand(
    text: str, said: str, tmp_path: Path, definitions: Definitions
) -> None:
    assert complaints(text, tmp_path, definitions) == [said]


def test_every_mistake_of_a_plan_is_told_at_once(tmp_path: Path, definitions: Definitions) -> None:
    text = backward(
        step("x", "value = 500", day="2026-09-01"), step("y", 'depends_on = ["z"]\nvalue = 100')
    )
    keys = {one.partition(":")[0] for one in complaints(text, tmp_path, definitions)}
    inside = "goal.a.milestones"
    assert keys == {
        f"{inside}.x.date", f"{inside}.x.value", f"{inside}.y.depends_on", f"{inside}.y.value",
    }  # fmt: skip


@pytest.mark.parametrize(
    "malformed",
    [
        ("end = 2027-01-01", 'end = "soon"'),
        ("target = 200", 'target = "fewer"'),
        ('kind = "backward"', 'kind = "backwards"'),
        ('kpi = "pile"', 'kpi = ""'),
    ],
)
def test_what_is_malformed_elsewhere_is_not_blamed_on_milestones(
    malformed: tuple[str, str], tmp_path: Path, definitions: Definitions
) -> None:
    text = backward(step("x", "value = 300")).replace(*malformed)
    key = malformed[0].partition(" ")[0]
    (said,) = complaints(text, tmp_path, definitions)
    assert said.partition(":")[0] in {f"goal.a.{key}", "goal.a.period.end"}


def test_a_mistake_in_a_milestone_has_its_line(tmp_path: Path, definitions: Definitions) -> None:
    text = backward(step("x"), step("y", 'depends_on = ["x"]', day="2026-10-15"))
    lines = text.splitlines()
    assert len(complaints(text, tmp_path, definitions)) == 1
    with pytest.raises(MappingError) as caught:
        load_mappings([tmp_path], definitions)
    assert lines[(caught.value.problems[0].line or 0) - 1] == 'depends_on = ["x"]'


def test_bare_values_are_read_in_the_unit_of_the_kpi(
    tmp_path: Path, definitions: Definitions
) -> None:
    head = 'kind = "backward"\nkpi = "happy"\nbaseline = 0.8\ntarget = 0.9'
    text = backward(step("x", "value = 0.85"), step("y"), head=head)
    assert complaints(text, tmp_path, definitions) == []
    first, second = load_mappings([tmp_path], definitions).goals["a"].milestones
    assert first.value == Quantity(0.85, "ratio")
    assert second == MilestoneTable(name="y", date=date(2026, 11, 1))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=st.tuples(*[st.integers(0, 500)] * 3).filter(lambda n: n[0] != n[1]))
def test_a_milestone_is_on_the_way_exactly_between_baseline_and_target(
    numbers: tuple[int, int, int], tmp_path: Path, definitions: Definitions
) -> None:
    target, baseline = sorted(numbers[:2])
    head = f'kind = "backward"\nkpi = "pile"\nbaseline = {baseline}\ntarget = {target}'
    said = complaints(
        backward(step("x", f"value = {numbers[2]}"), head=head), tmp_path, definitions
    )
    assert (said == []) == (target <= numbers[2] <= baseline)


def test_a_sum_is_on_the_way_from_nothing_to_its_target(
    tmp_path: Path, definitions: Definitions
) -> None:
    counted = replace(definitions["arrivals"], family="count", direction="higher")
    known = {**definitions, "arrivals": counted}
    head = 'kind = "backward"\nkpi = "new"\nbaseline = 600\ntarget = 900'
    third, beyond = (backward(step("x", f"value = {n}"), head=head) for n in (300, 901))
    assert complaints(third, tmp_path, known) == []
    (said,) = complaints(beyond, tmp_path, known)
    assert said.endswith("is not on the way from 0 to 900; it lies between nothing and target")
