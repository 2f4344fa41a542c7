"""Peers come to the page server through a proxy, and are compared by what 100,000 tickets cost."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.children import ProgramError, Ran
from bench.peers.commands import NAME, OWN, PEERS, Command, Got, Peer, Where
from bench.peers.compared import BOUNDS, Way, compared_with, missing, tables
from bench.peers.environments import HERE, version
from bench.peers.scenes import Run, Scene, Scenes
from tests.practice.clients.tls import has_openssl

PROGRAMS = Path(sys.executable).parent
TICKETS = 200
ASKING = """
import requests
headers = {"Authorization": "Bearer any"}
for number in range(2):
    requests.get("https://NAME/api/v2/incremental/tickets/cursor?start_time=1", headers=headers)
print('{"rows": 7}')
"""


def asking(name: str) -> Command:
    def command(where: Where) -> list[str | Path]:
        return [where.programs / "python", "-c", ASKING.replace("NAME", name)]

    return command


def run(cpu_s: float, tickets: int, *, got: int | None = None, slept_s: float = 0) -> Run:
    found = Ran(wall_s=2 * cpu_s, cpu_s=cpu_s, peak_mb=10, marked=0, last="")
    read = Got(ran=found, tickets=tickets if got is None else got, slept_s=slept_s)
    return Run(got=read, requests=3, expected=tickets)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    if not has_openssl():
        pytest.skip("certificates are made with openssl")
    with ExitStack() as stack:
        yield Scenes(stack)[TICKETS]


def test_zenpy_reads_every_ticket_at_the_vendors_own_name(scene: Scene) -> None:
    found = scene.run(PEERS["zenpy"], PROGRAMS)
    assert (found.got.tickets, found.expected, found.requests) == (TICKETS, TICKETS, 1)


@pytest.mark.parametrize("name", OWN)
def test_the_floor_and_ours_read_every_ticket_too(scene: Scene, name: str) -> None:
    assert scene.run(OWN[name], PROGRAMS).got.tickets == TICKETS


def test_requests_and_rows_are_those_of_one_run(scene: Scene) -> None:
    peer = Peer(package="any", command=asking(NAME))
    for _ in range(2):
        found = scene.run(peer, PROGRAMS)
        assert (found.requests, found.got.tickets) == (2, 7)


def test_a_peer_that_asks_anybody_else_gets_nowhere(scene: Scene) -> None:
    with pytest.raises(ProgramError, match="Tunnel connection failed: 403"):
        scene.run(Peer(package="any", command=asking("other.zendesk.com")), PROGRAMS)


def test_cpu_time_is_the_start_up_once_and_the_rest_by_tickets() -> None:
    way = Way([run(1.0, 100)], [run(3.0, 20_100)])
    assert way.cpu_s == 1.0 + 2.0 * 5


def test_runs_count_by_their_medians() -> None:
    way = Way(
        [run(cpu_s, 100) for cpu_s in (1.0, 9.0, 1.0)],
        [run(cpu_s, 20_100) for cpu_s in (3.0, 3.0, 8.0)],
    )
    assert way.cpu_s == 11.0


def test_what_a_peer_would_have_slept_is_on_its_wall_but_not_in_its_pace_awake() -> None:
    way = Way([run(1.0, 100)], [run(3.0, 20_100, slept_s=16.0)])
    assert way.tickets_a_second() == 20_000 / 20
    assert way.tickets_a_second(awake=True) == 20_000 / 4


def test_the_pace_is_that_of_the_quickest_run() -> None:
    way = Way([run(1.0, 100), run(2.0, 100)], [run(9.0, 20_100), run(3.0, 20_100)])
    assert way.tickets_a_second() == 20_000 / 4


def test_a_start_up_that_was_held_up_leaves_a_pace() -> None:
    way = Way([run(4.0, 100)], [run(3.0, 20_100)])
    assert way.tickets_a_second() == 20_000 / 6


def test_a_peer_is_compared_by_the_tickets_each_side_read() -> None:
    ours = Way([run(1.0, 100)], [run(2.0, 100_100)])
    dlt = Way([run(2.0, 100)], [run(12.0, 20_100)])
    figure = compared_with("dlt", dlt, ours)
    assert (figure.value, figure.bound, figure.at_least) == (26.0, BOUNDS["dlt"], True)


def test_a_peer_that_got_fewer_tickets_is_past_a_bound() -> None:
    figure = missing("dlt", Way([run(1.0, 100)], [run(3.0, 500, got=499)]))
    assert figure is not None
    assert (figure.value, figure.bound, figure.is_kept) == (499, 500, False)


def test_a_peer_that_got_all_tickets_is_not_named() -> None:
    assert missing("dlt", Way([run(1.0, 100)], [run(3.0, 500)])) is None


def test_the_table_says_versions_and_who_sleeps() -> None:
    awake = Way([run(1.0, 100)], [run(3.0, 20_100)])
    asleep = Way([run(1.0, 100)], [run(3.0, 20_100, slept_s=96.0)])
    _, ours, tap = tables([awake.figure("ours"), asleep.figure("tap-zendesk")])["peers in numbers"]
    assert ours[:4] == ["ours", "5,000", "11.0", "1.0"]
    assert tap[0] == f"tap-zendesk {version('tap-zendesk')}"
    assert tap[1] == "200 (5,000 if it did not sleep)"


@pytest.mark.parametrize("name", PEERS)
def test_every_package_of_a_peer_is_pinned_and_comes_from_where_pip_is_set_up(name: str) -> None:
    lines = (HERE / f"{PEERS[name].package}.txt").read_text("utf-8").splitlines()
    assert version(PEERS[name].package)
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
