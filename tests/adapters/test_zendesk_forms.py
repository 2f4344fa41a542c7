"""Our fields in Zendesk: hidden from customers, on the forms that are wanted, options kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import FatalError
from connector.model.page import FieldAction, FieldPlan, FieldSpec, SchemaField
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec

STATUS = FieldSpec(
    role="status",
    kind="dropdown",
    title="Goal status",
    description="Set by the connector",
    options={"goal_a": "A", "goal_b": "B"},
)
NOTE = FieldSpec(role="note", kind="text", title="Goal note", description="Set by the connector")
CONDITION = {"parent_field_id": 7, "value": "x", "child_fields": [{"id": 8, "is_required": True}]}


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        desk = FakeZendesk(mock, spec=zendesk_spec)
        for name in ("7", "8"):
            desk.desk.fields[name] = SchemaField(id=name, title=f"Their {name}", kind="text")
        yield desk


def connect(**options: Any) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN), **options)
    return ZendeskAdapter(settings, watched_fields=frozenset())


def set_up(adapter: ZendeskAdapter, *specs: FieldSpec) -> dict[str, int]:
    fields = adapter.apply_fields(adapter.plan_fields(specs or (STATUS, NOTE)))
    return {field.role: int(field.id) for field in fields}


def sent(desk: FakeZendesk, method: str) -> list[tuple[str, Any]]:
    return [
        (
            request.path_url.removeprefix("/api/v2/").removesuffix(".json"),
            json.loads(request.body or "null"),
        )
        for request in desk.asked
        if request.method == method
    ]


def forms_of(plan: FieldPlan) -> list[list[str]]:
    return [sorted(step.forms.values()) for step in plan.steps]


def test_fields_are_made_for_agents_alone(desk: FakeZendesk) -> None:
    set_up(connect())
    for path, body in sent(desk, "POST"):
        assert path == "ticket_fields"
        made = body["ticket_field"]
        assert made["agent_description"] == "Set by the connector"
        hidden = ("visible_in_portal", "editable_in_portal", "required_in_portal", "required")
        assert not any(made[name] for name in hidden)


def test_fields_go_behind_the_others_on_every_active_form(desk: FakeZendesk) -> None:
    one = desk.add_form("Default Ticket Form", "7", "8", agent_conditions=[CONDITION])
    two = desk.add_form("Refund", "8")
    old = desk.add_form("Old", "7", active=False)
    ids = set_up(connect())
    ours = [ids["status"], ids["note"]]
    assert desk.forms[one]["ticket_field_ids"] == [7, 8, *ours]
    assert desk.forms[two]["ticket_field_ids"] == [8, *ours]
    assert desk.forms[old]["ticket_field_ids"] == [7]


def test_nothing_but_the_list_of_fields_is_sent_for_a_form(desk: FakeZendesk) -> None:
    form = desk.add_form("Refund", "7", "8", agent_conditions=[CONDITION])
    set_up(connect())
    ((path, body),) = sent(desk, "PUT")
    assert path == f"ticket_forms/{form}"
    assert set(body["ticket_form"]) == {"ticket_field_ids"}
    assert desk.forms[form]["agent_conditions"] == [CONDITION]


def test_only_forms_that_are_named_are_changed(desk: FakeZendesk) -> None:
    desk.add_form("Default Ticket Form", "7")
    refund = desk.add_form("Refund", "7", active=False)
    adapter = connect(forms=("Refund",))
    assert forms_of(adapter.plan_fields([STATUS])) == [["Refund"]]
    ids = set_up(adapter)
    ((path, _),) = sent(desk, "PUT")
    assert path == f"ticket_forms/{refund}"
    assert desk.forms[refund]["ticket_field_ids"] == [7, ids["status"], ids["note"]]


def test_no_form_is_changed_when_none_is_named(desk: FakeZendesk) -> None:
    desk.add_form("Default Ticket Form", "7")
    set_up(connect(forms=()))
    assert sent(desk, "PUT") == []


def test_a_form_that_is_not_there_is_told_with_the_nearest(desk: FakeZendesk) -> None:
    desk.add_form("Refund")
    with pytest.raises(FatalError, match=r"did you mean 'Refund'.*\[helpdesk.options\]"):
        connect(forms=("Refunds",)).plan_fields([STATUS])


def test_a_form_made_later_is_work_for_the_next_setup(desk: FakeZendesk) -> None:
    desk.add_form("Default Ticket Form", "7")
    adapter = connect()
    set_up(adapter)
    assert adapter.plan_fields([STATUS, NOTE]).is_empty
    late = desk.add_form("Late", "8")
    plan = adapter.plan_fields([STATUS, NOTE])
    assert not plan.is_empty
    assert [step.action for step in plan.steps] == [FieldAction.KEEP] * 2
    assert forms_of(plan) == [["Late"], ["Late"]]
    before = len(sent(desk, "PUT"))
    ids = set_up(adapter)
    assert desk.forms[late]["ticket_field_ids"] == [8, ids["status"], ids["note"]]
    assert len(sent(desk, "PUT")) == before + 1


def test_a_list_that_changed_since_the_plan_is_kept(desk: FakeZendesk) -> None:
    form = desk.add_form("Refund", "7")
    adapter = connect()
    plan = adapter.plan_fields([NOTE])
    desk.forms[form]["ticket_field_ids"] = [8, 7]
    (note,) = adapter.apply_fields(plan)
    assert desk.forms[form]["ticket_field_ids"] == [8, 7, int(note.id)]


def test_doing_a_plan_twice_changes_a_form_once(desk: FakeZendesk) -> None:
    desk.add_form("Refund", "7")
    adapter = connect()
    plan = adapter.plan_fields([NOTE])
    assert adapter.apply_fields(plan) == adapter.apply_fields(plan)
    assert len(sent(desk, "PUT")) == 1


def test_conditions_that_vanish_are_loud(desk: FakeZendesk) -> None:
    desk.add_form("Refund", "7", agent_conditions=[CONDITION])
    desk.loses_conditions = True
    with pytest.raises(FatalError, match=r"conditions of the form 'Refund'"):
        set_up(connect())


def test_removing_takes_fields_off_the_forms_first(desk: FakeZendesk) -> None:
    one = desk.add_form("Refund", "7", agent_conditions=[CONDITION])
    old = desk.add_form("Old", "8", active=False)
    adapter = connect(forms=("Refund", "Old"))
    set_up(adapter)
    plan = adapter.plan_fields([STATUS, NOTE], remove=True)
    assert forms_of(plan) == [["Old", "Refund"]] * 2
    assert adapter.apply_fields(plan) == ()
    assert desk.forms[one]["ticket_field_ids"] == [7]
    assert desk.forms[old]["ticket_field_ids"] == [8]
    assert set(desk.desk.fields) == {"7", "8"}


def test_a_field_that_a_condition_needs_is_not_removed(desk: FakeZendesk) -> None:
    form = desk.add_form("Refund", "7")
    adapter = connect()
    ids = set_up(adapter)
    bound = CONDITION | {"child_fields": [{"id": ids["note"]}]}
    desk.forms[form]["agent_conditions"] = [bound]
    plan = adapter.plan_fields([STATUS, NOTE], remove=True)
    assert [step.action for step in plan.steps] == [FieldAction.REMOVE, FieldAction.REFUSE]
    with pytest.raises(FatalError, match="has a condition with it"):
        adapter.apply_fields(plan)
    assert {str(ids["status"]), str(ids["note"])} <= set(desk.desk.fields)


def test_options_come_one_by_one_so_that_no_value_is_wiped(desk: FakeZendesk) -> None:
    narrow = FieldSpec(
        role="status",
        kind="dropdown",
        title=STATUS.title,
        description=STATUS.description,
        options={"goal_a": "A"},
    )
    ids = set_up(connect(), narrow)
    desk.asked.clear()
    set_up(connect(), STATUS)
    option = {"custom_field_option": {"name": "B", "value": "goal_b"}}
    assert sent(desk, "POST") == [(f"ticket_fields/{ids['status']}/options", option)]
    assert sent(desk, "PUT") == []
    assert desk.desk.fields[str(ids["status"])].options == {"goal_a": "A", "goal_b": "B"}


def test_a_field_that_customers_can_see_is_told(desk: FakeZendesk) -> None:
    ids = set_up(connect())
    desk.in_portal[str(ids["note"])] = True
    status, note = connect().plan_fields([STATUS, NOTE]).steps
    assert status.detail == ""
    assert "customers can see it" in note.detail


def test_discover_says_which_fields_stand_on_which_active_form(desk: FakeZendesk) -> None:
    form = desk.add_form("Refund", "7")
    old = desk.add_form("Old", "8", active=False)
    schema = connect().discover()
    assert schema.forms == {form: "Refund", old: "Old"}
    assert schema.form_fields == {form: ("7",)}


def test_a_plan_without_forms_is_set_up_all_the_same(desk: FakeZendesk) -> None:
    desk.reply_next(200, body='{"ticket_fields": []}')
    desk.reply_next(403)
    plan = connect().plan_fields([STATUS])
    assert forms_of(plan) == [[]]
