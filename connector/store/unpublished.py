"""Which tickets the last published set does not tell as the store does now."""

from __future__ import annotations

from uuid import uuid4

import duckdb

IDENTITY = "identity"
SEQUENCE = "published"
CREATE = "create table unpublished (ticket_id bigint)"
MARK_ALL = "insert into unpublished values (null)"
TAKE = """
create or replace temp table to_publish as
select ticket_id from unpublished where ticket_id is not null union select ticket_id from changed
"""
ADD = "insert into to_publish select ticket_id from {keys} anti join to_publish using (ticket_id)"
IS_ALL = "select exists (from unpublished where ticket_id is null)"
COUNT = "select count(*) from to_publish"
GET = "select value from meta where name = ?"
FORGET = "delete from meta where name = ?"
PUT = "insert into meta values (?, ?)"


class Unpublished:
    """The tickets of one store that changed since its last published set was made.

    They are collected in `to_publish`, a temporary table of the connection.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on this connection."""
        self._connection = connection

    @property
    def identity(self) -> str:
        """Return what tells this store from one that was read anew; empty before the first set."""
        return self._get(IDENTITY) or ""

    @property
    def sequence(self) -> int:
        """Return the number of the last set that is known to hold all that changed before it."""
        return int(self._get(SEQUENCE) or 0)

    def is_all(self) -> bool:
        """Tell whether rows of every ticket may have changed."""
        ((is_all,),) = self._connection.execute(IS_ALL).fetchall()
        return bool(is_all)

    def take(self) -> int:
        """Collect the tickets; return how many."""
        self._connection.execute(TAKE)
        return self._count()

    def add(self, keys: str) -> int:
        """Collect the tickets of a relation as well; return how many there are now."""
        self._connection.execute(ADD.format(keys=keys))
        return self._count()

    def settle(self, sequence: int) -> None:
        """Forget what the set of this number holds, inside the caller's transaction."""
        self._connection.execute("delete from unpublished")
        self._put(SEQUENCE, str(sequence))

    def identify(self) -> str:
        """Return the identity of the store; a first one is given in the caller's transaction."""
        if not self.identity:
            self._put(IDENTITY, uuid4().hex)
        return self.identity

    def _count(self) -> int:
        ((count,),) = self._connection.execute(COUNT).fetchall()
        return int(count)

    def _get(self, name: str) -> str | None:
        rows = self._connection.execute(GET, [name]).fetchall()
        return str(rows[0][0]) if rows else None

    def _put(self, name: str, value: str) -> None:
        self._connection.execute(FORGET, [name])
        self._connection.execute(PUT, [name, value])
