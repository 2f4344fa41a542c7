"""`connector goals`: every goal with value, target, grade and status."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.instants import AS_OF, instant
from connector.cli.output import clean, console, print_json, print_table, status_text, when
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from connector.model.goal import GoalReport


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_of: AS_OF = None,
) -> None:
    """Show every goal: value, target, grade, status, and which rule decided."""
    from connector.pipeline.judging import goal_reports, require_published, views

    workspace: Workspace = context.obj
    job = workspace.job()
    require_published(job)
    with views(job, instant(as_of)) as seen:
        reports = goal_reports(job, seen)
    if as_json:
        print_json(reports)
    else:
        print_goals(reports, out=console())


def print_goals(reports: Sequence[GoalReport], *, out: Console) -> None:
    """Print goals as a table, and below it why each stands where it stands."""
    if not reports:
        out.print("No goals yet: write one in mappings/, or start with `connector init`.")
        return
    columns = ("goal", "status", ">value", ">target", ">baseline", ">grade", ">n")
    print_table(f"Goals as of {_oldest(reports)}", columns, map(_row, reports), out=out)
    for report in reports:
        why = report.why + (f" ({', '.join(report.flags)})" if report.flags else "")
        out.print(clean(f"  {report.id}: {why}"), style="dim")


def _row(report: GoalReport) -> tuple[object, ...]:
    from connector.config.quantity import format_quantity

    def shown(number: float | None) -> str:
        return "–" if number is None else format_quantity(number, report.unit)

    sign = "stay inside " if report.kind == "anti_goal" else ""
    return (
        report.title,
        status_text(report.status),
        shown(report.value),
        sign + shown(report.target),
        shown(report.baseline),
        "–" if report.grade is None else f"{report.grade:.2f}",
        f"{report.n:,}",
    )


def _oldest(reports: Sequence[GoalReport]) -> str:
    instants: list[datetime] = [report.as_of for report in reports]
    return when(min(instants))
