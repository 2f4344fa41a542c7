"""What only Request Tracker does: its second-grained clock, its silences, its short pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connector.adapters.base import utc
from connector.adapters.rt.adapter import RtAdapter
from connector.adapters.rt.settings import RtSettings
from connector.errors import AuthenticationError, FatalError
from connector.model.page import Page, Stream
from connector.model.ticket import Event, EventKind, Group, Mark, Person, Role, Status, Ticket
from tests.contract.adapter_contract import Reading, ticket_rows
from tests.fakes.rt import ADMIN, AGENT, CUSTOMER, OTHER, QUEUE, READER, START, URL, FakeRt


@pytest.fixture
def desk() -> Iterator[FakeRt]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRt(mock)


def rt(token: str = ADMIN, **options: Any) -> RtAdapter:
    known = {"queues": ("Support",), "settle_s": 1} | options
    return RtAdapter(RtSettings(url=URL, token=SecretStr(token), **known), watched_fields=FIELDS)


FIELDS = frozenset({"2"})


def told(adapter: RtAdapter, cursor: str | None = None) -> tuple[dict[str, Ticket], str | None]:
    reading = Reading(adapter, Stream.TICKETS, cursor)
    return reading.tickets(), reading.cursor


def ids(page: Page) -> list[str]:
    return ticket_rows(page).id


def people(page: Page) -> dict[str, Person]:
    assert isinstance(page.records, tuple)
    return {one.id: one for one in page.records if isinstance(one, Person)}


def kinds(events: tuple[Event, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(event.kind, event.value, event.previous) for event in events]


def at_once(desk: FakeRt, count: int) -> list[str]:
    """Change many tickets in one second, in no order."""
    names = [desk.put() for _ in range(count)]
    desk.now += 10
    for name in reversed(names):
        desk.note(int(name), "Set", field="Subject")
    return names


def test_many_changes_in_one_second_all_come_though_pages_are_cut_short(desk: FakeRt) -> None:
    names = at_once(desk, 11)
    desk.advance(60)
    reading = Reading(rt(), Stream.TICKETS)
    assert [name for page in reading.pages for name in ids(page)] == names
    assert [len(page.records) for page in reading.pages] == [3, 3, 3, 2]


def test_a_ticket_that_moves_while_pages_are_read_costs_no_other_one(desk: FakeRt) -> None:
    names = at_once(desk, 7)
    desk.advance(60)
    adapter = rt()
    first = adapter.read(Stream.TICKETS)
    desk.now += 1
    desk.note(int(names[0]), "Set", field="Subject")
    desk.advance(60)
    rest, _ = told(adapter, first.cursor)
    assert set(ids(first)) | set(rest) == set(names)


def test_a_page_with_nothing_that_we_may_see_is_not_the_end(desk: FakeRt) -> None:
    names = at_once(desk, 8)
    desk.hidden = set(map(int, names[3:6]))
    desk.advance(60)
    tickets, _ = told(rt())
    assert set(tickets) == {*names[:3], *names[6:]}


def test_a_hidden_total_is_an_error_and_no_empty_helpdesk(desk: FakeRt) -> None:
    desk.put()
    desk.hides_total = True
    with pytest.raises(FatalError, match="ShowTicket"):
        rt().read(Stream.TICKETS)


def test_a_second_that_is_not_over_is_left_to_the_next_read(desk: FakeRt) -> None:
    early = desk.put()
    desk.advance(10)
    late = desk.put()
    page = rt().read(Stream.TICKETS)
    assert ids(page) == [early]
    assert page.through is not None
    assert page.through < utc(desk.now)
    again = desk.put()
    desk.note(int(late), "Set", field="Subject")
    desk.advance(10)
    tickets, _ = told(rt(), page.cursor)
    assert {late, again} <= tickets.keys()


def test_what_was_committed_late_is_found_within_the_overlap(desk: FakeRt) -> None:
    desk.advance(100)
    desk.put()
    desk.advance(10)
    _, cursor = told(rt())
    late = desk.put()
    desk.tickets[int(late)]["LastUpdated"] = START + 80
    tickets, _ = told(rt(), cursor)
    assert late in tickets


def test_tickets_of_other_queues_are_not_read(desk: FakeRt) -> None:
    ours, theirs = desk.put(), desk.put(OTHER)
    desk.advance(10)
    assert told(rt())[0].keys() == {ours}
    assert told(rt(queues=()))[0].keys() == {ours, theirs}
    assert rt().get([ours, theirs])[0].id == ours
    assert len(rt().get([ours, theirs])) == 1


def test_a_queue_that_is_not_there_is_an_error(desk: FakeRt) -> None:
    with pytest.raises(FatalError, match="Suport"):
        rt(queues=("Suport",)).read(Stream.TICKETS)


def test_a_queue_that_was_closed_keeps_its_tickets(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.closed_queues = {QUEUE}
    desk.advance(10)
    assert told(rt())[0].keys() == {ticket_id}
    groups = rt().read(Stream.GROUPS).records
    assert isinstance(groups, tuple)
    assert [(one.name, one.deleted) for one in groups if isinstance(one, Group)] == [
        ("Support", True),
        ("General", False),
    ]
    assert rt().discover().groups == {"1": "General"}


def test_a_queue_that_is_added_is_read_from_its_beginning(desk: FakeRt) -> None:
    ours, theirs = desk.put(), desk.put(OTHER)
    desk.advance(10_000)
    later = desk.put()
    desk.advance(10)
    _, cursor = told(rt())
    tickets, _ = told(rt(queues=("Support", "General")), cursor)
    assert tickets.keys() == {ours, theirs, later}


def test_a_merged_ticket_is_told_with_what_it_was(desk: FakeRt) -> None:
    stays, gone = desk.put(), desk.put()
    desk.tag(gone, "vip")
    desk.advance(100)
    before, cursor = told(rt())
    desk.merge(gone, stays)
    desk.advance(10)
    after, cursor = told(rt(), cursor)
    assert (after[gone].status, after[gone].marks) == (Status.CLOSED, Mark.MERGED)
    assert after[gone].stamp > before[gone].stamp
    assert (after[gone].requester_id, after[gone].tags) == ("35", ("vip",))
    assert gone not in told(rt(), cursor)[0]


def test_a_ticket_that_left_our_queues_is_gone_and_comes_back(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    desk.change(ticket_id, "Queue", OTHER)
    desk.advance(10)
    tickets, cursor = told(rt(), cursor)
    assert tickets[ticket_id].status == Status.DELETED
    desk.change(ticket_id, "Queue", QUEUE)
    desk.advance(10)
    tickets, _ = told(rt(), cursor)
    assert tickets[ticket_id].status == Status.NEW


def test_a_ticket_that_was_erased_is_told_as_deleted(desk: FakeRt) -> None:
    ticket_id, other = desk.put(), desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    del desk.tickets[int(ticket_id)]
    tickets, cursor = told(rt(), cursor)
    assert tickets[ticket_id].status == Status.DELETED
    assert tickets.keys() == {ticket_id, other}
    assert rt().history([ticket_id]) == ()
    assert ticket_id not in told(rt(), cursor)[0]


def test_a_right_that_was_taken_away_deletes_nothing(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    desk.unlisted = desk.forbidden = {int(ticket_id)}
    with pytest.raises(AuthenticationError, match="ShowTicket"):
        rt().read(Stream.TICKETS, cursor)


def test_a_ticket_that_no_list_shows_but_that_lives_is_not_told_as_deleted(desk: FakeRt) -> None:
    names = [desk.put(), desk.put()]
    desk.advance(100)
    _, cursor = told(rt())
    desk.unlisted = {1}
    tickets, cursor = told(rt(), cursor)
    assert {one.status for one in tickets.values()} == {Status.NEW}
    desk.delete(names[0])
    desk.advance(10)
    assert told(rt(), cursor)[0][names[0]].status == Status.DELETED


def test_more_ids_than_a_page_has_rows_are_all_found(desk: FakeRt) -> None:
    names = [desk.put() for _ in range(8)]
    assert {ticket.id for ticket in rt().get(names)} == {*names}


def test_more_deletions_than_one_read_tells_come_with_the_next(desk: FakeRt) -> None:
    names = [desk.put() for _ in range(130)]
    desk.most = 100
    desk.advance(100)
    _, cursor = told(rt())
    for name in names:
        desk.delete(name)
    desk.advance(10)
    reading = Reading(rt(), Stream.TICKETS, cursor)
    assert {name for name, one in reading.tickets().items() if one.status == "deleted"} == {*names}
    assert [len(page.records) for page in reading.pages] == [100, 30]


def test_a_quiet_read_costs_two_requests(desk: FakeRt) -> None:
    desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    adapter = rt()
    adapter.read(Stream.TICKETS, cursor)
    assert adapter.requests == 2


@pytest.mark.parametrize("zone_s", [-5 * 3600, -1800])
def test_times_read_in_a_zone_west_of_here_are_refused(desk: FakeRt, zone_s: int) -> None:
    desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    desk.zone_s = zone_s
    for place in (None, cursor):
        with pytest.raises(FatalError, match="time zone"):
            rt().read(Stream.TICKETS, place)


def test_times_read_in_a_zone_east_of_here_are_refused(desk: FakeRt) -> None:
    desk.put()
    desk.advance(1_800)
    desk.put()
    desk.advance(100)
    _, cursor = told(rt())
    desk.zone_s = 3600
    with pytest.raises(FatalError, match="time zone"):
        rt().read(Stream.TICKETS, cursor)


def test_a_changed_last_ticket_is_no_other_time_zone(desk: FakeRt) -> None:
    names = [desk.put() for _ in range(2)]
    desk.advance(100)
    _, cursor = told(rt())
    for _ in range(5):
        desk.put()
        desk.advance(20)
    desk.note(int(names[-1]), "Set", field="Subject")
    desk.advance(10)
    assert names[-1] in told(rt(), cursor)[0]


def test_a_cursor_of_another_make_is_refused(desk: FakeRt) -> None:
    with pytest.raises(FatalError, match="unreadable"):
        rt().read(Stream.TICKETS, "17:abc")


def test_statuses_of_other_lifecycles_are_explained_or_counted(desk: FakeRt) -> None:
    desk.put(Status="Waiting")
    desk.put(Status="someday")
    desk.advance(10)
    page = rt(statuses={"waiting": "hold"}).read(Stream.TICKETS)
    assert ticket_rows(page).status == [Status.HOLD, Status.OPEN]
    assert page.unknown == {"status someday": 1}


def test_nobody_and_rt_itself_are_no_people(desk: FakeRt) -> None:
    desk.put(Creator=1)
    desk.put(Owner=31, Requestor=0)
    desk.advance(10)
    first, second = told(rt())[0].values()
    assert (first.assignee_id, first.submitter_id, first.requester_id) == (None, None, "35")
    assert (second.assignee_id, second.submitter_id, second.requester_id) == ("31", "31", None)


def test_a_queue_without_fields_shows_an_empty_text(desk: FakeRt) -> None:
    desk.put(OTHER)
    desk.advance(10)
    (ticket,) = told(rt(queues=("General",)))[0].values()
    assert (ticket.tags, ticket.fields) == ((), {})


def test_values_are_texts_and_empty_ones_are_none(desk: FakeRt) -> None:
    desk.put(values={2: ["a", "b,c"]})
    desk.put(values={2: [""]})
    desk.advance(10)
    first, second = told(rt())[0].values()
    assert (first.tags, first.fields) == (("a", "b,c"), {"2": "a, b,c"})
    assert (second.tags, second.fields) == ((), {})


def test_a_history_is_read_to_the_ticket_s_own_beginning(desk: FakeRt) -> None:
    ticket_id = desk.put()
    for word in ("open", "stalled", "open", "resolved", "open", "resolved", "rejected"):
        desk.change(ticket_id, "Status", word)
    desk.hidden_entries = {3, 4, 5}
    statuses = [e.value for e in rt().history([ticket_id]) if e.kind == EventKind.STATUS]
    assert statuses == ["new", "open", "open", "solved", "closed"]
    desk.hidden_entries = set()
    events = [e for e in rt().history([ticket_id]) if e.kind == EventKind.STATUS]
    assert [e.previous for e in events[1:]] == [e.value for e in events[:-1]]
    assert len(events) == 8


def test_a_history_holds_nothing_of_merged_tickets(desk: FakeRt) -> None:
    gone, stays = desk.put(), desk.put()
    desk.change(gone, "Status", "open")
    desk.merge(gone, stays)
    desk.change(stays, "Priority", 70)
    told_of = rt().history([gone, stays])
    opening = [("created", None, None), ("comment", None, None), ("status", "new", None)]
    assert kinds(told_of) == [
        *opening,
        ("group", "3", None),
        ("priority", "0", None),
        ("status", "open", "new"),
        ("merged", stays, None),
        ("status", "closed", "open"),
        *opening[:2],
        ("priority", "0", None),
        opening[2],
        ("group", "3", None),
        ("priority", "70", "0"),
    ]
    assert [e.ticket_id for e in told_of] == [gone] * 8 + [stays] * 6


def test_a_history_tells_deletion_and_its_undoing(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.delete(ticket_id)
    assert kinds(rt().history([ticket_id]))[-2:] == [
        ("status", "deleted", "new"),
        ("deleted", None, None),
    ]
    desk.change(ticket_id, "Status", "open")
    assert kinds(rt().history([ticket_id]))[-2:] == [
        ("status", "open", "deleted"),
        ("restored", None, None),
    ]


def test_replies_and_notes_are_told_apart_and_rt_is_no_author(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.note(int(ticket_id), "Correspond", creator=35)
    desk.note(int(ticket_id), "Status", field="Status", old="new", new="open", creator=1)
    desk.note(int(ticket_id), "Comment", creator=31)
    events = rt().history([ticket_id])
    spoken = [(e.actor_id, e.is_public) for e in events if e.kind == EventKind.COMMENT]
    assert spoken == [("31", True), ("35", True), ("31", False)]
    assert next(e for e in events if e.value == "open").actor_id is None


def test_owners_are_told_once_however_rt_calls_it(desk: FakeRt) -> None:
    ticket_id = desk.put(Owner=31)
    for kind, old, new in (("Take", 6, 27), ("SetWatcher", 6, 27), ("Give", 27, 31)):
        desk.note(int(ticket_id), kind, field="Owner", old=old, new=new)
    told_of = kinds(rt().history([ticket_id]))
    owners = [(value, previous) for kind, value, previous in told_of if kind == "assignee"]
    assert owners == [("27", None), ("31", "27")]


def test_a_hidden_beginning_is_told_from_the_ticket(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.change(ticket_id, "Status", "open")
    desk.hidden_entries = {1}
    events = rt().history([ticket_id])
    assert [e.id for e in events][:3] == ["0", "0", "0"]
    assert events[0].at == utc(START + 1)
    assert [e.value for e in events if e.kind == EventKind.STATUS] == ["new", "open"]


@pytest.mark.parametrize("token", [ADMIN, AGENT])
def test_staff_are_the_privileged_users_and_only_they_have_names(desk: FakeRt, token: str) -> None:
    found: dict[str, Person] = {}
    for page in Reading(rt(token), Stream.PEOPLE).pages:
        found |= people(page)
    assert {p.name for p in found.values() if p.role == Role.AGENT} == {
        "root",
        "connector",
        "reader",
        "alice",
    }
    assert {(p.id, p.name) for p in found.values() if p.role == Role.CUSTOMER} == {
        ("35", None),
        ("37", None),
    }


def test_a_time_we_may_not_see_is_no_time(desk: FakeRt) -> None:
    assert {p.updated_at for p in people(rt(AGENT).read(Stream.PEOPLE)).values()} == {None}
    seen = {p.updated_at for p in people(rt(ADMIN).read(Stream.PEOPLE)).values()}
    assert seen == {utc(START)}


def test_customers_are_looked_at_once(desk: FakeRt) -> None:
    desk.most = 100
    cursor = rt(AGENT).read(Stream.PEOPLE).cursor
    desk.asked.clear()
    rt(AGENT).read(Stream.PEOPLE, cursor)
    looked_at = {path for _, path in desk.asked if path.startswith("user/")}
    assert looked_at == {"user/14", "user/27", "user/29", "user/31"}


def test_a_token_that_rt_did_not_make_is_told_before_anything_is_sent(desk: FakeRt) -> None:
    with pytest.raises(AuthenticationError, match="Auth Tokens"):
        rt("secret").check()
    assert desk.asked == []


def test_a_check_says_role_and_what_is_missing(desk: FakeRt) -> None:
    admin = rt(ADMIN).check()
    assert (admin.id, admin.name, admin.role) == ("14", "root", "admin")
    agent = rt(AGENT, queues=("General",)).check()
    assert (agent.id, agent.role) == ("27", "agent")
    assert any("'Tags'" in note for note in agent.notes)
    assert any("UTC" in note for note in agent.notes)


def test_the_address_may_be_a_folder_and_nothing_else() -> None:
    def address(url: str) -> str:
        return RtSettings(url=url, token=SecretStr("x")).url

    assert address("https://desk.example.com/rt/") == "https://desk.example.com/rt"
    assert address("https://desk.example.com") == "https://desk.example.com"
    assert address("https://desk.example.com/rt/REST/2.0/") == "https://desk.example.com/rt"
    for wrong in ("http://desk.example.com/rt", "https://a:b@desk.example.com", "desk/rt", "x?y"):
        with pytest.raises(ValidationError):
            address(wrong)


@given(changes=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), max_size=25))
@settings(max_examples=40, deadline=None)
def test_whatever_changes_while_we_read_every_version_is_told_in_the_end(
    changes: list[tuple[int, int]],
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        desk = FakeRt(mock)
        for _ in range(6):
            desk.put()
        adapter, cursor = rt(overlap_s=0), None
        seen: dict[str, datetime] = {}
        for number, seconds in changes:
            desk.now += seconds
            desk.note(number, "Set", field="Subject")
            page = adapter.read(Stream.TICKETS, cursor)
            cursor = page.cursor
            seen |= {row.id: row.stamp for row in ticket_rows(page).rows()}
        desk.advance(10)
        seen |= {name: one.stamp for name, one in told(adapter, cursor)[0].items()}
        assert seen == {str(n): utc(row["LastUpdated"]) for n, row in desk.tickets.items()}


def test_who_may_not_write_is_told_by_the_check(desk: FakeRt) -> None:
    desk.put()
    assert not any("ModifyTicket" in note for note in rt(READER).check().notes)
    desk.links = []
    assert any("ModifyTicket" in note for note in rt(READER).check().notes)


def test_a_customer_s_token_is_refused_because_it_sees_its_own_tickets_alone(desk: FakeRt) -> None:
    with pytest.raises(AuthenticationError, match="privileged"):
        rt(CUSTOMER).check()


def test_names_of_staff_are_offered_to_mappings(desk: FakeRt) -> None:
    staff = {"14": "root", "27": "connector", "29": "reader", "31": "alice"}
    assert rt(ADMIN).discover().people == staff
    assert rt(AGENT).discover().people == staff
