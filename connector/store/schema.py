"""The schema of the store: made once, versioned, never altered behind the user's back."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import duckdb

from connector.errors import StoreError
from connector.store.unpublished import CREATE

SCHEMA_VERSION = 4


def prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the tables of a new file; refuse a file of another version."""
    tables = {str(row[0]) for row in connection.execute("show tables").fetchall()}
    if not tables:
        _create(connection)
        return
    found = version(connection) if "meta" in tables else None
    if found != str(SCHEMA_VERSION):
        what = f"schema version {found}" if found else "no schema version"
        raise StoreError(
            f"{path} has {what}, this connector needs {SCHEMA_VERSION}; use the connector that"
            " wrote it, or move the folder away and sync again: all of it can be re-read"
        )
    if "unpublished" not in tables:  # made before sets had parts; its next set is written whole
        connection.execute(CREATE)


def version(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the schema version that a store says it has."""
    rows = connection.execute("select value from meta where name = 'schema_version'").fetchall()
    return str(rows[0][0]) if rows else None


def script() -> str:
    """Return the statements that make the tables."""
    return resources.files("connector.store").joinpath("schema.sql").read_text("utf-8")


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin")
    connection.execute(script())
    connection.execute(
        "insert into meta values ('schema_version', ?), ('fence', '0')", [str(SCHEMA_VERSION)]
    )
    connection.execute("commit")
