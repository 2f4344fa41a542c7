"""What the last runs did, from what the state kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from connector.model.page import Limits

if TYPE_CHECKING:
    from connector.store.state import RunRow, State


class _Writes(msgspec.Struct):
    written: int = 0


class _Helpdesk(msgspec.Struct):
    name: str
    requests: int = 0
    tickets_read: int = 0
    writes: _Writes = msgspec.field(default_factory=_Writes)
    error: str | None = None
    notes: list[str] = []
    limits: dict[str, Limits] = {}


class _Report(msgspec.Struct):
    """The part of a run's report that is told again; an undo reports nothing but counts."""

    helpdesks: list[_Helpdesk] = []
    problems: list[str] = []
    undone: list[_Writes] = []


def last_runs(state: State, limit: int) -> list[dict[str, Any]]:
    """Return the last runs, newest first, with what each did."""
    return [_told(row) for row in state.runs(limit)]


def last_limits(state: State, helpdesk: str, limit: int) -> dict[str, Any]:
    """Return the limits that the last run saw which was told of any, by window, and when."""
    for row in state.runs(limit):
        report = msgspec.json.decode(row.report or "{}", type=_Report)
        found = next((one.limits for one in report.helpdesks if one.name == helpdesk), {})
        if found:
            return {"seen_at": row.finished_at, "windows": msgspec.to_builtins(found)}
    return {"seen_at": None, "windows": {}}


def _told(row: RunRow) -> dict[str, Any]:
    report = msgspec.json.decode(row.report or "{}", type=_Report)
    ended = row.finished_at
    helpdesks = report.helpdesks
    return {
        "run": row.run,
        "what": _what(row.args),
        "started_at": row.started_at,
        "status": row.status or "not ended",
        "duration_s": (ended - row.started_at).total_seconds() if ended else None,
        "requests": sum(one.requests for one in helpdesks),
        "tickets_read": sum(one.tickets_read for one in helpdesks),
        "written": sum(w.written for w in (*(one.writes for one in helpdesks), *report.undone)),
        "errors": {one.name: one.error for one in helpdesks if one.error},
        "notes": {one.name: one.notes for one in helpdesks if one.notes},
        "problems": report.problems,
    }


def _what(args: str) -> str:
    if args.startswith("undo"):
        return "undo"
    try:
        request = msgspec.json.decode(args or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return "sync"
    if request.get("as_of"):
        return "as of"
    return "dry run" if request.get("dry_run") else "sync"
