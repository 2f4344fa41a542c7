"""DuckDB in memory: one engine for the whole process, a connection of its own for each question.

Starting an engine takes 30 ms, in which it registers some thousand functions; a connection to one
that runs takes none. What a connection makes for itself is temporary, so it goes with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import duckdb

READING = "512MB"
"""The memory of the engine by which published sets are asked."""

Config = dict[str, str | bool | int | float | list[str]]


class Engine:
    """An engine that is started when it is needed, and anew when a fatal error ended it."""

    def __init__(self, config: Config) -> None:
        """Take what DuckDB is to be told at the start."""
        self._config = config
        self._lock = threading.Lock()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._names = count()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, for temporary tables and views alone."""
        with self._lock:
            if self._running is None or not _works(self._running):
                self._running = duckdb.connect(":memory:", config=self._config)
            return self._running.cursor()

    @contextmanager
    def database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open an empty database in memory, which is gone at the end of the block."""
        name = f"scratch_{next(self._names)}"
        con = self.connect()
        con.execute(f"attach ':memory:' as {name}; use {name}")
        try:
            yield con
        finally:
            con.close()
            with self.connect() as after:
                after.execute(f"detach {name}")


@cache
def engine(memory_limit: str | None = None) -> Engine:
    """Return the engine that may use so much memory; None leaves it to DuckDB."""
    if memory_limit is None:
        return Engine({})
    return Engine(
        {"memory_limit": memory_limit, "threads": 2, "autoinstall_known_extensions": False}
    )


def _works(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("select 1")
    except duckdb.Error:
        return False
    return True
