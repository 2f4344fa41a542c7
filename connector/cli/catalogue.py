"""`connector catalogue`: every measure with its definition, and those that admins defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.measures import said_unit, setting_range
from connector.cli.output import clean, console, print_facts, print_json, print_line
from connector.cli.workspace import Workspace
from connector.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.model.kpi import MeasureDefinition


def command(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID | WORDS]", help="One measure's card, or what to look for."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the KPI catalogue by chapter; with an ID show one measure, with words those about it."""
    definitions = known_definitions(context.obj)
    asked = " ".join(words or ())
    found = matching(definitions, asked)
    if not found:
        from connector.config.table import nearest

        hint = nearest(asked, definitions) or "`connector catalogue` lists all measures"
        raise UsageError(f'no measure is called or says "{asked}"; {hint}')
    if as_json:
        print_json(list(found.values()))
    elif asked in definitions:
        for one in found.values():
            _print_whole(one, out=console())
    else:
        _print_chapters(found, out=console())


def known_definitions(workspace: Workspace) -> Mapping[str, MeasureDefinition]:
    """Return the catalogue and, as far as the mappings can be read, what admins defined there."""
    try:
        own = workspace.mappings.measures if workspace.config.exists() else {}
    except ConfigError:
        own = {}
    return {**workspace.definitions, **own}


def matching(
    definitions: Mapping[str, MeasureDefinition], asked: str
) -> dict[str, MeasureDefinition]:
    """Return one measure with its variants, or those that say every word, or all."""
    if asked in definitions:
        return {id_: one for id_, one in definitions.items() if asked in {id_, one.variant_of}}
    wanted = asked.casefold().split()
    return {
        id_: one
        for id_, one in definitions.items()
        if all(word in f"{id_} {one.title} {one.definition}".casefold() for word in wanted)
    }


def _print_chapters(found: Mapping[str, MeasureDefinition], *, out: Console) -> None:
    from connector.kpi.sections import grouped

    for section, measures in grouped(found.values()).items():
        out.print(clean(section.upper()), style="bold underline")
        out.print()
        for one in measures:
            _print_short(one, out=out)
    print_line("`connector catalogue ID` shows where a measure starts and stops.", out=out)


def _print_short(one: MeasureDefinition, *, out: Console) -> None:
    margin = 4 if one.variant_of else 0
    name = f'variant = "{one.id.partition(".")[2]}"' if one.variant_of else one.id
    print_line(f"{name}  {one.title}", out=out, indent=margin, style="bold")
    print_line(one.definition, out=out, indent=margin + 2)
    if not one.variant_of:
        facts = (said_unit(one), f"{', '.join(one.clocks)} clock", ", ".join(one.aggregates))
        print_line("; ".join(facts), out=out, indent=2, style="dim")
        better = {"neutral": "no side is better"}.get(one.direction, f"{one.direction} is better")
        print_line(f"{better}; source: {one.source}", out=out, indent=2, style="dim")
        for name, setting in one.settings.items():
            told = f"settings.{name}: {setting_range(setting)}"
            print_line(told, out=out, indent=2, style="dim")
    out.print()


def _print_whole(one: MeasureDefinition, *, out: Console) -> None:
    from connector.cli.explaining import STAMPS

    name = f'{one.variant_of}, variant = "{one.id.partition(".")[2]}"' if one.variant_of else one.id
    out.print(clean(f"{name}  {one.title}"), style="bold")
    whole = " / ".join(part for part in (one.numerator, one.denominator) if part)
    facts: list[tuple[str, object]] = [
        ("means", one.definition),
        ("starts", one.starts),
        ("stops", one.stops),
        ("divides", whole),
        ("dated by", STAMPS.get(one.stamp, one.stamp)),
        ("never counts", one.excludes),
        ("no value", one.not_yet),
        ("unit", said_unit(one)),
        ("clocks", ", ".join(one.clocks)),
        ("aggregates", ", ".join(one.aggregates)),
        ("better", one.direction),
        *(("settings", f"{n}: {setting_range(setting)}") for n, setting in one.settings.items()),
        ("settles", f"{one.lag_s // 86_400} days after the period" if one.lag_s else ""),
        ("time alone", one.wakes),
        ("source", one.source),
    ]
    print_facts(facts, out=out)
