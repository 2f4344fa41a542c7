"""Redmine's tickets and journals in the store, run after run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.settings import RedmineSettings
from connector.store.store import Store
from connector.sync.pull import sync_slice
from tests.fakes.redmine import AGENT_KEY, URL, FakeRedmine
from tests.store.records import opened, rows


@pytest.fixture
def desk() -> Iterator[FakeRedmine]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRedmine(mock, page_size=4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def test_runs_bring_what_happened_once_and_cost_little_when_nothing_did(
    desk: FakeRedmine, store: Store
) -> None:
    settings = RedmineSettings(url=URL, api_key=SecretStr(AGENT_KEY))
    adapter = RedmineAdapter(settings, watched_fields=frozenset())
    ids = [desk.put() for _ in range(6)]
    desk.advance(600)
    assert sync_slice(adapter, store, now=desk.now).tickets_read == 6
    desk.set_status(ids[0], "solved")
    desk.delete(ids[2])
    desk.advance(600)
    assert sync_slice(adapter, store, now=desk.now).changed == 2
    desk.advance(600)
    silent = sync_slice(adapter, store, now=desk.now)
    assert (silent.tickets_read, silent.events_read, silent.changed) == (0, 0, 0)
    assert silent.requests == 2
    told = rows(
        store,
        "select ticket_id, kind, value, previous from events"
        " where kind in ('status', 'deleted') and (previous is not null or kind = 'deleted')",
    )
    assert sorted(told) == [
        (int(ids[0]), "status", "solved", "new"),
        (int(ids[2]), "deleted", None, None),
    ]
