"""A practice helpdesk and a folder that was synced once; commands run in this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW, Cli, write_folder

TICKETS = 300


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    """Return a helpdesk of the test's own."""
    with PracticeServer(seed_world(TICKETS, 7, NOW)) as running:
        yield running


@pytest.fixture
def cli(server: PracticeServer, tmp_path: Path) -> Cli:
    """Return the command line of a folder in which nothing has run yet."""
    return Cli(write_folder(tmp_path / "goals", server.url))


@pytest.fixture(scope="session")
def shared_server() -> Iterator[PracticeServer]:
    """Return a helpdesk that tests only read."""
    with PracticeServer(seed_world(TICKETS, 7, NOW)) as running:
        yield running


@pytest.fixture(scope="session")
def synced_folder(shared_server: PracticeServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder after setup and one whole run."""
    folder = write_folder(tmp_path_factory.mktemp("synced") / "goals", shared_server.url)
    cli = Cli(folder)
    assert cli("setup", "--apply").code == 0
    assert cli("sync").code == 0
    return folder


@pytest.fixture
def synced(synced_folder: Path, tmp_path: Path) -> Cli:
    """Return the command line of a copy of that folder, to break at will."""
    folder = tmp_path / "goals"
    shutil.copytree(synced_folder, folder)
    return Cli(folder)
