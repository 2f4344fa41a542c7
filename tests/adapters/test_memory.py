from __future__ import annotations

from datetime import timedelta

import pytest

from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.errors import FatalError, UnavailableError
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import EventKind, EventRows, Rating, Status, TicketRows


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return MemoryHelpdesk("test", page_size=2)


@pytest.fixture
def adapter(desk: MemoryHelpdesk) -> MemoryAdapter:
    return MemoryAdapter(MemorySettings(account="test"), watched_fields=frozenset({"f"}))


def ticket_ids(adapter: MemoryAdapter, cursor: str | None = None) -> tuple[list[str], str | None]:
    seen: list[str] = []
    while True:
        page = adapter.read(Stream.TICKETS, cursor)
        assert isinstance(page.records, TicketRows)
        seen += page.records.id
        cursor = page.cursor
        if not page.has_more:
            return seen, cursor


def test_a_changed_ticket_moves_to_the_end_of_its_stream(
    adapter: MemoryAdapter, desk: MemoryHelpdesk
) -> None:
    for ticket_id in "123":
        desk.put(ticket_id)
    desk.tag("1", "vip")
    assert ticket_ids(adapter)[0] == ["2", "3", "1"]


def test_two_changes_in_one_instant_have_different_stamps(desk: MemoryHelpdesk) -> None:
    desk.put("1")
    first = desk.tickets["1"].stamp
    desk.tag("1", "vip")
    assert desk.tickets["1"].stamp > first


def test_withheld_changes_show_once_time_has_passed(desk: MemoryHelpdesk) -> None:
    desk.withhold_s = 60
    adapter = MemoryAdapter(MemorySettings(account="test"), watched_fields=frozenset())
    desk.put("1")
    ids, cursor = ticket_ids(adapter)
    assert ids == []
    desk.advance(61)
    assert ticket_ids(adapter, cursor)[0] == ["1"]


def test_through_never_claims_the_withheld_minute(
    adapter: MemoryAdapter, desk: MemoryHelpdesk
) -> None:
    desk.withhold_s = 60
    assert adapter.read(Stream.TICKETS).through == desk.now - timedelta(seconds=60)


def test_a_status_change_is_an_event_with_old_and_new(
    adapter: MemoryAdapter, desk: MemoryHelpdesk
) -> None:
    desk.page_size = 100
    desk.put("1")
    desk.set_status("1", Status.SOLVED, by="7")
    records = adapter.read(Stream.EVENTS).records
    assert isinstance(records, EventRows)
    last = list(records.rows())[-1]
    assert (last.kind, last.value, last.previous, last.actor_id) == ("status", "solved", "new", "7")


def test_a_new_ticket_has_an_opening_comment_by_its_requester(desk: MemoryHelpdesk) -> None:
    desk.put("1", requester_id="42")
    comment = next(event for event in desk.history("1") if event.kind == EventKind.COMMENT)
    assert (comment.actor_id, comment.is_public) == ("42", True)


def test_only_watched_fields_are_read(adapter: MemoryAdapter, desk: MemoryHelpdesk) -> None:
    desk.put("1")
    desk.set_field("1", "f", "seen")
    desk.set_field("1", "g", "unseen")
    assert adapter.get(["1"])[0].fields == {"f": "seen"}


def test_an_answered_rating_keeps_its_id_and_offer_time(
    adapter: MemoryAdapter, desk: MemoryHelpdesk
) -> None:
    desk.put("1")
    desk.rate("1", "offered")
    offered_at = desk.now
    desk.advance(3600)
    desk.rate("1", "good")
    records = adapter.read(Stream.RATINGS).records
    assert isinstance(records, tuple)
    (rating,) = records
    assert isinstance(rating, Rating)
    assert (rating.score, rating.offered_at, rating.rated_at) == ("good", offered_at, desk.now)


def test_ordered_failures_come_one_after_the_other(
    adapter: MemoryAdapter, desk: MemoryHelpdesk
) -> None:
    desk.fail_next(UnavailableError("down"), times=2)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            adapter.check()
    assert adapter.check().id == "1"
    assert adapter.requests == 3


def test_accounts_are_apart(desk: MemoryHelpdesk) -> None:
    other = MemoryHelpdesk("other")
    other.put("9")
    adapter = MemoryAdapter(MemorySettings(account="test"), watched_fields=frozenset())
    assert adapter.get(["9"]) == ()


def test_a_name_that_nobody_holds_is_refused() -> None:
    with pytest.raises(FatalError, match="nowhere"):
        MemoryAdapter(MemorySettings(account="nowhere"), watched_fields=frozenset())


def test_a_write_makes_no_event(adapter: MemoryAdapter, desk: MemoryHelpdesk) -> None:
    desk.put("1")
    before = len(desk.events)
    receipt = adapter.submit([TicketChange(ticket_id="1", add_tags=("goal_x",))])
    assert receipt.results is not None
    assert receipt.results[0].outcome == Outcome.WRITTEN
    assert len(desk.events) == before
