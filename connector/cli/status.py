"""`connector status`: last runs, data age, what waits, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.output import (
    NARROW,
    age,
    console,
    minute,
    print_json,
    print_line,
    print_table,
    when,
)
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

    from connector.config.settings import HelpdeskTable
    from connector.model.run import FirstSync

RUNS_SHOWN = 5
LIMITS_WITHIN = 50
"""How many runs back limits are looked for: a run that did not come to its end tells none."""
DAY_S = 86_400


def command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the last runs, how old the data is, and what waits, with advice."""
    from connector.cli.runs import last_runs

    workspace: Workspace = context.obj
    now = workspace.now()
    runs = last_runs(workspace.state, RUNS_SHOWN)
    helpdesks = [_helpdesk(workspace, helpdesk) for helpdesk in workspace.helpdesks()]
    advice = list(_advice(workspace, runs, helpdesks, now))
    if as_json:
        print_json({"runs": runs, "helpdesks": helpdesks, "advice": advice})
        return
    out = console()
    if runs:
        _print_runs(runs, out=out)
        _print_looks(runs[0], helpdesks, out=out)
    _print_helpdesks(helpdesks, now, out=out)
    _print_limits(helpdesks, now, out=out)
    for line in advice or ["Nothing to do."]:
        print_line(line, out=out)


def _print_runs(runs: Sequence[Mapping[str, Any]], *, out: Console) -> None:
    is_wide = out.width >= NARROW
    started = ("started (UTC)",) if is_wide else ()
    columns = ("run", *started, "what", "status", ">took", ">read", ">wrote", ">requests")
    rows = [
        (
            run["run"],
            *((minute(run["started_at"]),) if is_wide else ()),
            run["what"],
            run["status"],
            "–" if run["duration_s"] is None else f"{run['duration_s']:,.1f} s",
            f"{run['tickets_read']:,}",
            f"{run['written']:,}",
            f"{run['requests']:,}",
        )
        for run in runs
    ]
    print_table("Last runs", columns, rows, out=out)


def _print_looks(
    run: Mapping[str, Any], helpdesks: Sequence[Mapping[str, Any]], *, out: Console
) -> None:
    """Say when a helpdesk was asked since the last run that is listed, and had nothing new."""
    ended = run["started_at"] + timedelta(seconds=run["duration_s"] or 0)
    for one in helpdesks:
        looked = one["looked_at"]
        if looked is not None and looked > ended:
            print_line(f"{one['name']}: nothing new when asked at {when(looked)}", out=out)


def _print_helpdesks(
    helpdesks: Sequence[Mapping[str, Any]], now: datetime, *, out: Console
) -> None:
    columns = ("helpdesk", "complete up to (UTC)", "age", ">tickets", ">events", ">parked")
    rows = [
        (
            one["name"],
            minute(one["through"]),
            age(now, one["through"]),
            f"{one['tickets']:,}",
            f"{one['events']:,}",
            f"{len(one['parked']):,}",
        )
        for one in helpdesks
    ]
    print_table("Helpdesks", columns, rows, out=out)


def _print_limits(helpdesks: Sequence[Mapping[str, Any]], now: datetime, *, out: Console) -> None:
    columns = ("helpdesk", "limit", ">a minute", ">ours", ">left then", "seen")
    rows = [
        (
            one["name"],
            "all requests" if not limit["window"] else limit["window"],
            _number(limit["total"]),
            _number(limit["ours"]),
            _number(limit["remaining"]),
            age(now, one["limits_seen_at"]),
        )
        for one in helpdesks
        for limit in one["limits"]
    ]
    if rows:
        print_table("Limits as announced", columns, rows, out=out)


