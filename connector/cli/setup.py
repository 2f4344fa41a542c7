"""`connector setup`: shows, then creates or removes, our fields and views in the helpdesk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.check import FIRST_ANSWER_S
from connector.cli.exits import ExitCode
from connector.cli.output import clean, console, print_line
from connector.cli.workspace import Workspace
from connector.errors import AdapterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from connector.adapters.retrying import RetryingAdapter
    from connector.config.settings import HelpdeskTable
    from connector.model.page import FieldPlan, TicketField

PATIENCE_S = 20.0
"""How long a call is repeated while somebody waits."""

WORDS = {
    "create": ("+", "create", "green"),
    "adopt": ("=", "take over (it has our name and kind)", "green"),
    "add_options": ("+", "add options to", "green"),
    "keep": ("=", "keep", "dim"),
    "remove": ("-", "remove", "red"),
    "refuse": ("!", "cannot be done here:", "yellow"),
}
BY_AN_ADMIN = {
    **WORDS,
    "create": ("+", "to be made by an admin:", "green"),
    "remove": ("-", "to be removed by an admin:", "red"),
}
"""Where the connector cannot make fields."""
DO_IT = "do it with --apply"
SAY_IT = "--apply does what our user may, and says what an admin does"


def command(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this, only show.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove our fields and views instead.")
    ] = False,
    views: Annotated[
        bool, typer.Option("--views", help="The views for agents, in place of the fields.")
    ] = False,
    helpdesk: Annotated[
        list[str] | None, typer.Option("--helpdesk", help="Only this one; may be repeated.")
    ] = None,
) -> ExitCode:
    """Show, then create, the ticket fields that goal status is shown in, or views by them."""
    workspace: Workspace = context.obj
    out = console()
    code = ExitCode.DONE
    for one in workspace.helpdesks(tuple(helpdesk or ())):
        try:
            is_done = _one(workspace, one, apply=apply, remove=remove, views=views, out=out)
        except AdapterError as error:
            print_line(f"✗ {one.name}: {error}", out=console(stderr=True), style="red")
            code = ExitCode.FAILED
            continue
        if code is ExitCode.DONE and not is_done:
            code = ExitCode.PARTIAL
    return code


def _one(
    workspace: Workspace,
    helpdesk: HelpdeskTable,
    *,
    apply: bool,
    remove: bool,
    views: bool,
    out: Console,
) -> bool:
    """Set up one helpdesk, and tell whether all that was wanted can be done."""
    from connector.cli.offered_tags import list_tags
    from connector.cli.patience import answered_within
    from connector.cli.setup_views import set_up_views

    name = helpdesk.name
    with workspace.open_adapter(helpdesk, patience_s=PATIENCE_S) as adapter:
        with answered_within(FIRST_ANSWER_S):
            adapter.check()
        out.print(clean(name), style="bold")
        is_done = True
        if views or (remove and workspace.state.views(name)):
            is_done = set_up_views(workspace, name, adapter, apply=apply, remove=remove, out=out)
        if not views:
            plan = _fields(workspace, name, adapter, apply=apply, remove=remove, out=out)
            if not remove:
                list_tags(workspace, helpdesk, adapter, plan, out=out)
            is_done &= not any(step.action == "refuse" for step in plan.steps)
    return is_done


def _fields(
    workspace: Workspace,
    name: str,
    adapter: RetryingAdapter,
    *,
    apply: bool,
    remove: bool,
    out: Console,
) -> FieldPlan:
    from connector.store.lock import Lease
    from connector.writeback.labels import field_specs

    settings = workspace.settings.writeback
    wanted = field_specs(
        settings.tag_prefix,
        settings.labels,
        stores_labels=adapter.capabilities.stores_labels,
    )
    plan = adapter.plan_fields(wanted, remove=remove)
    is_able = adapter.capabilities.creates_fields
    if plan.is_empty and remove:
        out.print("  there is nothing to remove")
    else:
        _print(plan, WORDS if is_able else BY_AN_ADMIN, out=out)
    if plan.is_empty and not remove:
        _save(workspace, name, adapter.apply_fields(plan))
        out.print("  everything is there")
    elif apply:
        with Lease(workspace.folder(name)):
            _save(workspace, name, adapter.apply_fields(plan))
        out.print("  done")
    elif not plan.is_empty:
        out.print(f"  nothing was changed; {DO_IT if is_able else SAY_IT}")
    return plan


def _save(workspace: Workspace, helpdesk: str, fields: tuple[TicketField, ...]) -> None:
    workspace.state.save_fields(helpdesk, fields)


def _print(plan: FieldPlan, said: Mapping[str, tuple[str, str, str]], *, out: Console) -> None:
    for step in plan.steps:
        sign, words, style = said[step.action]
        options = ", ".join(step.options.values() if step.options else step.spec.options.values())
        kind = "drop-down" if step.spec.kind == "dropdown" else "text"
        line = (
            f"  {sign} {words} field {step.spec.title!r} ({kind}{': ' if options else ''}{options})"
        )
        out.print(clean(line + (f": {step.detail}" if step.detail else "")), style=style)
        if step.forms:
            where = "taken off" if step.action == "remove" else "put on"
            forms = ", ".join(step.forms.values())
            out.print(clean(f"      {where} the ticket forms: {forms}"), style=style or "green")
