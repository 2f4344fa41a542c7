"""`connector suggest`: drafts goals for what got worse against its own history."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import console, print_json, print_line, say_stopped
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from connector.cli.suggestion import Text
    from connector.pipeline.drafting import Draft


def command(
    context: typer.Context,
    kpi: Annotated[
        list[str] | None, typer.Option("--kpi", metavar="ID", help="Only this KPI; repeatable.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help="Tell apart by group, channel, tag (these by default), priority, type, brand or"
            " form; repeatable.",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many to suggest at most.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> ExitCode:
    """Draft goals, as TOML, for the groups, channels and tags that got worse beyond noise."""
    from connector.cli.suggestion import texts
    from connector.pipeline.drafting import drafts
    from connector.pipeline.evaluating import require_published
    from connector.pipeline.suggesting import USUAL, Search, search
    from connector.pipeline.views import views

    workspace: Workspace = context.obj
    job, stopped = workspace.job(), list[str]()
    require_published(job)
    wanted = Search(kpis=tuple(kpi or ()), by=tuple(dict.fromkeys(by or USUAL)), top=top)
    with views(job) as seen:
        looked = search(job, seen, wanted, stopped)
        found = drafts(job, seen, looked.falls)
    taken = frozenset(name.partition(".")[2] for name in job.mappings.origin)
    written = texts(found, taken)
    if as_json:
        print_json([_row(*pair) for pair in zip(found, written, strict=True)])
    else:
        sys.stdout.write("\n".join(one.text for one in written))
    say_stopped(stopped)
    _say(len(found), looked.slices)
    return ExitCode.PARTIAL if stopped else ExitCode.DONE


def _say(found: int, slices: int) -> None:
    """Say on standard error how it went: standard output is a mapping file."""
    out = console(stderr=True)
    if found:
        told = f"{found} of {slices} slices that got worse beyond noise: read the drafts before use"
    else:
        told = f"nothing to suggest: none of {slices} slices got worse beyond noise"
    print_line(told, out=out)


def _row(draft: Draft, text: Text) -> dict[str, Any]:
    from connector.cli.suggestion import feasible_of, rule_of, why_of

    one, guard = draft.fall.of, draft.guard
    return {
        "kpi": one.kpi,
        "measure": one.measure,
        "by": one.dimension,
        "slice": one.name,
        "value": one.recent.value,
        "unit": one.recent.unit,
        "n": one.recent.n,
        "usual": draft.fall.usual,
        "stretches": len(one.past),
        "excess": round(draft.fall.excess, 2),
        "least": round(draft.fall.least, 2),
        "baseline": draft.baseline.number,
        "target": draft.target.number,
        "realism": draft.realism,
        "goal": text.goal,
        "guard": guard and {"goal": text.guard, "measure": guard.slice.measure,
                            "limit": guard.limit.number},
        "why": why_of(draft),
        "rule": rule_of(draft),
        "feasible": feasible_of(draft),
        "toml": text.text,
    }  # fmt: skip
