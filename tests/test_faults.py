"""A fault on any line of a run: nothing lost, the right exit, at most one page read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.practice.jobs import FOR_EVER
from connector.store.lock import Lease
from connector.store.state import State
from connector.store.store import Store
from connector.store.waiting import deferred
from tests.whole import PagedServer, Whole

FAULTS = (
    "lost",
    "429",
    "short",
    "429-bare",
    "409",
    "500",
    "502",
    "503",
    "503-bare",
    "504",
    "slow",
    "reset",
    "cut",
    "html",
    "nonsense",
)
STREAMS = {
    "tickets": "incremental/tickets/cursor",
    "events": "incremental/ticket_events",
    "people": "incremental/users/cursor",
    "ratings": "satisfaction_ratings",
}
WRITES = {"batch": "update_many", "job": "job_statuses", "reading back": "show_many"}
LISTS = {
    "groups": "groups",
    "schedules": "business_hours/schedules",
    "surveys": "guide/survey_responses",
    "policies": "slas/policies",
}
"""What is read in one page."""

AT_ONCE = (FAULTS[:5], FAULTS[5:10], FAULTS[10:])
"""Faults of one request: its tries may take so many."""

ANSWERED_IN_VAIN = ("lost", "short", "cut", "slow")
"""Faults that strike after the page was made: that page is made again."""


@pytest.fixture
def server() -> Iterator[PagedServer]:
    with PagedServer() as running:
        yield running


def undisturbed(folder: Path, server: PagedServer) -> Mapping[str, Any]:
    """Return where an undisturbed run ends, and which pages it asked for."""
    with server:
        whole = Whole(folder, server)
        assert whole("setup", "--apply").code == ExitCode.DONE
        assert whole("sync").code == ExitCode.DONE
        reads = server.reads()
        return {"reads": reads, "after": whole.exports(), "settled": whole.settled()}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return undisturbed(tmp_path_factory.mktemp("calm") / "goals", PagedServer())


@pytest.fixture(scope="module")
def calm_of_brisk(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return undisturbed(tmp_path_factory.mktemp("brisk") / "goals", PagedServer(pages={}))


@pytest.fixture
def brisk(tmp_path: Path) -> Iterator[Whole]:
    """Give the command line at a helpdesk whose pages are as large as usual."""
    with PagedServer(pages={}) as running:
        yield Whole(tmp_path / "goals", running)


@pytest.fixture
def whole(tmp_path: Path, server: PagedServer) -> Whole:
    return Whole(tmp_path / "goals", server)


@pytest.mark.parametrize("stream", STREAMS)
def test_faults_between_pages_lose_nothing(
    whole: Whole, calm: Mapping[str, Any], stream: str
) -> None:
    server = whole.server
    assert whole("setup", "--apply").code == ExitCode.DONE
    server.fail_between(STREAMS[stream], *FAULTS)
    assert whole("sync").code == ExitCode.DONE
    assert not server.is_due_to_err
    again = server.reads() - calm["reads"]
    assert max(again.values()) == 1
    assert again.total() == len(ANSWERED_IN_VAIN)
    assert not calm["reads"] - server.reads()
    assert whole.exports() == calm["after"]


@pytest.mark.parametrize("faults", AT_ONCE, ids=["some", "others", "more"])
@pytest.mark.parametrize("path", LISTS.values(), ids=LISTS)
def test_faults_of_what_is_read_at_once_lose_nothing(
    brisk: Whole, calm_of_brisk: Mapping[str, Any], path: str, faults: tuple[str, ...]
) -> None:
    assert brisk("setup", "--apply").code == ExitCode.DONE
    for fault in faults:
        brisk.server.order(path, fault)
    assert brisk("sync").code == ExitCode.DONE
    assert brisk.exports() == calm_of_brisk["after"]
    again = brisk.server.reads() - calm_of_brisk["reads"]
    assert again.total() == len(set(faults) & set(ANSWERED_IN_VAIN))


@pytest.mark.parametrize("faults", AT_ONCE, ids=["some", "others", "more"])
@pytest.mark.parametrize("path", WRITES.values(), ids=WRITES)
def test_faults_while_writing_lose_nothing(
    brisk: Whole, calm_of_brisk: Mapping[str, Any], path: str, faults: tuple[str, ...]
) -> None:
    assert brisk("setup", "--apply").code == ExitCode.DONE
    for fault in faults:
        brisk.server.order(path, fault)
    assert brisk("sync").code == ExitCode.DONE
    assert not brisk.server.is_due_to_err
    assert brisk.settled() == calm_of_brisk["settled"]


@pytest.mark.parametrize("stream", STREAMS)
def test_past_the_budget_a_run_stops_loudly_with_its_cursor_kept(
    whole: Whole, calm: Mapping[str, Any], stream: str
) -> None:
    server = whole.server
    assert whole("setup", "--apply").code == ExitCode.DONE
    server.fail_between(STREAMS[stream], "503", count=1_000)
    ran = whole("sync")
    assert ran.code == ExitCode.FAILED
    assert "503" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert cursor(whole, stream) is not None
    server.recover()
    assert whole("sync").code == ExitCode.DONE
    again = server.reads() - calm["reads"]
    assert not [page for page in again if STREAMS[stream] in page]
    assert whole.exports() == calm["after"]


@pytest.mark.parametrize("path", WRITES.values(), ids=WRITES)
def test_past_the_budget_writing_stops_loudly_and_is_settled_by_the_next_run(
    brisk: Whole, calm_of_brisk: Mapping[str, Any], path: str
) -> None:
    assert brisk("setup", "--apply").code == ExitCode.DONE
    brisk.server.faults.fail_next(path, "503", 1_000)
    ran = brisk("sync")
    assert ran.code == ExitCode.FAILED
    assert "503" in ran.out
    brisk.server.recover()
    assert brisk("sync").code == ExitCode.DONE
    assert brisk.settled() == calm_of_brisk["settled"]


@pytest.mark.parametrize("how", ["refused", "stuck, then not applied"])
def test_how_a_ticket_ended_is_written_by_a_later_run_when_the_first_could_not(
    brisk: Whole, how: str
) -> None:
    server, jobs = brisk.server, brisk.server.desk.jobs
    assert brisk("setup", "--apply").code == ExitCode.DONE
    assert brisk("sync").code == ExitCode.DONE
    server.clock.advance(300)
    ticket = server.acts.create({"subject": "Short", "comment": {"body": "Help"}})
    server.clock.advance(60)
    agent = next(u.id for u in server.world.directory.users.values() if u.role == "agent")
    server.acts.comment(ticket.id, agent, "Done", status="solved")
    server.clock.advance(300)
    jobs.failing = {ticket.id: "Group: is required"}
    jobs.polls = 1 if how == "refused" else FOR_EVER
    assert brisk("sync").code == ExitCode.PARTIAL
    jobs.failing, jobs.polls = {}, 1
    assert not ticket.tags
    for wait_s in (300, 4_000, 300):
        server.clock.advance(wait_s)
        assert brisk("sync").code == ExitCode.DONE
    assert "goal_outcome__met" in ticket.tags


def test_what_was_refused_is_remembered_until_it_is_written(brisk: Whole) -> None:
    server, jobs = brisk.server, brisk.server.desk.jobs
    assert brisk("setup", "--apply").code == ExitCode.DONE
    server.clock.advance(300)
    ticket = server.acts.create({"subject": "Refused", "comment": {"body": "Help"}})
    server.clock.advance(300)
    jobs.failing = {ticket.id: "Group: is required"}
    assert brisk("sync").code == ExitCode.PARTIAL
    assert waiting(brisk) == {str(ticket.id)}
    jobs.failing = {}
    server.clock.advance(300)
    assert brisk("sync").code == ExitCode.DONE
    assert waiting(brisk) == set()


def waiting(whole: Whole) -> AbstractSet[str]:
    """Return the tickets that the next run has to write, whatever the hour."""
    with closing(State.open(whole.root.parent / "state.sqlite")) as state:
        return deferred(state, "practice")


def cursor(whole: Whole, stream: str) -> str | None:
    """Return where a stream stands in the store."""
    from connector.model.page import Stream

    with Lease(whole.root) as lease, Store.open(whole.root, lease) as store:
        state = store.cursor(Stream(stream))
        return state.cursor if state else None
