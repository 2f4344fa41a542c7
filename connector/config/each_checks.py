"""Goals that stand for one of every person or team, and what is different for some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.config.checks import Measured
from connector.config.goal_parts import OverrideTable
from connector.config.goal_tables import GoalTable
from connector.config.goal_values import override_value_problems
from connector.config.reading import Entry
from connector.config.toml import Place
from connector.errors import Problem
from connector.model.kpi import Family

LEVEL_OF: Mapping[str, str] = {"assignee": "person", "group": "team"}
"""At which level the goals of each kind of `for_each` are."""


def each_problems(goal: GoalTable, entry: Entry, measured: Measured | None) -> Iterator[Problem]:
    """Check `for_each` and its overrides."""
    place = entry.place
    if goal.for_each is None:
        if goal.override and "for_each" not in entry.suspect:
            message = "only a goal for each person or team has overrides"
            hint = 'write for_each = "assignee" or "group", or change the goal itself'
            yield place.problem(message, "override", hint=hint)
    else:
        yield from _spread_problems(goal, goal.for_each, entry, measured)
    for name, override in goal.override.items():
        at = place.at("override", name)
        yield from _override_problems(goal, override, at, kind_is_known="kind" not in entry.suspect)
        if measured is not None:
            yield from override_value_problems(override, goal, measured.scale, at)


def _spread_problems(
    goal: GoalTable, each: str, entry: Entry, measured: Measured | None
) -> Iterator[Problem]:
    level = LEVEL_OF[each]
    if goal.level != level and "level" not in entry.suspect:
        message = f'goals for each {each} have level = "{level}", not "{goal.level}"'
        yield entry.place.problem(message, "for_each", hint=f'write level = "{level}"')
    if measured is not None and measured.definition.family == Family.IMPORTED:
        message = "an imported value cannot be split up: it does not know tickets"
        hint = "leave the key out, or take a KPI of tickets"
        yield entry.place.problem(message, "for_each", hint=hint)


def _override_problems(
    goal: GoalTable, override: OverrideTable, place: Place, *, kind_is_known: bool
) -> Iterator[Problem]:
    if override.model_fields_set <= {"reason"}:
        hint = "write what is different: target, limit, baseline or paused"
        yield place.problem("this override changes nothing", hint=hint)
    if not kind_is_known:
        return
    wrong, right = ("target", "limit") if goal.is_anti else ("limit", "target")
    if getattr(override, wrong) is not None:
        kind = "an anti-goal has no target" if goal.is_anti else "only anti-goals have a limit"
        yield place.problem(kind, wrong, hint=f'write "{right}"')
