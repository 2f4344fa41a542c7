"""The KPI catalogue: what the header of every measure's SQL file says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from connector.errors import StoreError
from connector.kpi.flags import excluded
from connector.model.kpi import MeasureDefinition

FOLDER: Final = files("connector.kpi") / "measures"
DAY_S: Final = 86_400
REQUIRED: Final = frozenset(
    {"id", "title", "definition", "unit", "family", "clocks", "aggregates", "direction"}
    | {"stamp", "lag", "starts", "stops", "excludes", "range", "depends_on", "source"}
)
OPTIONAL: Final = frozenset({"settles_by", "not_yet"})
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
}


@cache
def definitions() -> Mapping[str, MeasureDefinition]:
    """Return every measure's definition by id, in alphabetical order."""
    names = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".sql"))
    found = (parse(name, (FOLDER / name).read_text(encoding="utf-8")) for name in names)
    return MappingProxyType({definition.id: definition for definition in found})


@cache
def sql(measure_id: str) -> str:
    """Return the SQL of a measure, header included."""
    return (FOLDER / f"{measure_id}.sql").read_text(encoding="utf-8")


def input_sql(name: str, **values: object) -> str:
    """Return the SQL of a relation that measures read as `m_NAME`, with its `$NAME`s filled in.

    The values are numbers, lists of numbers and relations of our own, never input.
    """
    query = _input_text(name)
    for key in sorted(values, key=len, reverse=True):  # $MERGED must not eat into $MERGED_AWAY
        query = query.replace(f"${key}", str(values[key]))
    return query


@cache
def _input_text(name: str) -> str:
    return (FOLDER / "inputs" / f"{name}.sql").read_text(encoding="utf-8")


def parse(name: str, text: str) -> MeasureDefinition:
    """Read the header of a measure's file; a wrong header is an error that names file and key."""
    header = _header(text)
    _refuse(name, "lacks", REQUIRED - header.keys())
    _refuse(name, "has unknown keys", header.keys() - REQUIRED - OPTIONAL)
    if name != f"{header['id']}.sql":
        raise StoreError(f"measures/{name} defines {header['id']}; file and id must agree")
    excluded(header["excludes"])
    low, _, high = header["range"].partition("..")
    return MeasureDefinition(
        **{key: header[key] for key in ("id", "title", "definition", "unit", "family")},
        **{key: header[key] for key in ("direction", "stamp", "starts", "stops", "source")},
        clocks=_words(header["clocks"]),
        aggregates=_words(header["aggregates"]),
        depends_on=_words(header["depends_on"]),
        excludes=", ".join(_words(header["excludes"])),
        lag_s=int(header["lag"].removesuffix(" d")) * DAY_S,
        natural_range=(_bound(low), _bound(high)),
        settles_by=header.get("settles_by", ""),
        not_yet=header.get("not_yet", ""),
    )


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
