"""The Zendesk adapter against the practice helpdesk, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import AdapterError
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import Rating
from connector.practice.access import Access
from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.reasons import REASONS
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.contract.adapter_contract import AdapterContract, Reading, versions, write

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class PracticeDesk:
    """The far side: the practice helpdesk's people and clock."""

    def __init__(self, server: PracticeServer) -> None:
        self.server = server

    def put(self) -> str:
        body = {"subject": "Contract", "comment": {"body": "Hello"}}
        return str(self.server.acts.create(body).id)

    def set_status(self, ticket_id: str, status: str) -> None:
        if status == "closed":
            self.server.acts.close(int(ticket_id))
        else:
            self.server.acts.set_status(int(ticket_id), status)

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.server.acts.add_tags(int(ticket_id), *tags)

    def delete(self, ticket_id: str) -> None:
        self.server.acts.delete(int(ticket_id))

    def advance(self, seconds: float) -> None:
        self.server.clock.advance(seconds)

    def fail_next(self, error: AdapterError) -> None:
        self.server.faults.fail_next("", str(error.status))

    def missing_id(self) -> str:
        return "999999"


class TestZendeskPractice(AdapterContract):
    @pytest.fixture
    def desk(self) -> Iterator[PracticeDesk]:
        world = seed_world(15, 7, clock=Clock(NOW, ticking=False))
        with PracticeServer(world) as server:
            yield PracticeDesk(server)

    @pytest.fixture
    def bare_adapter(self, desk: PracticeDesk) -> Iterator[Adapter]:
        with signed_in(desk, TOKEN) as adapter:
            yield adapter

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)

    @pytest.fixture
    def intruder(self, desk: PracticeDesk) -> Iterator[Adapter]:
        with signed_in(desk, "stolen") as adapter:
            yield adapter


class TestZendeskPracticeOAuth(TestZendeskPractice):
    """The same with an OAuth client whose tokens end after two requests."""

    @pytest.fixture
    def desk(self) -> Iterator[PracticeDesk]:
        world = seed_world(15, 7, clock=Clock(NOW, ticking=False))
        with PracticeServer(world, access=Access(uses=2)) as server:
            yield PracticeDesk(server)

    @pytest.fixture
    def bare_adapter(self, desk: PracticeDesk) -> Iterator[Adapter]:
        with as_client(desk.server) as adapter:
            yield adapter

    @pytest.fixture
    def intruder(self, desk: PracticeDesk) -> Iterator[Adapter]:
        with as_client(desk.server, "stolen") as adapter:
            yield adapter


def as_client(server: PracticeServer, secret: str = Access().client_secret) -> Adapter:
    settings = ZendeskSettings(
        url=server.url, client_id=Access().client_id, client_secret=SecretStr(secret)
    )
    return ZendeskAdapter(settings, watched_fields=frozenset())


def signed_in(desk: PracticeDesk, token: str) -> Adapter:
    settings = ZendeskSettings(url=desk.server.url, email=ADMIN_EMAIL, token=SecretStr(token))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def test_bad_ratings_carry_the_ids_of_their_reasons() -> None:
    world = seed_world(0, 7, clock=Clock(NOW, ticking=False))
    with PracticeServer(world) as server, signed_in(PracticeDesk(server), TOKEN) as adapter:
        for score in ("bad", "good", "bad", "bad", "bad"):
            server.acts.rate(int(PracticeDesk(server).put()), score)
        pages = [page.records for page in Reading(adapter, Stream.RATINGS).pages]
    rows = [row for page in pages if isinstance(page, tuple) for row in page]
    found = [row for row in rows if isinstance(row, Rating)]
    reasons = {rating.reason for rating in found if rating.score == "bad"}
    assert reasons <= set(map(str, REASONS))
    assert len(reasons) > 1
    assert {rating.reason for rating in found if rating.score == "good"} == {None}


FAULTS = ("429", "500", "503", "reset", "lost", "short", "html", "nonsense")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stream", [Stream.TICKETS, Stream.EVENTS, Stream.PEOPLE])
def test_a_fault_on_the_line_loses_nothing(stream: Stream, fault: str) -> None:
    world = seed_world(15, 7, clock=Clock(NOW, ticking=False))
    with PracticeServer(world) as server, signed_in(PracticeDesk(server), TOKEN) as bare:
        undisturbed = versions(bare.read(stream))
        server.faults.fail_next("incremental", fault, 2)
        disturbed = RetryingAdapter(bare, sleep=lambda _: None).read(stream)
        assert versions(disturbed) == undisturbed
        assert undisturbed


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_token_call_loses_nothing(fault: str) -> None:
    world = seed_world(15, 7, clock=Clock(NOW, ticking=False))
    with PracticeServer(world) as server, as_client(server) as bare:
        undisturbed = versions(bare.read(Stream.TICKETS))
        server.desk.grants.revoke()
        server.faults.fail_next("oauth/tokens", fault, 2)
        disturbed = RetryingAdapter(bare, sleep=lambda _: None).read(Stream.TICKETS)
        assert versions(disturbed) == undisturbed
        assert undisturbed


def test_no_page_is_lost_when_each_token_ends_before_the_next_page() -> None:
    world = seed_world(400, 7, clock=Clock(NOW, ticking=False))
    with PracticeServer(world) as server, as_client(server) as adapter:
        server.clock.advance(120)
        undisturbed = Reading(adapter, Stream.EVENTS)
        disturbed, cursor, has_more = [], None, True
        while has_more:
            server.clock.advance(1_800)
            page = adapter.read(Stream.EVENTS, cursor)
            disturbed += versions(page)
            cursor, has_more = page.cursor, page.has_more
    assert disturbed == undisturbed.versions()
    assert len(undisturbed.pages) == 3
    assert server.desk.grants.revoke() == 4


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_line_writes_once(fault: str) -> None:
    world = seed_world(0, 7, clock=Clock(NOW, ticking=False))
    with PracticeServer(world) as server, signed_in(PracticeDesk(server), TOKEN) as bare:
        ticket_id = PracticeDesk(server).put()
        adapter = RetryingAdapter(bare, sleep=lambda _: None)
        server.faults.fail_next("update_many", fault)
        results = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("goal_x",)))
        assert results[ticket_id].outcome == Outcome.WRITTEN
        (ticket,) = adapter.get([ticket_id])
        assert ticket.tags.count("goal_x") == 1
