"""Zendesk's batches: what is sent, and what counts as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.adapters.zendesk.wire import WireOutcome
from connector.adapters.zendesk.write import is_success, outcomes, wire_change
from connector.errors import FatalError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.ticket import Status
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, spec=zendesk_spec)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def tagging(*ids: str) -> list[TicketChange]:
    return [TicketChange(ticket_id=name, add_tags=("goal_x",)) for name in ids]


def settle(
    desk: FakeZendesk, adapter: ZendeskAdapter, changes: list[TicketChange], job: Any
) -> tuple[WriteResult, ...]:
    """Settle a batch whose job answers in just this way, and which changed nothing."""
    body = {"job_status": {"id": "V3-1", "status": "completed", **job}}
    desk.reply_next(200, body=json.dumps(body))
    results = adapter.collect(Receipt(changes=tuple(changes), job="V3-1"))
    assert results is not None
    return results


def test_only_what_is_ours_is_sent() -> None:
    change = TicketChange(
        ticket_id="5", add_tags=("goal_a",), remove_tags=("goal_b",), fields={"7": "x", "8": None}
    )
    assert wire_change(change) == {
        "id": 5,
        "additional_tags": ["goal_a"],
        "remove_tags": ["goal_b"],
        "custom_fields": [{"id": 7, "value": "x"}, {"id": 8, "value": ""}],
    }


def test_what_a_change_leaves_alone_is_not_named() -> None:
    assert wire_change(TicketChange(ticket_id="5", add_tags=("goal_a",))) == {
        "id": 5,
        "additional_tags": ["goal_a"],
    }


def test_an_id_of_another_helpdesk_is_refused(adapter: ZendeskAdapter) -> None:
    with pytest.raises(FatalError, match="ABC-1"):
        adapter.submit(tagging("ABC-1"))


def test_more_than_a_batch_is_refused_before_it_is_sent(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    with pytest.raises(FatalError):
        adapter.submit(tagging(*map(str, range(101))))
    assert desk.asked == []


def test_a_running_job_is_asked_for_again(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.polls_until_done = 1
    receipt = adapter.submit(tagging(desk.put()))
    assert adapter.collect(receipt) is None
    results = adapter.collect(receipt)
    assert results is not None
    assert results[0].outcome == Outcome.WRITTEN


def test_success_that_the_ticket_does_not_show_is_not_written(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ticket_id = desk.put()
    item = {"id": int(ticket_id), "success": True, "status": "Updated"}
    (result,) = settle(desk, adapter, tagging(ticket_id), {"results": [item]})
    assert (result.outcome, "does not show" in result.detail) == (Outcome.REJECTED, True)


def test_a_failure_has_the_name_of_its_error_and_no_more(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ticket_id = desk.put()
    item = {"index": 0, "error": "TicketUpdateFailed", "details": "Subject: Dear Ann is too long"}
    (result,) = settle(desk, adapter, tagging(ticket_id), {"results": [item]})
    assert (result.outcome, result.detail) == (Outcome.REJECTED, "TicketUpdateFailed")


def test_an_item_the_job_does_not_name_is_a_failure(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    first, second = desk.put(), desk.put()
    item = {"id": int(first), "success": True}
    results = settle(desk, adapter, tagging(first, second), {"results": [item]})
    assert [result.outcome for result in results] == [Outcome.REJECTED] * 2
    assert "says nothing" in results[1].detail


@pytest.mark.parametrize("results", [None, {"success": True}, [], ["x"], [{"id": "x"}]])
def test_results_of_any_shape_are_survived(
    desk: FakeZendesk, adapter: ZendeskAdapter, results: object
) -> None:
    (result,) = settle(desk, adapter, tagging(desk.put()), {"results": results})
    assert result.outcome == Outcome.REJECTED


def test_a_job_that_failed_as_a_whole_is_settled_by_the_tickets(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    shown, not_shown = desk.put(), desk.put()
    desk.tag(shown, "goal_x")
    job = {"status": "failed", "results": None}
    results = settle(desk, adapter, tagging(shown, not_shown), job)
    assert [result.outcome for result in results] == [Outcome.WRITTEN, Outcome.REJECTED]


def test_a_lost_job_is_settled_by_the_tickets(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    receipt = adapter.submit(tagging(desk.put()))
    desk.jobs.clear()
    results = adapter.collect(receipt)
    assert results is not None
    assert results[0].outcome == Outcome.WRITTEN


def test_a_conflict_told_by_name_is_a_conflict(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    item = {"index": 0, "error": "UpdateConflict"}
    (result,) = settle(desk, adapter, tagging(desk.put()), {"results": [item]})
    assert result.outcome == Outcome.CONFLICT


def test_a_closed_ticket_that_took_the_tag_all_the_same_is_written(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_x")
    desk.set_status(ticket_id, Status.CLOSED)
    (result,) = settle(desk, adapter, tagging(ticket_id), {"results": None})
    assert result.outcome == Outcome.WRITTEN


def test_a_written_field_is_checked_though_nobody_watches_it(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    receipt = adapter.submit([TicketChange(ticket_id=desk.put(), fields={"77": "x"})])
    results = adapter.collect(receipt)
    assert results is not None
    assert results[0].outcome == Outcome.WRITTEN


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (WireOutcome(id=1, success=True), True),
        (WireOutcome(id=1, status="Updated"), True),
        (WireOutcome(id=1, index=0), True),
        (WireOutcome(id=1, success=False), False),
        (WireOutcome(id=1, index=0, error="X"), False),
        (WireOutcome(id=1, status="Failed", error="X"), False),
        (WireOutcome(id=1, success=True, error="X"), False),
        (WireOutcome(id=1), False),
        (WireOutcome(), False),
    ],
)
def test_success_is_what_the_recordings_show_as_success(
    item: WireOutcome, *, expected: bool
) -> None:
    assert is_success(item) is expected


def test_an_entry_is_matched_by_id_before_place() -> None:
    found = outcomes(tagging("5", "6"), [{"id": 6, "index": 0, "success": True}])
    assert set(found) == {"6"}


def test_an_entry_whose_id_was_not_asked_for_is_matched_by_place() -> None:
    found = outcomes(tagging("5", "6"), [{"id": 2, "index": 1, "error": "X"}])
    assert set(found) == {"6"}
