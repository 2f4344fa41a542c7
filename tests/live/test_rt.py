"""The RT adapter against a real Request Tracker 5 on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.limits import http_date
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.rt.adapter import RtAdapter
from connector.adapters.rt.settings import RtSettings
from connector.errors import AdapterError, FatalError
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import EventKind, Mark, Person, Role, Status
from tests.contract.adapter_contract import (
    FIELD,
    MINUTES_S,
    NOTE,
    AdapterContract,
    Reading,
    write,
)
from tests.live.conftest import Settings
from tests.live.proxy import Proxy

pytestmark = pytest.mark.live
WORDS = {
    Status.OPEN: "open",
    Status.PENDING: "stalled",
    Status.SOLVED: "resolved",
    Status.CLOSED: "rejected",
}
SHORT_S = 60
"""Times up to this only tell puts apart, which real seconds do by themselves."""

INTRUDER = "1-14-00000000000000000000000000000000"


class Far:
    """The real server, as its admin and its agents reach it, with a queue of its own."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings["RT_URL"]
        self.admin, self.agent = settings["RT_ADMIN_TOKEN"], settings["RT_TOKEN"]
        self.reader = settings["RT_TOKEN_RO"]
        self.queue = f"contract-{uuid4().hex[:8]}"
        self.tags_field = f"Tags of {self.queue}"
        self.queue_id = self.made("queue", {"Name": self.queue})
        field = {"Name": self.tags_field, "Type": "FreeformMultiple", "Queue": int(self.queue_id)}
        self.tags_id = self.made("customfield", field)

    def call(
        self, method: str, path: str, body: object = None, *, token: str = ""
    ) -> requests.Response:
        answer = requests.request(
            method,
            f"{self.url}/REST/2.0/{path}",
            json=body,
            headers={"Authorization": f"token {token or self.agent}"},
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer

    def made(self, path: str, body: Mapping[str, object]) -> str:
        return str(self.call("POST", path, body, token=self.admin).json()["id"])

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"ticket/{ticket_id}").json()
        return found

    def values(self, ticket_id: str, field_id: str) -> list[str]:
        fields = self.ticket(ticket_id)["CustomFields"]
        return next(field["values"] for field in fields if field["id"] == field_id)

    def settings(self, url: str, token: str, **more: Any) -> RtSettings:
        options = {"queues": (self.queue,), "tags_field": self.tags_field, "settle_s": 1} | more
        return RtSettings(url=url, token=SecretStr(token), **options)


class RtDesk:
    """The far side: people who work in the queue."""

    def __init__(self, far: Far, proxy: Proxy) -> None:
        self.far = far
        self.proxy = proxy
        self._newest = 0.0

    def put(self, **more: object) -> str:
        body = {"Queue": self.far.queue, "Subject": "Contract", "Content": "Hello"}
        answer = self.far.call("POST", "ticket", {**body, **more})
        self._note(answer)
        return str(answer.json()["id"])

    def edit(self, ticket_id: str, body: Mapping[str, object], *, token: str = "") -> None:
        """Change a ticket in a later second than its last change."""
        at = datetime.fromisoformat(self.far.ticket(ticket_id)["LastUpdated"])
        self._wait_for(at.timestamp() + 1)
        self._note(self.far.call("PUT", f"ticket/{ticket_id}", body, token=token))

    def set_status(self, ticket_id: str, status: str) -> None:
        self.edit(ticket_id, {"Status": WORDS[Status(status)]})

    def tag(self, ticket_id: str, *tags: str) -> None:
        there = self.far.values(ticket_id, self.far.tags_id)
        self.edit(ticket_id, {"CustomFields": {self.far.tags_id: [*there, *tags]}})

    def delete(self, ticket_id: str) -> None:
        self._note(self.far.call("DELETE", f"ticket/{ticket_id}"))

    def advance(self, seconds: float) -> None:
        """Wait until what was done last is in a second that is over for the adapter."""
        if seconds > SHORT_S:
            self._wait_for(self._newest + 2)

    def fail_next(self, error: AdapterError) -> None:
        wait = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
        self.proxy.fail_next(error.status or 500, wait)

    def missing_id(self) -> str:
        return "99999999"

    def _note(self, answer: requests.Response) -> None:
        at = http_date(answer.headers["Date"])
        assert at is not None
        self._newest = max(self._newest, at.timestamp())

    def _wait_for(self, second: float) -> None:
        time.sleep(max(0.0, second - datetime.now(UTC).timestamp()))


