"""A practice helpdesk that clients of others reach at the vendor's own address, over TLS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.conftest import PUBLIC_HOST
from tests.practice.clients.tls import Authority, ConnectProxy, TlsFront

ROOT = Path(__file__).resolve().parents[3]
PUBLIC_URL = f"https://{PUBLIC_HOST}"
TICKETS = 300
NOW = datetime(2024, 11, 20, 10, 0, tzinfo=UTC)  # zenpy reads no export to the real present


def to_reach(proxy: ConnectProxy, authority: Authority) -> dict[str, str]:
    """Return the environment in which the vendor's host name leads to this machine."""
    return {
        "HTTPS_PROXY": proxy.url,
        "https_proxy": proxy.url,
        "NO_PROXY": "",
        "no_proxy": "",
        "REQUESTS_CA_BUNDLE": str(authority.certificate),
    }


@dataclass(frozen=True)
class Account:
    """A helpdesk, and what the environment of a client must say to reach it."""

    server: PracticeServer
    front: TlsFront
    proxy: ConnectProxy
    authority: Authority

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def variables(self) -> dict[str, str]:
        return to_reach(self.proxy, self.authority)

    def listed(self) -> set[int]:
        """Return the tickets that lists show."""
        return {t.id for t in self.world.tickets.values() if t.status != "deleted"}

    def exported(self) -> set[int]:
        """Return the tickets of exports that do not ask for those an AI agent had by itself."""
        return {t.id for t in self.world.tickets.values() if t.support_type == "agent"}


@pytest.fixture
def account(authority: Authority) -> Iterator[Account]:
    with (
        PracticeServer(
            seed_world(TICKETS, 7, NOW, slas=True), public_url=PUBLIC_URL, limits="generous"
        ) as server,
        TlsFront(authority, server.url) as front,
        ConnectProxy({f"{PUBLIC_HOST}:443": front.url}) as proxy,
    ):
        yield Account(server, front, proxy, authority)


@pytest.fixture(scope="session")
def clients() -> Path:
    """Return the folder of clients that scripts/setup-clients made."""
    place = ROOT / os.environ.get("CONNECTOR_CLIENTS", "var/clients")
    if not (place / ".ready").is_file():
        reason = "the clients of others are not set up; run scripts/setup-clients"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return place
