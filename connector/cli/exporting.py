"""How tables leave: rows as JSON lines, CSV that spreadsheets cannot mistake for formulas, Parquet.

A file is written beside its place and renamed, so nothing half-written is ever found there.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from connector.cli.output import say_stopped
from connector.errors import UsageError
from connector.pipeline.evaluating import kpi_values, require_published
from connector.pipeline.judging import judge_all
from connector.pipeline.views import views
from connector.store.faults import store_errors
from connector.store.reading import EXPORTS, exported

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace
    from connector.model.goal import GoalReport
    from connector.model.kpi import KpiValue
    from connector.pipeline.job import Job

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Text that starts so is read as a formula by spreadsheets; it gets a quote in front."""

PERIOD = 'struct(start timestamptz, "end" timestamptz)'
COLUMNS: dict[str, dict[str, str]] = {
    "kpis": {
        "id": "varchar", "measure": "varchar", "clock": "varchar", "aggregate": "varchar",
        "unit": "varchar", "value": "double", "n": "bigint", "where": "json", "period": PERIOD,
        "as_of": "timestamptz", "k": "bigint", "low": "double", "high": "double",
        "flags": "varchar[]", "left_out": "json", "frozen": "timestamptz", "versions": "json",
    },
    "goals": {
        "id": "varchar", "kind": "varchar", "title": "varchar", "level": "varchar",
        "scope": "varchar", "kpi": "varchar", "period": PERIOD, "baseline": "double",
        "target": "double", "value": "double", "unit": "varchar", "n": "bigint",
        "grade": "double", "raw": "double", "status": "varchar", "flags": "varchar[]",
        "forecast": "struct(probability double, low double, high double, method varchar)",
        "as_of": "timestamptz", "why": "varchar", "frozen": "timestamptz", "versions": "json",
        "owner": "varchar", "parents": "varchar[]", "commitment": "varchar",
        "since": "timestamptz", "timezone": "varchar", "version": "bigint", "checkin": "json",
        "disagrees": "varchar",
        "known": "varchar", "for_whom": "varchar", "burn": "json", "streak": "json",
        "outlook": "json", "drivers": "json", "capped_by": "varchar[]",
    },
    "journal": {
        "run": "varchar", "helpdesk": "varchar", "ticket": "varchar", "at": "timestamptz",
        "tags_added": "varchar[]", "tags_removed": "varchar[]",
        "fields_before": "map(varchar, varchar)", "fields_after": "map(varchar, varchar)",
        "outcome": "varchar",
    },
}  # fmt: skip
"""Columns and Parquet types of the tables that are not in published sets."""


def export(workspace: Workspace, table: str, file_format: str, out: str) -> None:
    """Write one table to a file, or to standard output where `out` is `-`."""
    if table != "journal":
        require_published(workspace.job())
    if out == "-":
        if file_format == "parquet":
            raise UsageError("Parquet needs a file: name one instead of -")
        _write(sys.stdout, file_format, table, _rows(workspace, table))
        return
    path = _writable(Path(out))
    if file_format == "parquet":
        _in_place(path, lambda partial: _parquet(workspace, table, partial))
    else:
        _in_place(path, lambda partial: _text(workspace, table, file_format, partial))


def _writable(path: Path) -> Path:
    """Return where a file is really written; refuse what is there and is no ordinary file."""
    path = path.resolve()
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no ordinary file: write - for standard output")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} does not exist: make that folder first")
    return path


def _rows(workspace: Workspace, table: str) -> Iterator[dict[str, Any]]:
    if table in EXPORTS:
        yield from _published(workspace, table)
    elif table == "journal":
        for row in workspace.state.journal_rows():
            values = msgspec.to_builtins(row)
            yield {key: values[key] for key in COLUMNS[table]}
    else:
        stopped: list[str] = []
        yield from map(msgspec.to_builtins, _reports(workspace.job(), table, stopped))
        say_stopped(stopped)


def _reports(job: Job, table: str, stopped: list[str]) -> Sequence[GoalReport | KpiValue]:
    """Return goals or KPIs, without those of persons unless the admin says so."""
    with views(job) as seen:
        if table == "goals":
            return judge_all(job, seen, stopped).shown()[0]
        found = kpi_values(job, seen, stopped=stopped)
    is_open = job.settings.writeback.people == "on"
    private = frozenset() if is_open else kpis_of_persons(job)
    return [one for one in found if one.id not in private]


def kpis_of_persons(job: Job) -> frozenset[str]:
    """Return the KPIs that say something about one person.

    These are KPIs of persons' goals that no other goal uses, and KPIs of named assignees.
    """
    goals = job.mappings.goals
    private = {id_ for id_, goal in goals.items() if goal.level == "person" and not goal.for_each}
    shared = {goal.kpi for id_, goal in goals.items() if id_ not in private}
    own = {goals[id_].kpi for id_ in private} - shared
    named = {id_ for id_, kpi in job.mappings.kpis.items() if "assignee" in kpi.where}
    return frozenset(own | named)


def _published(workspace: Workspace, table: str) -> Iterator[dict[str, Any]]:
    from connector.store.published import attach

    with attach(workspace.published()) as con:
        yield from exported(con, table)


def _write(file: IO[str], file_format: str, table: str, rows: Iterable[dict[str, Any]]) -> None:
    if file_format == "jsonl":
        for row in rows:
            file.write(msgspec.json.encode(row).decode() + "\n")
        return
    writer = _header(file, COLUMNS[table]) if table in COLUMNS else None
    for row in rows:
        writer = writer or _header(file, row)
        writer.writerow({key: _cell(value) for key, value in row.items()})


def _header(file: IO[str], names: Iterable[str]) -> csv.DictWriter[str]:
    writer = csv.DictWriter(file, fieldnames=list(names))
    writer.writeheader()
    return writer


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        value = msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


def _text(workspace: Workspace, table: str, file_format: str, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="" if file_format == "csv" else None) as file:
        _write(file, file_format, table, _rows(workspace, table))


def _parquet(workspace: Workspace, table: str, path: Path) -> None:
    """Let DuckDB write Parquet: from the published set, or from rows on their way through JSON."""
    import duckdb

    from connector.store.published import attach

    with store_errors(path, duckdb.Error):
        if table in EXPORTS:
            with attach(workspace.published()) as con:
                con.sql(EXPORTS[table]).write_parquet(str(path))
            return
        lines = path.with_suffix(".jsonl.partial")
        try:
            _text(workspace, table, "jsonl", lines)
            with duckdb.connect() as con:
                rows = con.read_json(str(lines), columns=COLUMNS[table], format="newline_delimited")
                rows.write_parquet(str(path))
        finally:
            lines.unlink(missing_ok=True)


def _in_place(path: Path, write: Callable[[Path], None]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        with store_errors(path, OSError):
            write(partial)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
