"""Requests are what a sync costs: as few as the helpdesk permits, and a first one that can wait."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connector.cli.exits import ExitCode
from connector.practice.routing import Answer
from tests.whole import API, OPEN, PagedServer, Whole

TICKETS = "incremental/tickets/cursor"
EVENTS = "incremental/ticket_events"
PEOPLE = "incremental/users/cursor"
RATINGS = "satisfaction_ratings"
FROM_THE_START = f"{TICKETS}?start_time=0&"
DAY = 86_400
MANY = 250


@pytest.fixture
def server() -> Iterator[PagedServer]:
    with PagedServer(pages={}) as running:
        yield running


@pytest.fixture
def synced(tmp_path: Path, server: PagedServer) -> Whole:
    """Return a folder whose helpdesk has been read to the end."""
    whole = Whole(tmp_path / "goals", server)
    assert whole("setup", "--apply").code == ExitCode.DONE
    for _ in range(2):
        assert whole("sync").code == ExitCode.DONE
        server.clock.advance(120)
    assert whole("sync").code == ExitCode.DONE
    return whole


def asked(whole: Whole, *, writes: bool = False) -> Counter[str]:
    """Sync once more, and return what was asked for."""
    before = len(whole.server.served)
    assert whole("sync").code == ExitCode.DONE
    served = whole.server.served[before:]
    paths = [urlsplit(target).path for method, target in served if writes or method == "GET"]
    return Counter(path.removeprefix(API).removesuffix(".json") for path in paths)


def test_an_idle_sync_asks_for_tickets_once_and_nothing_else(synced: Whole) -> None:
    synced.server.clock.advance(300)
    assert asked(synced, writes=True) == {TICKETS: 1}
    assert asked(synced, writes=True) == {TICKETS: 1}


def test_a_ticket_that_moved_costs_one_page_of_what_follows_tickets(synced: Whole) -> None:
    acts, world = synced.server.acts, synced.server.world
    ticket = next(t.id for t in world.tickets.values() if t.status == "pending")
    acts.add_tags(ticket, "vip")
    synced.server.clock.advance(300)
    found = asked(synced)
    assert {path: found[path] for path in (TICKETS, EVENTS, RATINGS)} == {
        TICKETS: 1,
        EVENTS: 1,
        RATINGS: 1,
    }
    assert not [path for path in found if path == PEOPLE or path.startswith(("groups", "busi"))]


def test_people_groups_and_schedules_are_asked_for_once_a_day(synced: Whole) -> None:
    synced.server.clock.advance(DAY - 3_600)
    assert PEOPLE not in asked(synced)
    synced.server.clock.advance(3_600)
    found = asked(synced)
    assert (found[PEOPLE], found["groups"], found["business_hours/schedules"]) == (1, 1, 1)
    assert PEOPLE not in asked(synced)


def test_writing_costs_a_look_and_a_batch_for_each_hundred_tickets_and_one_reading_back(
    tmp_path: Path, server: PagedServer
) -> None:
    for number in range(MANY - OPEN):
        server.acts.create({"subject": f"Ticket {number}", "comment": {"body": "Help"}})
    server.clock.advance(600)
    whole = Whole(tmp_path / "goals", server)
    assert whole("setup", "--apply").code == ExitCode.DONE
    found = asked(whole, writes=True)
    written = sum(
        any(t.startswith("goal_") for t in one.tags) for one in server.world.tickets.values()
    )
    assert written >= MANY
    batches = ceil(written / 100)
    assert found["tickets/update_many"] == batches
    assert found["tickets/show_many"] == batches + 1
    assert not [path for path in found if re.fullmatch(r"tickets/\d+.*", path)]
    jobs = [path for path in found if path.startswith("job_statuses")]
    assert len(jobs) == batches


class ForgetfulServer(PagedServer):
    """A practice helpdesk that takes no cursor that was given out before it forgot."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: set[str] = set()
        self.refused = 0

    def forget(self) -> None:
        """Refuse every cursor that was used or given out so far."""
        self.forgotten = {target for _, target in self.served}

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.forgotten and TICKETS in target and "cursor=" in target and not self.refused:
            self.refused += 1
            return Answer({"error": "InvalidCursor"}, 422)
        return super().answer(method, target, headers, body)


def interrupted(whole: Whole, path: str) -> None:
    """Sync for the first time, until a stream answers no more after its first page."""
    whole.server.fail_between(path, "503", count=1_000)
    assert whole("sync").code == ExitCode.FAILED
    whole.server.recover()


@pytest.mark.parametrize("forget", [lambda _: None, ForgetfulServer.forget], ids=["kept", "gone"])
def test_a_first_sync_goes_on_after_days(
    tmp_path: Path, forget: Callable[[ForgetfulServer], None]
) -> None:
    with ForgetfulServer() as server:
        whole = Whole(tmp_path / "goals", server, writes=False)
        interrupted(whole, TICKETS)
        server.live(4 * 3_600)
        server.clock.advance(40 * DAY)
        forget(server)
        before = server.count(FROM_THE_START)
        assert whole("sync").code == ExitCode.DONE
        assert bool(server.refused) == bool(server.forgotten)
        assert server.count(FROM_THE_START) == before
        server.forgotten = set()
        anew = Whole(tmp_path / "anew", server, writes=False)
        assert anew("sync").code == ExitCode.DONE
        assert whole.exports() == anew.exports()


def test_nothing_is_written_before_events_have_caught_up(tmp_path: Path) -> None:
    with PagedServer() as server:
        whole = Whole(tmp_path / "goals", server)
        assert whole("setup", "--apply").code == ExitCode.DONE
        interrupted(whole, EVENTS)
        assert server.count("update_many") == 0
        assert whole("sync").code == ExitCode.DONE
        assert server.count("update_many") == 1
