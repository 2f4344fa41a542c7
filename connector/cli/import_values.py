"""`connector import`: values and survey answers from outside the helpdesk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.output import console, many, print_json, print_line
from connector.cli.workspace import Workspace


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with a header, or one JSON object a line.")],
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="ID", help="The [import.ID] of rows that name none."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and say what would be kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import KPI values or survey answers from a file: all of it or, with a mistake in it, nothing.

    The same file twice changes nothing; another value for a period is kept as a new version.
    """
    from connector.pipeline.importing import import_file

    workspace: Workspace = context.obj
    report = import_file(workspace.job(), file, source=source, dry_run=dry_run)
    if as_json:
        print_json(report)
        return
    verb = "would keep" if dry_run else "kept"
    told = [f"{verb} {many(report.new, 'new row')}"]
    if report.changed:
        told.append(f"{report.changed:,} changed, the older values stay")
    if report.same:
        told.append(f"{report.same:,} there already")
    print_line(f"{', '.join(report.sources)}: {', '.join(told)}", out=console())
