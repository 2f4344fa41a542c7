"""The KPI catalogue: what the header of every measure's SQL file says.

A file `MEASURE.sql` is a measure; `MEASURE.VARIANT.sql` is a vendor's way of counting it, and says
in its header only what differs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from connector.errors import StoreError
from connector.kpi.flags import excluded
from connector.model.kpi import Family, MeasureDefinition, Setting

FOLDER: Final = files("connector.kpi") / "measures"
DAY_S: Final = 86_400
REQUIRED: Final = frozenset(
    {"id", "title", "definition", "unit", "family", "clocks", "aggregates", "direction"}
    | {"stamp", "lag", "starts", "stops", "excludes", "range", "depends_on", "source"}
)
OPTIONAL: Final = frozenset(
    {"settles_by", "not_yet", "settings", "needs_one_of", "wakes", "numerator", "denominator"}
)
STAMPS: Final = {
    "C": "ticket created",
    "R": "first replied",
    "S": "last solved",
    "F": "first solved",
    "E": "the event itself",
    "V": "rated (vote)",
    "O": "survey offered",
    "X": "snapshot instant",
    "A": "SLA outcome known",
    "P": "period of the value",
}
SETTING: Final = re.compile(
    r"(?P<name>[a-z_]+)(?P<optional>\?)?: "
    r"(?P<kind>duration|number|names|groups|tag|field|yes_no|choice)"
    r"(?: = (?P<default>[^(;]+?))?"
    r"(?: \((?:(?P<low>[^.|)]+?) \.\. (?P<high>[^|)]+)|(?P<options>[^)]+))\))?"
)
"""`window: duration = 7 d (1 d .. 30 d)`, `metric: choice = all (all | first_reply_time)`; a
question mark after the name: may be left out."""


@cache
def definitions() -> Mapping[str, MeasureDefinition]:
    """Return every measure's definition by id, variants after their measure."""
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in FOLDER.iterdir()
        if entry.name.endswith(".sql")
    }
    found: dict[str, MeasureDefinition] = {}
    for name in sorted(texts, key=lambda name: name.removesuffix(".sql")):
        base = texts.get(f"{name.partition('.')[0]}.sql", "")
        definition = parse(name, texts[name], base if base != texts[name] else "")
        found[definition.id] = definition
    return MappingProxyType(found)


def variants(measure_id: str) -> Mapping[str, MeasureDefinition]:
    """Return the variants of a measure by name."""
    return {
        one.id.partition(".")[2]: one
        for one in definitions().values()
        if one.variant_of == measure_id
    }


@cache
def sql(measure_id: str) -> str:
    """Return the SQL of a measure, header included."""
    return (FOLDER / f"{measure_id}.sql").read_text(encoding="utf-8")


def input_sql(name: str, **values: object) -> str:
    """Return the SQL of a relation that measures read as `m_NAME`, with its `$NAME`s filled in."""
    return fill(input_text(name), values)


def fill(query: str, values: Mapping[str, object]) -> str:
    """Put values in the place of `$NAME`s: numbers, quoted texts and relations of our own."""
    names = sorted(values, key=len, reverse=True)  # $MERGED must not eat into $MERGED_AWAY
    if not names:
        return query
    return re.sub(rf"\$({'|'.join(names)})", lambda found: str(values[found[1]]), query)


@cache
def input_text(name: str) -> str:
    """Return the SQL of a relation that measures read, as it stands in its file."""
    return (FOLDER / "inputs" / f"{name}.sql").read_text(encoding="utf-8")


def parse(name: str, text: str, base: str = "") -> MeasureDefinition:
    """Read the header of a measure's file; a wrong header is an error that names file and key.

    `base` is the text of the measure that a variant belongs to: the variant has its header, but
    for what it says itself.
    """
    own = _header(text)
    header: dict[str, Any] = {**_header(base), **own}
    _refuse(name, "lacks", REQUIRED - header.keys())
    _refuse(name, "has unknown keys", header.keys() - REQUIRED - OPTIONAL)
    if name != f"{own.get('id')}.sql":
        raise StoreError(f"measures/{name} defines {own.get('id')}; file and id must agree")
    if header["family"] not in set(Family):
        raise StoreError(f"measures/{name}: there is no family {header['family']}")
    excluded(header["excludes"])
    low, _, high = header["range"].partition("..")
    return MeasureDefinition(
        **{key: header[key] for key in ("id", "title", "definition", "unit", "family")},
        **{key: header[key] for key in ("direction", "stamp", "starts", "stops", "source")},
        **{
            key: header.get(key, "")
            for key in ("settles_by", "not_yet", "wakes", "numerator", "denominator")
        },
        clocks=_words(header["clocks"]),
        aggregates=_words(header["aggregates"]),
        depends_on=_words(header["depends_on"]),
        excludes=", ".join(_words(header["excludes"])),
        lag_s=int(header["lag"].removesuffix(" d")) * DAY_S,
        natural_range=(_bound(low), _bound(high)),
        variant_of=name.partition(".")[0] if base else "",
        settings=_settings(name, header.get("settings", "")),
        needs_one_of=_words(header.get("needs_one_of", "")),
    )


def _settings(name: str, text: str) -> Mapping[str, Setting]:
    found: dict[str, Setting] = {}
    for part in (part.strip() for part in text.split(";") if part.strip()):
        match = SETTING.fullmatch(part)
        if match is None:
            raise StoreError(f"measures/{name}: {part!r} is no setting")
        found[match["name"]] = Setting(
            name=match["name"],
            kind=match["kind"],
            default=(match["default"] or "").strip(),
            low=_amount(match["low"]),
            high=_amount(match["high"]),
            is_optional=bool(match["optional"]),
            options=tuple(word.strip() for word in (match["options"] or "").split("|") if word),
        )
    return found


def _amount(text: str | None) -> float | None:
    """Read the bound of a setting: a number, or days as seconds."""
    if text is None:
        return None
    return float(text.removesuffix(" d")) * (DAY_S if text.endswith(" d") else 1)


def _header(text: str) -> dict[str, str]:
    """Read `-- key: value` lines up to the first line of SQL; deeper lines go on with the value."""
    header: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        content = line.removeprefix("-- ")
        if content.startswith(" "):
            header[key] += " " + content.strip()
        else:
            key, _, value = content.partition(":")
            header[key] = value.strip()
    return header


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _bound(text: str) -> float | None:
    return float(text) if text.strip() else None


def _refuse(name: str, what: str, keys: frozenset[str] | set[str]) -> None:
    if keys:
        raise StoreError(f"the header of measures/{name} {what}: {', '.join(sorted(keys))}")
