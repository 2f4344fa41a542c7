"""Measures of the catalogue in words: settings with their ranges, units, what divides what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.model.kpi import Family

if TYPE_CHECKING:
    from connector.config.measure_settings import Value
    from connector.model.kpi import MeasureDefinition, Setting

UNITS = {"s": "time", "ratio": "share", "count": "number", "points": "points"}
COUNTED = {
    "next_reply_time": "exchange",
    "net_flow": "event",
    "tickets_solved.every_close": "solve",
    "staff_days": "staff day",
    "sla_attainment": "target",
    "sla_breach_time": "target",
    "nps": "answer",
    "ces": "answer",
    "fcr_survey": "answer",
    "active_customers": "customer",
    "churn_rate": "customer",
    "retention_rate": "customer",
}
"""What n is a number of, by measure or variant, where it is not tickets."""

NEEDED = {
    "names": "a list of texts",
    "groups": "names of groups",
    "tag": "a tag",
    "field": "a ticket field",
    "yes_no": "yes or no",
}


def said_unit(definition: MeasureDefinition) -> str:
    """Say what a measure counts in."""
    return definition.currency or UNITS.get(definition.unit, definition.unit)


def said_n(definition: MeasureDefinition, n: int) -> str:
    """Say how many a KPI counts, and of what: `97 tickets`, `40 answers`."""
    from connector.cli.output import many

    return many(n, thing_counted(definition))


def thing_counted(definition: MeasureDefinition) -> str:
    """Return what n is a number of."""
    divided = definition.denominator if definition.family == Family.RATIO else ""
    if divided:
        return COUNTED.get(divided, "ticket")
    usual = "case" if definition.family == Family.IMPORTED else "ticket"
    names = [definition.id, definition.variant_of]
    if definition.variant_of == "next_reply_time":
        names.pop()  # its variant has one value a ticket
    return next((COUNTED[name] for name in names if name in COUNTED), usual)


def said_setting(setting: Setting, value: Value) -> str:
    """Write the value of a setting for people."""
    from connector.config.quantity import format_quantity

    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, str):
        return value or "none"
    if setting.kind == "yes_no":
        return "yes" if value else "no"
    return format_quantity(value, "s" if setting.kind == "duration" else "count")


def setting_range(setting: Setting) -> str:
    """Say what a setting may be, and what it is if nothing is said: `1 d to 30 d, usually 7 d`."""
    from connector.config.quantity import format_range

    unit = "s" if setting.kind == "duration" else "count"
    if setting.options:
        may_be = " or ".join(setting.options)
    elif setting.low is not None and setting.high is not None:
        may_be = format_range(setting.low, setting.high, unit)
    else:
        may_be = NEEDED.get(setting.kind, "a time" if unit == "s" else "a number")
    if setting.default:
        return f"{may_be}; {setting.default} if left out"
    return f"{may_be}; may be left out" if setting.is_optional else f"{may_be}; has to be set"