def _number(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _limits(windows: Mapping[str, Any], helpdesk: HelpdeskTable) -> list[dict[str, Any]]:
    """Return each limit that was announced, with the share of it that is ours."""
    from connector.pipeline.headway import ours

    return [
        {"window": window, **limit, "ours": ours(limit["total"], helpdesk.limits, window)}
        for window, limit in sorted(windows.items())
    ]


def _helpdesk(workspace: Workspace, helpdesk: HelpdeskTable) -> dict[str, Any]:
    from connector.cli.runs import last_limits
    from connector.pipeline.headway import first_sync

    published = workspace.published([helpdesk.name])
    manifest = published[0].manifest if published else None
    state = workspace.state
    refusals = state.refusals(helpdesk.name)
    seen = last_limits(state, helpdesk.name, LIMITS_WITHIN)
    return {
        "name": helpdesk.name,
        "kind": helpdesk.kind,
        "through": manifest.through if manifest else None,
        "looked_at": manifest.read_at if manifest else None,
        "tickets": manifest.counts.get("tickets", 0) if manifest else 0,
        "events": manifest.counts.get("events", 0) if manifest else 0,
        "first_sync": first_sync(state, helpdesk.name),
        "limits": _limits(seen["windows"], helpdesk),
        "limits_seen_at": seen["seen_at"],
        "fields": {field.role: field.id for field in state.fields(helpdesk.name)},
        "written_often": _written_often(workspace, helpdesk.name),
        "writes_open": sum(len(b.intents) for b in state.open_batches(helpdesk.name)),
        "parked": {ticket: r.reason for ticket, r in refusals.items() if r.is_parked},
        "refused": {ticket: r.reason for ticket, r in refusals.items() if not r.is_parked},
    }


def _written_often(workspace: Workspace, helpdesk: str) -> dict[str, str]:
    """Return the tickets that wait since they were written too often, and how often they were."""
    from connector.store.waiting import written_often

    most = workspace.settings.writeback.max_writes_per_hour
    since = workspace.now() - timedelta(hours=1)
    found = written_often(workspace.state, helpdesk, since=since, most=most)
    return {ticket: f"{count} writes" for ticket, count in found.items()}


def _advice(
    workspace: Workspace,
    runs: Sequence[Mapping[str, Any]],
    helpdesks: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Iterator[str]:
    if not runs:
        yield "No run yet: start with `connector check`, then `connector sync`."
        return
    if runs[0]["status"] == "not ended":
        yield (
            f"The run of {minute(runs[0]['started_at'])} has not ended: it still runs, or was"
            " stopped or killed; the next run goes on from where it was."
        )
    for name, error in runs[0]["errors"].items():
        yield f"{name}: the last run failed: {error}"
    for name, notes in runs[0]["notes"].items():
        yield from (f"{name}: {note}" for note in notes)
    yield from runs[0]["problems"]
    for one in helpdesks:
        yield from (f"{one['name']}: {line}" for line in _of_helpdesk(workspace, one, now))
    if not workspace.settings.writeback.enabled:
        yield "Writing is off: set `enabled = true` under [writeback] to show goals on tickets."


def _of_helpdesk(workspace: Workspace, one: Mapping[str, Any], now: datetime) -> Iterator[str]:
    settings, first = workspace.settings, one["first_sync"]
    if first is not None and (first.rows or first.stream != "tickets"):
        yield _first(first)
    elif one["through"] is None:
        yield f"nothing was read yet; run `connector sync --helpdesk {one['name']}`"
    elif (now - one["through"]).total_seconds() > max(2 * settings.run.every_s, DAY_S):
        yield f"the data is from {age(now, one['through'])}; is the job still scheduled?"
    if settings.writeback.enabled and not one["fields"]:
        yield "our ticket fields are not set up; run `connector setup --apply`"
    if one["parked"]:
        yield f"refused three times, left alone until they change: {_few(one['parked'])}"
    if one["refused"]:
        yield f"refused, tried again by the next run: {_few(one['refused'])}"
    if one["written_often"]:
        yield (
            "written as often as an hour permits, so they wait if there is more to say: "
            f"{_few(one['written_often'])}; something in the helpdesk may undo what is written:"
            " `connector check` lists the triggers and automations that react to us, and"
            " `connector explain ticket` says why one is written"
        )
    if one["writes_open"]:
        yield f"{one['writes_open']} writes are under way; the next run settles them"


def _first(first: FirstSync) -> str:
    from connector.cli.first_sync import how_far, how_long

    left = how_long(first)
    return (
        f"the first sync has read {how_far(first)}"
        + (f"; {left}" if left else "")
        + "; every run goes on with it, and nothing is written before events have caught up"
    )


def _few(reasons: Mapping[str, str]) -> str:
    shown = [f"{ticket} ({why})" for ticket, why in list(reasons.items())[:3]]
    left = len(reasons) - len(shown)
    return ", ".join(shown) + (f" and {left:,} more" if left else "")
