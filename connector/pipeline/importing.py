"""Values from outside: from a file into the state, and from there beside the published sets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connector.config.imports import ImportTable, import_definition
from connector.config.table import nearest
from connector.errors import ConfigError, UsageError
from connector.kpi.imported import lay_imports
from connector.kpi.imported_file import Batch, Source, against, read_batch
from connector.pipeline.job import Job
from connector.store.imports import Imports

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a file; `changed` ones are kept beside their older versions."""

    file: str
    sources: tuple[str, ...]
    new: int
    changed: int
    same: int
    dry_run: bool


def import_file(
    job: Job, path: Path, *, source: str | None = None, dry_run: bool = False
) -> ImportReport:
    """Keep what a file holds, all of it or, if anything in it is wrong, nothing.

    `source` is the import of rows that name none; where there is one import it is that.
    """
    tables = job.mappings.imports
    if source is not None and source not in tables:
        hint = nearest(source, tables) or f"write [import.{source}] into a mapping"
        raise UsageError(f'there is no import "{source}"; {hint}')
    if source is None and len(tables) == 1:
        (source,) = tables
    sources = {id_: _source(job, id_, table) for id_, table in tables.items()}
    now = job.clock()
    batch = read_batch(path, sources, source=source, now=now)
    book = Imports(job.state)
    problems = against(batch, Batch(tuple(book.values()), tuple(book.answers())))
    if problems:
        raise ConfigError(problems)
    kept = book.keep(batch.values, batch.answers, at=now, dry_run=dry_run)
    names = {one.source for one in batch.values} | {one.source for one in batch.answers}
    return ImportReport(
        file=str(path), sources=tuple(sorted(names)), dry_run=dry_run, **kept._asdict()
    )


def lay_known(job: Job, con: DuckDBPyConnection, as_of: datetime | None = None) -> None:
    """Put what was imported by then beside attached sets."""
    measures = {id_: table.measure or id_ for id_, table in job.mappings.imports.items()}
    if measures:
        book = Imports(job.state)
        lay_imports(con, book.values(as_of), book.answers(as_of), measures)


def _source(job: Job, id_: str, table: ImportTable) -> Source:
    if table.measure is None:
        return Source(table, import_definition(id_, table))
    return Source(table, job.definitions[table.measure])
