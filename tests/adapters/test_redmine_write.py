"""Writing to a helpdesk that replaces sets, guards nothing, and says 204 to everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.settings import RedmineSettings
from connector.errors import AuthenticationError, FatalError, ProtocolError, UnavailableError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.page import FieldAction, FieldSpec
from connector.model.ticket import Status
from tests.fakes.redmine import ADMIN_KEY, AGENT_KEY, TAGS, URL, FakeRedmine

STATUS = FieldSpec(
    role="status",
    kind="dropdown",
    title="Goal status",
    description="Set by the connector",
    options={"On track": "On track", "At risk": "At risk"},
)


@pytest.fixture
def desk() -> Iterator[FakeRedmine]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRedmine(mock)


def opened(key: str = ADMIN_KEY, tags_field: str = "Tags") -> RedmineAdapter:
    settings = RedmineSettings(url=URL, api_key=SecretStr(key), tags_field=tags_field)
    return RedmineAdapter(settings, watched_fields=frozenset())


@pytest.fixture
def adapter(desk: FakeRedmine) -> RedmineAdapter:
    return opened()


def written(adapter: RedmineAdapter, change: TicketChange) -> WriteResult:
    results = adapter.submit([change]).results
    assert results is not None
    return results[0]


def tags(desk: FakeRedmine, ticket_id: str) -> list[str]:
    return list(desk.issues[int(ticket_id)]["values"].get(TAGS) or [])


def puts(desk: FakeRedmine) -> int:
    return sum(method == "PUT" for method, _, _ in desk.asked)


def test_tags_keep_their_order(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "twice", "goal_old", "vip")
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert tags(desk, ticket_id) == ["twice", "vip", "goal_new"]


def test_a_tag_added_while_we_write_is_put_back(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put()
    desk.before["PUT"].append(lambda: desk.tag(ticket_id, "vip"))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert sorted(tags(desk, ticket_id)) == ["goal_new", "vip"]


def test_a_tag_removed_while_we_write_stays_away(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "vip", "twice")
    desk.before["PUT"].append(lambda: desk.edit(ticket_id, values={TAGS: ["twice"]}))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert tags(desk, ticket_id) == ["twice", "goal_new"]


def test_what_others_do_to_tags_after_our_write_is_left_alone(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "vip")
    remove = lambda: desk.edit(ticket_id, values={TAGS: ["goal_new"]})  # noqa: E731  # one step
    desk.before["PUT"].append(lambda: desk.before["GET"].append(remove))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert (tags(desk, ticket_id), puts(desk)) == (["goal_new"], 1)


def test_what_somebody_takes_back_at_once_is_a_conflict(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    undo = lambda: desk.edit(ticket_id, values={TAGS: []})  # noqa: E731  # one step
    desk.before["PUT"].append(lambda: desk.before["GET"].append(undo))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(adapter, change).outcome == Outcome.CONFLICT


def test_what_is_there_already_is_not_written(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put()
    desk.tag(ticket_id, "goal_new")
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), remove_tags=("goal_old",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert puts(desk) == 0


def test_a_closed_ticket_is_left_alone(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put(status_id=6)
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert (written(adapter, change).outcome, puts(desk)) == (Outcome.LOCKED, 0)


def test_a_tag_that_is_not_on_offer_is_refused_without_naming_it(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    result = written(adapter, TicketChange(ticket_id=ticket_id, add_tags=("unheard of",)))
    assert result.outcome == Outcome.REJECTED
    assert "possible values" in result.detail


def test_a_refusal_beside_somebody_elses_edit_is_tried_once_more(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()

    def edit_and_refuse() -> None:
        desk.tag(ticket_id, "vip")
        desk.fail_next(ProtocolError("stale", status=422))

    desk.before["PUT"].append(edit_and_refuse)
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
    assert tags(desk, ticket_id) == ["vip", "goal_new"]
    assert puts(desk) == 2


@pytest.mark.parametrize("tags_field", ["Labels", "77"])
def test_a_ticket_without_the_field_of_tags_is_refused(desk: FakeRedmine, tags_field: str) -> None:
    ticket_id = desk.put()
    change = TicketChange(ticket_id=ticket_id, add_tags=("vip",))
    result = written(opened(tags_field=tags_field), change)
    assert (result.outcome, puts(desk)) == (Outcome.REJECTED, 0)
    assert tags_field in result.detail


def test_the_field_of_tags_may_be_named_by_its_id(desk: FakeRedmine) -> None:
    ticket_id = desk.put()
    change = TicketChange(ticket_id=ticket_id, add_tags=("vip",))
    assert written(opened(tags_field="1"), change).outcome == Outcome.WRITTEN


def test_an_unknown_field_is_refused_before_redmine_ignores_it(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    change = TicketChange(ticket_id=desk.put(), fields={"4711": "x"})
    assert (written(adapter, change).outcome, puts(desk)) == (Outcome.REJECTED, 0)


def test_a_write_that_is_ignored_is_no_success(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    ticket_id = desk.put()
    desk.ignores_writes = True
    result = written(adapter, TicketChange(ticket_id=ticket_id, add_tags=("vip",)))
    assert (result.outcome, puts(desk)) == (Outcome.REJECTED, 1)
    assert "does not show it" in result.detail


def test_a_ticket_we_may_not_edit_is_refused_by_itself(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put()
    desk.before["PUT"].append(lambda: desk.fail_next(AuthenticationError("no", status=403)))
    result = written(adapter, TicketChange(ticket_id=ticket_id, add_tags=("vip",)))
    assert result.outcome == Outcome.REJECTED


def test_a_key_that_stops_to_work_ends_the_batch(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    change = TicketChange(ticket_id=desk.put(), add_tags=("vip",))
    with pytest.raises(AuthenticationError):
        opened("stolen").submit([change])


def test_trouble_while_writing_is_worth_another_try(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    change = TicketChange(ticket_id=desk.put(), add_tags=("vip",))
    desk.before["PUT"].append(lambda: desk.fail_next(UnavailableError("down", status=503)))
    with pytest.raises(UnavailableError):
        adapter.submit([change])
    assert written(adapter, change).outcome == Outcome.WRITTEN


def test_a_batch_has_a_size(adapter: RedmineAdapter) -> None:
    with pytest.raises(FatalError, match="at most 10"):
        adapter.submit([TicketChange(ticket_id=str(one)) for one in range(11)])


def test_tags_to_be_offered_first_are_told_to_administrators(desk: FakeRedmine) -> None:
    wanted = ["goal_new", "unheard of"]
    assert opened(ADMIN_KEY).missing_tags(wanted) == ("unheard of",)
    assert opened(ADMIN_KEY, tags_field="Labels").missing_tags(wanted) == tuple(wanted)
    assert opened(AGENT_KEY).missing_tags(wanted) == ()


def test_fields_that_are_missing_become_instructions(adapter: RedmineAdapter) -> None:
    with pytest.raises(FatalError) as caught:
        adapter.apply_fields(adapter.plan_fields([STATUS]))
    told = str(caught.value)
    assert all(
        part in told for part in ("Custom fields > Issues", "Goal status", "On track, At risk")
    )


def test_values_that_are_missing_become_instructions(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.make_fields([STATUS])
    field = next(one for one in desk.fields.values() if one["name"] == STATUS.title)
    field["offer"] = ["On track"]
    plan = adapter.plan_fields([STATUS])
    assert [(step.action, [*step.options]) for step in plan.steps] == [
        (FieldAction.ADD_OPTIONS, ["At risk"])
    ]
    with pytest.raises(FatalError, match=r'possible values of "Goal status" .*: At risk'):
        adapter.apply_fields(plan)


def test_a_field_of_that_name_and_another_format_is_refused(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    desk.fields[2] = {"name": STATUS.title, "field_format": "int", "offer": []}
    plan = adapter.plan_fields([STATUS])
    assert [step.action for step in plan.steps] == [FieldAction.REFUSE]
    with pytest.raises(FatalError, match="rename"):
        adapter.apply_fields(plan)


def test_an_agents_key_finds_the_fields_on_the_tickets(desk: FakeRedmine) -> None:
    desk.put()
    desk.make_fields([STATUS])
    agents = opened(AGENT_KEY)
    (field,) = agents.apply_fields(agents.plan_fields([STATUS]))
    assert (field.title, field.options) == (STATUS.title, {})
    assert [one.id for one in agents.read_fields({"status": field.id})] == [field.id]


def test_removing_fields_is_an_admins_work_too(desk: FakeRedmine, adapter: RedmineAdapter) -> None:
    desk.make_fields([STATUS])
    with pytest.raises(FatalError, match="delete the field"):
        adapter.apply_fields(adapter.plan_fields([STATUS], remove=True))


def test_a_ticket_that_was_reopened_is_written_again(
    desk: FakeRedmine, adapter: RedmineAdapter
) -> None:
    ticket_id = desk.put(status_id=5)
    desk.set_status(ticket_id, Status.OPEN)
    change = TicketChange(ticket_id=ticket_id, add_tags=("vip",))
    assert written(adapter, change).outcome == Outcome.WRITTEN
