"""KPIs told apart by group, person, week and so on: what was asked for, and the tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from connector.cli.flags import legend, marks
from connector.cli.output import console, print_line, print_table, when
from connector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rich.console import Console

    from connector.kpi.by import GroupValue
    from connector.kpi.by_rows import Grouping
    from connector.model.kpi import KpiValue
    from connector.pipeline.job import Job
    from connector.pipeline.views import Views

NOBODY = "none"

ONLY = Annotated[
    list[str] | None, typer.Option("--kpi", metavar="ID", help="Only this KPI; repeatable.")
]
BY = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Tell apart by helpdesk, group, assignee, brand, organization, form, channel,"
        " priority, type, tag, field.ID, hour, day, week or month; repeatable.",
    ),
]
ZONE = Annotated[str, typer.Option("--zone", help="Where hours, days, weeks and months begin.")]
WEEK_START = Annotated[
    str, typer.Option("--week-start", metavar="DAY", help="The day on which weeks begin.")
]


class Stretch(NamedTuple):
    """From when to when, as far as somebody said so."""

    start: datetime | None
    end: datetime | None


def groups(
    job: Job,
    seen: Views,
    grouped: Grouping,
    wanted: Sequence[str],
    *,
    over: Stretch,
    stopped: list[str],
) -> list[GroupValue]:
    """Return the wanted KPIs, or all, by what was asked for.

    Single persons are told apart only where the settings allow to show them. What a wrong name
    leaves out is said in `stopped`.
    """
    from connector.cli.exporting import kpis_of_persons
    from connector.pipeline.grouping import kpi_groups

    allowed = job.settings.writeback.people == "on"
    if "assignee" in grouped.by and not allowed:
        raise UsageError(
            'figures of single persons are off; people = "on" under [writeback] in config.toml'
            " allows them"
        )
    private = frozenset() if allowed else kpis_of_persons(job)
    kpis = [kpi for kpi in wanted or job.mappings.kpis if kpi not in private]
    _say_imported(job, kpis, grouped)
    return list(
        kpi_groups(job, seen, grouped, kpis, start=over.start, end=over.end, stopped=stopped)
    )


def _say_imported(job: Job, kpis: Sequence[str], grouped: Grouping) -> None:
    """Say which KPIs are not told apart, since what is imported knows its time alone."""
    from connector.kpi.by_imports import is_told_by
    from connector.pipeline.evaluating import is_imported

    found = [name for name in kpis if is_imported(job, job.mappings.kpis[name])]
    if found and not is_told_by(grouped):
        told = "imported, so they can be told apart by hour, day, week or month only"
        print_line(f"left out: {', '.join(found)}: {told}", out=console(stderr=True))


def print_groups(
    values: Sequence[GroupValue],
    *,
    out: Console,
    interval: Callable[[KpiValue], str],
    value: Callable[[KpiValue, float | None], str],
) -> None:
    """Print one table a KPI, a row a group."""
    if not values:
        out.print("No tickets to tell apart: see `connector kpis`, or choose another period.")
        return
    for kpi_id, found in groupby(values, key=lambda one: one.id):
        listed = list(found)
        start = min(one.period.start for one in listed)
        end = max(one.period.end for one in listed)
        rows = [
            (
                *(_said(one, name) for name in one.by),
                value(one, one.value),
                interval(one),
                f"{one.n:,}",
                marks(one.flags),
            )
            for one in listed
        ]
        columns = (*listed[0].by, ">value", ">95 % interval", ">n", "flags")
        print_table(f"{kpi_id} from {when(start)} to {when(end)}", columns, rows, out=out)
    for line in legend(flag for one in values for flag in one.flags):
        print_line(line, out=out, style="dim")


def _said(one: GroupValue, name: str) -> str:
    """Return the name of a group, or its id where it has none."""
    return one.names.get(name) or one.by[name] or NOBODY
