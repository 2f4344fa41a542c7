"""Counts what code does: statements by who sent them, rows by table, calls by module.

None of it depends on how fast the machine is, or on what else runs on it.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Self

import duckdb

import connector.errors

Costs = dict[str, dict[str, int]]
"""How often, by kind and name."""

PACKAGE = Path(connector.errors.__file__).parent
FAR_SIDE = "practice/"
"""The helpdesk of the tests, which costs nothing of ours."""
CARRIERS = ("store/database", "store/state")
"""Modules that only carry statements of others to SQLite."""
DECODERS = {
    ("adapters/http", "decode"): "answers decoded",
    ("adapters/zendesk/feed", "decode_events"): "answers decoded",
    ("store/store", "save"): "pages stored",
}
DECODING = {function for _, function in DECODERS}
CALLS = {"call", "c_call"}
INLINED = {"<listcomp>", "<dictcomp>", "<setcomp>"}
"""Calls in some versions of Python, and none in others."""

CHANGE = re.compile(r"\s*(insert(?: or \w+)? into|update|delete from)\s+(\w+)", re.IGNORECASE)


class Tally:
    """What was counted since the last look."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, kind: str, name: str, number: int = 1) -> None:
        """Add to one count."""
        self._counts[kind][name] += number

    def of(self, kind: str) -> Counter[str]:
        """Return the counts of one kind, to be added to until the next look."""
        return self._counts[kind]

    def take(self) -> Costs:
        """Return what was counted, and begin anew."""
        found = {kind: dict(names) for kind, names in self._counts.items()}
        self._counts.clear()
        return found


class CountedDuckDB:
    """A DuckDB connection that counts the statements it is sent, and the rows these change."""

    def __init__(self, inner: duckdb.DuckDBPyConnection, tally: Tally) -> None:
        self._inner = inner
        self._tally = tally
        self._held: list[tuple[int, ...]] | None = None
        self._returned: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def cursor(self) -> CountedDuckDB:
        return CountedDuckDB(self._inner.cursor(), self._tally)

    def execute(self, query: str, *values: Any) -> CountedDuckDB:
        self._count(query)
        self._inner.execute(query, *values)
        self._held = None
        found, self._returned = CHANGE.match(query), None
        if found:
            name = f"{found[1].lower().split()[0]} {found[2]}"
            if "returning" in query.lower():
                self._returned = name
            else:
                self._held = self._inner.fetchall()
                self._tally.count("rows", name, sum(map(sum, self._held)))
        return self

    def executemany(self, query: str, rows: Any) -> CountedDuckDB:
        self._count(query, len(rows))
        self._inner.executemany(query, rows)
        found = CHANGE.match(query)
        if found:
            self._tally.count("rows", f"{found[1].lower().split()[0]} {found[2]}", len(rows))
        self._held = None
        return self

    def sql(self, query: str, **options: Any) -> Any:
        self._count(query)
        return self._inner.sql(query, **options)

    def fetchnumpy(self) -> Any:
        columns = self._inner.fetchnumpy()
        self._count_returned(len(next(iter(columns.values()))))
        return columns

    def fetchall(self) -> Any:
        if self._held is None:
            rows = self._inner.fetchall()
            self._count_returned(len(rows))
            return rows
        held, self._held = self._held, []
        return held

    def fetchone(self) -> Any:
        if self._held is None:
            return self._inner.fetchone()
        return self._held.pop(0) if self._held else None

    def _count_returned(self, rows: int) -> None:
        if self._returned:
            self._tally.count("rows", self._returned, rows)
        self._returned = None

    def _count(self, query: str, times: int = 1) -> None:
        self._tally.count("duckdb", sender(), times * len(self._inner.extract_statements(query)))


@contextmanager
def counted(tally: Tally) -> Iterator[None]:
    """Count, inside the block, what connections that it opens are sent, and every call it makes."""
    plain, plain_lite = duckdb.connect, sqlite3.connect

    def connect(*given: Any, **options: Any) -> Any:
        return CountedDuckDB(plain(*given, **options), tally)

    def connect_lite(*given: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = plain_lite(*given, **options)
        connection.set_trace_callback(lambda _: tally.count("sqlite", sender()))
        return connection

    duckdb.connect, sqlite3.connect = connect, connect_lite  # type: ignore[assignment]
    sys.setprofile(_caller(tally))
    try:
        yield
    finally:
        sys.setprofile(None)
        duckdb.connect, sqlite3.connect = plain, plain_lite


@cache
def module(file: str) -> str | None:
    """Return `store/keys` for a module of ours, None for all others."""
    if not file.startswith(f"{PACKAGE}/"):
        return None
    name = file.removeprefix(f"{PACKAGE}/").removesuffix(".py")
    return None if name.startswith(FAR_SIDE) else name


def sender() -> str:
    """Return the module whose statement is being sent."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = module(frame.f_code.co_filename)
        if name is not None and name not in CARRIERS:
            return name
        frame = frame.f_back
    return "elsewhere"


def _caller(tally: Tally) -> Callable[[FrameType, str, object], None]:
    """Return what counts a call of a function of ours, and one it makes of a built-in one.

    It is called for every call there is, so it does little.
    """
    calls = tally.of("calls")

    def called(frame: FrameType, event: str, _: object) -> None:
        if event not in CALLS:
            return
        code = frame.f_code
        name = module(code.co_filename)
        if name is None or (event == "call" and code.co_name in INLINED):
            return
        calls[name] += 1
        if code.co_name in DECODING and event == "call" and (name, code.co_name) in DECODERS:
            tally.count("pages", DECODERS[name, code.co_name])

    return called
