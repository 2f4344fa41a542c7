"""When a KPI's value is final, what tells its definitions apart, and which value is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.ask import ask, unit_of
from connector.kpi.forms import definition_of, form_of, parts_of
from connector.kpi.where import Scope
from connector.model.kpi import Family, KpiValue, MeasureDefinition, Period, Version

SAID: Final = ("limit", "where", "credit", "group_as_of")
ABOUT: Final = 1e-9
"""Relative difference below which two values are one: the order of adding up differs."""


def is_settled(definition: MeasureDefinition, period: Period, as_of: datetime) -> bool:
    """Tell whether data up to `as_of` give the final value: the period and the lag are over."""
    return as_of >= period.end + timedelta(seconds=definition.lag_s)


def meaning(
    kpi: KpiTable, zone: str = "UTC", definitions: Mapping[str, MeasureDefinition] | None = None
) -> str:
    """Return what tells definitions of a KPI apart: all that it and its measure are told to be.

    How the connector words a definition, and how it comes to the value, are no part of it.
    """
    definition, form = definition_of(kpi, definitions), form_of(kpi, definitions)
    parts: tuple[MeasureDefinition, ...] = (definition,)
    if definition.family == Family.RATIO:
        parts = (definition, *(one.definition for one in parts_of(form, definitions)))
    counts_days = any(one.family == Family.DAYS for one in parts)
    told = kpi.model_dump(mode="json", include=set(SAID)) | {
        "form": form.key,
        "clock": kpi.clock if kpi.clock in definition.clocks else "calendar",
        "aggregate": kpi.aggregate or definition.aggregates[0],
        "zone": zone if counts_days else "",
        "parts": [(one.id, one.excludes, one.unit, one.template, one.given) for one in parts],
    }
    encoded = msgspec.json.encode(told, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]


def is_news(value: KpiValue, last: Version) -> bool:
    """Tell whether a value says other than the version before it."""
    if (value.n, value.k) != (last.n, last.k) or (value.value is None) != (last.value is None):
        return True
    pairs = ((value.value, last.value), (value.low, last.low), (value.high, last.high))
    return any(
        abs((one or 0.0) - (other or 0.0)) > ABOUT * max(1.0, abs(other or 0.0))
        for one, other in pairs
    )


def as_frozen(value: KpiValue, versions: tuple[Version, ...]) -> KpiValue:
    """Return a value as it was first frozen, with its versions; as it is, where there are none.

    What is left out is only known as of now: nothing is said of it beside an older n.
    """
    if not versions:
        return value
    left_out = value.left_out if len(versions) == 1 else {}
    first = versions[0]
    same = {name: getattr(first, name) for name in ("value", "n", "k", "low", "high")}
    return msgspec.structs.replace(
        value, **same, left_out=left_out, frozen=first.frozen_at, versions=versions
    )


def remembered(
    kpi_id: str, kpi: KpiTable, period: Period, as_of: datetime, versions: tuple[Version, ...]
) -> KpiValue:
    """Return a value as it was first frozen, without measuring what it would be now."""
    question = ask(kpi, Scope({}), period.start, period.end)
    blank = KpiValue(
        id=kpi_id,
        measure=kpi.measure,
        clock=question.clock,
        aggregate=question.aggregate,
        unit=unit_of(question.definition, question.aggregate),
        value=None,
        n=0,
        where=dict(kpi.where),
        period=period,
        as_of=as_of,
    )
    return as_frozen(blank, versions)
