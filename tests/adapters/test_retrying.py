from __future__ import annotations

import pytest

from connector.adapters.limits import Pacer
from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.adapters.retrying import LONGEST_WAIT_S, RetryingAdapter
from connector.errors import (
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from connector.model.change import Outcome, TicketChange
from connector.model.page import Limits, Stream


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return MemoryHelpdesk("retrying")


@pytest.fixture
def inner(desk: MemoryHelpdesk) -> MemoryAdapter:
    return MemoryAdapter(MemorySettings(account="retrying"), watched_fields=frozenset())


def pacer(clock: Clock, *, per_minute: float | None = None, share: float = 1) -> Pacer:
    return Pacer(share=share, per_minute=per_minute, clock=clock, sleep=clock.sleep)


def test_a_call_is_repeated_until_it_succeeds(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(UnavailableError("down"), times=3)
    adapter = RetryingAdapter(inner, sleep=clock.sleep)
    assert adapter.check().id == "1"
    assert clock.slept == [1, 2, 4]
    assert adapter.requests == 4


def test_the_wait_that_was_asked_for_is_kept(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(RateLimitedError("slow down", retry_after_s=93))
    RetryingAdapter(inner, sleep=clock.sleep).check()
    assert clock.slept == [93]


def test_past_the_budget_the_last_error_is_raised(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(UnavailableError("first"))
    desk.fail_next(RateLimitedError("last", retry_after_s=60))
    adapter = RetryingAdapter(inner, budget_s=30, sleep=clock.sleep)
    with pytest.raises(RateLimitedError, match="last"):
        adapter.check()
    assert sum(clock.slept) <= 30


def test_a_helpdesk_that_asks_for_no_wait_is_not_asked_without_end(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(RateLimitedError("now", retry_after_s=0), times=1000)
    with pytest.raises(RateLimitedError):
        RetryingAdapter(inner, budget_s=20, sleep=clock.sleep).check()
    assert inner.requests <= 21


def test_waits_stop_growing(inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock) -> None:
    desk.fail_next(UnavailableError("down"), times=9)
    RetryingAdapter(inner, budget_s=1000, sleep=clock.sleep).check()
    assert max(clock.slept) == LONGEST_WAIT_S


def test_a_fatal_error_is_not_repeated(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(AuthenticationError("who are you"))
    with pytest.raises(AuthenticationError):
        RetryingAdapter(inner, sleep=clock.sleep).check()
    assert clock.slept == []
    assert inner.requests == 1


def test_nonsense_is_a_fault_until_it_comes_three_times(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    adapter = RetryingAdapter(inner, sleep=clock.sleep)
    desk.fail_next(ProtocolError("nonsense"), times=2)
    assert adapter.check().id == "1"
    desk.fail_next(ProtocolError("nonsense"), times=3)
    with pytest.raises(ProtocolError):
        adapter.check()
    assert clock.slept == [1, 2, 1, 2]


def test_other_faults_before_it_make_nonsense_no_worse(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(UnavailableError("down"), times=4)
    desk.fail_next(ProtocolError("nonsense"), times=2)
    assert RetryingAdapter(inner, sleep=clock.sleep).check().id == "1"


def test_a_request_that_was_refused_is_not_repeated(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.fail_next(ProtocolError("unprocessable", status=422))
    with pytest.raises(ProtocolError):
        RetryingAdapter(inner, sleep=clock.sleep).check()
    assert clock.slept == []


def test_each_call_has_its_own_budget(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    adapter = RetryingAdapter(inner, budget_s=1, sleep=clock.sleep, clock=clock)
    for _ in range(3):
        desk.fail_next(UnavailableError("down"))
        adapter.check()
    assert clock.slept == [1, 1, 1]


def test_a_page_read_after_trouble_is_the_page_that_was_asked_for(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.put("1")
    cursor = inner.read(Stream.TICKETS).cursor
    desk.put("2")
    desk.fail_next(UnavailableError("down"))
    page = RetryingAdapter(inner, sleep=clock.sleep).read(Stream.TICKETS, cursor)
    assert getattr(page.records, "id", None) == ["2"]


def test_a_repeated_write_writes_once(
    inner: MemoryAdapter, desk: MemoryHelpdesk, clock: Clock
) -> None:
    desk.put("1")
    desk.fail_next(UnavailableError("reset"))
    receipt = RetryingAdapter(inner, sleep=clock.sleep).submit(
        [TicketChange(ticket_id="1", add_tags=("goal_x",))]
    )
    assert receipt.results is not None
    assert receipt.results[0].outcome == Outcome.WRITTEN
    assert desk.tickets["1"].tags == ("goal_x",)


def test_calls_are_held_back_below_the_share_of_the_limit(
    inner: MemoryAdapter, clock: Clock
) -> None:
    adapter = RetryingAdapter(
        inner, sleep=clock.sleep, pacer=pacer(clock, per_minute=10, share=0.8)
    )
    starts = []
    for _ in range(30):
        adapter.check()
        starts.append(clock.now)
    busiest = max(sum(1 for s in starts if t <= s < t + 60) for t in starts)
    assert busiest == 8


def test_nothing_is_held_back_before_a_limit_is_known(inner: MemoryAdapter, clock: Clock) -> None:
    adapter = RetryingAdapter(inner, sleep=clock.sleep, pacer=pacer(clock))
    for _ in range(1000):
        adapter.check()
    assert clock.slept == []


def test_a_share_that_is_tiny_still_lets_one_call_pass(clock: Clock) -> None:
    one = pacer(clock, per_minute=10, share=0.01)
    assert one.allowed == 1
    assert (one.wait(), one.wait()) == (0, 61)


def test_a_limit_that_was_announced_counts_from_then_on(clock: Clock) -> None:
    one = pacer(clock, per_minute=10, share=0.5)
    one.learn(Limits(total=1000))
    assert one.allowed == 500


def test_a_window_that_is_used_up_is_waited_for(clock: Clock) -> None:
    one = pacer(clock, per_minute=10)
    one.learn(Limits(total=10, remaining=0, resets_in_s=31))
    assert one.wait() == 32


def test_silence_about_limits_changes_nothing(clock: Clock) -> None:
    one = pacer(clock, per_minute=10)
    one.learn(None)
    one.learn(Limits())
    assert one.allowed == 10
