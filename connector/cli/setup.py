"""`connector setup`: shows, then creates or removes, our fields in the helpdesk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import clean, console
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

    from connector.config.settings import HelpdeskTable
    from connector.model.page import FieldPlan, TicketField

WORDS = {
    "create": ("+", "create", "green"),
    "adopt": ("=", "take over (it has our name and kind)", "green"),
    "add_options": ("+", "add options to", "green"),
    "keep": ("=", "keep", "dim"),
    "remove": ("-", "remove", "red"),
    "refuse": ("!", "cannot be done here:", "yellow"),
}


def command(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this, only show.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove our fields instead.")] = False,
    helpdesk: Annotated[
        list[str] | None, typer.Option("--helpdesk", help="Only this one; may be repeated.")
    ] = None,
) -> ExitCode:
    """Show, then create, the ticket fields that goal status is shown in."""
    workspace: Workspace = context.obj
    out = console()
    is_refused = False
    for one in workspace.helpdesks(tuple(helpdesk or ())):
        plan = _one(workspace, one, apply=apply, remove=remove, out=out)
        is_refused = is_refused or any(step.action == "refuse" for step in plan.steps)
    return ExitCode.PARTIAL if is_refused else ExitCode.DONE


def _one(
    workspace: Workspace, helpdesk: HelpdeskTable, *, apply: bool, remove: bool, out: Console
) -> FieldPlan:
    from connector.store.lock import Lease
    from connector.writeback.labels import field_specs

    settings = workspace.settings.writeback
    wanted = field_specs(settings.tag_prefix, settings.labels)
    with workspace.open_adapter(helpdesk) as adapter:
        adapter.check()
        plan = adapter.plan_fields(wanted, remove=remove)
        _print(helpdesk.name, plan, out=out)
        if plan.is_empty and not remove:
            _save(workspace, helpdesk.name, adapter.apply_fields(plan))
            out.print("  nothing to create")
        elif not apply:
            out.print("  nothing was changed; do it with --apply")
        else:
            lease = Lease(workspace.folder(helpdesk.name)).acquire()
            try:
                _save(workspace, helpdesk.name, adapter.apply_fields(plan))
            finally:
                lease.release()
            out.print("  done")
    return plan


def _save(workspace: Workspace, helpdesk: str, fields: tuple[TicketField, ...]) -> None:
    workspace.state.save_fields(helpdesk, fields)


def _print(helpdesk: str, plan: FieldPlan, *, out: Console) -> None:
    out.print(clean(helpdesk), style="bold")
    for step in plan.steps:
        sign, words, style = WORDS[step.action]
        options = ", ".join(step.options.values() if step.options else step.spec.options.values())
        kind = "drop-down" if step.spec.kind == "dropdown" else "text"
        line = (
            f"  {sign} {words} field {step.spec.title!r} ({kind}{': ' if options else ''}{options})"
        )
        out.print(clean(line + (f": {step.detail}" if step.detail else "")), style=style)