@pytest.fixture(scope="module")
def far(rt5: Settings) -> Far:
    return Far(rt5)


@pytest.fixture(scope="module")
def proxy(rt5: Settings) -> Iterator[Proxy]:
    with Proxy(rt5["RT_URL"]) as proxy:
        yield proxy


@pytest.fixture
def desk(far: Far, proxy: Proxy) -> RtDesk:
    return RtDesk(far, proxy)


@pytest.fixture
def bare_adapter(desk: RtDesk) -> Iterator[Adapter]:
    yield from opened(desk, desk.far.admin)


@pytest.fixture
def adapter(bare_adapter: Adapter) -> Adapter:
    return RetryingAdapter(bare_adapter, sleep=lambda _: None)


@pytest.fixture
def intruder(desk: RtDesk) -> Iterator[Adapter]:
    yield from opened(desk, INTRUDER)


@pytest.fixture
def as_agent(desk: RtDesk) -> Iterator[Adapter]:
    yield from opened(desk, desk.far.agent)


def opened(desk: RtDesk, token: str, **more: Any) -> Iterator[Adapter]:
    settings = desk.far.settings(desk.proxy.url, token, **more)
    with RtAdapter(settings, watched_fields=frozenset()) as adapter:
        yield adapter


class TestRt(AdapterContract):
    """The contract, unchanged."""


def test_an_agent_is_told_as_one(as_agent: Adapter) -> None:
    identity = as_agent.check()
    assert (identity.name, identity.role) == ("connector", "agent")
    assert not [note for note in identity.notes if "right" in note or "no field" in note]


def test_a_reader_is_told_what_it_cannot_do(desk: RtDesk) -> None:
    desk.put()
    for adapter in opened(desk, desk.far.reader):
        assert any("ModifyTicket" in note for note in adapter.check().notes)


def test_a_queue_that_is_not_there_is_no_empty_helpdesk(desk: RtDesk) -> None:
    for adapter in opened(desk, desk.far.agent, queues=("Suport",)):
        with pytest.raises(FatalError, match="Suport"):
            adapter.read(Stream.TICKETS)


def test_a_field_that_is_not_there_is_refused_not_dropped(desk: RtDesk) -> None:
    ticket_id = desk.put()
    for adapter in opened(desk, desk.far.agent, tags_field="No such field"):
        assert any("No such field" in note for note in adapter.check().notes)
        result = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("a",)))[ticket_id]
        assert result.outcome == Outcome.REJECTED
        change = TicketChange(ticket_id=ticket_id, fields={"99999": "a"})
        assert write(adapter, change)[ticket_id].outcome == Outcome.REJECTED


def test_who_may_not_write_is_told_so_in_a_200(desk: RtDesk) -> None:
    ticket_id = desk.put()
    for adapter in opened(desk, desk.far.reader):
        result = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("a",)))[ticket_id]
    assert result.outcome == Outcome.REJECTED
    assert "permission" in result.detail


def test_a_value_that_is_not_offered_is_rejected(adapter: Adapter, desk: RtDesk) -> None:
    (field,) = adapter.apply_fields(adapter.plan_fields([FIELD]))
    ticket_id = desk.put()
    change = TicketChange(ticket_id=ticket_id, fields={field.id: "purple"})
    result = write(adapter, change)[ticket_id]
    assert (result.outcome, "purple" in result.detail) == (Outcome.REJECTED, False)


def test_who_is_faster_keeps_their_tags(bare_adapter: Adapter, desk: RtDesk) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "vip", " b,c")
    proxy, late = desk.proxy, {"CustomFields": {desk.far.tags_id: ["vip", " b,c", "by hand"]}}
    proxy.before_next("PUT", ticket_id, lambda: desk.edit(ticket_id, late))
    result = write(bare_adapter, TicketChange(ticket_id=ticket_id, add_tags=("goal_x",)))
    assert result[ticket_id].outcome == Outcome.WRITTEN
    assert desk.far.values(ticket_id, desk.far.tags_id) == ["vip", " b,c", "by hand", "goal_x"]
    assert [
        one.status for one in proxy.sent if (one.method, ticket_id in one.path) == ("PUT", True)
    ] == [412, 200]


