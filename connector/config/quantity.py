"""Numbers with units as people write them: `95 min`, `1.5 h`, `90 %`, `200`; and back again.

Inside, times are seconds, shares are ratios 0..1, everything else is a plain number.
"""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MINUTE = 60
HOUR = 3_600
DAY = 86_400
WEEK = 604_800
LONGEST_TIME = 100 * 365 * DAY
"""What a time in a file may be, so that no date is ever out of range."""

UNITS: dict[str, tuple[float, str]] = {
    "s": (1, "s"), "sec": (1, "s"), "second": (1, "s"), "seconds": (1, "s"),
    "min": (MINUTE, "s"), "mins": (MINUTE, "s"), "minute": (MINUTE, "s"), "minutes": (MINUTE, "s"),
    "h": (HOUR, "s"), "hr": (HOUR, "s"), "hour": (HOUR, "s"), "hours": (HOUR, "s"),
    "d": (DAY, "s"), "day": (DAY, "s"), "days": (DAY, "s"),
    "w": (WEEK, "s"), "week": (WEEK, "s"), "weeks": (WEEK, "s"),
    "%": (0.01, "ratio"), "percent": (0.01, "ratio"),
    "ticket": (1, "count"), "tickets": (1, "count"),
    "point": (1, "count"), "points": (1, "count"),
}  # fmt: skip
"""Every unit a person may write: how much of the base unit it is, and which base unit."""

EXAMPLES = '"95 min", "1.5 h", "2 d", "90 %" or 200'
_PART = re.compile(r"\s*(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>%|[A-Za-z]*)\s*")
_MOST_DAYS_IN_HOURS = 2
_LARGE = 100


class Quantity(msgspec.Struct, frozen=True):
    """A number as written with its unit: `95 min`, `90 %`, `200`. `unit` is s, ratio or count."""

    number: float
    unit: str


class QuantityError(ValueError):
    """The text is no quantity; the message says why in plain words, `hint` what to write."""

    def __init__(self, message: str, hint: str = f"write for example {EXAMPLES}") -> None:
        super().__init__(message)
        self.hint = hint


def parse_quantity(value: object) -> Quantity:
    """Read a quantity from a number or text; a bare number is a count until a KPI says more."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise QuantityError("must be a number with its unit")
    quantity = _parse_text(value) if isinstance(value, str) else Quantity(_float(value), "count")
    if not math.isfinite(quantity.number):
        raise QuantityError(f"must be an ordinary number, not {quantity.number}")
    if quantity.unit == "s" and not 0 <= quantity.number <= LONGEST_TIME:
        raise QuantityError("a time is at least 0 and at most 100 years")
    return quantity


def _float(number: float) -> float:
    """Turn a number of a file into a float; whole numbers there have no limit."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def parse_duration(value: object) -> float:
    """Read a stretch of time such as `5 min` and return it in seconds."""
    quantity = parse_quantity(value)
    if quantity.unit != "s":
        raise QuantityError("must be a time with its unit", 'write for example "5 min"')
    if quantity.number <= 0:
        raise QuantityError("must be more than 0", 'write for example "5 min"')
    return quantity.number


def parse_share(value: object) -> float:
    """Read a share, `0.2` or `20 %`, more than nothing and at most everything."""
    quantity = parse_quantity(value)
    if quantity.unit == "s" or not 0 < quantity.number <= 1:
        raise QuantityError("must be a share above 0 and at most 1", 'write 0.2 or "20 %"')
    return quantity.number


def format_quantity(number: float | None, unit: str, *, clock: str = "calendar") -> str:
    """Write a number in base units for people: `1 h 35 min`, `87.5 %`, `1,204`; none is a dash.

    A unit in capitals is a currency.

    Hours of a business clock are never added up to days, since a working day has fewer of them.
    """
    if number is None:
        return "\N{EN DASH}"
    if unit == "s":
        sign = "-" if number < 0 else ""
        return sign + _format_time(abs(number), days=clock != "business")
    if unit == "ratio":
        return _format_ratio(number)
    if unit.isupper():
        return f"{number:,.2f} {unit}"
    decimals = 0 if abs(number) >= _LARGE else 2
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_range(low: float, high: float, unit: str) -> str:
    """Write what a number may be, `1 d to 30 d`; times in whole days where both are such."""
    if unit == "s" and not low % DAY and not high % DAY:
        return f"{low / DAY:g} d to {high / DAY:g} d"
    return f"{format_quantity(low, unit)} to {format_quantity(high, unit)}"


