"""A sync killed again and again ends in the same rows as one that nobody disturbed."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from connector.model.page import Stream
from connector.model.ticket import EventRows, TicketRows
from connector.sync.pull import sync_slice
from tests.store.records import at, event, opened, rows, ticket
from tests.sync.helpdesk import ScriptedAdapter

PAGES = 50
ROWS = 40

# after how many pages each run is killed, and how many milliseconds into the next page
KILLS = [(pages, (pages * 7 + number * 3) % 19) for number, pages in enumerate((4, 2, 5, 1, 3) * 4)]

STORED = ("tickets", "native", "events", "vendor_ids")


def busy_helpdesk() -> ScriptedAdapter:
    """Return a helpdesk whose pages overlap and repeat."""
    adapter = ScriptedAdapter()
    adapter.through = at(10_000)
    for number in range(PAGES):
        ids = range(number * ROWS // 2, number * ROWS // 2 + ROWS)
        adapter.put(
            Stream.TICKETS,
            TicketRows.of(
                ticket(f"T-{n}" if n % 5 == 0 else str(n), number, native={"replies": number})
                for n in ids
            ),
        )
        adapter.put(Stream.EVENTS, EventRows.of(event(f"{n}", f"{n // 7}") for n in ids))
    return adapter


def sync(folder: Path, told: Connection) -> None:
    """Sync in a process of its own, telling page by page."""
    with opened(folder) as store:
        sync_slice(busy_helpdesk(), store, now=at(0), progress=lambda step: told.send(step.pages))


def is_killed(folder: Path, pages: int, milliseconds: int) -> bool:
    """Run a sync and kill it; tell whether it was still at work."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    told, tells = context.Pipe(duplex=False)
    process = context.Process(target=sync, args=(folder, tells))
    process.start()
    tells.close()
    try:
        for _ in range(pages):
            told.recv()
    except EOFError:
        process.join()
        return False
    process.join(milliseconds / 1000)
    process.kill()
    process.join()
    return True


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    assert all(is_killed(tmp_path / "killed", *kill) for kill in KILLS)
    with opened(tmp_path / "killed") as store:
        sync_slice(busy_helpdesk(), store, now=at(0))
        disturbed = [rows(store, f"from {name} order by all") for name in STORED]
        marked = rows(store, "select distinct ticket_id from changed order by 1")
    with opened(tmp_path / "calm") as store:
        sync_slice(busy_helpdesk(), store, now=at(0))
        assert [rows(store, f"from {name} order by all") for name in STORED] == disturbed
        assert rows(store, "select distinct ticket_id from changed order by 1") == marked
