"""Writing to Request Tracker: refusals in a 200, whole sets of tags, other people in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connector.adapters.rt.adapter import RtAdapter
from connector.adapters.rt.settings import RtSettings
from connector.adapters.rt.write import merged_tags
from connector.errors import FatalError, UnavailableError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.page import FieldAction, FieldSpec
from connector.model.ticket import Status
from tests.contract.adapter_contract import FIELD, NOTE, write
from tests.fakes.rt import ADMIN, AGENT, OTHER, READER, TAGS, URL, FakeRt

GOAL = 7


@pytest.fixture
def desk() -> Iterator[FakeRt]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        desk = FakeRt(mock)
        desk.add_field(GOAL, "Goal", "Select")
        desk.fields[GOAL]["values"] = ["On track", "At risk"]
        yield desk


def rt(token: str = AGENT, **options: Any) -> RtAdapter:
    known = {"queues": ("Support",), "settle_s": 1} | options
    settings = RtSettings(url=URL, token=SecretStr(token), **known)
    return RtAdapter(settings, watched_fields=frozenset())


def written(desk: FakeRt, ticket_id: str, **change: Any) -> WriteResult:
    return write(rt(), TicketChange(ticket_id=ticket_id, **change))[ticket_id]


def puts(desk: FakeRt) -> int:
    return sum(method == "PUT" for method, _ in desk.asked)


def tags(desk: FakeRt, ticket_id: str) -> Sequence[str]:
    found: Sequence[str] = desk.tickets[int(ticket_id)]["values"].get(TAGS, [])
    return found


def test_tags_of_others_stay_as_they_are_and_in_order(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "vip", " b,c", "goal_old", "X", "x")
    result = written(desk, ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    assert result.outcome == Outcome.WRITTEN
    assert tags(desk, ticket_id) == ["vip", " b,c", "X", "x", "goal_new"]


def test_a_tag_set_by_hand_in_between_is_kept(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.before_put = lambda: desk.tag(ticket_id, "by hand")
    assert written(desk, ticket_id, add_tags=("goal",)).outcome == Outcome.WRITTEN
    assert tags(desk, ticket_id) == ["by hand", "goal"]
    assert puts(desk) == 2


def test_who_is_always_faster_makes_a_conflict(desk: FakeRt) -> None:
    ticket_id = desk.put()

    def again() -> None:
        desk.tag(ticket_id, f"by hand {desk.now}")
        desk.before_put = again

    desk.before_put = again
    assert written(desk, ticket_id, add_tags=("goal",)).outcome == Outcome.CONFLICT
    assert "goal" not in tags(desk, ticket_id)
    assert puts(desk) == 2


def test_a_plan_that_is_older_than_the_ticket_is_a_conflict(desk: FakeRt) -> None:
    ticket_id = desk.put()
    (ticket,) = rt().get([ticket_id])
    late = ticket.stamp - timedelta(seconds=1)
    result = written(desk, ticket_id, add_tags=("goal",), expected_stamp=late)
    assert (result.outcome, puts(desk)) == (Outcome.CONFLICT, 0)


def test_what_is_there_already_is_written_without_a_write(desk: FakeRt) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal")
    (ticket,) = rt().get([ticket_id])
    late = ticket.stamp - timedelta(hours=1)
    change = {"add_tags": ("goal",), "remove_tags": ("old",), "fields": {"7": None}}
    result = written(desk, ticket_id, expected_stamp=late, **change)
    assert (result.outcome, puts(desk)) == (Outcome.WRITTEN, 0)


def test_only_what_differs_is_sent(desk: FakeRt) -> None:
    ticket_id = desk.put(values={GOAL: ["At risk"]})
    desk.add_field(8, "Note", "Text")
    written(desk, ticket_id, add_tags=("goal",), fields={"7": "At risk", "8": None})
    assert desk.tickets[int(ticket_id)]["values"] == {GOAL: ["At risk"], TAGS: ["goal"]}


def test_a_value_is_cleared_and_the_last_tag_taken_away(desk: FakeRt) -> None:
    ticket_id = desk.put(values={GOAL: ["At risk"], TAGS: ["goal"]})
    result = written(desk, ticket_id, remove_tags=("goal",), fields={"7": None})
    assert result.outcome == Outcome.WRITTEN
    assert desk.tickets[int(ticket_id)]["values"] == {TAGS: []}


def test_a_refusal_in_a_200_is_a_rejection_without_the_ticket_s_text(desk: FakeRt) -> None:
    ticket_id = desk.put()
    result = written(desk, ticket_id, fields={"7": "Purple"})
    assert (result.outcome, "Purple" in result.detail) == (Outcome.REJECTED, False)
    assert "offer" in result.detail
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal",))
    reader = write(rt(READER), change)[ticket_id]
    assert (reader.outcome, "ModifyTicket" in reader.detail) == (Outcome.REJECTED, True)


def test_a_field_that_the_queue_does_not_have_is_a_rejection(desk: FakeRt) -> None:
    ticket_id = desk.put()
    assert written(desk, ticket_id, fields={"999": "x"}).outcome == Outcome.REJECTED
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal",))
    result = write(rt(tags_field="Labels"), change)[ticket_id]
    assert (result.outcome, "'Labels'" in result.detail) == (Outcome.REJECTED, True)
    assert puts(desk) == 0


def test_the_id_of_a_merged_ticket_writes_nothing_anywhere(desk: FakeRt) -> None:
    gone, stays = desk.put(), desk.put()
    desk.merge(gone, stays)
    assert written(desk, gone, add_tags=("goal",)).outcome == Outcome.MISSING
    assert (tags(desk, stays), puts(desk)) == ([], 0)


@pytest.mark.parametrize("status", ["deleted", "rejected"])
def test_a_ticket_that_is_over_is_not_written(desk: FakeRt, status: str) -> None:
    ticket_id = desk.put(Status=status)
    expected = Outcome.MISSING if status == "deleted" else Outcome.LOCKED
    assert written(desk, ticket_id, add_tags=("goal",)).outcome == expected
    assert puts(desk) == 0


def test_a_status_that_the_options_call_closed_is_locked(desk: FakeRt) -> None:
    ticket_id = desk.put(Status="archived")
    adapter = rt(statuses={"Archived": Status.CLOSED})
    result = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("goal",)))
    assert result[ticket_id].outcome == Outcome.LOCKED


def test_tickets_of_other_queues_and_hidden_ones_are_not_written(desk: FakeRt) -> None:
    theirs, hidden = desk.put(OTHER), desk.put()
    desk.forbidden = {int(hidden)}
    changes = [TicketChange(ticket_id=name, add_tags=("goal",)) for name in (theirs, hidden)]
    outcomes = {name: result.outcome for name, result in write(rt(), *changes).items()}
    assert outcomes == {theirs: Outcome.MISSING, hidden: Outcome.REJECTED}
    assert puts(desk) == 0


def test_trouble_in_the_middle_of_a_batch_is_made_good_by_the_same_call(desk: FakeRt) -> None:
    names = [desk.put() for _ in range(3)]
    stamp = rt().get([names[0]])[0].stamp
    changes = [
        TicketChange(ticket_id=name, add_tags=("goal",), expected_stamp=stamp + timedelta(hours=1))
        for name in names
    ]
    adapter = rt()
    desk.before_put = lambda: desk.fail_next(UnavailableError("down", status=503))
    with pytest.raises(UnavailableError):
        adapter.submit(changes)
    assert {r.outcome for r in write(adapter, *changes).values()} == {Outcome.WRITTEN}
    assert [tags(desk, name) for name in names] == [["goal"]] * 3


def test_a_batch_costs_what_the_capabilities_say(desk: FakeRt) -> None:
    names = [desk.put() for _ in range(10)]
    desk.most = 100
    adapter = rt()
    adapter.get(names)  # queues are asked for once
    before = adapter.requests
    write(adapter, *(TicketChange(ticket_id=name, add_tags=("goal",)) for name in names))
    assert adapter.requests - before == adapter.capabilities.batch_requests
    with pytest.raises(FatalError, match="at most 10"):
        adapter.submit([TicketChange(ticket_id="1")] * 11)


def test_an_id_of_another_helpdesk_is_told(desk: FakeRt) -> None:
    with pytest.raises(FatalError, match="no id"):
        rt().submit([TicketChange(ticket_id="1 OR id > 0", add_tags=("goal",))])


@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.lists(st.sampled_from("abcdef"), unique=True),
)
def test_merging_tags_changes_ours_and_nothing_else(
    there: list[str], add: list[str], remove: list[str]
) -> None:
    add = [tag for tag in add if tag not in remove]
    change = TicketChange(ticket_id="1", add_tags=tuple(add), remove_tags=tuple(remove))
    merged = merged_tags(there, change)
    tags = there if merged is None else merged
    assert set(tags) == (set(there) - set(remove)) | set(add)
    assert [tag for tag in tags if tag in there] == [tag for tag in there if tag in tags]


def test_fields_are_made_on_the_queue_with_kind_and_values(desk: FakeRt) -> None:
    adapter = rt(ADMIN)
    made = adapter.apply_fields(adapter.plan_fields([FIELD, NOTE]))
    status, note = (desk.fields[int(field.id)] for field in made)
    assert (status["Type"], status["queue"], status["values"]) == ("Select", 3, [*FIELD.options])
    assert (note["Type"], note["queue"], note["Description"]) == ("Text", 3, NOTE.description)


def test_without_queues_fields_are_made_on_all(desk: FakeRt) -> None:
    adapter = rt(ADMIN, queues=())
    (made,) = adapter.apply_fields(adapter.plan_fields([NOTE]))
    assert desk.fields[int(made.id)]["queue"] == 0
    assert adapter.plan_fields([NOTE]).is_empty


def test_a_second_queue_is_asked_of_the_admin(desk: FakeRt) -> None:
    adapter = rt(ADMIN, queues=("Support", "General"))
    adapter.apply_fields(adapter.plan_fields([NOTE]))
    plan = adapter.plan_fields([NOTE])
    assert [step.action for step in plan.steps] == [FieldAction.REFUSE]
    with pytest.raises(FatalError, match="tick General"):
        adapter.apply_fields(plan)


def test_an_agent_is_told_how_an_admin_makes_the_field(desk: FakeRt) -> None:
    adapter = rt(AGENT)
    with pytest.raises(FatalError, match=r"Contract status.*AdminCustomField.*contract_status__"):
        adapter.apply_fields(adapter.plan_fields([FIELD]))


def test_a_field_of_another_kind_is_left_alone(desk: FakeRt) -> None:
    desk.add_field(9, NOTE.title, "Select")
    adapter = rt(ADMIN)
    plan = adapter.plan_fields([NOTE])
    assert [step.action for step in plan.steps] == [FieldAction.REFUSE]
    with pytest.raises(FatalError, match="rename"):
        adapter.apply_fields(plan)


def test_a_field_that_somebody_else_made_is_adopted_but_never_removed(desk: FakeRt) -> None:
    desk.add_field(9, NOTE.title, "Text")
    adapter = rt(ADMIN)
    assert [step.action for step in adapter.plan_fields([NOTE]).steps] == [FieldAction.ADOPT]
    plan = adapter.plan_fields([NOTE], remove=True)
    assert [step.action for step in plan.steps] == [FieldAction.REFUSE]


def test_a_field_that_was_removed_comes_back_as_the_same(desk: FakeRt) -> None:
    adapter = rt(ADMIN)
    (made,) = adapter.apply_fields(adapter.plan_fields([FIELD]))
    adapter.apply_fields(adapter.plan_fields([FIELD], remove=True))
    assert adapter.read_fields({"status": made.id}) == ()
    assert made.id not in {field.id for field in adapter.discover().fields}
    (again,) = adapter.apply_fields(adapter.plan_fields([FIELD]))
    assert again == made


def test_a_field_that_an_admin_disabled_is_the_admin_s_brake(desk: FakeRt) -> None:
    adapter = rt(ADMIN)
    (made,) = adapter.apply_fields(adapter.plan_fields([FIELD]))
    desk.fields[int(made.id)]["Disabled"] = "1"
    (field,) = adapter.read_fields({"status": made.id})
    assert not field.active
    assert adapter.plan_fields([FIELD]).is_empty


def test_values_are_added_and_none_is_taken_away(desk: FakeRt) -> None:
    spec = FieldSpec(
        role="status", kind="dropdown", title="Goal", description="", options={"Done": "Done"}
    )
    adapter = rt(ADMIN)
    adapter.apply_fields(adapter.plan_fields([spec]))
    assert desk.fields[GOAL]["values"] == ["On track", "At risk", "Done"]
