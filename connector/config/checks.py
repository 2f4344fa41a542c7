"""What can be proven wrong about KPIs and goals without a helpdesk: names, units, sides, order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.config.entry import KpiTable
from connector.config.goal_parts import PeriodTable, TicketRuleTable
from connector.config.goal_tables import GoalTable
from connector.config.measure_settings import setting_problems
from connector.config.quantity import Quantity, format_quantity
from connector.config.scale import Scale, scale_of, ticket_scale
from connector.config.table import nearest
from connector.config.toml import Place
from connector.errors import Problem
from connector.model.kpi import Direction, Family, MeasureDefinition

RESERVED_IDS = frozenset({"status", "outcome", "any"})
"""Words that tags of the drop-down fields use where others have a goal's id."""

PROMISE = "promise"
"""What settles one ticket where the limit is the helpdesk's: no goal sets another."""

LONGEST_ID = 40
_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Measured:
    """A goal's KPI with the definition of its measure."""

    kpi: KpiTable
    definition: MeasureDefinition

    @property
    def scale(self) -> Scale:
        """Return what the KPI's numbers can be."""
        return scale_of(self.kpi, self.definition)


def id_problems(kind: str, name: str, place: Place) -> Iterator[Problem]:
    """Refuse ids that could not become part of a tag."""
    if not _ID.fullmatch(name):
        hint = 'use a-z, 0-9 and "_", and start with a letter'
        yield place.problem(f'"{name}" cannot be an id', hint=hint)
    elif "__" in name or name.endswith("_"):
        hint = 'tags use "__" between their parts'
        yield place.problem(f'an id holds no "__" and does not end in "_": "{name}"', hint=hint)
    elif len(name) > LONGEST_ID:
        message = f"an id has at most {LONGEST_ID} letters, since tags must stay short"
        yield place.problem(message, hint=f"this one has {len(name)}")
    elif kind == "goal" and name in RESERVED_IDS:
        hint = f"reserved: {', '.join(sorted(RESERVED_IDS))}"
        yield place.problem(f'a goal cannot be called "{name}"', hint=hint)


def kpi_problems(
    kpi: KpiTable, definitions: Mapping[str, MeasureDefinition], place: Place
) -> Iterator[Problem]:
    """Check a KPI against the catalogue."""
    base = definitions.get(kpi.measure)
    if base is None or base.variant_of:
        known = [one.id for one in definitions.values() if not one.variant_of]
        hint = nearest(kpi.measure, known) or "`connector catalogue` lists all"
        yield place.problem(f'there is no measure "{kpi.measure}"', "measure", hint=hint)
        return
    definition = definitions.get(kpi.measure_id)
    if definition is None:
        yield _variant_problem(kpi, definitions, place)
        return
    if kpi.clock not in (definition.clocks or ("calendar",)):
        hint = f"it has: {', '.join(definition.clocks) or 'calendar'}"
        yield place.problem(f"{kpi.measure} has no {kpi.clock} clock", "clock", hint=hint)
    if kpi.aggregate is not None and kpi.aggregate not in definition.aggregates:
        hint = nearest(kpi.aggregate, definition.aggregates, "it has")
        hint = hint or f"it has: {', '.join(definition.aggregates)}"
        message = f'{kpi.measure} has no aggregate "{kpi.aggregate}"'
        yield place.problem(message, "aggregate", hint=hint)
    if kpi.where and definition.family == Family.IMPORTED:
        hint = "leave it out: what is imported does not know tickets"
        yield place.problem("an imported value has no filter", "where", hint=hint)
    yield from setting_problems(definition, kpi.settings, place)
    yield from _limit_problems(kpi, definition, place)


def _variant_problem(
    kpi: KpiTable, definitions: Mapping[str, MeasureDefinition], place: Place
) -> Problem:
    known = [
        one.id.partition(".")[2] for one in definitions.values() if one.variant_of == kpi.measure
    ]
    hint = nearest(str(kpi.variant), known, "it has") if known else "leave the key out"
    message = f'{kpi.measure} has no variant "{kpi.variant}"'
    return place.problem(message, "variant", hint=hint or f"it has: {', '.join(known)}")


def goal_problems(goal: GoalTable, measured: Measured | None, place: Place) -> Iterator[Problem]:
    """Check a goal by itself and, where its KPI is known, against that."""
    yield from _period_problems(goal.period, place)
    yield from _kind_problems(goal, place)
    if measured is None:
        return
    refused = list(_refusals(goal, measured.scale, place))
    yield from refused
    if not refused:
        yield from _side_problems(goal, measured.scale, place)
    if goal.ticket is not None:
        yield from _ticket_problems(goal.ticket, measured, place.at("ticket"))


