"""`connector export`: data out, as JSON lines, CSV or Parquet."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from connector.cli.workspace import Workspace


class Table(StrEnum):
    """What can be exported."""

    TICKETS = "tickets"
    EVENTS = "events"
    MEASURES = "measures"
    KPIS = "kpis"
    GOALS = "goals"
    JOURNAL = "journal"


class Format(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def command(
    context: typer.Context,
    table: Annotated[Table, typer.Argument(help="What to export.")],
    out: Annotated[str, typer.Argument(help="A file, or - for standard output.")],
    file_format: Annotated[
        Format, typer.Option("--format", help="How to write it.")
    ] = Format.JSONL,
) -> None:
    """Write tickets, events, measures, KPI values, goals or the journal to a file."""
    from connector.cli.exporting import export

    workspace: Workspace = context.obj
    export(workspace, table.value, file_format.value, out)
