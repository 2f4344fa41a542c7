"""Tickets that get another requester: what the former one came with before says something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from connector.model.kpi import LONGEST_WINDOW_S

FORMER: Final = """
select stored.requester_id, min(stored.created_at) as first_at, max(stored.created_at) as last_at
from tickets as stored join page using (ticket_id)
where stored.ticket_id between ? and ? and stored.requester_id is not null
  and stored.requester_id is distinct from page.requester_id
group by stored.requester_id
"""
MARK: Final = """
insert into changed
select earlier.ticket_id
from tickets as earlier
join (
  select unnest(?::bigint[]) as requester_id, unnest(?::timestamp[]) as first_at,
    unnest(?::timestamp[]) as last_at
) as former using (requester_id)
where earlier.created_at <= former.last_at
  and earlier.updated_at >= former.first_at - to_seconds(?)
"""


def mark_former(connection: duckdb.DuckDBPyConnection, bounds: Sequence[int]) -> None:
    """Mark what the former requesters of the tickets in `page` came with before these.

    `bounds` are the least and the largest of these tickets, which are not stored yet.
    """
    former = connection.execute(FORMER, bounds).fetchall()
    if former:
        connection.execute(MARK, [*map(list, zip(*former, strict=True)), LONGEST_WINDOW_S])
