"""`connector goals`: every goal with value, target, grade and status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.flags import legend, marks
from connector.cli.instants import AS_OF, past
from connector.cli.output import (
    NARROW,
    console,
    print_json,
    print_line,
    print_table,
    say_stopped,
    status_text,
    when,
)
from connector.cli.versions import said_frozen
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from connector.model.goal import GoalReport
    from connector.pipeline.job import Job


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_of: AS_OF = None,
) -> ExitCode:
    """Show every goal: value, target, grade, status, and which rule decided."""
    from connector.pipeline.evaluating import require_published
    from connector.pipeline.judging import goal_reports
    from connector.pipeline.views import views

    workspace: Workspace = context.obj
    job = workspace.job()
    require_published(job)
    with views(job, past(as_of, workspace.now())) as seen:
        stopped: list[str] = []
        reports = goal_reports(job, seen, stopped)
    if as_json:
        print_json(reports)
    else:
        out = console()
        clocks = {key: kpi.clock for key, kpi in job.mappings.kpis.items()}
        print_goals(reports, clocks, out=out)
        print_unread(job, out=out)
    say_stopped(stopped)
    return ExitCode.PARTIAL if stopped else ExitCode.DONE


def print_goals(reports: Sequence[GoalReport], clocks: Mapping[str, str], *, out: Console) -> None:
    """Print goals as a table, and below it why each stands where it stands.

    `clocks` says for each KPI which hours its times count.
    """
    if not reports:
        out.print("No goals yet: write one in mappings/, or start with `connector init`.")
        return
    is_wide = out.width >= NARROW
    baseline = (">baseline",) if is_wide else ()
    columns = ("goal", "status", ">value", ">target", *baseline, ">grade", ">n", "flags")
    rows = [_row(report, clocks.get(report.kpi, "calendar"), is_wide=is_wide) for report in reports]
    print_table(f"Goals as of {_oldest(reports)}", columns, rows, out=out)
    for report in reports:
        clock = clocks.get(report.kpi, "calendar")
        told = (report.why, said_frozen(report.versions, report.unit, clock))
        print_line(f"{report.id}: {'; '.join(filter(None, told))}", out=out)
    for line in legend(flag for report in reports for flag in report.flags):
        print_line(line, out=out, style="dim")


def _row(report: GoalReport, clock: str, *, is_wide: bool) -> tuple[object, ...]:
    from connector.config.quantity import format_quantity

    def shown(number: float | None) -> str:
        return format_quantity(number, report.unit, clock=clock)

    limit = "limit " if report.kind == "anti_goal" else ""
    return (
        report.title,
        status_text(report.status),
        shown(report.value),
        limit + shown(report.target),
        *((shown(report.baseline),) if is_wide else ()),
        "–" if report.grade is None else f"{report.grade:.2f}",
        f"{report.n:,}",
        marks(report.flags),
    )


def print_unread(job: Job, *, out: Console) -> None:
    """Name the goals that are missing because their helpdesk has not been read."""
    from connector.store.published import latest

    read = {one.name for one in job.settings.helpdesk if latest(job.folder(one.name))}
    missing = [goal for goal in job.mappings.goals if not read & job.helpdesks_of("goal", goal)]
    if missing:
        names = ", ".join(sorted(missing))
        print_line(f"not read yet, run `connector sync`: {names}", out=out, style="yellow")


def _oldest(reports: Sequence[GoalReport]) -> str:
    return when(min(report.as_of for report in reports))
