"""The SQLite file under the state: opened once, versioned, every change one durable transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from threading import RLock
from typing import Any, Self

from connector.errors import StoreError
from connector.store.faults import store_errors

SCRIPTS = ("state.sql", "state_2.sql", "state_3.sql")
"""What makes the file: each script raises its version by one, and loses nothing that was there."""
STATE_VERSION = len(SCRIPTS)
BUSY_S = 30.0
"""How long another process may hold the file before we give up."""


class Database:
    """One SQLite file; may be shared by the threads of a run, and by several runs."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use an open connection whose schema has been checked; call `open` instead."""
        self.path = path
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, making it if it is not there; refuse one of another version."""
        with store_errors(path, sqlite3.Error):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
        database = cls(path, connection)
        try:
            with store_errors(path, sqlite3.Error):
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = full")
                connection.execute("pragma foreign_keys = on")
            database._prepare()
        except StoreError:
            connection.close()
            raise
        return database

    def close(self) -> None:
        """Close the file; calling twice is harmless."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the database, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock, store_errors(self.path, sqlite3.Error):
            return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, *rows: Mapping[str, object]) -> None:
        """Run one statement for each row of values, all in one transaction."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block does, or none of it; an inner block joins the outer one."""
        with self._lock, store_errors(self.path, sqlite3.Error):
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            finally:
                self._roll_back_the_rest()

    def _roll_back_the_rest(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("rollback")

    def _prepare(self) -> None:
        found = self._version()
        if found > STATE_VERSION:
            raise StoreError(
                f"{self.path} has state version {found}, this connector needs {STATE_VERSION};"
                " use the connector that wrote it: what it holds cannot be read again"
            )
        if found < STATE_VERSION:
            self._raise_version()

    def _raise_version(self) -> None:
        with self.transaction() as connection:
            for name in SCRIPTS[self._version() :]:  # none, where somebody else was quicker
                script = resources.files("connector.store").joinpath(name).read_text("utf-8")
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(f"pragma user_version = {STATE_VERSION}")

    def _version(self) -> int:
        return int(self.rows("pragma user_version")[0][0])


def as_text(at: datetime) -> str:
    """Return an instant as text that sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def as_instant(text: str) -> datetime:
    """Return the instant of a text made by `as_text`."""
    return datetime.fromisoformat(text)


def _statements(script: str) -> Iterable[str]:
    lines = (line.partition("--")[0] for line in script.splitlines())
    return (part for part in "\n".join(lines).split(";") if part.strip())