def _parse_text(text: str) -> Quantity:
    if "," in text:
        raise QuantityError(
            f'cannot read "{text}"', 'decimals have a point: "1.5 h"; no separators'
        )
    total, kinds, position = 0.0, [], 0
    while found := _PART.match(text, position):
        factor, kind = _unit(found["unit"])
        total += float(found["number"]) * factor
        kinds.append(kind)
        position = found.end()
    if position != len(text) or not kinds:
        raise QuantityError(f'cannot read "{text}"')
    if len(kinds) > 1 and set(kinds) != {"s"}:
        raise QuantityError(f'cannot read "{text}"', "write one number and one unit")
    return Quantity(round(total, 9), kinds[0])


def _unit(word: str) -> tuple[float, str]:
    if not word:
        return 1, "count"
    known = UNITS.get(word.lower())
    if known is not None:
        return known
    if word == "m":
        raise QuantityError('"m" could be minutes or months', 'write "min"')
    near = get_close_matches(word.lower(), UNITS, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else "known units: s, min, h, d, w, %"
    raise QuantityError(f'unknown unit "{word}"', hint)


def _format_time(seconds: float, *, days: bool) -> str:
    if 0 < seconds < 1:
        return "under 1 s"
    if round(seconds) < HOUR:
        return _two(round(seconds), (MINUTE, "min"), (1, "s"))
    minutes = round(seconds / MINUTE) * MINUTE
    if minutes < _MOST_DAYS_IN_HOURS * DAY or not days:
        return _two(minutes, (HOUR, "h"), (MINUTE, "min"))
    return _two(round(seconds / HOUR) * HOUR, (DAY, "d"), (HOUR, "h"))


def _two(total: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    many, rest = divmod(total, large[0])
    few = rest // small[0]
    parts = [f"{count:,} {unit}" for count, unit in ((many, large[1]), (few, small[1])) if count]
    return " ".join(parts) or f"0 {small[1]}"


def _format_ratio(ratio: float) -> str:
    text = f"{ratio * 100:.1f}"
    if text == "100.0" and ratio < 1:
        return "over 99.9 %"
    if text == "0.0" and ratio > 0:
        return "under 0.1 %"
    return f"{text.removesuffix('.0')} %"


def _quantity(value: object) -> Quantity:
    try:
        return parse_quantity(value)
    except QuantityError as error:
        raise said(str(error), error.hint) from None


def _baseline(value: object) -> Quantity | str:
    if isinstance(value, str) and value.strip()[:1].isalpha():
        if value == "from_history":
            return value
        raise said(f'cannot read "{value}"', 'write a value such as "95 min", or "from_history"')
    return _quantity(value)


def _duration(value: object) -> float:
    try:
        return parse_duration(value)
    except QuantityError as error:
        raise said(str(error), error.hint) from None


def _share(value: object) -> float:
    try:
        return parse_share(value)
    except QuantityError as error:
        raise said(str(error), error.hint) from None


def said(message: str, hint: str = "", key: str = "") -> PydanticCustomError:
    """Make a validation error that is shown to the admin word for word; `key` lies one below."""
    context = {"message": message, "hint": hint, "key": key}
    return PydanticCustomError("said", "{message}", context)


_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[+-]?\d"}],
    "examples": ["95 min", "1.5 h", "90 %", 200],
}
_whole = PlainSerializer(msgspec.to_builtins)
AsQuantity = Annotated[Quantity, PlainValidator(_quantity), _whole, WithJsonSchema(_SCHEMA)]
"""A quantity in a file."""

Baseline = Annotated[
    Quantity | Literal["from_history"],
    PlainValidator(_baseline),
    _whole,
    WithJsonSchema({"anyOf": [{"const": "from_history"}, *_SCHEMA["anyOf"]]}),
]
"""A quantity in a file, or the word that has it measured."""

_TIME_SCHEMA = {"type": "string", "pattern": r"^\s*\d", "examples": ["5 min", "1 h"]}
Seconds = Annotated[float, BeforeValidator(_duration), WithJsonSchema(_TIME_SCHEMA)]
"""A stretch of time in a file, held in seconds."""

_SHARE_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        {"type": "string", "pattern": "%"},
    ]
}
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema(_SHARE_SCHEMA)]
"""A share of a whole in a file, 0.2 or "20 %"."""
