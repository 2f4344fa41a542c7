"""What a KPI sets of its measure, `settings = { window = "3 d" }`, against the catalogue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from connector.config.quantity import QuantityError, format_range, parse_quantity
from connector.config.table import nearest, shown
from connector.config.toml import Place
from connector.errors import Problem
from connector.model.kpi import MeasureDefinition, Setting

Value = float | str | tuple[str, ...]

EXAMPLES = {
    "names": '["one", "two"]',
    "groups": '["Tier 2", "Tier 3"]',
    "tag": '"escalated"',
    "field": '"Product area"',
    "yes_no": "true or false",
}


def setting_values(definition: MeasureDefinition, written: Mapping[str, Any]) -> dict[str, Value]:
    """Return the value of every setting of a measure, defaults filled in; what was checked is fine.

    Durations are seconds, yes and no are 1 and 0; what may be left out and is, is empty.
    """
    return {
        name: setting_value(setting, written.get(name, setting.default))
        for name, setting in definition.settings.items()
    }


def setting_value(setting: Setting, written: Any) -> Value:
    """Read one setting; `QuantityError` says what is wrong with it."""
    if setting.kind in {"names", "groups"}:
        return _names(written)
    if setting.kind in {"tag", "field"}:
        if not isinstance(written, str):
            raise QuantityError("must be a text")
        return written.strip()
    if setting.kind == "choice":
        if written not in setting.options:
            hint = f"one of: {', '.join(setting.options)}"
            raise QuantityError("is none of the words it may be", hint)
        return str(written)
    if setting.kind == "yes_no":
        if written not in {True, False, "yes", "no", ""}:
            raise QuantityError("must be true or false")
        return 1.0 if written in {True, "yes"} else 0.0
    return _number(setting, written)


def setting_problems(
    definition: MeasureDefinition, written: Mapping[str, Any], place: Place
) -> Iterator[Problem]:
    """Check what a KPI sets against what its measure lets it set."""
    for name in written:
        if name not in definition.settings:
            hint = nearest(name, definition.settings, "it has") or "leave the key out"
            yield place.problem(f'{definition.id} has no setting "{name}"', "settings", hint=hint)
    for name, setting in definition.settings.items():
        yield from _problems(definition, setting, written.get(name), place.at("settings"))
    needed = definition.needs_one_of
    if needed and not any(_is_set(written.get(name)) for name in needed):
        kinds = {name: definition.settings[name].kind for name in needed}
        ways = (
            f"{{ {name} = {EXAMPLES[kind].partition(' or ')[0]} }}" for name, kind in kinds.items()
        )
        message = f"{definition.id} needs one or more of the settings {', '.join(needed)}"
        hint = f"write settings = {' or '.join(ways)}"
        yield place.problem(message, *(["settings"] if written else []), hint=hint)


def _is_set(written: Any) -> bool:
    return bool(written) and written != "no"


def _problems(
    definition: MeasureDefinition, setting: Setting, written: Any, place: Place
) -> Iterator[Problem]:
    name = setting.name
    if written is None:
        if not setting.default and not setting.is_optional:
            hint = f"write settings = {{ {name} = {EXAMPLES.get(setting.kind, '...')} }}"
            yield place.problem(f'{definition.id} needs the setting "{name}"', hint=hint)
        return
    try:
        value = setting_value(setting, written)
    except QuantityError as error:
        hint = EXAMPLES.get(setting.kind) or error.hint
        yield place.problem(f"{shown(written)}: {error}", name, hint=hint)
        return
    if isinstance(value, float) and not _low(setting) <= value <= _high(setting):
        unit = "s" if setting.kind == "duration" else "count"
        hint = format_range(_low(setting), _high(setting), unit)
        yield place.problem(f"{shown(written)} is out of range", name, hint=hint)
    elif not value and value != 0 and not setting.is_optional:
        yield place.problem("is empty", name, hint=f"write {EXAMPLES[setting.kind]}")


def _number(setting: Setting, written: Any) -> float:
    quantity = parse_quantity(written)
    if setting.kind == "duration" and quantity.unit != "s":
        raise QuantityError("is no stretch of time", 'write it with its unit: "7 d"')
    if setting.kind == "number" and quantity.unit != "count":
        raise QuantityError("must be a plain number", "write it without a unit: 3")
    return quantity.number


def _names(written: Any) -> tuple[str, ...]:
    if written == "":
        return ()
    listed = written if isinstance(written, list | tuple) else [written]
    if not all(isinstance(name, str) and name.strip() for name in listed):
        raise QuantityError("must be a list of texts")
    return tuple(dict.fromkeys(name.strip() for name in listed))


def _low(setting: Setting) -> float:
    return -math.inf if setting.low is None else setting.low


def _high(setting: Setting) -> float:
    return math.inf if setting.high is None else setting.high
