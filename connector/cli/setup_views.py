"""The part of `connector setup` that gives agents views: shown first, and only ours are touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import clean

if TYPE_CHECKING:
    from rich.console import Console

    from connector.adapters.retrying import RetryingAdapter
    from connector.cli.workspace import Workspace
    from connector.model.view import ViewPlan

WORDS = {
    "create": ("+", "create", "green"),
    "adopt": ("=", "take over (an earlier setup made it)", "green"),
    "update": ("~", "bring up to date", "green"),
    "keep": ("=", "keep", "dim"),
    "remove": ("-", "remove", "red"),
    "refuse": ("!", "leave alone:", "yellow"),
}


def set_up_views(
    workspace: Workspace,
    name: str,
    adapter: RetryingAdapter,
    *,
    apply: bool,
    remove: bool,
    out: Console,
) -> bool:
    """Show, then make or remove, our views in a helpdesk; tell whether nothing stood against it."""
    from connector.store.lock import Lease
    from connector.writeback.views import view_specs

    if not adapter.capabilities.views:
        out.print("  ! no views can be made in this helpdesk", style="yellow")
        return False
    settings, fields = workspace.settings.writeback, workspace.state.fields(name)
    wanted = view_specs(settings.tag_prefix, settings.labels, fields)
    plan = adapter.plan_views(wanted, workspace.state.views(name), remove=remove)
    _print(plan, out=out)
    if not fields and not remove:
        words = "  ! they stay empty until our fields are there: `connector setup --apply`"
        out.print(words, style="yellow")
    if plan.is_empty and not any(step.action == "adopt" for step in plan.steps):
        out.print("  no view is to be changed", style="dim")
    elif not apply:
        out.print("  no view was changed; do it with --apply")
    else:
        with Lease(workspace.folder(name)):
            made = adapter.apply_views(plan, workspace.state.views(name))
            workspace.state.save_views(name, made)
        out.print("  done")
    return not any(step.action == "refuse" for step in plan.steps)


def _print(plan: ViewPlan, *, out: Console) -> None:
    for step in plan.steps:
        sign, words, style = WORDS[step.action]
        line = f"  {sign} {words} view {step.spec.title!r}"
        out.print(clean(line + (f": {step.detail}" if step.detail else "")), style=style)
        if step.action == "create":
            out.print(clean(f"      {step.spec.description}"), style="dim")
