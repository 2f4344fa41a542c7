"""Milestones of a goal: days, names, what depends on what, and values on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil

from connector.config.checks import Measured
from connector.config.cycles import circles
from connector.config.goal_parts import MilestoneTable
from connector.config.goal_tables import GoalTable
from connector.config.goal_values import values_of
from connector.config.quantity import DAY, Quantity, format_quantity
from connector.config.reading import Entry
from connector.config.scale import Scale
from connector.config.table import nearest
from connector.config.toml import Place
from connector.errors import Problem


def milestone_problems(
    goal: GoalTable, entry: Entry, measured: Measured | None
) -> Iterator[Problem]:
    """Check the milestones of a goal, and the day of its review against them."""
    place = entry.place
    has_period = "period" not in entry.suspect and goal.period.start < goal.period.end
    lag_s = 0 if measured is None else measured.definition.lag_s
    if goal.review is not None and has_period and goal.review <= goal.period.start:
        message = f"the review on {goal.review} is not after the start on {goal.period.start}"
        yield place.problem(message, "review", hint="write a later day, or leave the key out")
    for number, step in enumerate(goal.milestones):
        at = place.at("milestones", number)
        if has_period:
            yield from _day_problems(step, goal, at)
        yield from _step_problems(step, at)
        if goal.review is not None:
            yield from _review_problems(step, goal.review, lag_s, at)
        if measured is not None and step.value is not None:
            is_sum = measured.is_sum
            yield from _value_problems(step.value, goal, measured.scale, at, is_sum=is_sum)
    yield from _name_problems(goal, place)
    yield from _order_problems(goal, place)


def _day_problems(step: MilestoneTable, goal: GoalTable, place: Place) -> Iterator[Problem]:
    start, end = goal.period.start, goal.period.end
    if not start < step.date <= end:
        message = f"{step.date} is not in the period of the goal"
        hint = f"it is after {start}, and at the latest on {end}"
        yield place.problem(message, "date", hint=hint)


def _step_problems(step: MilestoneTable, place: Place) -> Iterator[Problem]:
    if step.done is not None and step.value is not None:
        hint = "what has a value is reached when the KPI is there: leave one of them out"
        yield place.problem("a milestone has a value, or is ticked off", "done", hint=hint)


def _review_problems(
    step: MilestoneTable, review: date, lag_s: int, place: Place
) -> Iterator[Problem]:
    wait_s = lag_s if step.done is None else 0
    known = step.date + timedelta(days=ceil(wait_s / DAY))
    if known > review:
        message = f"this is known on {known}, after the review on {review}"
        settles = f"the KPI settles {format_quantity(wait_s, 's')} later: " if wait_s else ""
        yield place.problem(message, "date", hint=f"{settles}move it, or the review")


def _value_problems(
    value: Quantity, goal: GoalTable, scale: Scale, place: Place, *, is_sum: bool
) -> Iterator[Problem]:
    refusal = scale.refusal(value, place.written("value"))
    if refusal is not None:
        yield place.problem(refusal[0], "value", hint=refusal[1])
        return
    ends = values_of(goal)
    if any(scale.refusal(one, "") for one in ends.values()) or goal.is_anti:
        return
    target, baseline = ends.get("target"), ends.get("baseline")
    if target is None:
        return
    here, there = scale.read(value), scale.read(target)
    if baseline is None:
        if scale.is_better(here.number, there.number):
            message = f"{scale.write(here)} is beyond the target {scale.write(there)}"
            yield place.problem(message, "value", hint="a milestone lies on the way to it")
        return
    first = Quantity(0, there.unit) if is_sum else scale.read(baseline)
    if not min(first.number, there.number) <= here.number <= max(first.number, there.number):
        way = f"from {scale.write(first)} to {scale.write(there)}"
        message = f"{scale.write(here)} is not on the way {way}"
        hint = f"it lies between {'nothing' if is_sum else 'baseline'} and target"
        yield place.problem(message, "value", hint=hint)


def _name_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, step in enumerate(goal.milestones):
        if step.name in seen:
            message = f'two milestones are called "{step.name}"'
            hint = "others depend on it by its name: rename one of them"
            yield place.problem(message, "milestones", number, "name", hint=hint)
        seen.add(step.name)


def _order_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    """Check that what a milestone depends on exists, comes no later, and not from itself."""
    days = {step.name: step.date for step in reversed(goal.milestones)}
    for number, step in enumerate(goal.milestones):
        at = place.at("milestones", number)
        for name in step.depends_on:
            if name not in days:
                hint = nearest(name, days.keys() - {step.name}) or "write one of that name"
                yield at.problem(f'there is no milestone "{name}"', "depends_on", hint=hint)
            elif days[name] > step.date:
                message = f'it depends on "{name}", which is due later, on {days[name]}'
                yield at.problem(message, "depends_on", hint="exchange the days, or correct them")
    edges = {step.name: step.depends_on for step in reversed(goal.milestones)}
    numbers = {step.name: n for n, step in reversed(list(enumerate(goal.milestones)))}
    for circle in circles(edges):
        message = f"this depends on itself: {' -> '.join(circle)}"
        keys = ("milestones", numbers[circle[0]], "depends_on")
        yield place.problem(message, *keys, hint="one of them has to come first")
