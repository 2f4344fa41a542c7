"""What changed in the helpdesk between two runs is found by the second, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from connector.cli.exits import ExitCode
from connector.practice.access import Access
from connector.store.lock import Lease
from connector.store.store import Store
from tests.whole import OAUTH_CLIENT, PagedServer, Whole

TICKETS = 400
SYSTEM_UPDATES, EDITS, DELETIONS, MERGES = 50, 50, 10, 5


@pytest.fixture
def server() -> Iterator[PagedServer]:
    with PagedServer(TICKETS, pages={}) as running:
        for number in range(SYSTEM_UPDATES + EDITS + DELETIONS + 2 * MERGES):
            running.acts.create({"subject": f"Later {number}", "comment": {"body": "Help"}})
        running.clock.advance(300)
        yield running


@pytest.fixture
def whole(tmp_path: Path, server: PagedServer) -> Whole:
    return Whole(tmp_path / "goals", server, writes=False)


def stored(whole: Whole) -> dict[str, tuple[str, datetime]]:
    """Return status and newest stamp of every ticket, as the store has them."""
    with Lease(whole.root) as lease, Store.open(whole.root, lease) as store:
        found = store.connection.execute(
            "select coalesce(v.id, t.ticket_id::varchar), t.status, t.stamp from tickets as t"
            " left join vendor_ids as v on v.kind = 'ticket' and v.key = t.ticket_id"
        )
        return {ticket: (status, stamp) for ticket, status, stamp in found.fetchall()}


def test_a_resync_finds_updates_edits_deletions_and_merges(whole: Whole) -> None:
    assert whole("sync").code == ExitCode.DONE
    before = stored(whole)
    acts, world = whole.server.acts, whole.server.world
    fresh = [t.id for t in world.tickets.values() if t.status == "new"]
    touched = iter(fresh)
    whole.server.clock.advance(300)
    updated = [next(touched) for _ in range(SYSTEM_UPDATES)]
    edited = [next(touched) for _ in range(EDITS)]
    deleted = [next(touched) for _ in range(DELETIONS)]
    merged = [(next(touched), next(touched)) for _ in range(MERGES)]
    for ticket in updated:
        acts.system_update(ticket)
    for ticket in edited:
        acts.set_status(ticket, "open")
    for ticket in deleted:
        acts.delete(ticket)
    for source, target in merged:
        acts.merge(source, target)
    whole.server.clock.advance(300)
    ran = whole("sync", "--json")
    assert ran.code == ExitCode.DONE
    after = stored(whole)
    moved = {int(ticket) for ticket in after if after[ticket] != before.get(ticket)}
    sources = [source for source, _ in merged]
    wanted = {*updated, *edited, *deleted, *sources}
    assert len(wanted) == 115
    assert moved == wanted | {target for _, target in merged}
    assert {after[str(ticket)][0] for ticket in edited} == {"open"}
    assert {after[str(ticket)][0] for ticket in deleted} == {"deleted"}
    assert {after[str(ticket)][0] for ticket in sources} == {"closed"}
    assert json.loads(ran.out)["helpdesks"][0]["tickets_read"] == 115 + MERGES
    assert {kind for _, kind in events_of(whole, deleted)} >= {"deleted"}
    assert len([kind for _, kind in events_of(whole, sources) if kind == "merged"]) == MERGES


def test_a_resync_stores_what_reading_everything_anew_stores(whole: Whole, tmp_path: Path) -> None:
    assert whole("sync").code == ExitCode.DONE
    for _ in range(3):
        whole.server.live(4 * 3_600)
        whole.server.clock.advance(120)
        assert whole("sync").code == ExitCode.DONE
    anew = Whole(tmp_path / "anew", whole.server, writes=False)
    assert anew("sync").code == ExitCode.DONE
    assert whole.exports() == anew.exports()


def events_of(whole: Whole, tickets: list[int]) -> list[tuple[int, str]]:
    """Return the kinds of the events of some tickets."""
    rows = [json.loads(line) for line in whole.exports()["events"]]
    return [(int(r["ticket"]), r["kind"]) for r in rows if int(r["ticket"]) in set(tickets)]


@pytest.mark.parametrize("uses", [1, 3, 7])
def test_a_token_that_ends_in_mid_sync_loses_nothing(tmp_path: Path, uses: int) -> None:
    with PagedServer(access=Access()) as server:
        calm = Whole(tmp_path / "calm", server)
        assert calm("setup", "--apply").code == ExitCode.DONE
        assert calm("sync").code == ExitCode.DONE
        expected = calm.settled()
    with PagedServer(access=Access(uses=uses)) as server:
        whole = Whole(tmp_path / "goals", server, credentials=OAUTH_CLIENT)
        assert whole("setup", "--apply").code == ExitCode.DONE
        tokens = server.count("oauth/tokens")
        assert whole("sync").code == ExitCode.DONE
        assert server.count("oauth/tokens") > tokens + 1
        assert whole.settled() == expected
