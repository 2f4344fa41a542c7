"""`connector kpis`: every mapped KPI over a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.instants import AS_OF, instant
from connector.cli.output import console, print_json, print_table, when
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from connector.model.kpi import KpiValue


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Day after the last, UTC.")
    ] = None,
    as_of: AS_OF = None,
) -> None:
    """Show every mapped KPI: value, interval, n, and how old the data is.

    Without --from and --to the period is the 28 days up to the newest data.
    """
    from connector.pipeline.judging import kpi_values, require_published, views

    workspace: Workspace = context.obj
    job = workspace.job()
    require_published(job)
    with views(job, instant(as_of)) as seen:
        values = kpi_values(job, seen, start=instant(start), end=instant(end))
    if as_json:
        print_json(values)
    else:
        print_kpis(values, out=console())


def print_kpis(values: Sequence[KpiValue], *, out: Console) -> None:
    """Print KPI values as a table."""
    if not values:
        out.print("No KPIs yet: write one in mappings/, or start with `connector init`.")
        return
    period = values[0].period
    title = f"KPIs from {when(period.start)} to {when(period.end)}"
    columns = ("KPI", "measure", "clock", "aggregate", ">value", "95 % interval", ">n", "notes")
    print_table(title, columns, map(_row, values), out=out)


def _row(value: KpiValue) -> tuple[object, ...]:
    from connector.config.quantity import format_quantity

    def shown(number: float | None) -> str:
        return "–" if number is None else format_quantity(number, value.unit)

    interval = (
        ""
        if value.low is None and value.high is None
        else (f"{shown(value.low)} to {shown(value.high)}")
    )
    notes = [*value.flags, *(f"{count:,} {why}" for why, count in value.left_out.items())]
    return (
        value.id,
        value.measure,
        value.clock,
        value.aggregate,
        shown(value.value),
        interval,
        f"{value.n:,}",
        "; ".join(notes),
    )
