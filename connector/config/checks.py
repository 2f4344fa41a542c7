"""What can be proven wrong about ids and KPIs without a helpdesk: names, units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.config.entry import KpiTable
from connector.config.measure_settings import setting_problems
from connector.config.quantity import Quantity
from connector.config.scale import Scale, scale_of, ticket_scale
from connector.config.table import nearest
from connector.config.toml import Place
from connector.errors import Problem
from connector.model.kpi import Family, MeasureDefinition, Unit

RESERVED_IDS = frozenset({"status", "outcome", "any"})
"""Words that tags of the drop-down fields use where others have a goal's id."""

LONGEST_ID = 40
SHARES = frozenset({"rate", "within"})
"""Aggregates that count tickets and those among them that were good or bad."""

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

    @property
    def is_sum(self) -> bool:
        """Tell whether its value grows from nothing over a period."""
        aggregate = self.kpi.aggregate or self.definition.aggregates[0]
        return aggregate == "sum" or self.definition.family in {Family.COUNT, Family.DAYS}

    @property
    def is_share(self) -> bool:
        """Tell whether its value is how many of all tickets were good or bad."""
        aggregate = self.kpi.aggregate or self.definition.aggregates[0]
        return self.scale.unit == Unit.RATIO and aggregate in SHARES


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
    yield from positive_problems(kpi.limit, ticket_scale(kpi, definition), place, "limit")


def positive_problems(
    quantity: Quantity, scale: Scale, place: Place, key: str
) -> Iterator[Problem]:
    """Check a value of a KPI that is more than nothing."""
    refusal = scale.refusal(quantity, place.written(key))
    if refusal is not None:
        yield place.problem(refusal[0], key, hint=refusal[1])
    elif quantity.number <= 0:
        yield place.problem("must be more than 0", key)
