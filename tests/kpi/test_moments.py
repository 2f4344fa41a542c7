"""Which event of a ticket moves which clock."""

from __future__ import annotations

import pytest

from connector.kpi.explain import TicketStory, explain_ticket
from connector.kpi.moments import read_segments
from tests.kpi.desk import AGENT, CUSTOMER, Desk, after, attached


@pytest.fixture
def desk() -> Desk:
    desk = Desk().schedule()
    desk.ticket()
    desk.comment(after(hours=1), AGENT)
    desk.status(after(hours=2), "pending", previous="new")
    desk.comment(after(hours=20), CUSTOMER)
    desk.status(after(hours=20), "open", previous="pending")
    desk.status(after(hours=26), "solved", previous="open", actor_id=AGENT)
    return desk


def story(desk: Desk) -> TicketStory:
    desk.measure()
    return explain_ticket(attached(desk), "support", "1", segments=read_segments(desk.con))


def marks(found: TicketStory, measure: str) -> list[tuple[str, str, float | None, float | None]]:
    return [
        (row.kind, mark.does, mark.value, mark.business)
        for row in found.timeline
        for mark in row.marks
        if mark.measure == measure
    ]


def test_clocks_start_pause_and_stop_at_events(desk: Desk) -> None:
    found = story(desk)
    assert marks(found, "first_reply_time") == [
        ("created", "starts", None, None),
        ("comment", "stops", 3600, 3600),
    ]
    assert marks(found, "requester_wait_time") == [
        ("created", "starts", None, None),
        ("status", "pauses", None, None),
        ("status", "resumes", None, None),
        ("status", "stops", 8 * 3600, 4 * 3600),
    ]
    assert marks(found, "tickets_solved") == [("status", "counts", 1, None)]


def test_of_events_in_the_same_second_the_one_that_moves_the_clock_is_named() -> None:
    desk = Desk()
    desk.ticket()
    desk.event("assignee", after(hours=1), value=str(AGENT), actor_id=AGENT)
    desk.comment(after(hours=1), AGENT)
    desk.status(after(hours=1), "solved", previous="new", actor_id=AGENT)
    found = story(desk)
    stops = {
        mark.measure: row.kind
        for row in found.timeline
        for mark in row.marks
        if mark.does in {"stops", "counts"}
    }
    assert stops["time_to_first_assignment"] == "assignee"
    assert stops["first_reply_time"] == "comment"
    assert stops["full_resolution_time"] == "status"
    assert stops["one_touch_rate"] == "status"
    assert stops["tickets_created"] == "created"


def test_what_spans_time_starts_and_stops(desk: Desk) -> None:
    assert [does for _, does, *_ in marks(story(desk), "backlog")] == ["starts", "stops"]


def test_a_clock_that_still_runs_has_no_stop() -> None:
    desk = Desk()
    desk.ticket()
    found = story(desk)
    assert [does for _, does, *_ in marks(found, "full_resolution_time")] == ["starts"]


def test_quiet_stretches_tell_the_business_hours_in_them(desk: Desk) -> None:
    rows = story(desk).timeline
    assert [row.open_s for row in rows if row.at == after(hours=20)] == [6 * 3600, 0]


def test_the_zone_is_that_of_the_schedule() -> None:
    desk = Desk().schedule(timezone="Asia/Tokyo")
    desk.ticket()
    assert story(desk).timezone == "Asia/Tokyo"


def test_without_business_hours_the_zone_is_utc() -> None:
    desk = Desk()
    desk.ticket()
    found = story(desk)
    assert (found.timezone, {row.open_s for row in found.timeline}) == ("UTC", {None})


def test_a_ticket_whose_first_events_are_missing_still_shows_its_creation() -> None:
    desk = Desk()
    desk.ticket(created_event=False, opening=None)
    desk.comment(after(hours=5), AGENT)
    first, *_ = story(desk).timeline
    assert (first.kind, first.who, first.at) == ("created", "", after())
    assert "tickets_created" in {mark.measure for mark in first.marks}
