"""How tables leave: rows as JSON lines, CSV that spreadsheets cannot mistake for formulas, Parquet.

A file is written beside its place and renamed, so nothing half-written is ever found there.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from connector.errors import StoreError, UsageError
from connector.store.faults import store_errors
from connector.store.reading import EXPORTS, exported

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Text that starts so is read as a formula by spreadsheets; it gets a quote in front."""

JOURNAL = (
    "run", "helpdesk", "ticket", "at", "tags_added", "tags_removed", "fields_before",
    "fields_after", "outcome",
)  # fmt: skip


def export(workspace: Workspace, table: str, file_format: str, out: str) -> None:
    """Write one table to a file, or to standard output where `out` is `-`."""
    if file_format == "parquet":
        if out == "-":
            raise UsageError("Parquet needs a file: name one instead of -")
        _in_place(Path(out), lambda partial: _parquet(workspace, table, partial))
    elif out == "-":
        _write(sys.stdout, file_format, _rows(workspace, table))
    else:
        _in_place(Path(out), lambda partial: _text(workspace, table, file_format, partial))


def _rows(workspace: Workspace, table: str) -> Iterator[dict[str, Any]]:
    if table in EXPORTS:
        yield from _published(workspace, table)
    elif table == "journal":
        for row in workspace.state.journal_rows():
            values = msgspec.to_builtins(row)
            yield {key: values[key] for key in JOURNAL}
    else:
        from connector.pipeline.judging import goal_reports, kpi_values, views

        job = workspace.job()
        with views(job) as seen:
            found: Sequence[msgspec.Struct]
            found = goal_reports(job, seen) if table == "goals" else kpi_values(job, seen)
        yield from (msgspec.to_builtins(one) for one in found)


def _published(workspace: Workspace, table: str) -> Iterator[dict[str, Any]]:
    from connector.store.published import attach

    sets = workspace.published()
    if not sets:
        raise StoreError("nothing has been read yet; run `connector sync` first")
    with attach(sets) as con:
        yield from exported(con, table)


def _write(file: IO[str], file_format: str, rows: Iterable[dict[str, Any]]) -> None:
    if file_format == "jsonl":
        for row in rows:
            file.write(msgspec.json.encode(row).decode() + "\n")
        return
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in row.items()})


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
        _write(file, file_format, _rows(workspace, table))


def _parquet(workspace: Workspace, table: str, path: Path) -> None:
    """Let DuckDB write Parquet: from the published set, or from rows on their way through JSON."""
    import duckdb

    from connector.store.published import attach

    target = str(path).replace("'", "''")
    with store_errors(path, duckdb.Error):
        if table in EXPORTS:
            sets = workspace.published()
            with attach(sets) as con:
                con.execute(f"copy ({EXPORTS[table]}) to '{target}' (format parquet)")
            return
        lines = path.with_suffix(".jsonl.partial")
        try:
            _text(workspace, table, "jsonl", lines)
            duckdb.sql(f"copy (from read_json('{lines}')) to '{target}' (format parquet)")
        finally:
            lines.unlink(missing_ok=True)


def _in_place(path: Path, write: Any) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        with store_errors(path, OSError):
            write(partial)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
