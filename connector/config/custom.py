"""`[measure.ID]`: a measure that an admin defines over ticket fields, dates and tags.

The table says what is measured; what it becomes is a `MeasureDefinition` like those of the
catalogue, with a template of `kpi/measures/custom` instead of a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field

from connector.config.table import Table, Text, nearest
from connector.config.toml import Place
from connector.config.where import FIELD
from connector.config.zones import zone_name
from connector.errors import Problem
from connector.model.kpi import MeasureDefinition

Kind = Literal["number", "date", "between", "tag"]
Stamp = Literal["created", "first_solved", "last_solved", "end"]

INSTANTS: Final = ("created", "first_reply", "first_solved", "last_solved")
"""What a stretch of time may start or stop at, besides a date field."""

KEYS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "number": (frozenset({"field"}), frozenset({"unit", "currency", "stamp"})),
    "date": (frozenset({"field"}), frozenset({"from", "timezone", "stamp"})),
    "between": (frozenset({"from", "to"}), frozenset({"timezone", "stamp"})),
    "tag": (frozenset({"tag"}), frozenset({"over", "stamp"})),
}
"""Kind to the keys that it needs, and those that it may have; the rest all kinds have."""


class MeasureTable(Table):
    """`[measure.ID]`: a measure of your own."""

    kind: Kind = Field(
        description="A number field, a date field, the time between two dates, or a tag."
    )
    title: Text = Field(description="What people call it.")
    definition: Text | None = Field(
        default=None, description="What it means, in a sentence; written for you if left out."
    )
    direction: Literal["lower", "higher", "neutral"] = Field(
        default="neutral", description="Which way is better."
    )
    field: Text | None = Field(
        default=None, description="Number and date: the ticket field, by its title or id."
    )
    unit: Literal["count", "s", "min", "h", "d", "money"] | None = Field(
        default=None, description="Number: what the field counts; a time says in which unit."
    )
    currency: Text | None = Field(
        default=None, description='Number with unit = "money": the currency, such as EUR.'
    )
    start: Text | None = Field(
        default=None,
        alias="from",
        description="Date and between: where the time starts: created, first_reply, first_solved,"
        ' last_solved or "field.NAME".',
    )
    to: Text | None = Field(default=None, description="Between: where the time stops.")
    timezone: Annotated[str, AfterValidator(zone_name)] | None = Field(
        default=None, description="Date and between: the zone in which the days of fields begin."
    )
    tag: Text | None = Field(default=None, description="Tag: the tag that tickets carry or not.")
    over: Literal["created", "solved"] | None = Field(
        default=None, description="Tag: the share of all tickets, or of those that were solved."
    )
    stamp: Stamp | None = Field(
        default=None,
        description="What decides to which period a ticket belongs: created, first_solved,"
        " last_solved or, for a time, its end.",
    )

    def value(self, key: str) -> str | None:
        """Return what stands under a key of the file."""
        found: str | None = getattr(self, "start" if key == "from" else key)
        return found

    @property
    def ends(self) -> tuple[str, str]:
        """Return where a time starts and stops."""
        if self.kind == "date":
            return self.start or "created", f"{FIELD}{self.field}"
        return self.start or "", self.to or ""

    @property
    def stamped(self) -> str:
        """Return what dates a value."""
        if self.kind == "tag" and self.stamp is None:
            return "last_solved" if self.over == "solved" else "created"
        usual = "last_solved" if self.kind == "number" else "end"
        return self.stamp or usual


class NamedField(NamedTuple):
    """A ticket field that a measure names: under which key, and what it has to hold."""

    key: str
    name: str
    kind: Literal["number", "date"]


def named_fields(table: MeasureTable) -> Iterator[NamedField]:
    """Yield the ticket fields that a measure names."""
    if table.field is not None and table.kind in {"number", "date"}:
        yield NamedField("field", table.field, "date" if table.kind == "date" else "number")
    for key in ("from", "to"):
        name = table.value(key) or ""
        if name.startswith(FIELD) and table.kind in {"date", "between"}:
            yield NamedField(key, name.removeprefix(FIELD).strip(), "date")


def measure_problems(
    id_: str, table: MeasureTable, definitions: Mapping[str, MeasureDefinition], place: Place
) -> Iterator[Problem]:
    """Check a measure of an admin's own by itself and against the catalogue."""
    if id_ in definitions:
        hint = "`connector catalogue` shows it: give yours another name"
        yield place.problem(f'the catalogue has a measure "{id_}" already', hint=hint)
    needed, possible = KEYS[table.kind]
    for key in ("field", "unit", "currency", "from", "to", "timezone", "tag", "over", "stamp"):
        is_there = table.value(key) is not None
        if key in needed and not is_there:
            message = "this key is required"
            yield place.problem(message, key, hint=f'kind = "{table.kind}" needs it')
        elif is_there and key not in needed | possible:
            yield place.problem(f"a measure of this kind has no {key}", key, hint=_kinds_with(key))
    yield from _instant_problems(table, place)
    yield from _word_problems(table, place)


def _kinds_with(key: str) -> str:
    kinds = [kind for kind, (needed, possible) in KEYS.items() if key in needed | possible]
    return f"it belongs to kind = {' or '.join(kinds)}"


def _instant_problems(table: MeasureTable, place: Place) -> Iterator[Problem]:
    if table.kind not in {"date", "between"}:
        return
    for key in ("from", "to"):
        name = table.value(key)
        is_field = bool(name and name.startswith(FIELD) and name[len(FIELD) :].strip())
        if name is not None and not is_field and name not in INSTANTS:
            hint = nearest(name, INSTANTS)
            hint = hint if hint.startswith("did") else f'a date field is "{FIELD}{name}"'
            yield place.problem(f'"{name}" is no instant of a ticket', key, hint=hint)
    start, stop = table.ends
    if start and start == stop:
        key = "from" if table.kind == "date" else "to"
        yield place.problem("the time starts and stops at the same instant", key)


def _word_problems(table: MeasureTable, place: Place) -> Iterator[Problem]:
    if table.kind == "number" and (table.unit == "money") != (table.currency is not None):
        if table.currency is None:
            yield place.problem("money needs a currency", "unit", hint='write currency = "EUR"')
        else:
            hint = 'write unit = "money", or leave the key out'
            yield place.problem("only money has a currency", "currency", hint=hint)
    if table.stamp == "end" and table.kind in {"number", "tag"}:
        hint = "created, first_solved or last_solved"
        yield place.problem("only a time has an end", "stamp", hint=hint)
    if table.kind == "tag" and table.over == "solved" and table.stamp == "created":
        hint = "first_solved or last_solved"
        yield place.problem("solved tickets are dated by a solve", "stamp", hint=hint)
