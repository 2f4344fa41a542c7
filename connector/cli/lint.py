"""`connector lint`: judges goals as a good coach would, with reasons and suggestions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import console, many, print_json, print_line, say_stopped
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from connector.goals.lint import Finding

STYLES = {"warning": ("✗", "red"), "advice": ("!", "yellow"), "note": ("·", "dim")}

STRICT = Annotated[
    bool, typer.Option("--strict", help="Exit with 2 if there are warnings about goals, for CI.")
]


def command(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only what needs no data: what is written.")
    ] = False,
    strict: STRICT = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> ExitCode:
    """Judge goals as a good coach would: what to change about them, and why."""
    workspace: Workspace = context.obj
    found = findings(workspace, offline=offline)
    if as_json:
        print_json(found)
    else:
        print_findings(found, out=console())
    return exit_code(found, strict=strict)


def findings(workspace: Workspace, *, offline: bool) -> list[Finding]:
    """Judge the goals of a folder; without data, by what is written alone."""
    from connector.pipeline.linting import lint_measured, lint_written
    from connector.pipeline.views import views

    today = workspace.now().date()
    if offline:
        return lint_written(workspace.mappings, workspace.definitions, today)
    if not workspace.published():
        told = "nothing has been read yet, so goals are judged by what is written alone"
        print_line(told, out=console(stderr=True), style="yellow")
        return lint_written(workspace.mappings, workspace.definitions, today)
    job, stopped = workspace.job(), list[str]()
    with views(job) as seen:
        found = lint_measured(job, seen, stopped)
    say_stopped(stopped)
    return found


def print_findings(found: Sequence[Finding], *, out: Console) -> None:
    """Print what was found by file and line, and how much of it there is."""
    for one in found:
        sign, style = STYLES[one.severity]
        head = f"{sign} {one.file}:{one.line}: {one.kind} {one.id}: {one.why}"
        print_line(f"{head} ({one.severity}, {one.rule})", out=out, style=style)
        print_line(one.suggestion, out=out, indent=4)
    if not found:
        print_line("✓ goals: nothing to say against them", out=out, style="green")
        return
    counts = Counter(one.severity for one in found)
    nouns = {"warning": "warning", "advice": "piece of advice", "note": "note"}
    said = [_many(counts[severity], noun) for severity, noun in nouns.items() if counts[severity]]
    print_line(f"goals: {', '.join(said)}", out=out)


def exit_code(found: Sequence[Finding], *, strict: bool) -> ExitCode:
    """Return how a command ends that was asked to be strict about goals, or was not."""
    is_warned = any(one.severity == "warning" for one in found)
    return ExitCode.CONFIG if strict and is_warned else ExitCode.DONE


def _many(count: int, noun: str) -> str:
    return (
        f"{count:,} pieces of advice"
        if noun.endswith("advice") and count > 1
        else many(count, noun)
    )
