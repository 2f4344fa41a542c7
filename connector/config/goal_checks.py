"""What can be proven wrong about an objective or a goal by itself, without a helpdesk."""

from __future__ import annotations

from collections.abc import Iterator

from connector.config.checks import Measured, positive_problems
from connector.config.each_checks import each_problems
from connector.config.goal_kinds import kind_problems, proposal_problems
from connector.config.goal_parts import PeriodTable, TicketRuleTable
from connector.config.goal_tables import GoalTable, ObjectiveTable
from connector.config.goal_values import value_problems
from connector.config.milestone_checks import milestone_problems
from connector.config.quantity import Quantity, format_quantity
from connector.config.reading import Entry
from connector.config.scale import Scale, ticket_scale
from connector.config.toml import Place
from connector.errors import Problem

PROMISE = "promise"
"""What settles one ticket where the limit is the helpdesk's: no goal sets another."""


def objective_problems(objective: ObjectiveTable, entry: Entry) -> Iterator[Problem]:
    """Check an objective by itself."""
    if objective.period is not None:
        yield from _period_problems(objective.period, entry.place)
    yield from proposal_problems(objective, entry)


def goal_problems(goal: GoalTable, entry: Entry, measured: Measured | None) -> Iterator[Problem]:
    """Check a goal by itself and, where its KPI is known, against that."""
    place = entry.place
    if goal.kind == "development":
        measured = None
    yield from _period_problems(goal.period, place)
    yield from kind_problems(goal, entry)
    yield from proposal_problems(goal, entry)
    yield from milestone_problems(goal, entry, measured)
    yield from each_problems(goal, entry, measured)
    if measured is None:
        return
    yield from value_problems(goal, measured.scale, place)
    if goal.mode == "budget" and goal.is_anti:
        yield from _budget_problems(goal, measured, place)
    if goal.ticket is not None:
        yield from _ticket_problems(goal.ticket, measured, place.at("ticket"))


def _period_problems(period: PeriodTable, place: Place) -> Iterator[Problem]:
    if period.end < period.start:
        message = f"the period ends on {period.end}, before it starts on {period.start}"
        yield place.problem(message, "period", "end", hint="exchange the two, or correct the year")
    elif period.end == period.start:
        hint = "the end is the first day after the period"
        message = f"the period is empty: it starts and ends on {period.start}"
        yield place.problem(message, "period", "end", hint=hint)


def _budget_problems(goal: GoalTable, measured: Measured, place: Place) -> Iterator[Problem]:
    if not measured.is_share:
        message = f"a budget counts bad tickets, and {measured.scale.name} is no share of them"
        hint = 'leave the key out, or take a KPI such as one with aggregate = "within"'
        yield place.problem(message, "mode", hint=hint)
    elif goal.limit is not None and measured.scale.read(goal.limit).number in {0, 1}:
        message = "a budget needs a limit between 0 % and 100 %"
        hint = "so many tickets may be bad, but not none and not all of them"
        yield place.problem(message, "limit", hint=hint)


def _ticket_problems(
    rule: TicketRuleTable | str, measured: Measured, place: Place
) -> Iterator[Problem]:
    definition = measured.definition
    if not definition.settles_by:
        message = f"no single event settles {definition.id} for one ticket"
        hint = "leave the key out: the goal still stands, tickets show its status"
        yield place.problem(message, hint=hint)
    elif definition.lag_s > 0:
        lag = format_quantity(definition.lag_s, "s")
        message = f"{definition.id} settles {lag} later, when a ticket may be closed"
        yield place.problem(message, hint="give the rule to a goal for the first reply or solution")
    elif isinstance(rule, TicketRuleTable) and definition.settles_by == PROMISE:
        message = f"{definition.id} goes by the targets of the helpdesk itself"
        yield place.problem(message, hint='write ticket = "sla"')
    elif isinstance(rule, TicketRuleTable):
        scale = ticket_scale(measured.kpi, definition)
        yield from positive_problems(rule.limit, scale, place, "limit")
        if rule.due_soon is not None:
            yield from _due_soon_problems(rule.due_soon, rule.limit, scale, place)


def _due_soon_problems(
    due_soon: Quantity, limit: Quantity, scale: Scale, place: Place
) -> Iterator[Problem]:
    found = list(positive_problems(due_soon, scale, place, "due_soon"))
    yield from found
    if not found and due_soon.unit == limit.unit and due_soon.number > limit.number:
        message = f"{scale.write(due_soon)} is longer than the limit of {scale.write(limit)}"
        yield place.problem(message, "due_soon", hint="it counts back from the limit")
