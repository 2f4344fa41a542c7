"""`connector sync`: one whole run, and one line that says what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.instants import AS_OF, duration, past
from connector.cli.output import console, lines_out, many, print_json, print_line
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.model.run import HelpdeskReport, RunReport
    from connector.pipeline.run import RunResult

WAITS = "nothing written before events have caught up"
CODES = {"ok": ExitCode.DONE, "partial": ExitCode.PARTIAL, "failed": ExitCode.FAILED}

APPROVE = Annotated[
    list[str] | None,
    typer.Option("--approve", metavar="GOAL:STATE", help="Let a held state pass for 24 h."),
]
FOR = Annotated[
    str | None,
    typer.Option("--for", metavar="TIME", help="Read so long, as in 20min; the next run goes on."),
]
REQUESTS = Annotated[
    int | None,
    typer.Option(
        "--requests", metavar="N", min=1, help="Read so many requests; the next run goes on."
    ),
]


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
    approve: APPROVE = None,
    stretch: FOR = None,
    requests: REQUESTS = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> ExitCode:
    """Read what changed, measure, judge the goals, and show goal status on tickets."""
    from connector.cli.progress import watched
    from connector.pipeline.run import RunRequest, run

    workspace: Workspace = context.obj
    names = tuple(helpdesk or ())
    workspace.helpdesks(names)
    for approval in approve or ():
        _require_state(approval)
    request = RunRequest(
        helpdesks=names,
        dry_run=dry_run,
        full=full,
        as_of=past(as_of, workspace.now()),
        approvals=tuple(approve or ()),
        seconds=duration(stretch),
        requests=requests,
    )
    with watched() as progress:
        result = run(workspace.job(progress), request)
    if as_json:
        print_json(_document(result, with_plans=request.is_dry))
    else:
        _print(workspace, result, is_dry=request.is_dry)
    return CODES[result.report.status]


def _print(workspace: Workspace, result: RunResult, *, is_dry: bool) -> None:
    print_report(result.report, out=lines_out(), is_dry=is_dry)
    for plan in result.plans if is_dry else ():
        from connector.cli.planning import print_plan

        print_plan(plan, workspace.state.fields(plan.helpdesk), out=console())


def _require_state(approval: str) -> None:
    """Refuse a state that no goal can be in; which goals there are is known to the run."""
    from connector.writeback.reasons import NONE
    from connector.writeback.words import Word

    goal, _, state = approval.partition(":")
    known = [*(word.value for word in Word), NONE]
    if not goal or state not in known:
        raise UsageError(
            f"--approve takes GOAL:STATE, not {approval!r}; states are {', '.join(known)}"
        )


def print_report(report: RunReport, *, out: Console | None, is_dry: bool = False) -> None:
    """Print one line for each helpdesk, and below it what a person should know."""
    for one in report.helpdesks:
        style = "red" if one.error else ""
        print_line(_line(one, report, is_dry=is_dry), out=out, style=style)
        for note in one.notes:
            print_line(f"note: {note}", out=out, indent=2, style="yellow")
        if one.unknown:
            kinds = ", ".join(f"{name} ({count:,})" for name, count in one.unknown.items())
            print_line(f"note: not understood and left out: {kinds}", out=out, indent=2)
    for problem in report.problems:
        print_line(problem, out=out, style="red")


def _line(one: HelpdeskReport, report: RunReport, *, is_dry: bool) -> str:
    if one.error is not None:
        return f"{one.name}: failed: {one.error}"
    took = f"({one.duration_s:.1f} s)"
    if not one.caught_up and not one.finished:
        return f"{one.name}: {_so_far(one)}; {WAITS} {took}"
    writes = one.writes
    read = f"{one.name}: read {_brought(one)}"
    if not one.finished:
        read += ", the rest with the next run"
    if is_dry:
        wrote = f"would write {many(writes.planned, 'ticket')}"
    elif not writes.planned:
        wrote = "nothing to write"
    else:
        wrote = f"wrote {writes.written:,} of {many(writes.planned, 'ticket')}{_rest(one)}"
    return f"{read}; {_standing(report)}; {wrote} {took}"


def _so_far(one: HelpdeskReport) -> str:
    """Return what a run read that a limit ended, and of a first sync what all runs read."""
    from connector.cli.first_sync import how_far, how_long

    if one.first_sync is None:
        return f"read {_brought(one)}; there is more, goes on with the next run"
    left = how_long(one.first_sync)
    goes_on = "goes on with the next run" + (f", {left}" if left else "")
    return f"read {how_far(one.first_sync)} (this run {_brought(one)}); {goes_on}"


def _brought(one: HelpdeskReport) -> str:
    tickets, events = many(one.tickets_read, "ticket"), many(one.events_read, "event")
    return f"{tickets} and {events} in {many(one.requests, 'request')}"


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
    return f"{many(len(report.goals), 'goal')}" + (f": {told}" if told else "")


def _document(result: RunResult, *, with_plans: bool) -> object:
    import msgspec

    document = msgspec.to_builtins(result.report)
    if with_plans:
        document["plans"] = msgspec.to_builtins(result.plans)
    return document
