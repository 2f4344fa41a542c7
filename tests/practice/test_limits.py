from __future__ import annotations

import pytest

from connector.practice.acts import Acts
from connector.practice.limits import EXPORTS, TICKET, Limits, RateLimiter
from connector.practice.refusal import Refusal
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, opened


class Stopwatch:
    """A real clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_every_answer_announces_what_is_left(world: World) -> None:
    with PracticeServer(world, limits=Limits(account=200)) as server:
        client = Client(server.url)
        first, second = (client.send("GET", "users/me").headers for _ in range(2))
        client.close()
    assert first["X-Rate-Limit"] == first["ratelimit-limit"] == "200"
    assert first["X-Rate-Limit-Remaining"] == first["ratelimit-remaining"] == "199"
    assert second["X-Rate-Limit-Remaining"] == "198"
    assert 0 < int(second["ratelimit-reset"]) <= 60


def test_the_eleventh_export_in_a_minute_has_to_wait(world: World) -> None:
    with PracticeServer(world, limits="real") as server:
        client = Client(server.url)
        path = "incremental/tickets/cursor"
        answers = [client.send("GET", path, start_time=0) for _ in range(11)]
        client.close()
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert (
        answers[0]
        .headers["zendesk-ratelimit-incremental-exports"]
        .startswith("total=10; remaining=9; resets=")
    )
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_a_new_minute_begins_a_new_window() -> None:
    now = Stopwatch()
    limiter = RateLimiter(Limits(exports=1), now)
    limiter.admit((EXPORTS,))
    now.at = 59.0
    with pytest.raises(Refusal) as refused:
        limiter.admit((EXPORTS,))
    assert refused.value.headers["Retry-After"] == "1"
    now.at = 60.0
    limiter.admit((EXPORTS,))


def test_one_ticket_takes_thirty_updates_in_ten_minutes() -> None:
    now = Stopwatch()
    limiter = RateLimiter(Limits(), now)
    for _ in range(30):
        limiter.admit((TICKET,), "1")
    limiter.admit((TICKET,), "2")
    now.at = 599.0
    with pytest.raises(Refusal):
        limiter.admit((TICKET,), "1")


def test_limits_that_are_off_are_neither_enforced_nor_announced(world: World) -> None:
    with PracticeServer(world, limits="off") as server:
        client = Client(server.url)
        path = "incremental/tickets/cursor"
        answers = [client.send("GET", path, start_time=0) for _ in range(12)]
        client.close()
    assert {one.status_code for one in answers} == {200}
    assert [name for one in answers for name in one.headers if "limit" in name.lower()] == []


def test_updates_are_counted_apart_from_reads(world: World) -> None:
    with PracticeServer(world, limits=Limits(updates=1)) as server:
        client = Client(server.url)
        ticket_id = opened(Acts(world))
        codes = [
            client.send("PUT", f"tickets/{ticket_id}/tags", {"tags": [tag]}).status_code
            for tag in ("a", "b")
        ]
        shown = client.ticket(ticket_id)
        client.close()
    assert codes == [200, 429]
    assert shown["tags"] == ["a"]