def test_who_is_faster_than_a_plan_makes_a_conflict(bare_adapter: Adapter, desk: RtDesk) -> None:
    ticket_id = desk.put()
    (ticket,) = bare_adapter.get([ticket_id])
    late = {"CustomFields": {desk.far.tags_id: ["by hand"]}}
    desk.proxy.before_next("PUT", ticket_id, lambda: desk.edit(ticket_id, late))
    change = TicketChange(ticket_id=ticket_id, add_tags=("x",), expected_stamp=ticket.stamp)
    assert write(bare_adapter, change)[ticket_id].outcome == Outcome.CONFLICT
    assert desk.far.values(ticket_id, desk.far.tags_id) == ["by hand"]


def test_what_is_there_already_is_not_written(bare_adapter: Adapter, desk: RtDesk) -> None:
    (field,) = bare_adapter.apply_fields(bare_adapter.plan_fields([NOTE]))
    ticket_id = desk.put(CustomFields={desk.far.tags_id: ["x", "X"]})
    change = TicketChange(
        ticket_id=ticket_id, add_tags=("x",), remove_tags=("y",), fields={field.id: None}
    )
    assert write(bare_adapter, change)[ticket_id].outcome == Outcome.WRITTEN
    assert desk.proxy.count("PUT", f"/ticket/{ticket_id}") == 0
    assert desk.far.values(ticket_id, desk.far.tags_id) == ["x", "X"]


def test_the_last_tag_is_taken_away_without_leaving_an_empty_one(
    adapter: Adapter, desk: RtDesk
) -> None:
    ticket_id = desk.put(CustomFields={desk.far.tags_id: ["goal_x"]})
    write(adapter, TicketChange(ticket_id=ticket_id, remove_tags=("goal_x",)))
    assert desk.far.values(ticket_id, desk.far.tags_id) == []


def test_a_note_of_many_lines_is_kept(adapter: Adapter, desk: RtDesk) -> None:
    (field,) = adapter.apply_fields(adapter.plan_fields([NOTE]))
    ticket_id, note = desk.put(), "Due soon: 4 days, 3 h\nWhy: 61 % of 80 % \N{ROCKET}\n\nMore"
    result = write(adapter, TicketChange(ticket_id=ticket_id, fields={field.id: note}))
    assert result[ticket_id].outcome == Outcome.WRITTEN
    assert desk.far.values(ticket_id, field.id) == [note]


def test_a_merged_ticket_is_told_and_never_written(adapter: Adapter, desk: RtDesk) -> None:
    gone, stays = desk.put(), desk.put()
    desk.advance(MINUTES_S)
    stored = Reading(adapter, Stream.TICKETS)
    desk.edit(gone, {"MergeInto": int(stays)})
    desk.advance(MINUTES_S)
    tickets = Reading(adapter, Stream.TICKETS, stored.cursor).tickets()
    assert (tickets[gone].status, tickets[gone].marks) == (Status.CLOSED, Mark.MERGED)
    assert tickets[gone].stamp > stored.tickets()[gone].stamp
    assert adapter.get([gone]) == ()
    change = TicketChange(ticket_id=gone, add_tags=("goal_x",))
    assert write(adapter, change)[gone].outcome == Outcome.MISSING
    assert desk.far.values(stays, desk.far.tags_id) == []
    (told,) = [event for event in adapter.history([gone]) if event.kind == EventKind.MERGED]
    assert told.value == stays
    assert {event.ticket_id for event in adapter.history([stays])} == {stays}


def test_a_deleted_ticket_is_not_written(adapter: Adapter, desk: RtDesk) -> None:
    ticket_id = desk.put()
    desk.delete(ticket_id)
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_x",))
    assert write(adapter, change)[ticket_id].outcome == Outcome.MISSING
    assert desk.far.values(ticket_id, desk.far.tags_id) == []
    kinds = [event.kind for event in adapter.history([ticket_id])]
    assert kinds[-2:] == [EventKind.STATUS, EventKind.DELETED]


