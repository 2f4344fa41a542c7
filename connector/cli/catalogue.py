"""`connector catalogue`: every measure with its definition."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.output import console, print_json, print_table
from connector.cli.workspace import Workspace


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
    rows = [
        (d.id, d.definition, d.unit, ", ".join(d.clocks), ", ".join(d.aggregates), d.direction)
        for d in definitions.values()
    ]
    columns = ("measure", "definition", "unit", "clocks", "aggregates", "better")
    print_table("KPI catalogue", columns, rows, out=console())