def _limit_problems(
    kpi: KpiTable, definition: MeasureDefinition, place: Place
) -> Iterator[Problem]:
    if kpi.aggregate != "within":
        if kpi.limit is not None:
            hint = 'write aggregate = "within", or leave the limit out'
            yield place.problem("only a share within has a limit", "limit", hint=hint)
        return
    if kpi.limit is None:
        hint = 'write for example limit = "4 h"'
        yield place.problem('aggregate = "within" needs a limit', "aggregate", hint=hint)
        return
    yield from _positive(kpi.limit, ticket_scale(kpi, definition), place, "limit")


def _positive(quantity: Quantity, scale: Scale, place: Place, key: str) -> Iterator[Problem]:
    refusal = scale.refusal(quantity, place.written(key))
    if refusal is not None:
        yield place.problem(refusal[0], key, hint=refusal[1])
    elif quantity.number <= 0:
        yield place.problem("must be more than 0", key)


def _period_problems(period: PeriodTable, place: Place) -> Iterator[Problem]:
    if period.end < period.start:
        message = f"the period ends on {period.end}, before it starts on {period.start}"
        yield place.problem(message, "period", "end", hint="exchange the two, or correct the year")
    elif period.end == period.start:
        hint = "the end is the first day after the period"
        message = f"the period is empty: it starts and ends on {period.start}"
        yield place.problem(message, "period", "end", hint=hint)


def _kind_problems(goal: GoalTable, place: Place) -> Iterator[Problem]:
    is_anti = goal.is_anti
    if goal.kind == "development":
        return
    if not goal.kpi:
        yield place.problem("this key is required", "kpi")
    wanted, other = ("limit", "target") if is_anti else ("target", "limit")
    if getattr(goal, wanted) is None:
        hint = 'an anti-goal has a "limit" instead of a target' if is_anti else ""
        yield place.problem("this key is required", wanted, hint=hint)
    if getattr(goal, other) is not None:
        kind = "an anti-goal has" if is_anti else "only anti-goals have"
        hint = 'write "limit" for the value never to pass' if is_anti else 'write "target"'
        yield place.problem(f"{kind} {'no' if is_anti else 'a'} {other}", other, hint=hint)
    if goal.warning is not None and not is_anti:
        yield place.problem("only anti-goals have a warning", "warning", hint="leave the key out")


def _refusals(goal: GoalTable, scale: Scale, place: Place) -> Iterator[Problem]:
    for key in ("target", "limit", "warning", "baseline"):
        quantity = getattr(goal, key)
        if isinstance(quantity, Quantity):
            refusal = scale.refusal(quantity, place.written(key))
            if refusal is not None:
                yield place.problem(refusal[0], key, hint=refusal[1])


def _side_problems(goal: GoalTable, scale: Scale, place: Place) -> Iterator[Problem]:
    baseline = scale.read(goal.baseline) if isinstance(goal.baseline, Quantity) else None
    if scale.direction == Direction.NEUTRAL and goal.baseline is None:
        message = f"no side of {scale.name} is better by itself, so the goal needs a baseline"
        yield place.problem(message, "baseline", hint='write a value or "from_history"')
    pairs = (
        ("target", goal.target, "baseline", baseline, False),
        ("limit", goal.limit, "baseline", baseline, True),
        ("warning", goal.warning, "limit", goal.limit, False),
        ("warning", goal.warning, "baseline", baseline, True),
    )
    for key, one, name, other, reverse in pairs:
        if one is None or other is None:
            continue
        first, second = scale.read(one), scale.read(other)
        worse, better = (second, first) if reverse else (first, second)
        if scale.is_better(better.number, worse.number):
            message = (
                f"the {key} {scale.write(first)} is on the wrong side of "
                f"the {name} {scale.write(second)}"
            )
            yield place.problem(message, key, hint=scale.side())


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
        yield from _positive(rule.limit, scale, place, "limit")
        if rule.due_soon is not None:
            yield from _due_soon_problems(rule.due_soon, rule.limit, scale, place)


def _due_soon_problems(
    due_soon: Quantity, limit: Quantity, scale: Scale, place: Place
) -> Iterator[Problem]:
    found = list(_positive(due_soon, scale, place, "due_soon"))
    yield from found
    if not found and due_soon.unit == limit.unit and due_soon.number > limit.number:
        message = f"{scale.write(due_soon)} is longer than the limit of {scale.write(limit)}"
        yield place.problem(message, "due_soon", hint="it counts back from the limit")
