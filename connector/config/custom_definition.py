"""A `[measure.ID]` as a definition, so that it is used, listed and explained like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connector.config.custom import MeasureTable
from connector.config.where import FIELD
from connector.model.kpi import Family, MeasureDefinition, Unit

FACTORS: Final[Mapping[str, float]] = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
"""Units of time that a field may count in, in seconds."""

EXCLUDES: Final = "merged, spam, deleted, child"
CODES: Final = {"created": "C", "first_solved": "F", "last_solved": "S", "end": "E"}
SPOKEN: Final = {
    "created": "the creation of the ticket",
    "first_reply": "the first reply",
    "first_solved": "the first solve",
    "last_solved": "the last solve",
}
SPREAD: Final = ("mean", "median", "p75", "p90", "p95", "sum", "within")
TIMES: Final = ("median", "within", "p75", "p90", "p95", "mean")


def own_definition(id_: str, table: MeasureTable) -> MeasureDefinition:
    """Return what an admin's own measure means, in the words of the catalogue."""
    made = {"number": _number, "tag": _tag}.get(table.kind, _time)(table)
    if table.definition:
        made["definition"] = table.definition
    return MeasureDefinition(
        id=id_,
        title=table.title,
        direction=table.direction,
        stamp=CODES[table.stamped],
        lag_s=0,
        source="your own, from the mapping",
        excludes=EXCLUDES,
        template=f"custom/{made.pop('template')}",
        currency=table.currency or "",
        **made,
    )


def _number(table: MeasureTable) -> dict[str, Any]:
    unit = table.unit or "count"
    stamped = SPOKEN[table.stamped]
    counted = {"money": f", in {table.currency}", "count": ""}.get(unit, f", in {unit}")
    return {
        "template": "number",
        "definition": f'The number in the ticket field "{table.field}"{counted}, as it is now.',
        "unit": Unit.SECONDS if unit in FACTORS else Unit.COUNT,
        "family": Family.NUMBER,
        "clocks": ("calendar",),
        "aggregates": SPREAD,
        "depends_on": ("tickets", "states", "solves"),
        "starts": f'somebody fills in "{table.field}"',
        "stops": f"{stamped}; the field counts as it is now",
        "not_yet": f'no number in "{table.field}"'
        + ("" if table.stamped == "created" else ", or not solved yet"),
        "given": {
            "field": table.field or "",
            "stamp": table.stamped,
            "factor": FACTORS.get(unit, 1),
        },
    }


def _tag(table: MeasureTable) -> dict[str, Any]:
    which = "solved tickets" if table.over == "solved" else "tickets"
    is_solved = table.stamped != "created"
    return {
        "template": "tag",
        "definition": f'Share of the {which} that carry the tag "{table.tag}" now.',
        "unit": Unit.RATIO,
        "family": Family.RATE,
        "clocks": ("calendar",),
        "aggregates": ("rate",),
        "natural_range": (0.0, 1.0),
        "depends_on": ("tickets", "states", "solves"),
        "starts": "the ticket is created",
        "stops": f"{SPOKEN[table.stamped]}; tags count as they are now",
        "not_yet": "not solved yet" if is_solved else "",
        "given": {"tag": table.tag or "", "stamp": table.stamped},
    }


def _time(table: MeasureTable) -> dict[str, Any]:
    ends = table.ends
    (start, start_field), (stop, stop_field) = (_end(one) for one in ends)
    starts, stops = (_spoken(one) for one in ends)
    zone = table.timezone or "UTC"
    has_days = f" Days of fields begin in {zone}." if start_field or stop_field else ""
    return {
        "template": "between",
        "definition": f"Time from {starts} to {stops}; none where that comes first.{has_days}",
        "unit": Unit.SECONDS,
        "family": Family.TIME,
        "clocks": ("calendar", "business"),
        "aggregates": TIMES,
        "natural_range": (0.0, None),
        "depends_on": ("tickets", "comments", "states", "solves", "schedules"),
        "starts": starts,
        "stops": stops,
        "not_yet": "one of the two is missing, or they come in the other order",
        "given": {
            "start": start,
            "start_field": start_field,
            "stop": stop,
            "stop_field": stop_field,
            "timezone": zone,
            "stamp": table.stamped,
        },
    }


def _end(name: str) -> tuple[str, str]:
    """Return the word for an instant, and its field; the word is empty for a field."""
    is_field = name.startswith(FIELD)
    return ("", name.removeprefix(FIELD).strip()) if is_field else (name, "")


def _spoken(name: str) -> str:
    return SPOKEN.get(name) or f'the date in "{name.removeprefix(FIELD).strip()}"'
