"""`connector status`: last runs, data age, limits, what waits, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.output import age, clean, console, print_json, print_table, when
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from connector.config.settings import HelpdeskTable
    from connector.store.state import RunRow

RUNS_SHOWN = 5


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the last runs, how old the data is, and what waits, with advice."""
    workspace: Workspace = context.obj
    now = workspace.now()
    runs = workspace.state.runs(RUNS_SHOWN)
    helpdesks = [_helpdesk(workspace, helpdesk) for helpdesk in workspace.helpdesks()]
    advice = list(_advice(workspace, runs, helpdesks, now))
    if as_json:
        shown = [{"run": r.run, "started_at": r.started_at, "status": _status(r)} for r in runs]
        print_json({"runs": shown, "helpdesks": helpdesks, "advice": advice})
        return
    out = console()
    rows = [(run.run, when(run.started_at), _status(run), _took(run)) for run in runs]
    print_table("Last runs", ("run", "started", "status", ">took"), rows, out=out)
    columns = ("helpdesk", "data complete up to", "age", ">tickets", ">events", ">open", ">parked")
    table = (
        (
            one["name"],
            when(one["through"]),
            age(now, one["through"]),
            f"{one['tickets']:,}",
            f"{one['events']:,}",
            f"{one['writes_open']:,}",
            f"{len(one['parked']):,}",
        )
        for one in helpdesks
    )
    print_table("Helpdesks", columns, table, out=out)
    for line in advice or ["Nothing to do."]:
        out.print(clean(line), soft_wrap=True)


def _helpdesk(workspace: Workspace, helpdesk: HelpdeskTable) -> dict[str, Any]:
    published = workspace.published([helpdesk.name])
    manifest = published[0].manifest if published else None
    state = workspace.state
    refusals = state.refusals(helpdesk.name)
    return {
        "name": helpdesk.name,
        "kind": helpdesk.kind,
        "through": manifest.through if manifest else None,
        "tickets": manifest.counts.get("tickets", 0) if manifest else 0,
        "events": manifest.counts.get("events", 0) if manifest else 0,
        "fields": {field.role: field.id for field in state.fields(helpdesk.name)},
        "writes_open": sum(len(b.intents) for b in state.open_batches(helpdesk.name)),
        "parked": {ticket: r.reason for ticket, r in refusals.items() if r.is_parked},
        "refused": {ticket: r.reason for ticket, r in refusals.items() if not r.is_parked},
    }


def _advice(
    workspace: Workspace, runs: list[RunRow], helpdesks: list[dict[str, Any]], now: datetime
) -> Iterator[str]:
    if not runs:
        yield "No run yet: start with `connector check`, then `connector sync`."
        return
    if runs[0].finished_at is None:
        yield f"The run of {when(runs[0].started_at)} has not ended: it still runs, or was killed;"
        yield "the next run goes on from where it was."
    for one in helpdesks:
        if one["through"] is None:
            yield f"{one['name']}: nothing read yet; `connector sync --helpdesk {one['name']}`"
        elif (now - one["through"]).total_seconds() > max(
            2 * workspace.settings.run.every_s, 86_400
        ):
            yield f"{one['name']}: the data is {age(now, one['through'])}; is the job scheduled?"
        if workspace.settings.writeback.enabled and not one["fields"]:
            yield f"{one['name']}: fields are not set up; run `connector setup --apply`"
        if one["parked"]:
            ids = ", ".join(list(one["parked"])[:5])
            yield f"{one['name']}: refused three times, left alone until they change: {ids}"
        if one["writes_open"]:
            yield f"{one['name']}: {one['writes_open']} writes are settled by the next run"
    if not workspace.settings.writeback.enabled:
        yield "Writing is off: set `enabled = true` under [writeback] to show goals on tickets."


def _status(run: RunRow) -> str:
    return run.status or "not ended"


def _took(run: RunRow) -> str:
    if run.finished_at is None:
        return "–"
    return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"
