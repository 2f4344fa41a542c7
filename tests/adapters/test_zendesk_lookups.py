"""Single questions to an account: totals, custom statuses, archived tickets, suspended ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import ProtocolError, UnavailableError
from connector.model.page import Stream
from connector.model.ticket import TicketRows
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk, iso, ticket
from tests.fakes.zendesk_spec import ZendeskSpec

Body = dict[str, Any]


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, page_size=2, spec=zendesk_spec)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def asked(desk: FakeZendesk) -> list[str]:
    paths = (str(urlsplit(one.url or "").path) for one in desk.asked)
    return [path.removeprefix("/api/v2/") for path in paths]


def first_page(desk: FakeZendesk, *, is_end: bool = False) -> None:
    page = {"tickets": [], "after_cursor": "new", "end_of_stream": is_end}
    desk.reply_next(200, body=json.dumps(page))


def test_a_first_sync_asks_once_how_many_there_are(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    first_page(desk)
    desk.reply_next(200, body=json.dumps({"count": {"value": 102, "refreshed_at": None}}))
    page = adapter.read(Stream.TICKETS)
    assert page.expected == 102
    first_page(desk)
    assert adapter.read(Stream.TICKETS, "5:old").expected is None
    assert asked(desk).count("tickets/count") == 1


def test_one_page_needs_no_estimate(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    first_page(desk, is_end=True)
    assert adapter.read(Stream.TICKETS).expected == 0
    assert len(desk.asked) == 1


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_an_estimate_is_not_worth_a_failure(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    first_page(desk)
    desk.reply_next(status)
    page = adapter.read(Stream.TICKETS)
    assert (page.expected, page.has_more) == (None, True)


def test_a_count_that_is_cut_off_is_none(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    first_page(desk)
    desk.reply_next(200, body=json.dumps({"count": {"value": 100_000, "refreshed_at": None}}))
    assert adapter.read(Stream.TICKETS).expected is None


def test_custom_statuses_have_the_names_that_agents_see(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    row = {"id": 35436, "agent_label": "Waiting for parts", "status_category": "hold"}
    unnamed = {"id": 35437, "agent_label": None, "status_category": "open"}
    desk.custom["GET custom_statuses"] = {"custom_statuses": [row, unnamed]}
    assert adapter.discover().statuses == {"35436": "Waiting for parts", "35437": "open"}


def test_brands_have_their_names(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.custom["GET brands"] = {"brands": [{"id": 47, "name": "Acme"}, {"id": 48, "name": "Ox"}]}
    assert adapter.discover().brands == {"47": "Acme", "48": "Ox"}


def test_an_account_without_custom_statuses_has_none(adapter: ZendeskAdapter) -> None:
    assert adapter.discover().statuses == {}


def test_an_archived_ticket_is_asked_for_by_itself(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    here, archived = desk.put(), desk.put()
    one = desk.desk.tickets.pop(archived)
    desk.custom[f"GET tickets/{archived}"] = {"ticket": ticket(one) | {"status": "closed"}}
    found = {row.id: row.status for row in adapter.get([here, archived, "999999"])}
    assert found == {here: "new", archived: "closed"}
    assert asked(desk)[1:] == [f"tickets/{archived}", "tickets/999999"]


def test_tickets_that_are_listed_cost_one_request(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    adapter.get([desk.put(), desk.put()])
    assert asked(desk) == ["tickets/show_many"]


def test_a_deleted_ticket_that_is_shown_is_gone(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    gone = desk.put()
    one = desk.desk.tickets.pop(gone)
    desk.custom[f"GET tickets/{gone}"] = {"ticket": ticket(one) | {"status": "deleted"}}
    assert adapter.get([gone]) == ()


def test_a_deleted_ticket_that_is_listed_is_gone_too(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    at = iso(desk.desk.now)
    row = {"id": 77, "status": "deleted", "created_at": at, "updated_at": at}
    desk.custom["GET tickets/show_many"] = {"tickets": [row]}
    assert adapter.get(["77"]) == ()


def test_a_fault_is_no_missing_ticket(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=json.dumps({"tickets": []}))
    desk.reply_next(503)
    with pytest.raises(UnavailableError):
        adapter.get(["5"])


def test_what_is_suspended_is_no_ticket(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    one = ticket(desk.desk.tickets[desk.put()])
    rows = [one, one | {"id": 5, "status": "suspended"}]
    page = {"tickets": rows, "after_cursor": "new", "end_of_stream": True}
    desk.reply_next(200, body=json.dumps(page))
    read = adapter.read(Stream.TICKETS)
    assert isinstance(read.records, TicketRows)
    assert read.records.id == [str(one["id"])]
    assert read.unknown == {}


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_refused_cursor_of_people_is_replaced_too(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    desk.reply_next(status)
    adapter.read(Stream.PEOPLE, "1767603600:expired")
    assert f"start_time={1767603600 - 60}" in str(desk.asked[-1].url)


def test_people_that_repeat_their_cursor_are_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = {"users": [{"id": 1, "role": "agent"}], "after_cursor": "new", "end_of_stream": False}
    desk.reply_next(200, body=json.dumps(page))
    with pytest.raises(ProtocolError, match="same cursor"):
        adapter.read(Stream.PEOPLE, "5:new")


def test_an_empty_page_of_people_is_not_the_end(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    page: Body = {"users": [], "after_cursor": "new", "end_of_stream": False}
    desk.reply_next(200, body=json.dumps(page))
    assert adapter.read(Stream.PEOPLE).has_more
