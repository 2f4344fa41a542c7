"""Rows that DuckDB scans, by the stage in which they were asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import duckdb

if TYPE_CHECKING:
    from bench.spans import Spans

PROFILE = "pragma enable_profiling = 'no_output'; set profiling_coverage = 'all'"


class ScanningDuckDB:
    """A DuckDB connection that adds up the rows its statements scan."""

    def __init__(self, inner: duckdb.DuckDBPyConnection, spans: Spans) -> None:
        """Turn on profiling for this connection."""
        self._inner, self._spans = inner, spans
        self._asked_in = ""
        inner.execute(PROFILE)

    def __getattr__(self, name: str) -> Any:
        """Return what the connection has; a result that is fetched has been scanned by then."""
        found = getattr(self._inner, name)
        if not name.startswith(("fetch", "df", "arrow", "pl")):
            return found

        def fetched(*given: Any, **named: Any) -> Any:
            rows = found(*given, **named)
            self._collect()
            return rows

        return fetched

    def __enter__(self) -> Self:
        """Return the connection, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._collect()
        self._inner.close()

    def cursor(self) -> ScanningDuckDB:
        """Return another connection to the same database."""
        return ScanningDuckDB(self._inner.cursor(), self._spans)

    def execute(self, query: str, *values: Any) -> Self:
        """Send a statement."""
        self._collect()
        self._asked_in = self._spans.stage
        self._inner.execute(query, *values)
        return self

    def executemany(self, query: str, rows: Any) -> Self:
        """Send a statement for each row; they scan too little to be looked at."""
        self._collect()
        self._inner.executemany(query, rows)
        return self

    def _collect(self) -> None:
        """Add what the last statement scanned; statements without a plan have no profile."""
        stage, self._asked_in = self._asked_in, ""
        if stage:
            told = json.loads(self._inner.get_profiling_information("json"))
            self._spans.rows[stage] += sum(map(_scanned, told.get("operator", [])))


def _scanned(operator: dict[str, Any]) -> int:
    """Return the rows of which something was read; to count all rows, DuckDB reads none."""
    told = operator.get("extra_info", {})
    is_read = any(told.get(name) for name in ("Projections", "Filters", "Dynamic Filters"))
    own = operator.get("rows_scanned", 0) if is_read else 0
    return own + sum(map(_scanned, operator.get("children", [])))


def count_scans(spans: Spans) -> None:
    """Have every connection that is opened from now on count what it scans."""
    plain = duckdb.connect

    def connect(*given: Any, **named: Any) -> Any:
        return ScanningDuckDB(plain(*given, **named), spans)

    duckdb.connect = connect
