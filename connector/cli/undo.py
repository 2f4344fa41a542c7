"""`connector undo`: shows, then takes back, what was written to tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import clean, console
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.pipeline.undoing import Undone


def command(
    context: typer.Context,
    run: Annotated[str | None, typer.Option("--run", help="Take back this run's writes.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Take back all writes.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this, only show.")] = False,
) -> ExitCode:
    """Show, then take back, what was written: only where a ticket still shows our value."""
    from connector.pipeline.undoing import undo

    workspace: Workspace = context.obj
    if everything == (run is not None):
        raise UsageError("say what to take back: --run ID (see `connector status`) or --all")
    if run is not None and run not in {row.run for row in workspace.state.journal_rows(run)}:
        raise UsageError(f"run {run} wrote nothing; `connector status` lists the runs")
    out = console()
    code = ExitCode.DONE
    for undone in undo(workspace.job(), run=run, is_applied=apply):
        _print(undone, is_applied=apply, out=out)
        if undone.report is not None and not undone.report.counts.are_complete:
            code = ExitCode.PARTIAL
        if undone.report is not None and undone.report.error is not None:
            code = ExitCode.FAILED
    return code


def _print(undone: Undone, *, is_applied: bool, out: Console) -> None:
    plan, stays = undone.plan, undone.stays
    if not plan.changes and not stays:
        out.print(clean(f"{plan.helpdesk}: nothing to take back"))
        return
    if undone.report is not None:
        counts = undone.report.counts
        out.print(
            clean(f"{plan.helpdesk}: took back {counts.written:,} of {counts.planned:,} tickets")
        )
        if undone.report.error:
            out.print(clean(f"  stopped early: {undone.report.error}"), style="red")
    else:
        out.print(clean(f"{plan.helpdesk}: would take back {len(plan.changes):,} tickets"))
    for why in sorted({stay.why for stay in stays}):
        ids = [stay.ticket_id for stay in stays if stay.why == why]
        shown = ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")  # noqa: PLR2004
        out.print(clean(f"  stays as it is on {len(ids):,} tickets ({why}): {shown}"))
    if not is_applied:
        out.print("  nothing was changed; do it with --apply")
