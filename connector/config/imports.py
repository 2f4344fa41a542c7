"""`[import.ID]`: numbers from outside, what they mean, and which measure they feed.

An import feeds a measure of the catalogue, or is a measure of its own that KPIs name by its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from connector.config.quantity import Seconds
from connector.config.table import Table, Text, nearest
from connector.config.toml import Place
from connector.config.zones import zone_name
from connector.errors import Problem
from connector.model.kpi import Family, MeasureDefinition, Unit

UNITS: Final[Mapping[str, str]] = {
    "ratio": Unit.RATIO,
    "points": Unit.POINTS,
    "count": Unit.COUNT,
    "s": Unit.SECONDS,
    "money": Unit.COUNT,
}
AGGREGATES: Final[Mapping[str, tuple[str, ...]]] = {
    "ratio": ("rate", "latest"),
    "points": ("mean", "latest"),
    "count": ("sum", "mean", "latest"),
    "s": ("mean", "latest", "sum"),
    "money": ("sum", "mean", "latest"),
}
"""How the values of several periods become one: pooled, weighted by n, added up, or the newest."""


class ImportTable(Table):
    """`[import.ID]`: values from outside the helpdesk."""

    title: Text = Field(description="What people call it.")
    definition: Text = Field(
        description="What the numbers mean and where they come from; stored with every value."
    )
    measure: Text | None = Field(
        default=None,
        description="Measure of the catalogue that it feeds, such as nps or support_cost; without"
        " it the import is a measure of its own, by its id.",
    )
    unit: Literal["ratio", "points", "count", "s", "money"] | None = Field(
        default=None, description="A measure of its own: what the numbers are."
    )
    currency: Text | None = Field(
        default=None, description="Money: its currency by three letters, such as EUR."
    )
    direction: Literal["lower", "higher", "neutral"] | None = Field(
        default=None, description="A measure of its own: which way is better."
    )
    lag: Seconds | None = Field(
        default=None,
        description='A measure of its own: how long after its period a value may change: "30 d".',
    )
    timezone: Annotated[str, AfterValidator(zone_name)] = Field(
        default="UTC", description="IANA zone in which the days of the file begin."
    )
    origin: Text | None = Field(default=None, description="The system or person it comes from.")


def import_problems(
    id_: str, table: ImportTable, catalogue: Mapping[str, MeasureDefinition], place: Place
) -> Iterator[Problem]:
    """Check an import by itself and against the catalogue."""
    if table.measure is None:
        if id_ in catalogue:
            hint = f'write measure = "{id_}" if it feeds that, or give yours another name'
            yield place.problem(f'the catalogue has a measure "{id_}" already', hint=hint)
        for key in ("unit", "direction"):
            if getattr(table, key) is None:
                hint = "an import that feeds no measure of the catalogue says it itself"
                yield place.problem("this key is required", key, hint=hint)
        has_money = table.unit == "money"
    else:
        yield from _feeding_problems(table, catalogue, place)
        has_money = table.measure == "support_cost"
    yield from _currency_problems(table, place, has_money=has_money)


def _feeding_problems(
    table: ImportTable, catalogue: Mapping[str, MeasureDefinition], place: Place
) -> Iterator[Problem]:
    fed = {key: one for key, one in catalogue.items() if one.family == Family.IMPORTED}
    known = sorted(key for key, one in fed.items() if not one.variant_of)
    if table.measure not in known:
        hint = nearest(str(table.measure), known) or f"there are: {', '.join(known)}"
        yield place.problem(f'nothing can be imported for "{table.measure}"', "measure", hint=hint)
    for key in ("unit", "direction"):
        if getattr(table, key) is not None:
            hint = f"{table.measure} has its own: leave the key out"
            yield place.problem(f"the catalogue says the {key}", key, hint=hint)


def _currency_problems(table: ImportTable, place: Place, *, has_money: bool) -> Iterator[Problem]:
    if has_money and table.currency is None:
        yield place.problem("money needs a currency", "currency", hint='write currency = "EUR"')
    elif not has_money and table.currency is not None:
        hint = 'write unit = "money", or leave the key out'
        yield place.problem("only money has a currency", "currency", hint=hint)
    elif table.currency and not (len(table.currency) == 3 and table.currency.isupper()):  # noqa: PLR2004  # ISO 4217
        hint = "write its three letters, such as EUR"
        yield place.problem(f'"{table.currency}" is no currency', "currency", hint=hint)


def import_definition(id_: str, table: ImportTable) -> MeasureDefinition:
    """Return what an import of its own means, in the words of the catalogue."""
    unit = table.unit or "count"
    is_share = unit == "ratio"
    return MeasureDefinition(
        id=id_,
        title=table.title,
        definition=table.definition,
        unit=UNITS[unit],
        family=Family.IMPORTED,
        clocks=("calendar",),
        aggregates=AGGREGATES[unit],
        direction=table.direction or "neutral",
        stamp="P",
        lag_s=int(table.lag or 0),
        source=f"imported{f' from {table.origin}' if table.origin else ''}",
        natural_range=(0.0, 1.0) if is_share else (None, None),
        depends_on=("imports",),
        starts="the period of a value begins",
        stops="the period of a value ends",
        excludes="spam",
        not_yet="nothing imported",
        currency=table.currency or "",
    )
