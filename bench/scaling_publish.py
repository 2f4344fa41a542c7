"""What it takes to write a published set whole, at two sizes of a synthetic store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from bench.stores import fill
from bench.timing import Cost, cost
from connector.store.lock import Lease
from connector.store.publishing import publish
from connector.store.store import Store

SIZES = (100_000, 400_000)
CHANGING = ("tickets", "events", "measures")
MEASURES = """
insert into measures by name
select ticket_id, 'measure ' || number as measure, 'calendar' as clock,
  (hash(ticket_id * 16 + number) % 900_000)::double as value, updated_at as "at",
  assignee_id as actor_id, assignee_id, group_id, 0 as flags
from tickets cross join range(13) as numbers(number)
"""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One publication, with the events and measures of so many tickets."""

    tickets: int
    took: Cost
    bytes: int


def published(folder: Path) -> list[Published]:
    """Publish each size twice, and keep the second time."""
    return [_published(folder / f"publish-{tickets}", tickets) for tickets in SIZES]


def _published(home: Path, tickets: int) -> Published:
    home.mkdir(parents=True)
    fill(home / "store.duckdb", tickets)
    with duckdb.connect(home / "store.duckdb") as con:
        con.execute(MEASURES)
        con.execute("insert into meta values ('fence', '0')")
    now, lease = datetime.now(tz=UTC), Lease(home).acquire()
    with Store.open(home, lease) as store:

        def again(run: str) -> Cost:
            store.touch(*CHANGING)
            return cost(lambda: publish(store, home, run=run, through=now, read_at=now))

        again("0")
        took = again("1")
    lease.release()
    size = sum(path.stat().st_size for path in (home / "published" / "1").iterdir())
    return Published(tickets=tickets, took=took, bytes=size)
