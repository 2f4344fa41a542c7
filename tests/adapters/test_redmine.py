"""What only Redmine does, and what would go wrong if it were believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import responses
from pydantic import SecretStr, ValidationError

from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.settings import RedmineSettings
from connector.errors import (
    AuthenticationError,
    FatalError,
    ProtocolError,
    UnavailableError,
)
from connector.model.page import Page, Stream
from connector.model.ticket import Group, Person, Role, Status, Ticket
from tests.contract.adapter_contract import Reading, ticket_rows
from tests.fakes.redmine import ADMIN_KEY, AGENT_KEY, URL, FakeRedmine


@pytest.fixture
def desk() -> Iterator[FakeRedmine]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRedmine(mock)


def opened(key: str = AGENT_KEY, **options: object) -> RedmineAdapter:
    settings = RedmineSettings.model_validate(
        {"url": URL, "api_key": SecretStr(key), "overlap_s": 0, **options}
    )
    return RedmineAdapter(settings, watched_fields=frozenset())


@pytest.fixture
def adapter(desk: FakeRedmine) -> RedmineAdapter:
    return opened()


def read(adapter: RedmineAdapter, cursor: str | None = None) -> tuple[dict[str, Ticket], Page]:
    page = adapter.read(Stream.TICKETS, cursor)
    return {row.id: row for row in ticket_rows(page).rows()}, page


def to_the_end(adapter: RedmineAdapter, cursor: str | None = None) -> tuple[list[str], str | None]:
    reading = Reading(adapter, Stream.TICKETS, cursor)
    return [name for page in reading.pages for name in ticket_rows(page).id], reading.cursor


def test_a_redmine_may_live_below_a_path() -> None:
    settings = RedmineSettings(url="https://example.com/tracker/", api_key=SecretStr("k"))
    assert settings.url == "https://example.com/tracker"


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://u:p@example.com/x", "https://example.com/x?y=1"]
)
def test_an_address_that_is_none_or_would_give_the_key_away_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        RedmineSettings(url=url, api_key=SecretStr("k"))


@pytest.mark.parametrize("stream", [Stream.TICKETS, Stream.PEOPLE, Stream.GROUPS])
def test_a_wrong_key_is_no_empty_helpdesk(desk: FakeRedmine, stream: Stream) -> None:
    desk.put()
    desk.advance(60)
    with pytest.raises(AuthenticationError):
        opened("stolen").read(stream)


def test_a_wrong_key_makes_no_ticket_look_deleted(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    public, _ = desk.put(), desk.put()
    desk.public = {public}
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    with pytest.raises(AuthenticationError):
        opened("stolen").read(Stream.TICKETS, cursor)


def test_a_wrong_key_makes_no_ticket_look_missing(desk: FakeRedmine) -> None:
    with pytest.raises(AuthenticationError):
        opened("stolen").get([desk.put()])


def test_a_helpdesk_without_tickets_may_be_empty(adapter: RedmineAdapter) -> None:
    tickets, page = read(adapter)
    assert (tickets, page.has_more) == ({}, False)


def test_closed_tickets_are_read_too(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put(status_id=6)
    desk.advance(60)
    assert read(adapter)[0][ticket_id].status == Status.CLOSED


def test_a_status_that_nobody_knows_is_unsolved_and_counted(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put(status_id=7)
    desk.advance(60)
    tickets, page = read(adapter)
    assert (tickets[ticket_id].status, page.unknown) == (Status.OPEN, {"status 7": 1})


def test_a_second_is_read_only_when_nothing_more_can_happen_in_it(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    desk.advance(1)
    tickets, page = read(adapter)
    assert tickets == {}
    desk.now = desk.issues[int(ticket_id)]["updated"]
    desk.set_status(ticket_id, Status.SOLVED)
    desk.advance(3)
    assert read(adapter, page.cursor)[0][ticket_id].status == Status.SOLVED


def test_two_changes_in_one_second_are_told_with_the_last(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    desk.edit(ticket_id, priority_id=3)
    before, page = read(adapter, cursor)
    desk.advance(0.5)
    desk.edit(ticket_id, status_id=3)
    desk.advance(60)
    after, _ = read(adapter, page.cursor)
    assert ticket_id not in before
    assert (after[ticket_id].status, after[ticket_id].priority) == (Status.SOLVED, "High")


def test_a_change_that_becomes_visible_late_is_found_in_the_overlap(desk: FakeRedmine) -> None:
    adapter = opened(overlap_s=60)
    desk.put()
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    late = desk.put()
    desk.issues[int(late)]["updated"] -= timedelta(seconds=30)
    assert late in read(adapter, cursor)[0]


def test_a_page_that_is_cut_short_is_not_the_end(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.page_size = 3
    ids = [desk.put() for _ in range(10)]
    desk.advance(60)
    assert to_the_end(adapter)[0] == ids


def test_tickets_that_change_while_pages_are_read_push_no_other_out(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.page_size = 3
    ids = [desk.put() for _ in range(9)]
    desk.advance(60)
    first, page = read(adapter)
    desk.advance(60)
    for ticket_id in (ids[0], ids[3]):
        desk.set_status(ticket_id, Status.SOLVED)
    rest, cursor = to_the_end(adapter, page.cursor)
    desk.advance(60)
    after, _ = to_the_end(adapter, cursor)
    assert {*first, *rest} == {*ids} - {ids[3]}
    assert sorted(after) == [ids[0], ids[3]]


def test_reading_half_of_a_window_claims_nothing(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.page_size = 3
    for _ in range(4):
        desk.put()
    desk.advance(60)
    _, page = read(adapter)
    _, last = read(adapter, page.cursor)
    assert page.through is None
    assert last.through is not None
    assert last.server_time is not None
    assert (last.server_time - last.through).total_seconds() == 2


def test_reading_with_nothing_new_costs_two_requests(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.put()
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    before = adapter.requests
    read(adapter, cursor)
    assert adapter.requests == before + 2


def test_deleted_tickets_are_found_by_counting(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ids = [desk.put() for _ in range(64)]
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    for gone in (ids[5], ids[40]):
        desk.delete(gone)
    before = adapter.requests
    tickets, page = read(adapter, cursor)
    assert {name: one.status for name, one in tickets.items()} == {
        ids[5]: Status.DELETED,
        ids[40]: Status.DELETED,
    }
    assert adapter.requests - before < 20
    assert read(adapter, page.cursor)[0] == {}


def test_a_ticket_that_is_made_and_not_yet_told_hides_no_deleted_one(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ids = [desk.put() for _ in range(3)]
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    desk.put()
    desk.delete(ids[1])
    assert set(read(adapter, cursor)[0]) == {ids[1]}


def test_most_tickets_vanishing_at_once_is_taken_for_lost_rights(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ids = [desk.put() for _ in range(30)]
    desk.advance(60)
    _, cursor = to_the_end(adapter)
    for ticket_id in ids[:20]:
        desk.delete(ticket_id)
    with pytest.raises(FatalError, match="10 of 30"):
        read(adapter, cursor)


def test_a_server_that_sends_no_date_is_asked_for_the_time(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.tells_date = False
    ticket_id = desk.put()
    desk.advance(60)
    tickets, page = read(adapter)
    assert set(tickets) == {ticket_id}
    assert page.server_time == desk.now


def test_a_server_that_tells_no_time_at_all_is_a_clear_error(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.tells_date = False
    desk.feed = "<feed></feed>"
    with pytest.raises(ProtocolError, match="Date header"):
        read(adapter)


def test_a_count_without_tickets_is_worth_another_try(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.put()
    desk.page_size = 0
    with pytest.raises(UnavailableError):
        read(adapter)


def test_a_cursor_of_another_making_is_refused(adapter: RedmineAdapter) -> None:
    with pytest.raises(FatalError, match="--full"):
        read(adapter, "12345")


def test_one_project_counts_with_those_below_it(desk: FakeRedmine) -> None:
    inside, below, outside = desk.put(), desk.put(project_id=8), desk.put(project_id=20)
    desk.advance(60)
    ours = opened(project="support")
    groups = ours.read(Stream.GROUPS).records
    assert {*to_the_end(ours)[0]} == {inside, below}
    assert groups == (Group(id="7", name="Support"), Group(id="8", name="Part"))
    assert ours.get([outside]) == ()


def test_a_project_that_is_not_seen_is_named(desk: FakeRedmine) -> None:
    with pytest.raises(FatalError, match="nowhere"):
        opened(project="nowhere").read(Stream.GROUPS)


def test_staff_are_those_who_may_edit_tickets_and_groups_of_them(adapter: RedmineAdapter) -> None:
    assert adapter.read(Stream.PEOPLE).records == (
        Person(id="5", role=Role.AGENT, name="Gent"),
        Person(id="9", role=Role.CUSTOMER),
        Person(id="30", role=Role.AGENT, name="Team"),
    )


def test_staff_may_be_named_by_role_and_administrators_always_are(desk: FakeRedmine) -> None:
    assert opened(ADMIN_KEY, project="other", staff_roles={"R4"}).read(Stream.PEOPLE).records == (
        Person(id="1", role=Role.ADMIN, name="Ada Root"),
        Person(id="5", role=Role.CUSTOMER),
        Person(id="9", role=Role.AGENT, name="Cust Omer"),
    )


def test_a_first_read_says_how_many_there_are(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    desk.page_size = 3
    for _ in range(7):
        desk.put()
    desk.advance(60)
    reading = Reading(adapter, Stream.TICKETS)
    assert [page.expected for page in reading.pages] == [7, 7, 7]
    assert adapter.read(Stream.TICKETS, reading.cursor).expected is None


def test_a_hundred_tickets_are_one_request(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ids = [desk.put() for _ in range(101)]
    before = adapter.requests
    assert len(adapter.get(ids)) == 101
    assert adapter.requests == before + 2


def test_what_is_no_number_is_no_ticket(adapter: RedmineAdapter) -> None:
    with pytest.raises(FatalError):
        adapter.get(["1,2"])
