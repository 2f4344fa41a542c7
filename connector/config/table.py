"""Tables of a file as typed models, and every mistake in them in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from connector.config.quantity import said
from connector.config.toml import Place, read_toml
from connector.errors import ConfigError, Problem, SettingsError

LONGEST_LIST = 12
"""How many known names a hint lists when none of them is near."""
FIRST_YEAR, LAST_YEAR = 1990, 2200
"""Dates outside of these are slips of the pen."""


class Table(BaseModel):
    """A table of a file a person wrote: frozen, unknown keys refused.

    How it is checked is worked out when the first one is, not when it is imported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, defer_build=True)


Model = TypeVar("Model", bound=BaseModel)


def load_table(path: Path, model: type[Model], error: type[ConfigError] = SettingsError) -> Model:
    """Read a file into one table; every problem in it is raised at once."""
    document = read_toml(path, error)
    return checked(model, document.data, document.place, error)


def checked(
    model: type[Model],
    data: Mapping[str, Any],
    place: Place,
    error: type[ConfigError] = SettingsError,
) -> Model:
    """Return a table as its model; every problem in it is raised at once, with file and line."""
    try:
        return model.model_validate(data)
    except ValidationError as cause:
        raise error(problems_of(cause, model, data, place)) from cause


def problems_of(
    cause: ValidationError, model: type[BaseModel], data: Mapping[str, Any], place: Place
) -> list[Problem]:
    """Put each error of a validation in plain words, with its file, line and key."""
    found = []
    for detail in cause.errors(include_url=False):
        keys = _keys(detail, data)
        message, hint = _plain(detail, model, keys)
        found.append(place.problem(message, *keys, hint=hint))
    return list(dict.fromkeys(found))


def malformed_keys(cause: ValidationError) -> frozenset[str]:
    """Return the keys of a table that a validation found something wrong with or inside of."""
    details = cause.errors(include_url=False, include_context=False, include_input=False)
    return frozenset(str(detail["loc"][0]) for detail in details if detail["loc"])


def nearest(name: str, known: Iterable[str], what: str = "known") -> str:
    """Return a hint for a name that is not known: the nearest one, or what there is."""
    names = sorted(set(known))
    folded = {other.lower(): other for other in names}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    if not names or len(names) > LONGEST_LIST:
        return ""
    return f"{what}: {', '.join(names)}"


def shown(value: object) -> str:
    """Write a value the way it stands in a file, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}..."'  # noqa: PLR2004
    if isinstance(value, Mapping | SecretStr):
        return "a table" if isinstance(value, Mapping) else "a secret"
    return "a list" if isinstance(value, list | tuple) else str(value)


def _keys(detail: ErrorDetails, data: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Turn a location into keys of the file, without the names of alternatives in between."""
    keys: list[str | int] = []
    here: Any = data
    location = detail["loc"]
    for part in location:
        if _has(here, part):
            here = here[part]
            keys.append(part)
    below = detail.get("ctx", {}).get("key") if detail["type"] == "said" else None
    if detail["type"] == "missing":
        keys.append(location[-1])
    elif below:
        keys.append(str(below))
    return tuple(keys)


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, Mapping):
        return key in here
    return isinstance(here, list | tuple) and isinstance(key, int) and key < len(here)


def _plain(
    detail: ErrorDetails, model: type[BaseModel], keys: tuple[str | int, ...]
) -> tuple[str, str]:
    """Return what is wrong, and what to do about it where that can be told."""
    context, kind = detail.get("ctx", {}), detail["type"]
    if kind == "said":
        return str(context["message"]), str(context["hint"])
    if kind in {"value_error", "assertion_error"}:
        return str(context["error"]), ""
    if kind == "extra_forbidden":
        known = known_keys(model, keys[:-1])
        return "unknown key", nearest(str(keys[-1]), known, "known keys")
    if kind == "literal_error":
        return _not_one_of(detail["input"], str(context["expected"]))
    return _expected(kind, context, detail["input"]), ""


def _expected(kind: str, context: Mapping[str, Any], value: object) -> str:
    if kind == "missing":
        return "this key is required"
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind]} {next(iter(context.values()))}"
    expected = next((words for start, words in _TYPES.items() if kind.startswith(start)), None)
    if expected is None:
        return f"{shown(value)} cannot stand here"
    return f"must be {expected}, not {shown(value)}"


def _not_one_of(value: object, expected: str) -> tuple[str, str]:
    choices = [part.strip("' ") for part in expected.replace(" or ", ", ").split(",")]
    listed = " or ".join(f'"{choice}"' for choice in choices)
    hint = nearest(value, choices) if isinstance(value, str) else ""
    return f"must be {listed}, not {shown(value)}", hint if hint.startswith("did") else ""


_BOUNDS = {
    "greater_than": "more than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
}
_TYPES = {
    "string": "text in quotes",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "tuple": "a list: [...]",
    "list": "a list: [...]",
    "dict": "a table: { key = value }",
    "mapping": "a table: { key = value }",
    "model": "a table: { key = value }",
    "path": "a path in quotes",
    "datetime": "a time such as 2026-01-01T00:00:00Z",
    "timezone": "a time with its zone such as 2026-01-01T00:00:00Z",
    "url": "an address such as https://example.com",
}


def known_keys(model: type[BaseModel], keys: tuple[str | int, ...]) -> list[str]:
    """Return the keys that a table may have, following `keys` down from the model."""
    tables = _tables_below(model, keys)
    return sorted(
        {field.alias or name for table in tables for name, field in table.model_fields.items()}
    )


def _tables_below(model: type[BaseModel], keys: tuple[str | int, ...]) -> list[type[BaseModel]]:
    tables = [model]
    for key in keys:
        fields = [
            field
            for table in tables
            for name, field in table.model_fields.items()
            if key in {name, field.alias}
        ]
        below = [inner for field in fields for inner in _models_in(field.annotation)]
        tables = below or tables
    return tables


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _text(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise said("must not be empty")
    return value


def _texts(value: object) -> object:
    items = value if isinstance(value, list | tuple) else [value]
    if all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
        return tuple(str(item) for item in items)
    raise said(f"must be text or a list of texts, not {shown(value)}")


def _flag(value: object) -> object:
    words = {"true": True, "false": False}
    flag = words.get(value) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise said(f"must be true or false, not {shown(value)}")
    return flag


def read_day(value: object) -> date:
    """Read a day as it stands in a file; what is none is refused."""
    day: object = value
    if isinstance(value, str):
        with suppress(ValueError):
            day = date.fromisoformat(value)
    if not isinstance(day, date) or isinstance(day, datetime):
        raise said(f"must be a date such as 2026-10-01, not {shown(value)}")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise said(f"must be a date from {FIRST_YEAR} to {LAST_YEAR}, not {day}")
    return day


def _clock_time(value: object) -> object:
    at: object = value
    if isinstance(value, str):
        with suppress(ValueError):
            at = time.fromisoformat(value)
    if not isinstance(at, time) or at.tzinfo is not None:
        raise said(f'must be a time of day such as "06:00", not {shown(value)}')
    return at


ONE_NAME = {"type": ["string", "integer"]}
"""Schema of a name, or of an id that may stand without quotes."""

Text = Annotated[str, BeforeValidator(_text)]
"""Text that is not empty."""

Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One text or a list of them; ids may be numbers."""

Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(read_day)]
TimeOfDay = Annotated[time, BeforeValidator(_clock_time)]
