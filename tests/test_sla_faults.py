"""Faults on the export of the helpdesk's own clocks: nothing lost, at most one page read again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from connector.cli.exits import ExitCode
from connector.practice.slas import install_policies
from connector.store.published import attach, latest
from tests.test_faults import ANSWERED_IN_VAIN, FAULTS
from tests.whole import PAGES, PagedServer, Whole

PATH = "incremental/ticket_metric_events"
SMALL = {**PAGES, PATH: ("page[size]", 15)}


def synced(folder: Path, *faults: str) -> tuple[list[tuple[object, ...]], Counter[str]]:
    """Sync once while these faults come; return the steps that are left, and the pages served."""
    with PagedServer(pages=SMALL) as server:
        install_policies(server.world)
        whole = Whole(folder / "goals", server, writes=False)
        server.fail_between(PATH, *faults)
        assert whole("sync").code == ExitCode.DONE
        assert not server.is_due_to_err
        pages = Counter({page: n for page, n in server.reads().items() if PATH in page})
        published = latest(whole.root)
        assert published is not None
        with attach([published]) as connection:
            return connection.execute("from metric_events order by all").fetchall(), pages


def test_faults_between_pages_of_steps_lose_nothing(tmp_path: Path) -> None:
    steps, calm = synced(tmp_path / "calm")
    assert calm.total() > len(FAULTS)
    found, pages = synced(tmp_path / "rough", *FAULTS)
    assert found == steps
    again = pages - calm
    assert (max(again.values()), again.total()) == (1, len(ANSWERED_IN_VAIN))
    assert not calm - pages
