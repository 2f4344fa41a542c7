"""A practice helpdesk for each test: an account without tickets, and one with a seeded history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connector.practice.acts import Acts
from connector.practice.seed import empty_world, seed_world
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def world() -> World:
    return empty_world(NOW)


@pytest.fixture
def server(world: World) -> Iterator[PracticeServer]:
    with PracticeServer(world) as running:
        yield running


@pytest.fixture
def acts(server: PracticeServer) -> Acts:
    return server.acts


@pytest.fixture
def client(server: PracticeServer) -> Iterator[Client]:
    client = Client(server.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def seeded() -> World:
    """Return a world with a history; tests only read it."""
    return seed_world(1500, 7, NOW)


@pytest.fixture(scope="session")
def seeded_client(seeded: World) -> Iterator[Client]:
    with PracticeServer(seeded) as running:
        client = Client(running.url)
        yield client
        client.close()
