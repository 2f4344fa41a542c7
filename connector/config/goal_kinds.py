"""Which keys each kind of goal has to have, may have and may not have."""

from __future__ import annotations

from collections.abc import Iterator

from connector.config.goal_tables import AlignedTable, GoalTable
from connector.config.quantity import DAY
from connector.config.reading import Entry
from connector.config.toml import Place
from connector.errors import Problem

_ONLY_ANTI = {
    "warning": "only anti-goals have a warning",
    "hard": "only anti-goals are hard or soft",
    "category": "only anti-goals have a category",
    "protects": "only anti-goals protect other goals",
    "mode": "only anti-goals have a mode",
    "window": "only anti-goals have a window",
}
_MEASURED = ("kpi", "target", "limit", "baseline", "ticket", "show", "pace", "for_each")
"""What a goal without a KPI has no use for."""


def kind_problems(goal: GoalTable, entry: Entry) -> Iterator[Problem]:
    """Check that a goal has what its kind needs, and nothing that belongs to another kind."""
    if "kind" in entry.suspect:
        return
    place = entry.place
    if goal.kind == "development":
        yield from _unmeasured_problems(goal, place)
    else:
        if not goal.kpi:
            yield place.problem("this key is required", "kpi")
        yield from _target_problems(goal, place)
    if goal.is_anti:
        yield from _window_problems(goal, place)
    else:
        for key, message in _ONLY_ANTI.items():
            if key in goal.model_fields_set:
                yield place.problem(message, key, hint="leave the key out")
    yield from _step_problems(goal, entry)


def proposal_problems(table: AlignedTable, entry: Entry) -> Iterator[Problem]:
    """Check that only what somebody proposed was accepted."""
    if table.accepted_by and not table.proposed_by and "proposed_by" not in entry.suspect:
        hint = "write proposed_by as well, or leave the key out"
        yield entry.place.problem("nobody has proposed this", "accepted_by", hint=hint)


def _unmeasured_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    hint = "it is closed by hand: leave the key out"
    for key in _MEASURED:
        if key in goal.model_fields_set:
            yield place.problem(f"a development goal has no {key}", key, hint=hint)
    for number, step in enumerate(goal.milestones):
        if step.value is not None:
            message = "a milestone of a development goal has no value"
            hint = "write done = false, and true when it is"
            yield place.problem(message, "milestones", number, "value", hint=hint)


def _target_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    is_anti = goal.is_anti
    wanted, other = ("limit", "target") if is_anti else ("target", "limit")
    if getattr(goal, wanted) is None:
        hint = 'an anti-goal has a "limit" instead of a target' if is_anti else ""
        yield place.problem("this key is required", wanted, hint=hint)
    if getattr(goal, other) is not None:
        kind = "an anti-goal has" if is_anti else "only anti-goals have"
        hint = 'write "limit" for the value never to pass' if is_anti else 'write "target"'
        yield place.problem(f"{kind} {'no' if is_anti else 'a'} {other}", other, hint=hint)


def _window_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    if goal.window is None:
        return
    if goal.window % DAY:
        hint = 'write for example "28 d"'
        yield place.problem("a window is made of whole days", "window", hint=hint)
    if goal.mode == "budget":
        hint = "leave the key out, or the mode"
        yield place.problem("a budget is that of the whole period", "window", hint=hint)


def _step_problems(goal: GoalTable, entry: Entry) -> Iterator[Problem]:
    place = entry.place
    if goal.is_anti:
        if goal.pace == "phased":
            hint = "write a limit for all period"
            yield place.problem("an anti-goal has no phases", "pace", hint=hint)
        if goal.milestones:
            hint = "an anti-goal has nothing to reach: leave them out"
            yield place.problem("an anti-goal has no milestones", "milestones", hint=hint)
        return
    with_steps = goal.kind in {"backward", "development"} or goal.pace == "phased"
    if goal.milestones and not with_steps and "pace" not in entry.suspect:
        hint = 'write kind = "backward", or pace = "phased"'
        yield place.problem("only a backward goal has milestones", "milestones", hint=hint)
    has_values = any(step.value is not None for step in goal.milestones)
    if goal.pace == "phased" and not has_values and "milestones" not in entry.suspect:
        hint = "write [[goal.ID.milestones]] with name, date and value"
        message = "a phased pace needs milestones with values"
        yield place.problem(message, "pace", hint=hint)
