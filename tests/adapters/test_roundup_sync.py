"""Roundup's tickets in the store, run after run: what is derived and what is told beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.roundup.settings import RoundupSettings
from connector.store.store import Store
from connector.sync.pull import sync_slice
from tests.fakes.roundup import URL, FakeRoundup
from tests.store.records import opened, rows


@pytest.fixture
def desk() -> Iterator[FakeRoundup]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRoundup(mock)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def test_runs_bring_what_happened_once_and_cost_little_when_nothing_did(
    desk: FakeRoundup, store: Store
) -> None:
    settings = RoundupSettings(
        url=URL, user="admin", password=SecretStr("secret"), page_size=4, overlap_s=0
    )
    adapter = RoundupAdapter(settings, watched_fields=frozenset())
    ids = [desk.put() for _ in range(6)]
    desk.advance(600)
    assert sync_slice(adapter, store, now=desk.now).changed == 6
    desk.set_status(ids[0], "solved")
    reply = desk.make("msg", {"author": "3", "date": desk.now, "creation": desk.now})
    desk.edit(ids[1], messages=[*desk.issues[ids[1]]["messages"], reply])
    desk.delete(ids[2])
    desk.advance(600)
    assert sync_slice(adapter, store, now=desk.now).changed == 3
    desk.advance(600)
    silent = sync_slice(adapter, store, now=desk.now)
    assert (silent.tickets_read, silent.events_read, silent.changed) == (0, 0, 0)
    assert silent.requests == 2
    told = rows(
        store,
        "select ticket_id, kind, value, previous, actor_id from events"
        " where kind in ('status', 'deleted') or actor_id = 3 order by ticket_id, kind",
    )
    assert told == [
        (int(ids[0]), "status", "solved", "new", None),
        (int(ids[1]), "comment", None, None, 3),
        (int(ids[2]), "deleted", None, None, None),
        (int(ids[2]), "status", "deleted", "new", None),
    ]
    assert rows(store, "select count(*) from events where kind = 'comment'") == [(7,)]
