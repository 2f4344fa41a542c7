"""The contract against a real Roundup, and what only a real one shows."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.roundup.settings import RoundupSettings
from connector.errors import AuthenticationError, RateLimitedError
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import EventKind, Role, Status
from tests.contract.adapter_contract import MINUTES_S, AdapterContract, Reading, write
from tests.live.conftest import Settings
from tests.live.proxy import Proxy
from tests.live.roundup_desk import CONTRACT, PERSON, RoundupDesk, plain_tracker, tracker

pytestmark = pytest.mark.live
PORT = 18088
LIMITED_PORT = 18089
CALLS, INTERVAL_S = 5, 5


@pytest.fixture(scope="session")
def roundup_tracker(request: pytest.FixtureRequest) -> Settings:
    return tracker(request, "contract", PORT, CONTRACT)


@pytest.fixture(scope="session")
def proxy(roundup_tracker: Settings) -> Iterator[Proxy]:
    with Proxy(roundup_tracker["RU_URL"]) as proxy:
        yield proxy


@pytest.fixture
def desk(roundup_tracker: Settings, proxy: Proxy) -> RoundupDesk:
    return RoundupDesk(roundup_tracker, proxy)


class TestRoundup(AdapterContract):
    @pytest.fixture
    def bare_adapter(self, desk: RoundupDesk) -> Adapter:
        return desk.adapter()

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: RoundupDesk) -> Adapter:
        return desk.adapter(PERSON, "stolen")


def test_an_account_without_rights_of_an_admin_is_enough(desk: RoundupDesk) -> None:
    agent = desk.adapter(desk.env["RU_USER"], agent_roles={"User"})
    assert agent.check().role == Role.AGENT
    ticket_id, tag = desk.put(), f"goal_{time.time_ns()}"
    assert agent.missing_tags([tag]) == (tag,)
    change = TicketChange(ticket_id=ticket_id, add_tags=(tag,), fields={"contract_note": "Soon"})
    assert write(agent, change)[ticket_id].outcome == Outcome.WRITTEN
    assert desk.show(ticket_id)["contract_note"] == "Soon"


def test_an_account_that_may_only_look_on_is_refused(desk: RoundupDesk) -> None:
    reader = desk.adapter(desk.env["RU_USER_RO"], desk.env["RU_PASS_RO"])
    with pytest.raises(AuthenticationError):
        reader.check()


def test_a_tag_that_a_person_adds_in_between_stays(desk: RoundupDesk) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_old")
    desk.make_keyword("vip")
    desk.proxy.before_next("PATCH", f"issue/{ticket_id}", lambda: desk.tag(ticket_id, "vip"))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    assert write(desk.adapter(), change)[ticket_id].outcome == Outcome.WRITTEN
    assert {link["name"] for link in desk.show(ticket_id)["keyword"]} == {"vip", "goal_new"}


def test_a_ticket_that_a_person_retires_in_between_is_missing(desk: RoundupDesk) -> None:
    ticket_id = desk.put()
    desk.proxy.before_next("PATCH", f"issue/{ticket_id}", lambda: desk.delete(ticket_id))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert write(desk.adapter(), change)[ticket_id].outcome == Outcome.MISSING


def test_values_of_choices_and_numbers_are_read_back(desk: RoundupDesk) -> None:
    ticket_id = desk.put()
    desk.edit(ticket_id, {"contract_note": "stays"})
    wrong = TicketChange(ticket_id=ticket_id, fields={"contract_status": "no such choice"})
    number = TicketChange(ticket_id=ticket_id, fields={"goal_progress": "55"})
    assert write(desk.adapter(), wrong)[ticket_id].outcome == Outcome.REJECTED
    assert write(desk.adapter(), number)[ticket_id].outcome == Outcome.WRITTEN
    assert desk.show(ticket_id)["goal_progress"] == 55
    assert desk.show(ticket_id)["contract_note"] == "stays"


def test_many_changes_in_one_second_are_all_read_in_small_pages(desk: RoundupDesk) -> None:
    desk.put()
    desk.advance(MINUTES_S)
    cursor = Reading(desk.adapter(overlap_s=0), Stream.TICKETS).cursor
    put = [desk.put() for _ in range(30)]
    desk.advance(MINUTES_S)
    small = desk.adapter(overlap_s=0, page_size=4)
    first = small.read(Stream.TICKETS, cursor)
    desk.edit(put[0], {"status": "deferred"})  # it leaves its place, and all behind it move up
    desk.advance(MINUTES_S)
    rest = Reading(small, Stream.TICKETS, first.cursor).tickets()
    assert rest.keys() | {*first.records.id} >= {*put}  # type: ignore[union-attr]
    assert rest[put[0]].status == Status.HOLD


def test_the_time_zone_of_our_account_hides_nothing(desk: RoundupDesk) -> None:
    user = desk.env["RU_USER"]
    desk.set_zone(user, "-5")
    agent = desk.adapter(user)
    desk.put()
    desk.advance(MINUTES_S)
    cursor = Reading(agent, Stream.TICKETS).cursor
    new = desk.put()
    desk.advance(MINUTES_S)
    assert new in Reading(agent, Stream.TICKETS, cursor).tickets()


def test_a_retired_ticket_and_one_taken_back_are_told(desk: RoundupDesk) -> None:
    kept, gone = desk.put(), desk.put()
    desk.advance(MINUTES_S)
    adapter = desk.adapter(overlap_s=0)
    before = Reading(adapter, Stream.TICKETS)
    desk.delete(gone)
    after = Reading(adapter, Stream.TICKETS, before.cursor)
    assert {one.id: one.status for one in after.tickets().values()} == {gone: Status.DELETED}
    assert adapter.get([kept, gone])[0].id == kept
    assert Reading(adapter, Stream.TICKETS, after.cursor).versions() == []


def test_replies_are_told_with_their_authors(desk: RoundupDesk) -> None:
    ticket_id = desk.put()
    desk.reply(ticket_id, desk.env["RU_USER"])
    opening, reply = desk.adapter().history([ticket_id])
    assert {opening.kind, reply.kind} == {EventKind.COMMENT}
    assert opening.actor_id == desk.adapter().check().id
    assert reply.actor_id == desk.adapter(desk.env["RU_USER"]).check().id


@pytest.fixture(scope="session")
def limited(request: pytest.FixtureRequest) -> Settings:
    limit = {"RU_RATE": str(CALLS), "RU_INTERVAL": str(INTERVAL_S)}
    return plain_tracker(request, "limited", LIMITED_PORT, **limit)


@pytest.fixture
def limited_adapter(limited: Settings) -> RoundupAdapter:
    settings = RoundupSettings(
        url=limited["RU_URL"], user=limited["RU_USER"], password=SecretStr(limited["RU_PASS"])
    )
    return RoundupAdapter(settings, watched_fields=frozenset())


def _ask_often(adapter: RoundupAdapter) -> None:
    for _ in range(CALLS * 3):
        adapter.check()


def test_a_real_limit_is_told_with_its_wait(limited_adapter: RoundupAdapter) -> None:
    with pytest.raises(RateLimitedError) as caught:
        _ask_often(limited_adapter)
    assert caught.value.retry_after_s is not None
    assert 1 <= caught.value.retry_after_s <= INTERVAL_S
    limits = limited_adapter.limits[""]
    assert (limits.total, limits.remaining) == (CALLS * 60 // INTERVAL_S, 0)
    assert limits.resets_in_s is not None
    assert 0 < limits.resets_in_s <= INTERVAL_S


def test_a_real_limit_is_waited_off(limited_adapter: RoundupAdapter) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds)

    patient = RetryingAdapter(limited_adapter, sleep=sleep)
    for _ in range(CALLS + 2):
        assert patient.check().name == limited_adapter._settings.user
    assert waited
