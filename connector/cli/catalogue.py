"""`connector catalogue`: every measure with its definition."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.output import clean, console, print_json, print_line
from connector.cli.workspace import Workspace

UNITS = {"s": "time", "ratio": "share", "count": "number"}


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the KPI catalogue: what each measure means, its unit, clocks and aggregates."""
    workspace: Workspace = context.obj
    definitions = workspace.definitions
    if as_json:
        print_json(list(definitions.values()))
        return
    out = console()
    for definition in definitions.values():
        out.print(clean(f"{definition.id}  {definition.title}"), style="bold")
        print_line(definition.definition, out=out, indent=2)
        facts = (
            ("unit", UNITS.get(definition.unit, definition.unit)),
            ("clocks", ", ".join(definition.clocks)),
            ("aggregates", ", ".join(definition.aggregates)),
            ("better", definition.direction),
            ("source", definition.source),
        )
        for name, value in facts:
            print_line(f"{name}: {value}", out=out, indent=2, style="dim")
        out.print()
