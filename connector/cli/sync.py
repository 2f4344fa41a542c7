"""`connector sync`: one whole run, and one line that says what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.instants import AS_OF, instant
from connector.cli.output import clean, console, print_json
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

    from connector.model.run import HelpdeskReport, RunReport
    from connector.pipeline.run import RunResult

CODES = {"ok": ExitCode.DONE, "partial": ExitCode.PARTIAL, "failed": ExitCode.FAILED}


def command(
    context: typer.Context,
    *,
    helpdesk: Annotated[
        list[str] | None, typer.Option("--helpdesk", help="Only this one; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and plan; write nothing to the helpdesk.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Read everything from the start.")] = False,
    as_of: AS_OF = None,
    approve: Annotated[
        list[str] | None,
        typer.Option("--approve", metavar="GOAL:STATE", help="Let a held state pass for 24 h."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> ExitCode:
    """Read what changed, measure, judge the goals, and show goal status on tickets."""
    from connector.cli.planning import print_plan
    from connector.cli.progress import watched
    from connector.pipeline.run import RunRequest, run

    workspace: Workspace = context.obj
    names = tuple(helpdesk or ())
    workspace.helpdesks(names)
    request = RunRequest(
        helpdesks=names,
        dry_run=dry_run,
        full=full,
        as_of=instant(as_of),
        approvals=tuple(approve or ()),
    )
    with watched() as progress:
        result = run(workspace.job(progress), request)
    if as_json:
        print_json(_document(result, with_plans=request.is_dry))
    else:
        out = console()
        print_report(result.report, out=out, is_dry=request.is_dry)
        for plan in result.plans if request.is_dry else ():
            print_plan(plan, workspace.state.fields(plan.helpdesk), out=out)
    return CODES[result.report.status]


def print_report(report: RunReport, *, out: Console, is_dry: bool = False) -> None:
    """Print one line for each helpdesk, and below it what a person should know."""
    for one in report.helpdesks:
        out.print(clean(_line(one, report, is_dry=is_dry)), soft_wrap=True)
        for note in one.notes:
            out.print(clean(f"  note: {note}"), soft_wrap=True)
        if one.unknown:
            kinds = ", ".join(f"{name} ({count:,})" for name, count in one.unknown.items())
            out.print(clean(f"  note: not understood and left out: {kinds}"), soft_wrap=True)


def _line(one: HelpdeskReport, report: RunReport, *, is_dry: bool) -> str:
    if one.error is not None:
        return f"{one.name}: failed: {one.error}"
    writes = one.writes
    read = (
        f"{one.name}: read {_many(one.tickets_read, 'ticket')} and"
        f" {_many(one.events_read, 'event')} in {_many(one.requests, 'request')}"
    )
    if is_dry:
        wrote = f"would write {_many(writes.planned, 'ticket')}"
    elif not writes.planned:
        wrote = "nothing to write"
    else:
        wrote = f"wrote {writes.written:,} of {_many(writes.planned, 'ticket')}{_rest(one)}"
    return f"{read}; {_standing(report)}; {wrote} ({one.duration_s:.1f} s)"


def _rest(one: HelpdeskReport) -> str:
    names = ("conflict", "locked", "missing", "rejected", "deferred", "parked")
    counts = [
        f"{getattr(one.writes, name):,} {name}" for name in names if getattr(one.writes, name)
    ]
    return f" ({', '.join(counts)})" if counts else ""


def _standing(report: RunReport) -> str:
    counts: dict[str, int] = {}
    for goal in report.goals:
        counts[goal.status] = counts.get(goal.status, 0) + 1
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    return f"{_many(len(report.goals), 'goal')}" + (f": {told}" if told else "")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _document(result: RunResult, *, with_plans: bool) -> object:
    import msgspec

    document = msgspec.to_builtins(result.report)
    if with_plans:
        document["plans"] = msgspec.to_builtins(result.plans)
    return document
