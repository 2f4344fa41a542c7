"""Which tickets count: the closed vocabulary of `where` and of `writeback.only`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from pydantic import PlainSerializer, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from connector.config.quantity import said
from connector.config.table import ONE_NAME, nearest, read_day, shown
from connector.config.zones import zone_name

WHERE_KEYS = (
    "group", "assignee", "brand", "form", "channel", "priority", "type", "organization", "tag",
)  # fmt: skip
"""What tickets can be told apart by; each value is one name or a list, any of which will do."""
DATE_KEYS = ("created", "updated")
"""What tickets can be told apart by that is a stretch of days."""
FIELD = "field."
"""How the key of a custom field starts: `"field.Product area"`, or its id after the dot."""

Kind = Literal["names", "tags", "dates", "field"]
TABLES: Mapping[Kind, tuple[str, ...]] = {
    "names": ("any", "not"),
    "tags": ("any", "all", "none", "not"),
    "dates": ("from", "to", "timezone"),
    "field": ("any", "not", "min", "max", "from", "to", "timezone"),
}
"""What the table of each kind of key may say."""
EXAMPLES: Mapping[Kind, str] = {
    "names": '{ not = ["EMEA"] }',
    "tags": '{ any = ["vip"], none = ["test"] }',
    "dates": "{ from = 2026-01-01, to = 2026-04-01 }",
    "field": "{ min = 3, max = 8 }",
}


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a `where` says of one key beyond a plain list; everything that is set must hold.

    `any`, `all` and `none` are of names, `exclude` is the `not` of a file. A ticket without a value
    passes `none` and `not`, and no other. `min` and `max` both count, `since` (`from`) does and
    `until` (`to`) does not: local days in `timezone`, "" for that of the goal, or UTC.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    exclude: tuple[str, ...] = msgspec.field(default=(), name="not")
    min: float | None = None
    max: float | None = None
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    timezone: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name that it says something about."""
        return (*self.any, *self.all, *self.none, *self.exclude)

    @property
    def wants_value(self) -> bool:
        """Tell whether a ticket without a value is left out."""
        bounds = (self.min, self.max, self.since, self.until)
        return bool(self.any or self.all) or any(bound is not None for bound in bounds)


Condition = tuple[str, ...] | Filter
"""A plain list of names, any of which will do, or more."""


def kind_of(key: str) -> Kind | None:
    """Return what can be said about a key; None for those that tickets cannot be told apart by."""
    if key in DATE_KEYS:
        return "dates"
    if key.startswith(FIELD) and key[len(FIELD) :].strip():
        return "field"
    if key == "tag":
        return "tags"
    return "names" if key in WHERE_KEYS else None


def as_filter(condition: Condition) -> Filter:
    """Return a condition the long way."""
    return condition if isinstance(condition, Filter) else Filter(any=tuple(condition))


class _Mistakes:
    """Everything that is wrong with one `where`, each with the keys that lead to it."""

    def __init__(self) -> None:
        self.found: list[InitErrorDetails] = []

    def add(self, error: PydanticCustomError, *keys: str) -> None:
        self.found.append(InitErrorDetails(type=error, loc=keys, input=None))


def _where(value: object) -> dict[str, Condition]:
    if not isinstance(value, Mapping):
        raise said(f"must be a table, not {shown(value)}", 'write for example { group = ["EMEA"] }')
    mistakes = _Mistakes()
    found = {str(key): _condition(str(key), said_, mistakes) for key, said_ in value.items()}
    if mistakes.found:
        raise ValidationError.from_exception_data("where", mistakes.found)
    return found


def _condition(key: str, value: object, mistakes: _Mistakes) -> Condition:
    kind = kind_of(key)
    if kind is None:
        mistakes.add(_unknown(key, value), key)
    elif isinstance(value, Filter):
        return value
    elif isinstance(value, Mapping):
        return _table(key, kind, value, mistakes)
    elif kind == "dates":
        hint = f"write {EXAMPLES[kind]}"
        mistakes.add(said(f"must be a stretch of days, not {shown(value)}", hint), key)
    else:
        return _names(value, mistakes, key)
    return ()


def _unknown(key: str, value: object) -> PydanticCustomError:
    if key in {"field", FIELD}:
        name = next(iter(value), "Product area") if isinstance(value, Mapping) else "Product area"
        hint = f'write the field into the key, in quotes: "field.{name}" = ...'
        return said("names no field", hint)
    known = (*WHERE_KEYS, *DATE_KEYS)
    hint = nearest(key, known) or f'known: {", ".join(known)}, "field.NAME"'
    return said(f'tickets cannot be told apart by "{key}"', hint)


