"""A first sync in slices: each ends at its limit, says how far it is, and the last one is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.pipeline.job import SliceLimit
from connector.pipeline.run import FAIR_SLICE_S, RunRequest
from connector.practice.routing import Answer
from tests.whole import PagedServer, Ran, Whole

TICKETS = "incremental/tickets/cursor"
EVENTS = "incremental/ticket_events"
WAITS = "nothing written before events have caught up"
MOST_SLICES = 60


class TimedServer(PagedServer):
    """A practice helpdesk at which every request takes a minute of its time."""

    is_timed = False

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.is_timed:
            self.clock.advance(60)
        return super().answer(method, target, headers, body)


@pytest.fixture
def server() -> Iterator[TimedServer]:
    with TimedServer(limits="generous") as running:
        yield running


@pytest.fixture
def whole(tmp_path: Path, server: TimedServer) -> Whole:
    whole = Whole(tmp_path / "goals", server)
    assert whole("setup", "--apply").code == ExitCode.DONE
    return whole


def status(whole: Whole) -> dict[str, Any]:
    (helpdesk,) = json.loads(whole("status", "--json").out)["helpdesks"]
    return dict(helpdesk)


def told(ran: Ran) -> str:
    """Return what a run said, without its line breaks."""
    assert ran.code == ExitCode.DONE
    return " ".join(ran.out.split())


def test_slices_of_a_first_sync_end_where_a_whole_run_ends(
    tmp_path: Path, server: TimedServer
) -> None:
    sliced = Whole(tmp_path / "sliced", server, writes=False)
    slices = 1
    while WAITS in told(sliced("sync", "--requests", "9")):
        slices += 1
        assert slices < MOST_SLICES
    assert slices > 5
    assert max(times for page, times in server.reads().items() if "incremental" in page) == 1
    anew = Whole(tmp_path / "anew", server, writes=False)
    assert anew("sync").code == ExitCode.DONE
    assert sliced("sync").code == ExitCode.DONE
    assert sliced.exports() == anew.exports()


def test_nothing_is_written_by_slices_until_events_have_caught_up(whole: Whole) -> None:
    server, slices = whole.server, 1
    while WAITS in (said := told(whole("sync", "--requests", "20"))):
        slices += 1
        assert "goes on with the next run" in said
        assert server.count("update_many") == 0
    assert slices > 2
    assert "wrote" in said
    assert server.count("update_many") > 0


def test_a_slice_says_how_far_a_first_sync_is(whole: Whole) -> None:
    assert "read no tickets yet" in told(whole("sync", "--requests", "1"))
    first, second = (told(whole("sync", "--requests", "20")) for _ in range(2))
    read = re.search(
        r"read (\d+) tickets of about (\d+), through 20\d\d-\d\d-\d\d \(this run", first
    )
    assert read is not None
    assert 5 <= int(read[1]) < int(read[2]) <= len(whole.server.world.tickets)
    assert "then their events" in first
    assert re.search(r"read \d+ events of about \d+, through", second)


def test_a_limit_of_time_ends_between_two_pages(whole: Whole, server: TimedServer) -> None:
    server.is_timed = True
    before = server.count("")
    assert WAITS in told(whole("sync", "--for", "10min"))
    assert 10 <= server.count("") - before <= 12


def test_status_tells_how_far_a_first_sync_is_and_when_it_is_through(whole: Whole) -> None:
    assert whole("sync", "--requests", "20").code == ExitCode.DONE
    first = status(whole)["first_sync"]
    assert first["stream"] == "tickets"
    assert 0 < first["rows"] < first["expected"] <= len(whole.server.world.tickets)
    assert first["left_s"] > 0
    said = told(whole("status"))
    assert f"has read {first['rows']} tickets of about {first['expected']}, through 20" in said
    assert re.search(r"; about .* more at the pace the limits allow, then their events", said)
    assert whole("sync").code == ExitCode.DONE
    assert status(whole)["first_sync"] is None
    assert "first sync" not in whole("status").out


@pytest.mark.parametrize(("path", "stream"), [(TICKETS, "tickets"), (EVENTS, "events")])
def test_status_tells_it_also_when_the_run_failed(whole: Whole, path: str, stream: str) -> None:
    whole.server.fail_between(path, "503", count=1_000)
    assert whole("sync").code == ExitCode.FAILED
    first = status(whole)["first_sync"]
    assert (first["stream"], first["rows"] > 0) == (stream, True)


def test_status_shows_the_limits_seen_and_our_share(whole: Whole) -> None:
    assert "Limits as announced" not in whole("status").out
    assert whole("sync").code == ExitCode.DONE
    limits = {limit["window"]: limit for limit in status(whole)["limits"]}
    assert limits[""]["total"] == limits[""]["ours"] > limits[""]["remaining"] > 0
    assert status(whole)["limits_seen_at"] is not None
    said = whole("status").out
    assert re.search(rf"all requests +{limits['']['total']:,} ", said)


def test_slices_end_an_incremental_read_too(whole: Whole) -> None:
    assert whole("sync").code == ExitCode.DONE
    for ticket in whole.server.world.tickets.values():
        if ticket.status in {"new", "open", "pending"}:
            whole.server.acts.add_tags(ticket.id, "vip")
            whole.server.clock.advance(5)
    whole.server.clock.advance(120)
    before = whole.server.count("update_many")
    said = told(whole("sync", "--requests", "2"))
    assert "there is more, goes on with the next run" in said
    assert WAITS in said
    assert whole.server.count("update_many") == before
    assert WAITS not in told(whole("sync"))


@pytest.mark.parametrize("option", [("--for", "20"), ("--for", "soon"), ("--requests", "0")])
def test_a_limit_that_is_none_is_refused(whole: Whole, option: tuple[str, str]) -> None:
    ran = whole("sync", *option)
    assert ran.code == ExitCode.CONFIG
    assert option[0].strip("-") in ran.err + ran.out or "5 min" in ran.err


def test_several_helpdesks_do_not_wait_for_the_first_sync_of_one() -> None:
    assert RunRequest().limit(1) == SliceLimit()
    assert RunRequest().limit(2) == SliceLimit(seconds=FAIR_SLICE_S)
    assert RunRequest(requests=9).limit(2) == SliceLimit(requests=9)
