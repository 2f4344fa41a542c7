"""How far the first read of a stream is, from run to run: what it has brought, and what to expect.

It is kept with the page it counts, in the same transaction, and forgotten at the stream's end.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import msgspec

from connector.model.page import Page, Stream

PREFIX = "first_read:"


class FirstRead(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and pages of a stream since its beginning; `total` is the vendor's own count, if told.

    `since` is the time that the first page reached, with `before` rows in it.
    """

    stream: Stream
    rows: int = 0
    pages: int = 0
    total: int | None = None
    since: datetime | None = None
    before: int = 0
    through: datetime | None = None

    def after(self, page: Page) -> FirstRead:
        """Return how far it is with one more page."""
        rows = self.rows + len(page.records)
        is_first = self.since is None
        return msgspec.structs.replace(
            self,
            rows=rows,
            pages=self.pages + 1,
            total=page.expected if page.expected is not None else self.total,
            since=page.through if is_first else self.since,
            before=rows if is_first else self.before,
            through=page.through or self.through,
        )

    def expected(self, until: datetime) -> int | None:
        """Return about how many rows there are: as told, or else by the time that is left."""
        if self.total is not None:
            return max(self.total, self.rows)
        if self.since is None or self.through is None or self.through <= self.since:
            return None
        left = max(0.0, (until - self.through) / (self.through - self.since))
        return self.rows + round((self.rows - self.before) * left)


class FirstReads:
    """The first reads of one store that are under way, inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on this connection."""
        self._connection = connection

    def get(self, stream: Stream) -> FirstRead | None:
        """Return how far the first read of a stream is; None if it is over, or never began."""
        rows = self._connection.execute(
            "select value from meta where name = ?", [_name(stream)]
        ).fetchall()
        return msgspec.json.decode(rows[0][0], type=FirstRead) if rows else None

    def keep(self, read: FirstRead, *, is_over: bool) -> None:
        """Keep how far it is, or forget about it."""
        name = _name(read.stream)
        if is_over:
            self._connection.execute("delete from meta where name = ?", [name])
            return
        text = msgspec.json.encode(read).decode()
        changed = self._connection.execute("update meta set value = ? where name = ?", [text, name])
        if changed.fetchall() == [(0,)]:
            self._connection.execute("insert into meta values (?, ?)", [name, text])

    def forget(self) -> None:
        """Forget all of them."""
        self._connection.execute("delete from meta where starts_with(name, ?)", [PREFIX])


def _name(stream: Stream) -> str:
    return PREFIX + stream.value