def _table(key: str, kind: Kind, table: Mapping[Any, object], mistakes: _Mistakes) -> Condition:
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name not in TABLES[kind]:
            message = f'"{key}" has no "{name}"'
            mistakes.add(said(message, nearest(str(name), TABLES[kind], "it has")), key, str(name))
        elif name in {"min", "max"}:
            found[name] = _number(value, mistakes, key, name)
        elif name in {"from", "to", "timezone"}:
            found[name] = _when(value, mistakes, key, name)
        else:
            found[name] = _names(value, mistakes, key, name)
    if not table:
        mistakes.add(said("an empty table says nothing", f"write {EXAMPLES[kind]}"), key)
    _check_ranges(found, mistakes, key)
    renamed = {"not": "exclude", "from": "since", "to": "until"}
    return Filter(**{renamed.get(k, k): v for k, v in found.items() if v is not None})


def _names(value: object, mistakes: _Mistakes, *keys: str) -> tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else [value]
    if not names:
        hint = "leave the key out for all"
        mistakes.add(said("an empty list means no ticket at all", hint), *keys)
    for name in names:
        if isinstance(name, bool) and name and keys[0].startswith(FIELD):
            continue
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
            hint = "write { not = true }" if name is False and keys[0].startswith(FIELD) else ""
            mistakes.add(said(f"must be text or a list of texts, not {shown(name)}", hint), *keys)
    return tuple(dict.fromkeys("true" if name is True else str(name) for name in names))


def _number(value: object, mistakes: _Mistakes, *keys: str) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        mistakes.add(said(f"must be a number, not {shown(value)}"), *keys)
        return None
    return float(value)


def _when(value: object, mistakes: _Mistakes, *keys: str) -> object:
    try:
        if keys[-1] != "timezone":
            return read_day(value)
        if isinstance(value, str):
            return zone_name(value)
    except PydanticCustomError as error:
        mistakes.add(error, *keys)
        return None
    mistakes.add(said(f"must be a time zone in quotes, not {shown(value)}"), *keys)
    return None


def _check_ranges(found: Mapping[str, Any], mistakes: _Mistakes, key: str) -> None:
    low, high, start, end = (found.get(name) for name in ("min", "max", "from", "to"))
    if low is not None and high is not None and low > high:
        mistakes.add(said(f"the range is empty: {low:g} is more than {high:g}"), key, "max")
    if start is not None and end is not None and start >= end:
        hint = "the end is the first day after the range"
        mistakes.add(said(f"the range is empty: {start} to {end}", hint), key, "to")
    if found.keys() & {"min", "max"} and found.keys() & {"from", "to"}:
        mistakes.add(said("a range is of numbers or of days, not of both"), key)
    if "timezone" in found and not found.keys() & {"from", "to"}:
        mistakes.add(said("only days have a time zone", "leave the key out"), key, "timezone")


_LIST = {"anyOf": [ONE_NAME, {"type": "array", "items": ONE_NAME, "minItems": 1}]}
_VALUE = {
    "anyOf": [
        {"type": ["string", "integer"]},
        {"const": True},
        {"type": "array", "items": ONE_NAME, "minItems": 1},
    ]
}
_SAID: Mapping[str, tuple[dict[str, Any], str]] = {
    "any": ({}, "Any of these will do."),
    "all": ({}, "All of these have to be there."),
    "none": ({}, "None of these may be there."),
    "not": ({}, "Anything but these; also tickets without a value."),
    "min": ({"type": "number"}, "At least this."),
    "max": ({"type": "number"}, "At most this."),
    "from": ({"type": "string", "format": "date"}, "First day."),
    "to": ({"type": "string", "format": "date"}, "First day after the range."),
    "timezone": ({"type": "string"}, "Where the days begin; left out, as for the goal, or UTC."),
}


def _schema(kind: Kind) -> dict[str, Any]:
    names = _VALUE if kind == "field" else _LIST
    table = {
        "type": "object",
        "properties": {
            name: {**(_SAID[name][0] or names), "description": _SAID[name][1]}
            for name in TABLES[kind]
        },
        "minProperties": 1,
        "additionalProperties": False,
    }
    return table if kind == "dates" else {"anyOf": [*names["anyOf"], table]}


Where = Annotated[
    Mapping[str, Condition],
    PlainValidator(_where),
    PlainSerializer(msgspec.to_builtins),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                key: _schema(kind) for key in (*WHERE_KEYS, *DATE_KEYS) if (kind := kind_of(key))
            },
            "patternProperties": {r"^field\.\s*\S": _schema("field")},
            "additionalProperties": False,
        }
    ),
]
"""Key to what its value must be; all keys must hold."""
