"""The write test: every way of writing tried on one ticket, which is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import UnavailableError, UsageError
from connector.model.change import Receipt, TicketChange
from connector.model.page import TicketField
from connector.model.ticket import Status, Ticket
from connector.writeback.apply import Poll
from connector.writeback.labels import field_specs
from connector.writeback.trial import Finding, Trial
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk

TAG = "goal_write_test"
Change = Callable[[MemoryHelpdesk, str], None]


class SpoiltAdapter(MemoryAdapter):
    """A helpdesk that does something of its own after every write."""

    spoil: Change

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        receipt = super().submit(changes)
        for change in changes:
            self.spoil(self._desk, change.ticket_id)
        return receipt


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return MemoryHelpdesk("trial")


def connect(kind: type[MemoryAdapter] = MemoryAdapter) -> MemoryAdapter:
    return kind(MemorySettings(account="trial"), watched_fields=frozenset())


def fields_of(adapter: Adapter) -> tuple[TicketField, ...]:
    return adapter.apply_fields(adapter.plan_fields(field_specs("goal_", "en")))


def tried(
    desk: MemoryHelpdesk, adapter: Adapter, ticket_id: str, fields: Sequence[TicketField] = ()
) -> tuple[list[Finding], bool]:
    found: list[Finding] = []
    poll = Poll(now=lambda: desk.now, sleep=lambda _: None)
    trial = Trial(adapter, ticket_id, tag=TAG, fields=fields, poll=poll)
    return found, trial.run(found.append)


def said(found: list[Finding], is_good: bool | None) -> str:  # noqa: FBT001  # three states
    return "\n".join(finding.text for finding in found if finding.is_good is is_good)


def ours(ticket: Ticket) -> Any:
    return set(ticket.tags), dict(ticket.fields), ticket.status


def test_all_goes_well_and_the_ticket_is_as_it_was(desk: MemoryHelpdesk) -> None:
    adapter = connect()
    fields = fields_of(adapter)
    watching = MemoryAdapter(
        MemorySettings(account="trial"), watched_fields=frozenset(f.id for f in fields)
    )
    ids = {field.role: field.id for field in fields}
    shown = {ids["status"]: "goal_status__at_risk", ids["note"]: "Due soon"}
    ticket_id = desk.put(tags=("vip",), fields=shown)
    before = ours(desk.tickets[ticket_id])
    found, is_good = tried(desk, watching, ticket_id, fields)
    assert is_good
    assert ours(desk.tickets[ticket_id]) == before
    words = said(found, is_good=True)
    for word in ("a tag is added", "a tag is removed", '"Goal status"', "conflict", "as it was"):
        assert word in words
    assert len(found) == 2 + 3 + 1 + 1


@pytest.mark.parametrize("status", [Status.CLOSED, Status.DELETED])
def test_a_ticket_that_cannot_be_written_is_refused_untouched(
    desk: MemoryHelpdesk, status: Status
) -> None:
    ticket_id = desk.put(status=status)
    before = desk.tickets[ticket_id]
    with pytest.raises(UsageError):
        tried(desk, connect(), ticket_id)
    assert desk.tickets[ticket_id] == before


def test_a_ticket_that_is_not_there_is_named(desk: MemoryHelpdesk) -> None:
    with pytest.raises(UsageError, match="999999"):
        tried(desk, connect(), desk.missing_id())


def test_fields_that_are_not_set_up_or_switched_off_are_not_tried(desk: MemoryHelpdesk) -> None:
    ticket_id = desk.put()
    found, is_good = tried(desk, connect(), ticket_id)
    assert is_good
    assert "not set up" in said(found, None)
    off = TicketField(role="note", id="5", title="Goal note", active=False)
    found, is_good = tried(desk, connect(), ticket_id, [off])
    assert is_good
    assert '"Goal note" is deactivated' in said(found, None)


def test_a_tag_that_does_not_stay_is_found(desk: MemoryHelpdesk) -> None:
    class Stubborn(SpoiltAdapter):
        def spoil(self, desk: MemoryHelpdesk, ticket_id: str) -> None:
            desk.put(ticket_id, tags=())

    ticket_id = desk.put()
    found, is_good = tried(desk, connect(Stubborn), ticket_id)
    assert not is_good
    assert f"{TAG} was not added" in said(found, is_good=False)


def test_foreign_tags_that_vanish_are_found(desk: MemoryHelpdesk) -> None:
    class Careless(SpoiltAdapter):
        def spoil(self, desk: MemoryHelpdesk, ticket_id: str) -> None:
            tags = set(desk.tickets[ticket_id].tags) - {"vip"}
            desk.put(ticket_id, tags=tuple(tags))

    ticket_id = desk.put(tags=("vip",))
    found, is_good = tried(desk, connect(Careless), ticket_id)
    assert not is_good
    assert "other tags are gone: vip" in said(found, is_good=False)
    assert "put right by hand: vip" in said(found, is_good=False)


def test_a_break_on_the_way_leaves_nothing_behind(desk: MemoryHelpdesk) -> None:
    ticket_id = desk.put(tags=("vip",))
    adapter = connect()
    desk.fail_next(UnavailableError("down"), after=2)
    with pytest.raises(UnavailableError):
        tried(desk, adapter, ticket_id)
    assert desk.tickets[ticket_id].tags == ("vip",)


def test_a_tag_that_an_older_test_left_is_taken_away(desk: MemoryHelpdesk) -> None:
    ticket_id = desk.put(tags=(TAG, "vip"))
    _, is_good = tried(desk, connect(), ticket_id)
    assert is_good
    assert desk.tickets[ticket_id].tags == ("vip",)


@pytest.fixture
def zendesk() -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock)


@pytest.mark.parametrize("ignores", [False, True])
def test_it_works_for_zendesk_whatever_form_it_takes_tags_in(
    zendesk: FakeZendesk, *, ignores: bool
) -> None:
    zendesk.batch_ignores_tags = ignores
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    fields = fields_of(ZendeskAdapter(settings, watched_fields=frozenset()))
    adapter = ZendeskAdapter(settings, watched_fields=frozenset(f.id for f in fields))
    ticket_id = zendesk.put()
    zendesk.tag(ticket_id, "vip")
    found, is_good = tried(zendesk.desk, adapter, ticket_id, fields)
    assert is_good
    assert "conflict was not tried" in said(found, None)
    assert zendesk.desk.tickets[ticket_id].tags == ("vip",)
    assert zendesk.desk.tickets[ticket_id].fields == {}
