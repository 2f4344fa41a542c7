"""`connector goals`: every goal with value, target, grade and status, under what it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.instants import AS_OF, past
from connector.cli.output import console, print_json, print_line, say_stopped
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

    from connector.pipeline.job import Job

VIEWER = Annotated[
    str | None,
    typer.Option("--viewer", metavar="NAME", help="Show the goals of people that NAME may see."),
]


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_of: AS_OF = None,
    viewer: VIEWER = None,
) -> ExitCode:
    """Show every goal: value, target, grade, status, and which rule decided.

    Goals of people are shown to themselves and to the owners of what they serve: say who looks with
    --viewer. For a past moment it shows how it was by what had happened, and what was said then.
    """
    from connector.cli.close import print_ended
    from connector.cli.pyramid import print_goals
    from connector.pipeline.evaluating import require_published
    from connector.pipeline.judging import judge_all
    from connector.pipeline.views import views

    workspace: Workspace = context.obj
    job = workspace.job()
    require_published(job)
    with views(job, past(as_of, workspace.now())) as seen:
        stopped: list[str] = []
        judged = judge_all(job, seen, stopped)
    goals, objectives = judged.seen_by(viewer)
    if as_json:
        print_json([*goals, *objectives])
    else:
        out = console()
        for vision in judged.job.mappings.visions.values():
            owner = f" ({vision.owner})" if vision.owner else ""
            print_line(f"Vision: {vision.statement}{owner}", out=out)
        clocks = {key: kpi.clock for key, kpi in judged.job.mappings.kpis.items()}
        print_goals(goals, objectives, clocks, out=out)
        _print_hidden(len(judged.alone) - len(goals), viewer, out=out)
        print_unread(job, out=out)
        if as_of is None:
            print_ended(judged.job, (*goals, *objectives), out=out)
    say_stopped(stopped)
    return ExitCode.PARTIAL if stopped else ExitCode.DONE


def print_unread(job: Job, *, out: Console) -> None:
    """Name the goals that are missing because their helpdesk has not been read."""
    from connector.store.published import latest

    read = {one.name for one in job.settings.helpdesk if latest(job.folder(one.name))}
    goals = (key for key, goal in job.mappings.goals.items() if goal.kpi)
    missing = [goal for goal in goals if not read & job.helpdesks_of("goal", goal)]
    if missing:
        names = ", ".join(sorted(missing))
        print_line(f"not read yet, run `connector sync`: {names}", out=out, style="yellow")


def _print_hidden(count: int, viewer: str | None, *, out: Console) -> None:
    from connector.cli.output import many

    if count:
        who = f"{viewer} may not see" if viewer else "say who looks with --viewer NAME to see"
        told = f"{many(count, 'goal')} of people not shown: {who} {'it' if count == 1 else 'them'}"
        print_line(told, out=out, style="dim")
