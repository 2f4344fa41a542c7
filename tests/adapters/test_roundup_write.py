"""What only Roundup does when it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.roundup.adapter import BATCH, RoundupAdapter
from connector.adapters.roundup.settings import RoundupSettings
from connector.errors import FatalError, ProtocolError, UnavailableError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.page import FieldAction, FieldSpec
from tests.contract.adapter_contract import write
from tests.fakes.roundup import URL, FakeRoundup

STATUS = FieldSpec(
    role="status", kind="dropdown", title="Goal status", description="", options={"At risk": ""}
)
NOTE = FieldSpec(role="note", kind="text", title="Goal note", description="")


@pytest.fixture
def desk() -> Iterator[FakeRoundup]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRoundup(mock)


def adapter(**more: Any) -> RoundupAdapter:
    given = {"url": URL, "user": "admin", "password": SecretStr("secret"), **more}
    return RoundupAdapter(RoundupSettings(**given), watched_fields=frozenset())


def written(change: TicketChange, **more: Any) -> WriteResult:
    return write(adapter(**more), change)[change.ticket_id]


def sent(desk: FakeRoundup, method: str) -> list[str]:
    return [path for told, path, _ in desk.asked if told == method]


def test_a_tag_that_somebody_adds_in_between_stays(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_old")
    desk.before["PATCH"].append(lambda: desk.tag(ticket_id, "vip"))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    assert written(change).outcome == Outcome.WRITTEN
    assert desk.tags(ticket_id) == {"vip", "goal_new"}


def test_who_is_slower_each_time_gives_way(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.before["PATCH"] += [lambda: desk.tag(ticket_id, "one"), lambda: desk.tag(ticket_id, "two")]
    result = written(TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))
    assert result.outcome == Outcome.CONFLICT
    assert desk.tags(ticket_id) == {"one", "two"}


def test_a_change_after_the_plan_is_seen_when_it_comes_in_between(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    (ticket,) = adapter().get([ticket_id])
    desk.before["PATCH"].append(lambda: desk.tag(ticket_id, "vip"))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), expected_stamp=ticket.stamp)
    assert written(change).outcome == Outcome.CONFLICT
    assert desk.tags(ticket_id) == {"vip"}


def test_a_retired_keyword_of_others_stays(desk: FakeRoundup) -> None:
    ticket_id = desk.put(keyword=[desk.keyword("old hands")])
    assert written(TicketChange(ticket_id=ticket_id, add_tags=("new",))).outcome == Outcome.WRITTEN
    assert desk.tags(ticket_id) == {"old hands", "new"}


def test_the_last_tag_can_be_taken_off(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_old")
    change = TicketChange(ticket_id=ticket_id, remove_tags=("goal_old",))
    assert written(change).outcome == Outcome.WRITTEN
    assert desk.tags(ticket_id) == set()


def test_a_keyword_is_made_once_for_many_tickets(desk: FakeRoundup) -> None:
    ids = [desk.put(), desk.put(), desk.put()]
    assert adapter().missing_tags(["goal_new", "goal_new"]) == ("goal_new",)
    results = write(adapter(), *(TicketChange(ticket_id=i, add_tags=("goal_new",)) for i in ids))
    assert {result.outcome for result in results.values()} == {Outcome.WRITTEN}
    assert len(sent(desk, "POST")) == 1
    assert adapter().missing_tags(["goal_new"]) == ()


def test_a_keyword_that_we_may_not_make_is_named(desk: FakeRoundup) -> None:
    ticket_id, other = desk.put(), desk.put()
    desk.keyword("there")
    desk.may_make = False
    results = write(
        adapter(),
        TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)),
        TicketChange(ticket_id=other, add_tags=("there",)),
    )
    assert results[ticket_id].outcome == Outcome.REJECTED
    assert "no keyword 'goal_new'" in results[ticket_id].detail
    assert results[other].outcome == Outcome.WRITTEN


def test_a_keyword_that_somebody_makes_just_then_is_taken(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.before["POST"] = [lambda: desk.offer("goal_new")]
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(change).outcome == Outcome.WRITTEN
    assert len(desk.items["keyword"]) == 1


def test_success_that_the_ticket_does_not_show_is_a_refusal(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.obeys = False
    result = written(TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))
    assert (result.outcome, result.is_done) == (Outcome.REJECTED, True)
    assert "does not show it" in result.detail


def test_what_the_ticket_shows_already_is_not_written(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_new")
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    result = written(change)
    assert (result.outcome, len(desk.asked)) == (Outcome.WRITTEN, 1)


def test_one_field_is_cleared_while_another_is_set(desk: FakeRoundup) -> None:
    desk.properties |= {"goal_status": "", "goal_note": ""}
    ticket_id = desk.put(goal_note="Due soon")
    fields = {"goal_status": "At risk", "goal_note": None}
    result = written(TicketChange(ticket_id=ticket_id, fields=fields))
    assert result.outcome == Outcome.WRITTEN
    assert result.ticket is not None
    assert result.ticket.fields == {"goal_status": "At risk"}


def test_a_value_that_is_no_choice_is_refused(desk: FakeRoundup) -> None:
    desk.properties["goal_status"] = "goal_status"
    desk.items["goal_status"] = {"1": {"name": "At risk"}}
    ticket_id = desk.put()
    result = written(TicketChange(ticket_id=ticket_id, fields={"goal_status": "Lost"}))
    assert (result.outcome, result.detail) == (Outcome.REJECTED, "refused with status 400")


def test_a_property_that_is_not_there_is_refused(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    result = written(TicketChange(ticket_id=ticket_id, fields={"goal_status": "At risk"}))
    assert result.outcome == Outcome.REJECTED


def test_a_ticket_that_is_retired_right_before_the_write_is_missing(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.before["PATCH"].append(lambda: desk.delete(ticket_id))
    result = written(TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))
    assert result.outcome == Outcome.MISSING


def test_a_closed_ticket_is_never_written(desk: FakeRoundup) -> None:
    ticket_id = desk.put(status="5")
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(change, statuses={"done-cbb": "closed"}).outcome == Outcome.LOCKED
    assert sent(desk, "PATCH") == sent(desk, "POST") == []


def test_a_ticket_that_is_closed_right_before_the_write_is_not_written(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.before["PATCH"].append(lambda: desk.edit(ticket_id, status="5"))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(change, statuses={"done-cbb": "closed"}).outcome == Outcome.LOCKED
    assert desk.tags(ticket_id) == set()


def test_a_write_from_another_address_says_the_trackers_own(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    elsewhere = written(change, web="https://elsewhere.example.com")
    assert elsewhere.outcome == Outcome.REJECTED
    assert written(change, web=URL).outcome == Outcome.WRITTEN


def test_trouble_on_their_side_is_no_outcome_of_a_ticket(desk: FakeRoundup) -> None:
    ticket_id = desk.put()
    desk.before["PATCH"].append(lambda: desk.fail_next(UnavailableError("down", status=503)))
    with pytest.raises(UnavailableError):
        written(TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))


def test_a_batch_has_its_size_and_costs_what_it_says(desk: FakeRoundup) -> None:
    changes = [TicketChange(ticket_id=desk.put(), add_tags=("goal_new",)) for _ in range(BATCH)]
    desk.keyword("goal_new")
    one = adapter()
    write(one, *changes)
    assert one.requests == one.capabilities.batch_requests
    with pytest.raises(FatalError, match="at most 10"):
        one.submit([*changes, *changes])


def test_missing_fields_are_asked_for_with_the_line_to_add(desk: FakeRoundup) -> None:
    one = adapter(fields={"note": "remark"})
    with pytest.raises(
        FatalError, match=r"'Goal status', 'Goal note'.*goal_status=String\(\), remark=S"
    ):
        one.apply_fields(one.plan_fields([STATUS, NOTE]))


def test_a_text_takes_any_value_and_a_drop_down_gets_its_choices(desk: FakeRoundup) -> None:
    desk.properties |= {"goal_status": "goal_status", "goal_note": ""}
    desk.items["goal_status"] = {"1": {"name": "Lost"}}
    one = adapter()
    plan = one.plan_fields([STATUS, NOTE])
    assert [step.action for step in plan.steps] == [FieldAction.ADD_OPTIONS, FieldAction.KEEP]
    status, note = one.apply_fields(plan)
    assert status.options == {"Lost": "Lost", "At risk": "At risk"}
    assert (note.id, note.options) == ("goal_note", {})
    assert one.plan_fields([STATUS, NOTE]).is_empty


def test_choices_that_we_may_not_add_are_named(desk: FakeRoundup) -> None:
    desk.properties["goal_status"] = "goal_status"
    desk.items["goal_status"] = {}
    desk.may_make = False
    one = adapter()
    with pytest.raises(FatalError, match="an admin adds 'At risk' to the choices of goal_status"):
        one.apply_fields(one.plan_fields([STATUS]))


def test_removing_lets_go_of_a_field_and_sends_nothing(desk: FakeRoundup) -> None:
    desk.properties["goal_note"] = ""
    one = adapter()
    plan = one.plan_fields([NOTE, STATUS], remove=True)
    assert [step.action for step in plan.steps] == [FieldAction.REMOVE, FieldAction.KEEP]
    before = one.requests
    assert one.apply_fields(plan) == ()
    assert one.requests == before


def test_a_refusal_that_is_none_of_ours_is_raised(desk: FakeRoundup) -> None:
    desk.fail_next(ProtocolError("teapot", status=418))
    with pytest.raises(ProtocolError):
        adapter().missing_tags(["goal_new"])