def test_a_ticket_that_leaves_the_queues_is_told_as_gone(adapter: Adapter, desk: RtDesk) -> None:
    ticket_id = desk.put()
    desk.advance(MINUTES_S)
    stored = Reading(adapter, Stream.TICKETS)
    desk.edit(ticket_id, {"Queue": "General"}, token=desk.far.admin)
    desk.advance(MINUTES_S)
    new = Reading(adapter, Stream.TICKETS, stored.cursor).tickets()
    assert new[ticket_id].status == Status.DELETED
    desk.edit(ticket_id, {"Queue": desk.far.queue}, token=desk.far.admin)


def test_a_history_tells_everything_that_changed(adapter: Adapter, desk: RtDesk) -> None:
    ticket_id = desk.put(Requestor="customer1@rt.test", Priority=50)
    call = desk.far.call
    path = f"ticket/{ticket_id}"
    call("POST", f"{path}/correspond", {"Content": "Yes", "ContentType": "text/plain"})
    call("POST", f"{path}/comment", {"Content": "No", "ContentType": "text/plain"})
    call("PUT", path, {"Owner": "alice"})
    call("PUT", path, {"Owner": "Nobody"})
    call("PUT", path, {"Priority": 70, "Status": "resolved"})
    call("PUT", path, {"Status": "open"})
    events = adapter.history([ticket_id])
    people = adapter.discover().people
    alice = next(person_id for person_id, name in people.items() if name == "alice")
    told = [(e.kind, e.value, e.previous, e.is_public) for e in events]
    assert told == [
        (EventKind.CREATED, None, None, None),
        (EventKind.COMMENT, None, None, True),
        (EventKind.STATUS, "new", None, None),
        (EventKind.PRIORITY, "50", None, None),
        (EventKind.GROUP, desk.far.queue_id, None, None),
        (EventKind.COMMENT, None, None, True),
        (EventKind.STATUS, "open", "new", None),  # the reply opened it
        (EventKind.COMMENT, None, None, False),
        (EventKind.ASSIGNEE, alice, None, None),
        (EventKind.ASSIGNEE, None, alice, None),
        (EventKind.PRIORITY, "70", "50", None),
        (EventKind.STATUS, "solved", "open", None),
        (EventKind.STATUS, "open", "solved", None),
    ]
    assert next(e.actor_id for e in events if e.value == "open") is None
    assert len({(e.ticket_id, e.id, e.kind) for e in events}) == len(events)
    assert [e.id for e in events] == sorted((e.id for e in events), key=int)


def test_people_are_staff_by_their_privilege(bare_adapter: Adapter, as_agent: Adapter) -> None:
    for adapter in (bare_adapter, as_agent):
        pages = [page.records for page in Reading(adapter, Stream.PEOPLE).pages]
        people = {p.id: p for rows in pages if isinstance(rows, tuple) for p in rows}
        named = {p.name for p in people.values() if isinstance(p, Person) and p.role == Role.AGENT}
        assert {"alice", "bob", "connector"} <= named
        assert "Nobody" not in named
        customers = [p for p in people.values() if isinstance(p, Person) and p.role != Role.AGENT]
        assert customers
        assert {p.name for p in customers} == {None}
        ages = [p.updated_at for p in people.values() if isinstance(p, Person) and p.updated_at]
        assert all(at.year > 1970 for at in ages)


def test_a_quiet_read_costs_two_requests(bare_adapter: Adapter, desk: RtDesk) -> None:
    desk.put()
    desk.advance(MINUTES_S)
    cursor = Reading(bare_adapter, Stream.TICKETS).cursor
    before = bare_adapter.requests
    assert not bare_adapter.read(Stream.TICKETS, cursor).has_more
    assert bare_adapter.requests == before + 2


@pytest.mark.parametrize("is_first", [True, False])
def test_times_in_another_zone_are_refused_before_a_ticket_is_missed(
    bare_adapter: Adapter, desk: RtDesk, *, is_first: bool
) -> None:
    desk.put()
    desk.advance(MINUTES_S)
    cursor = None if is_first else Reading(bare_adapter, Stream.TICKETS).cursor
    desk.far.call("PUT", "user/reader", {"Timezone": "America/New_York"}, token=desk.far.admin)
    try:
        for adapter in opened(desk, desk.far.reader):
            assert any("America/New_York" in note for note in adapter.check().notes)
            with pytest.raises(FatalError, match="UTC"):
                adapter.read(Stream.TICKETS, cursor)
    finally:
        desk.far.call("PUT", "user/reader", {"Timezone": ""}, token=desk.far.admin)
