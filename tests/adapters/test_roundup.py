"""What only Roundup does when it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from pydantic import SecretStr, ValidationError
from requests.structures import CaseInsensitiveDict

from connector.adapters.limits import announced
from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.roundup.parse import moment, since, value_text
from connector.adapters.roundup.settings import RoundupSettings
from connector.errors import AuthenticationError, FatalError, ProtocolError
from connector.model.page import Page, Stream
from connector.model.ticket import EventKind, Person, Role, Status, Ticket
from tests.contract.adapter_contract import Reading, ticket_rows
from tests.fakes.roundup import URL, FakeRoundup


@pytest.fixture
def desk() -> Iterator[FakeRoundup]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRoundup(mock)


def settings(**more: Any) -> RoundupSettings:
    given = {"url": URL, "user": "admin", "password": SecretStr("secret"), **more}
    return RoundupSettings(**given)


def adapter(*watched: str, **more: Any) -> RoundupAdapter:
    return RoundupAdapter(settings(**more), watched_fields=frozenset(watched))


def told(page: Page) -> dict[str, Ticket]:
    return {row.id: row for row in ticket_rows(page).rows()}


def people(page: Page) -> list[Person]:
    assert isinstance(page.records, tuple)
    return [one for one in page.records if isinstance(one, Person)]


def test_the_address_may_hold_a_path_and_end_in_rest() -> None:
    assert settings(url=f"{URL}/rest/").url == URL
    assert settings(url="https://tracker.example.com").url == "https://tracker.example.com"


@pytest.mark.parametrize("url", ["http://tracker.example.com/support", "tracker", f"{URL}?a=1"])
def test_an_address_that_is_unsafe_or_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(url=url)


@pytest.mark.parametrize("name", ["title", "keyword", "no-name", "two words"])
def test_a_field_is_never_kept_in_what_every_issue_has(name: str) -> None:
    with pytest.raises(ValidationError, match="no property that an admin adds"):
        settings(fields={"status": name})


def test_two_changes_of_one_second_are_one_version(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.advance(0.5)
    page = adapter(settle_s=0).read(Stream.TICKETS)
    assert told(page) == {}
    desk.issues[ticket_id] |= {"status": "2", "activity": desk.now}
    desk.advance(10)
    again = adapter(settle_s=0).read(Stream.TICKETS, page.cursor)
    assert told(again)[ticket_id].status == Status.HOLD


def test_a_second_that_is_just_over_has_to_settle(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.advance(1.9)
    page = adapter(settle_s=1).read(Stream.TICKETS)
    assert told(page) == {}
    desk.advance(1)
    assert told(adapter(settle_s=1).read(Stream.TICKETS, page.cursor)).keys() == {ticket_id}


def test_a_change_that_was_committed_late_is_read_again(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.advance(600)
    page = adapter().read(Stream.TICKETS)
    late = desk.now - timedelta(seconds=30)
    desk.issues[ticket_id] |= {"status": "2", "activity": late}
    desk.advance(600)
    again = adapter(overlap_s=60).read(Stream.TICKETS, page.cursor)
    assert told(again)[ticket_id].status == Status.HOLD


def test_reading_again_takes_back_nothing_of_how_far_it_is_complete(desk: FakeRoundup) -> None:
    for _ in range(6):
        desk.put()
        desk.advance(5)
    one = adapter(page_size=2, overlap_s=60)
    done = Reading(one, Stream.TICKETS)
    desk.advance(5)
    throughs = [page.through for page in Reading(one, Stream.TICKETS, done.cursor).pages]
    before = done.pages[-1].through
    assert len(throughs) > 1
    assert before is not None
    assert all(through is not None and through >= before for through in throughs)


def test_what_a_look_up_takes_is_no_time_that_was_read(desk: FakeRoundup) -> None:
    desk.put()
    slow = adapter(settle_s=1)

    def a_slow_answer(response: requests.Response, *_: Any, **__: Any) -> None:
        response.elapsed = timedelta(seconds=30)

    slow._client.session.hooks["response"].append(a_slow_answer)
    desk.advance(20)
    page = slow.read(Stream.TICKETS)
    assert told(page) == {}
    assert page.through is not None
    assert page.through <= desk.now - timedelta(seconds=31)


def test_a_second_with_more_changes_than_a_page_is_read_whole(desk: FakeRoundup) -> None:
    put = {desk.put() for _ in range(11)}
    desk.advance(60)
    later = desk.put()
    desk.advance(60)
    reading = Reading(adapter(page_size=2), Stream.TICKETS)
    assert reading.tickets().keys() == put | {later}


def test_a_ticket_that_moves_between_pages_hides_no_other(desk: FakeRoundup) -> None:
    put = []
    for _ in range(6):
        put.append(desk.put())
        desk.advance(1)
    desk.advance(60)
    one = adapter(page_size=3)
    first = one.read(Stream.TICKETS)
    desk.edit(put[0], status="2")
    desk.advance(60)
    rest = Reading(one, Stream.TICKETS, first.cursor)
    assert told(first).keys() | rest.tickets().keys() == set(put)
    assert rest.tickets()[put[0]].status == Status.HOLD


def test_a_read_that_finds_nothing_new_costs_two_requests(desk: FakeRoundup) -> None:
    for _ in range(5):
        desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    before = one.requests
    page = one.read(Stream.TICKETS, cursor)
    assert (one.requests - before, told(page)) == (2, {})


def test_a_retired_ticket_is_told_once_and_as_it_was(desk: FakeRoundup) -> None:
    kept, gone = desk.put(), desk.put(assignedto="3")
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    desk.delete(gone)
    page = one.read(Stream.TICKETS, cursor)
    assert told(page).keys() == {gone}
    ticket = told(page)[gone]
    assert (ticket.status, ticket.assignee_id) == (Status.DELETED, "3")
    assert ticket.stamp > desk.issues[gone]["activity"]
    assert told(one.read(Stream.TICKETS, page.cursor)) == {}
    assert [ticket.id for ticket in one.get([kept, gone])] == [kept]


def test_a_destroyed_ticket_is_told_with_what_is_left_of_it(desk: FakeRoundup) -> None:
    gone = desk.put()
    desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    del desk.issues[gone]
    assert told(one.read(Stream.TICKETS, cursor))[gone].status == Status.DELETED


def test_a_ticket_that_was_taken_back_is_told_anew(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    desk.delete(ticket_id)
    gone = one.read(Stream.TICKETS, cursor)
    desk.retired.clear()
    desk.advance(600)
    back = told(one.read(Stream.TICKETS, gone.cursor))[ticket_id]
    assert back.status == Status.NEW
    assert back.stamp > told(gone)[ticket_id].stamp


def test_a_ticket_of_an_open_second_is_not_taken_for_a_gap(desk: FakeRoundup) -> None:
    desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    fresh = desk.put()
    before = one.requests
    page = one.read(Stream.TICKETS, cursor)
    assert (one.requests - before, told(page)) == (2, {})
    desk.advance(600)
    assert told(one.read(Stream.TICKETS, page.cursor)).keys() == {fresh}


def test_one_gone_and_one_new_do_not_outweigh_each_other(desk: FakeRoundup) -> None:
    gone = desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    desk.delete(gone)
    desk.put()
    assert told(one.read(Stream.TICKETS, cursor))[gone].status == Status.DELETED


def test_what_leaves_while_ids_are_listed_makes_no_other_look_gone(desk: FakeRoundup) -> None:
    put = [desk.put() for _ in range(25)]
    desk.advance(600)
    cursor = adapter().read(Stream.TICKETS).cursor
    desk.delete(put[0])
    first_requests = [lambda: None] * 3  # changes, count, a first page of twenty ids
    desk.before["GET"] = [*first_requests, lambda: desk.delete(put[1])]
    page = adapter(page_size=1, overlap_s=0).read(Stream.TICKETS, cursor)
    assert told(page).keys() == {put[0]}
    rest = adapter(overlap_s=0).read(Stream.TICKETS, page.cursor)
    assert told(rest).keys() == {put[1]}


def test_most_tickets_gone_at_once_are_rights_that_were_lost(desk: FakeRoundup) -> None:
    put = [desk.put() for _ in range(20)]
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    desk.retired.update(put[:11])
    with pytest.raises(AuthenticationError, match="11 of 20 known tickets"):
        one.read(Stream.TICKETS, cursor)
    desk.retired.remove(put[0])
    assert told(one.read(Stream.TICKETS, cursor)).keys() == {*put[1:11]}


@pytest.mark.parametrize("zone_h", [-5, 9])
def test_the_time_zone_of_our_account_hides_nothing(desk: FakeRoundup, zone_h: int) -> None:
    desk.zone_h = zone_h
    desk.put()
    desk.advance(600)
    one = adapter()
    cursor = one.read(Stream.TICKETS).cursor
    new = desk.put()
    desk.advance(600)
    page = one.read(Stream.TICKETS, cursor)
    assert told(page).keys() == {new}


def test_a_tracker_that_may_not_count_is_read_to_the_end_all_the_same(desk: FakeRoundup) -> None:
    put = set()
    for _ in range(7):
        put.add(desk.put())
        desk.advance(1)
    desk.advance(60)
    desk.counts_up_to = 5
    reading = Reading(adapter(page_size=2), Stream.TICKETS)
    assert reading.tickets().keys() == put
    assert any("deleted ones stay unnoticed" in note for note in reading.pages[-1].notes)


def test_a_property_that_was_taken_away_does_not_stop_the_reading(desk: FakeRoundup) -> None:
    desk.properties["goal_note"] = ""
    desk.put(goal_note="Due soon")
    desk.advance(60)
    page = adapter("goal_note", "goal_status", "4711").read(Stream.TICKETS)
    assert told(page)["1"].fields == {"goal_note": "Due soon"}
    assert page.notes == ("roundup's issues have no property goal_status",)


def test_a_server_that_refuses_everything_is_not_taken_for_a_missing_property(
    desk: FakeRoundup,
) -> None:
    desk.properties["goal_note"] = ""
    desk.put(goal_note="Due soon")
    desk.advance(60)
    for _ in range(3):
        desk.fail_next(ProtocolError("broken inside", status=400))
    with pytest.raises(ProtocolError):
        adapter("goal_note").read(Stream.TICKETS)


def test_a_cursor_of_something_else_is_refused(desk: FakeRoundup) -> None:
    with pytest.raises(FatalError, match="not ours"):
        adapter().read(Stream.TICKETS, "c17")


def test_a_status_that_nobody_explained_is_open_and_counted(desk: FakeRoundup) -> None:
    waiting = desk.make("status", {"name": "waiting"})
    desk.put(status=waiting)
    desk.advance(60)
    page = adapter().read(Stream.TICKETS)
    assert (told(page)["1"].status, page.unknown) == (Status.OPEN, {"status waiting": 1})
    explained = adapter(statuses={"waiting": "pending"}).read(Stream.TICKETS)
    assert (told(explained)["1"].status, explained.unknown) == (Status.PENDING, {})


def test_many_tickets_are_one_request(desk: FakeRoundup) -> None:
    put = [desk.put() for _ in range(100)]
    one = adapter()
    assert {ticket.id for ticket in one.get([*put, "no number"])} == set(put)
    assert one.requests == 1


def test_messages_are_comments_with_their_authors(desk: FakeRoundup) -> None:
    ticket_id, _ = desk.put(), desk.put()
    at = desk.now + timedelta(hours=1)
    reply = desk.make("msg", {"author": "3", "date": None, "creation": at})
    desk.issues[ticket_id]["messages"].append(reply)
    opening, answer = adapter().history([ticket_id])
    assert {opening.kind, answer.kind} == {EventKind.COMMENT}
    assert (opening.actor_id, answer.actor_id) == ("5", "3")
    assert (answer.id, answer.ticket_id) == (reply, ticket_id)
    assert answer.at == at.replace(microsecond=0)
    since_then = adapter(history_since=at - timedelta(minutes=1)).history([ticket_id])
    assert [event.id for event in since_then] == [reply]


def test_no_text_of_a_ticket_is_kept(desk: FakeRoundup) -> None:
    ticket_id = desk.put(title="my secret trouble")
    desk.advance(60)
    one = adapter()
    kept = (one.read(Stream.TICKETS), one.get([ticket_id]), one.history([ticket_id]))
    assert "secret trouble" not in repr(kept)


def test_people_are_customers_unless_the_options_name_them(desk: FakeRoundup) -> None:
    everybody = Reading(adapter(page_size=2, agent_roles={"desk"}), Stream.PEOPLE)
    found = [one for page in everybody.pages for one in people(page)]
    assert [(one.id, one.role, one.name) for one in found] == [
        ("1", Role.ADMIN, "Ada"),
        ("3", Role.AGENT, "gent"),
        ("5", Role.CUSTOMER, None),
    ]


def test_agents_may_be_named_one_by_one(desk: FakeRoundup) -> None:
    page = adapter(agents={"cust"}).read(Stream.PEOPLE)
    assert [one.role for one in people(page)] == [Role.ADMIN, Role.CUSTOMER, Role.AGENT]


def test_check_advises_to_name_agents(desk: FakeRoundup) -> None:
    assert "agents option" in adapter().check().notes[0]
    assert adapter(agents={"gent"}).check().notes == ()


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_account_that_may_not_use_the_api_is_told_so(desk: FakeRoundup, status: int) -> None:
    desk.fail_next(ProtocolError("refused", status=status))
    with pytest.raises(AuthenticationError):
        adapter().check()


def test_discover_lists_what_mappings_may_name(desk: FakeRoundup) -> None:
    desk.properties |= {"goal_note": "", "goal_status": "goal_status"}
    desk.items["goal_status"] = {"1": {"name": "At risk"}}
    desk.put()
    schema = adapter(agents={"gent"}, fields={"Note": "goal_note"}).discover()
    assert [(one.id, one.title, one.kind) for one in schema.fields] == [
        ("goal_note", "Note", "text"),
        ("goal_status", "goal_status", "dropdown"),
    ]
    assert schema.fields[1].options == {"At risk": "At risk"}
    assert schema.people == {"1": "Ada", "3": "gent"}
    assert "need-eg" in schema.statuses.values()
    assert schema.priorities == ("critical", "bug")


def test_discover_of_an_empty_tracker_asks_for_the_configured_properties(
    desk: FakeRoundup,
) -> None:
    desk.properties["goal_note"] = ""
    schema = adapter(fields={"note": "goal_note", "status": "goal_status"}).discover()
    assert [one.id for one in schema.fields] == ["goal_note"]


def test_the_limit_is_told_a_minute_and_its_reset_has_decimals() -> None:
    headers = {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Limit-Period": "3600",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "59.096941",
    }
    limits = announced(CaseInsensitiveDict(headers))
    assert limits is not None
    assert (limits.total, limits.remaining, limits.resets_in_s) == (1, 0, 59.096941)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, ""),
        (True, "true"),
        (55.0, "55"),
        (5.5, "5.5"),
        (["a", {"id": "1", "link": "x", "name": "b"}], "a b"),
        ({"id": "7", "link": "x"}, "7"),
    ],
)
def test_values_of_any_kind_are_text(value: object, text: str) -> None:
    assert value_text(value) == text


def test_times_are_read_and_asked_for_in_utc() -> None:
    at = datetime(2026, 11, 22, 22, 8, 15, tzinfo=UTC)
    assert moment("2026-11-22.22:08:15") == at
    assert since(at) == "2026-11-22.22:08:15+0000;"
    with pytest.raises(ProtocolError, match="unreadable"):
        moment("yesterday")
