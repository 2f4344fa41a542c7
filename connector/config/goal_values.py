"""The values of goals and overrides against their KPI: units, natural range, sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.config.goal_parts import OverrideTable
from connector.config.goal_tables import GoalTable
from connector.config.quantity import Quantity
from connector.config.scale import Scale
from connector.config.toml import Place
from connector.errors import Problem
from connector.model.kpi import Direction

VALUES = ("target", "limit", "warning", "baseline")
_ORDER = (
    ("target", "baseline", False),
    ("limit", "baseline", True),
    ("warning", "limit", False),
    ("warning", "baseline", True),
)
"""Pairs of which the first is on the better side of the second; the other way round if true."""


def value_problems(goal: GoalTable, scale: Scale, place: Place) -> Iterator[Problem]:
    """Check the values of a goal."""
    refused = list(_refusals(goal, scale, place))
    yield from refused
    if refused:
        return
    if scale.direction == Direction.NEUTRAL and goal.baseline is None:
        message = f"no side of {scale.name} is better by itself, so the goal needs a baseline"
        yield place.problem(message, "baseline", hint='write a value or "from_history"')
    for key, _, message in _wrong_sides(values_of(goal), scale):
        yield place.problem(message, key, hint=scale.side())


def override_value_problems(
    override: OverrideTable, goal: GoalTable, scale: Scale, place: Place
) -> Iterator[Problem]:
    """Check the values of an override, together with those that it leaves as they are."""
    refused = list(_refusals(override, scale, place))
    yield from refused
    if refused or any(scale.refusal(one, "") for one in values_of(goal).values()):
        return
    foreign = "target" if goal.is_anti else "limit"
    own = {key: one for key, one in values_of(override).items() if key != foreign}
    for key, other, message in _wrong_sides({**values_of(goal), **own}, scale):
        if key in own or other in own:
            yield place.problem(message, key if key in own else other, hint=scale.side())


def values_of(table: GoalTable | OverrideTable) -> Mapping[str, Quantity]:
    """Return the values that a table has, as written; what is measured from history is none."""
    found = {key: getattr(table, key, None) for key in VALUES}
    return {key: one for key, one in found.items() if isinstance(one, Quantity)}


def _refusals(table: GoalTable | OverrideTable, scale: Scale, place: Place) -> Iterator[Problem]:
    for key, quantity in values_of(table).items():
        refusal = scale.refusal(quantity, place.written(key))
        if refusal is not None:
            yield place.problem(refusal[0], key, hint=refusal[1])


def _wrong_sides(values: Mapping[str, Quantity], scale: Scale) -> Iterator[tuple[str, str, str]]:
    """Return pairs of keys whose values are the wrong way round, and say so."""
    for key, other, reverse in _ORDER:
        if key not in values or other not in values:
            continue
        first, second = scale.read(values[key]), scale.read(values[other])
        worse, better = (second, first) if reverse else (first, second)
        if scale.is_better(better.number, worse.number):
            message = (
                f"the {key} {scale.write(first)} is on the wrong side of "
                f"the {other} {scale.write(second)}"
            )
            yield key, other, message
