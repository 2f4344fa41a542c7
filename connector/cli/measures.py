"""Measures of the catalogue in words: settings with their ranges, units, what divides what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.config.measure_settings import Value
    from connector.model.kpi import MeasureDefinition, Setting

UNITS = {"s": "time", "ratio": "share", "count": "number", "points": "points"}
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
