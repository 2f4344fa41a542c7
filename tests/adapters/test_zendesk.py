"""What only Zendesk does: its cursors, its end mark, its withheld minute."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import utc
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import AuthenticationError, ProtocolError, UnavailableError
from connector.model.page import Limits, Stream
from connector.model.ticket import Group, Holiday, Mark, Person, Role, Schedule, TicketRows
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec

Body = dict[str, Any]


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, spec=zendesk_spec)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    return connect()


def connect(**options: Any) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN), **options)
    return ZendeskAdapter(settings, watched_fields=frozenset({"77"}))


def asked(desk: FakeZendesk) -> dict[str, str]:
    query = parse_qs(str(urlsplit(desk.asked[-1].url or "").query))
    return {name: values[0] for name, values in query.items()}


def wire_ticket(**values: Any) -> Body:
    at = "2026-01-05T09:00:00Z"
    basics = {"id": 1, "status": "open", "created_at": at, "updated_at": at}
    return {**basics, "generated_timestamp": 1767603600, **values}


def export(tickets: list[Body], **values: Any) -> str:
    page = {"tickets": tickets, "after_cursor": "new", "end_of_stream": False, **values}
    return json.dumps(page)


def read_one(desk: FakeZendesk, adapter: ZendeskAdapter, **values: Any) -> Any:
    desk.reply_next(200, body=export([wire_ticket(**values)]))
    records = adapter.read(Stream.TICKETS).records
    assert isinstance(records, TicketRows)
    return next(records.rows())


def test_the_export_is_asked_for_everything(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    adapter.read(Stream.TICKETS)
    assert asked(desk) == {
        "start_time": "0",
        "per_page": "1000",
        "include": "metric_sets",
        "support_type_scope": "all",
    }


def test_an_empty_page_is_not_the_end(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=export([]))
    page = adapter.read(Stream.TICKETS)
    assert page.has_more
    assert page.cursor == "0:new"


def test_a_full_page_may_be_the_end(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=export([wire_ticket()], end_of_stream=True))
    assert not adapter.read(Stream.TICKETS).has_more


def test_the_same_cursor_twice_with_rows_is_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=export([wire_ticket()]))
    with pytest.raises(ProtocolError, match="same cursor"):
        adapter.read(Stream.TICKETS, "5:new")


def test_the_same_cursor_at_the_end_is_fine(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=export([], end_of_stream=True))
    assert adapter.read(Stream.TICKETS, "5:new").cursor == "5:new"


def test_a_page_that_goes_nowhere_is_worth_another_try(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=export([], after_cursor=None))
    with pytest.raises(UnavailableError):
        adapter.read(Stream.TICKETS, "5:new")


def test_an_end_without_a_cursor_keeps_the_old_one(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=export([], after_cursor=None, end_of_stream=True))
    assert adapter.read(Stream.TICKETS, "5:old").cursor == "5:old"


def test_a_page_without_an_end_mark_is_a_protocol_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=json.dumps({"tickets": [], "after_cursor": "new"}))
    with pytest.raises(ProtocolError, match="end_of_stream"):
        adapter.read(Stream.TICKETS)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_refused_cursor_is_replaced_by_the_minute_before_it(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    desk.reply_next(status)
    adapter.read(Stream.TICKETS, "1767603600:expired")
    assert asked(desk)["start_time"] == str(1767603600 - 60)


def test_wrong_credentials_are_no_refused_cursor(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(401)
    with pytest.raises(AuthenticationError):
        adapter.read(Stream.TICKETS, "1767603600:c1")
    assert len(desk.asked) == 1


def test_a_page_is_complete_up_to_its_last_stamp(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    rows = [wire_ticket(id=n, generated_timestamp=1767603600 + n) for n in (1, 2, 3)]
    desk.reply_next(200, body=export(rows))
    page = adapter.read(Stream.TICKETS)
    assert page.through == utc(1767603603)
    assert page.cursor == "1767603603:new"


def test_the_last_page_is_complete_up_to_the_withheld_minute(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = adapter.read(Stream.TICKETS)
    assert page.through == desk.desk.now - timedelta(seconds=60)
    assert page.server_time == desk.desk.now


def test_versions_follow_the_generated_stamp_not_the_update(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ticket = read_one(desk, adapter, generated_timestamp=1767690000)
    assert ticket.stamp == utc(1767690000)
    assert ticket.updated_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_the_newest_of_two_versions_in_a_page_is_the_row(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    new = wire_ticket(status="solved", generated_timestamp=1767603700)
    desk.reply_next(200, body=export([new, wire_ticket()]))
    records = adapter.read(Stream.TICKETS).records
    assert isinstance(records, TicketRows)
    assert [(row.id, row.status) for row in records.rows()] == [("1", "solved")]


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        ({}, Mark.NONE),
        ({"tags": ["closed_by_merge"]}, Mark.MERGED),
        ({"tags": ["spam"]}, Mark.SPAM),
        ({"via": {"channel": "side_conversation"}}, Mark.CHILD),
        ({"via": {"channel": "web", "source": {"rel": "follow_up"}}}, Mark.FOLLOW_UP),
        ({"via": {"channel": "email", "source": {"rel": "followup"}}}, Mark.FOLLOW_UP),
        ({"via": {"channel": "closed_ticket"}}, Mark.FOLLOW_UP),
        ({"via": {"channel": "native_messaging"}}, Mark.MESSAGING),
        ({"via": {"channel": "chat", "source": {}}}, Mark.MESSAGING),
        ({"via": {"channel": "sms"}}, Mark.MESSAGING),
        ({"via": {"channel": 4}}, Mark.NONE),
        ({"via": None}, Mark.NONE),
        ({"via": {"channel": "voice"}}, Mark.MESSAGING),
        ({"via": {"channel": "web"}, "from_messaging_channel": True}, Mark.MESSAGING),
        ({"tags": ["spam", "closed_by_merge"]}, Mark.SPAM | Mark.MERGED),
    ],
)
def test_special_tickets_are_marked(
    desk: FakeZendesk, adapter: ZendeskAdapter, values: Body, mark: Mark
) -> None:
    assert read_one(desk, adapter, **values).marks == mark


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        ({"via": {"channel": "chat"}, "from_messaging_channel": True}, Mark.NONE),
        ({"via": {"channel": "voice"}}, Mark.MESSAGING),
        ({"via": {"channel": "web"}, "from_messaging_channel": True}, Mark.MESSAGING),
    ],
)
def test_a_channel_that_is_proven_to_keep_comments_is_not_special(
    desk: FakeZendesk, values: Body, mark: Mark
) -> None:
    assert read_one(desk, connect(comment_channels=["chat"]), **values).marks == mark


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", {"77": "text"}),
        ("", {}),
        (None, {}),
        (False, {}),
        (True, {"77": "true"}),
        (0, {"77": "0"}),
        (1.5, {"77": "1.5"}),
        (["a", "b"], {"77": "a b"}),
        ([], {}),
    ],
)
def test_a_watched_field_is_kept_as_text(
    desk: FakeZendesk, adapter: ZendeskAdapter, value: object, expected: dict[str, str]
) -> None:
    fields = [{"id": 77, "value": value}, {"id": 78, "value": "unwatched"}]
    assert read_one(desk, adapter, custom_fields=fields).fields == expected


def test_a_status_nobody_knows_is_open_and_counted(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=export([wire_ticket(status="paused")]))
    page = adapter.read(Stream.TICKETS)
    assert getattr(page.records, "status", None) == ["open"]
    assert page.unknown == {"status paused": 1}


@pytest.mark.parametrize("inline", [True, False])
def test_the_vendors_figures_come_in_seconds(
    desk: FakeZendesk, adapter: ZendeskAdapter, *, inline: bool
) -> None:
    figures = {
        "ticket_id": 1,
        "reply_time_in_minutes": {"calendar": 10, "business": 4},
        "reopens": 2,
    }
    ticket = wire_ticket(**({"metric_set": figures} if inline else {}))
    desk.reply_next(200, body=export([ticket], metric_sets=[] if inline else [figures]))
    records = adapter.read(Stream.TICKETS).records
    assert isinstance(records, TicketRows)
    assert records.native == [
        {"first_reply_time_calendar": 600, "first_reply_time_business": 240, "reopens": 2}
    ]


def test_no_text_of_a_ticket_is_kept(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.put()
    desk.desk.rate("1001", "good")
    desk.desk.add_person(Person(id="900", role=Role.CUSTOMER))
    desk.advance(120)
    shown = [repr(adapter.read(stream)) for stream in Stream]
    assert not any("never to be stored" in text for text in shown)
    assert not any("A customer's name" in text for text in shown)
    assert not any("@" in text for text in shown)


def test_limits_of_the_export_come_with_its_pages(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    assert adapter.read(Stream.TICKETS).limits == Limits(total=10, remaining=9, resets_in_s=60)
    assert adapter.read(Stream.GROUPS).limits == Limits(total=700, remaining=699)


def test_events_start_where_history_is_wanted_from(desk: FakeZendesk) -> None:
    adapter = connect(history_since=datetime(2026, 1, 1, tzinfo=UTC))
    adapter.read(Stream.EVENTS)
    assert asked(desk)["start_time"] == "1767225600"
    assert asked(desk)["include"] == "comment_events"
    assert asked(desk)["support_type_scope"] == "all"
    adapter.read(Stream.TICKETS)
    assert asked(desk)["start_time"] == "0"


def test_events_go_on_from_the_last_second(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    body = {"ticket_events": [], "end_time": 1767603600, "end_of_stream": False}
    desk.reply_next(200, body=json.dumps(body))
    page = adapter.read(Stream.EVENTS)
    assert (page.cursor, page.has_more, page.through) == ("1767603600", True, utc(1767603600))


def test_an_event_export_that_stands_still_is_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    body = {"ticket_events": [], "end_time": 1767603600, "end_of_stream": False}
    desk.reply_next(200, body=json.dumps(body))
    with pytest.raises(ProtocolError, match="stands still"):
        adapter.read(Stream.EVENTS, "1767603600")


def test_a_very_old_answer_ends_where_it_began(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=json.dumps({"ticket_events": [], "end_time": 1767603600}))
    assert not adapter.read(Stream.EVENTS, "1767603600").has_more


def test_a_start_within_the_withheld_minute_is_simply_too_early(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    start = str(int(desk.desk.now.timestamp()) - 10)
    desk.reply_next(400, body=json.dumps({"error": "StartTimeTooRecent"}))
    page = adapter.read(Stream.EVENTS, start)
    assert (page.cursor, page.has_more, len(getattr(page.records, "id", [1]))) == (start, False, 0)


def test_an_older_start_that_is_refused_is_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(400)
    with pytest.raises(ProtocolError):
        adapter.read(Stream.EVENTS, "1000")


def test_all_pages_of_groups_are_one_read(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.desk.page_size = 2
    names = [f"Group {n}" for n in range(5)]
    for name in names:
        desk.desk.add_group(name)
    records = adapter.read(Stream.GROUPS).records
    assert isinstance(records, tuple)
    assert [group.name for group in records if isinstance(group, Group)] == names
    assert len(desk.asked) == 3
    assert asked(desk)["exclude_deleted"] == "false"


def test_a_list_that_repeats_its_cursor_is_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    body = json.dumps({"groups": [], "meta": {"has_more": True, "after_cursor": "same"}})
    desk.reply_next(200, body=body)
    desk.reply_next(200, body=body)
    with pytest.raises(ProtocolError, match="does not end"):
        adapter.read(Stream.GROUPS)


def test_schedules_come_with_zone_and_holidays(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    day = datetime(2026, 12, 24, tzinfo=UTC).date()
    given = Schedule(
        id="5",
        name="Days",
        timezone="?",
        intervals=((540, 1080),),
        holidays=(Holiday("X", day, day),),
    )
    desk.desk.add_schedule(given)
    records = adapter.read(Stream.SCHEDULES).records
    assert isinstance(records, tuple)
    (schedule,) = records
    assert isinstance(schedule, Schedule)
    assert schedule.timezone == "Europe/Berlin"
    assert schedule.holidays == given.holidays
    assert schedule.is_default
    assert len(desk.asked) == 2


def test_the_oldest_schedule_is_the_default(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    new, old = (
        {"id": 5, "created_at": "2025-01-01T00:00:00Z"},
        {"id": 9, "created_at": "2012-06-01"},
    )
    both = [{**one, "name": "Hours", "time_zone": "Tokyo", "intervals": []} for one in (new, old)]
    desk.reply_next(200, body=json.dumps({"schedules": both}))
    for _ in both:
        desk.reply_next(200, body=json.dumps({"holidays": []}))
    found = adapter.read(Stream.SCHEDULES).records
    assert isinstance(found, tuple)
    assert [(one.id, one.is_default) for one in found if isinstance(one, Schedule)] == [
        ("9", True),
        ("5", False),
    ]


def test_a_zone_nobody_knows_is_named(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    row = {"id": 1, "name": "Days", "time_zone": "Atlantis", "intervals": []}
    desk.reply_next(200, body=json.dumps({"schedules": [row]}))
    desk.reply_next(200, body=json.dumps({"holidays": []}))
    with pytest.raises(ProtocolError, match="Atlantis"):
        adapter.read(Stream.SCHEDULES)


def test_a_plan_without_business_hours_has_none(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(403)
    assert adapter.read(Stream.SCHEDULES).records == ()


def test_an_agent_is_not_enough(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.desk.user = Person(id="1", role=Role.AGENT, name="Ann")
    with pytest.raises(AuthenticationError, match="Ann is agent"):
        adapter.check()


def test_an_anonymous_visitor_is_not_let_in(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    body = {"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}
    desk.reply_next(200, body=json.dumps(body))
    with pytest.raises(AuthenticationError, match="anonymous"):
        adapter.check()


@pytest.mark.parametrize("body", ["{}", "[]", '"x"', '{"user": []}', '{"foo": {"id": 1}}'])
def test_nonsense_instead_of_a_user_is_a_protocol_error(
    desk: FakeZendesk, adapter: ZendeskAdapter, body: str
) -> None:
    desk.reply_next(200, body=body)
    with pytest.raises(ProtocolError):
        adapter.check()


def test_unreadable_json_instead_of_a_user_is_worth_another_try(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body='{"user": ')
    with pytest.raises(UnavailableError):
        adapter.check()


def test_an_api_token_signs_in_as_its_user(desk: FakeZendesk) -> None:
    settings = ZendeskSettings(url=URL, email="ann@example.com", token=SecretStr("hunter2"))
    adapter = ZendeskAdapter(settings, watched_fields=frozenset())
    with pytest.raises(AuthenticationError):
        adapter.check()
    header = str(desk.asked[-1].headers["Authorization"])
    assert b64decode(header.removeprefix("Basic ")) == b"ann@example.com/token:hunter2"


def test_names_of_lists_a_plan_lacks_are_none(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.desk.add_group("EMEA")
    schema = adapter.discover()
    assert list(schema.groups.values()) == ["EMEA"]
    assert schema.forms == {}
    assert schema.people == {"1": "Connector"}
