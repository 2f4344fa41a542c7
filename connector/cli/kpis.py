"""`connector kpis`: every mapped KPI over a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.flags import legend, marks
from connector.cli.grouped import BY, ONLY, WEEK_START, ZONE
from connector.cli.instants import AS_OF, past, stretch
from connector.cli.output import (
    NARROW,
    console,
    print_json,
    print_line,
    print_table,
    say_stopped,
    when,
)
from connector.cli.versions import said_frozen
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.console import Console

    from connector.kpi.by import GroupValue
    from connector.model.kpi import KpiValue


def command(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Day after the last, UTC.")
    ] = None,
    as_of: AS_OF = None,
    only: ONLY = None,
    by: BY = None,
    zone: ZONE = "UTC",
    week_start: WEEK_START = "monday",
) -> ExitCode:
    """Show every mapped KPI: value, interval, n, and how old the data is.

    Without --from and --to the period is the 28 days up to the newest data. With --by every KPI
    stands there once for each group that has tickets, in the order of the groups' names.
    """
    from connector.cli.grouped import Stretch, groups
    from connector.kpi.by_rows import grouping
    from connector.pipeline.evaluating import kpi_values, require_published
    from connector.pipeline.views import views

    workspace: Workspace = context.obj
    over = Stretch(*stretch(start, end, workspace.now()))
    grouped = grouping(tuple(by or ()), zone, week_start)
    job = workspace.job()
    wanted = _known(only or (), job.mappings.kpis)
    require_published(job)
    stopped: list[str] = []
    values: list[KpiValue] = []
    told_apart: list[GroupValue] = []
    with views(job, past(as_of, workspace.now())) as seen:
        if by:
            told_apart = groups(job, seen, grouped, wanted, over=over, stopped=stopped)
        else:
            values = kpi_values(
                job, seen, start=over.start, end=over.end, stopped=stopped, keep=as_of is None
            )
    told = [one for one in values if not wanted or one.id in wanted]
    _print(told_apart if by else None, told, as_json=as_json)
    say_stopped(stopped)
    return ExitCode.PARTIAL if stopped else ExitCode.DONE


def _print(told_apart: list[GroupValue] | None, values: list[KpiValue], *, as_json: bool) -> None:
    from connector.cli.grouped import print_groups

    if as_json:
        print_json(values if told_apart is None else told_apart)
    elif told_apart is not None:
        print_groups(told_apart, out=console(), value=said_value, interval=said_interval)
    else:
        print_kpis(values, out=console())


def _known(ids: Sequence[str], kpis: Collection[str]) -> Sequence[str]:
    for kpi_id in ids:
        if kpi_id not in kpis:
            raise UsageError(f"there is no KPI {kpi_id}; the mappings have {', '.join(kpis)}")
    return ids


def print_kpis(values: Sequence[KpiValue], *, out: Console) -> None:
    """Print KPI values as a table; `connector explain kpi` has what does not fit."""
    if not values:
        out.print("No KPIs yet: write one in mappings/, or start with `connector init`.")
        return
    period = max((value.period for value in values), key=lambda one: one.start)
    is_wide = out.width >= NARROW
    measure = ("measure",) if is_wide else ()
    columns = ("KPI", *measure, ">value", ">95 % interval", ">n", ">left out", "flags")
    rows = [_row(value, is_wide=is_wide) for value in values]
    print_table(f"KPIs from {when(period.start)} to {when(period.end)}", columns, rows, out=out)
    for other in dict.fromkeys(value.period for value in values if value.period != period):
        same = ", ".join(value.id for value in values if value.period == other)
        print_line(f"{same}: from {when(other.start)} to {when(other.end)}", out=out)
    for value in values:
        if value.versions:
            told = said_frozen(value.versions, value.unit, value.clock)
            print_line(f"{value.id}: {told}", out=out)
    for line in legend(flag for value in values for flag in value.flags):
        print_line(line, out=out, style="dim")


def said_measure(value: KpiValue) -> str:
    """Say what a KPI value is: aggregate, measure and, for times, the clock."""
    clock = ", business" if value.clock == "business" else ""
    if value.aggregate == "within":
        return f"{value.measure} within{clock}"
    aggregate = "" if value.aggregate in {"count", "rate", value.measure} else f"{value.aggregate} "
    return f"{aggregate}{value.measure}{clock}"


def said_value(value: KpiValue, number: float | None) -> str:
    """Write a number in the unit of a KPI."""
    from connector.config.quantity import format_quantity

    return format_quantity(number, value.unit, clock=value.clock)


def said_interval(value: KpiValue) -> str:
    """Write the 95 % interval of a KPI; nothing where it has none."""
    if value.low is None and value.high is None:
        return ""
    return f"{said_value(value, value.low)} to {said_value(value, value.high)}"


def _row(value: KpiValue, *, is_wide: bool) -> tuple[object, ...]:
    left_out = sum(value.left_out.values())
    return (
        value.id,
        *((said_measure(value),) if is_wide else ()),
        said_value(value, value.value),
        said_interval(value),
        f"{value.n:,}",
        f"{left_out:,}" if left_out else "",
        marks(value.flags),
    )
