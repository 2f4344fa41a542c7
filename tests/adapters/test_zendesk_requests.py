"""Every kind of request the adapter sends is as the vendor's API description wants it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests
import responses
from openapi_core.exceptions import OpenAPIError
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.model.change import TicketChange
from connector.model.page import FieldSpec, Stream
from connector.model.ticket import Schedule
from connector.model.view import OurView, ViewSpec
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec

PAGE = Path(__file__).parents[2] / "docs" / "helpdesks" / "zendesk.md"
SENT = {
    "GET users/me",
    "GET users",
    "GET groups",
    "GET brands",
    "GET ticket_forms",
    "GET ticket_fields",
    "PUT ticket_forms/{id}",
    "POST ticket_fields",
    "POST ticket_fields/{id}/options",
    "DELETE ticket_fields/{id}",
    "GET incremental/tickets/cursor",
    "GET incremental/ticket_events",
    "GET incremental/users/cursor",
    "GET business_hours/schedules",
    "GET business_hours/schedules/{id}/holidays",
    "GET satisfaction_ratings",
    "GET guide/survey_responses",
    "GET slas/policies",
    "GET group_slas/policies",
    "GET incremental/ticket_metric_events",
    "GET tickets/show_many",
    "GET tickets/count",
    "GET custom_statuses",
    "GET tickets/{id}",
    "GET triggers",
    "GET automations",
    "GET views",
    "POST views",
    "PUT views/{id}",
    "DELETE views/{id}",
    "PUT tickets/update_many",
    "GET job_statuses/{id}",
}
"""Every kind of request, by method and path."""
STATUS = FieldSpec(
    role="status", kind="dropdown", title="Goal status", description="d", options={"goal_a": "A"}
)
WIDER = FieldSpec(
    role="status",
    kind="dropdown",
    title="Goal status",
    description="d",
    options={"goal_a": "A", "goal_b": "B"},
)


@pytest.fixture
def spec(zendesk_spec: ZendeskSpec | None) -> ZendeskSpec:
    if zendesk_spec is None:
        pytest.skip("the folder ../shared is not here")
    return zendesk_spec


def manage_views(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    """Make a view, bring another up to date, and remove it."""
    asked = [
        {"field": "status", "operator": "less_than", "value": "solved"},
        {"field": "current_tags", "operator": "includes", "value": "goal_a"},
    ]
    old = {"id": 7, "title": "Old", "conditions": {"all": asked, "any": []}}
    desk.custom["GET views"] = {"views": [old], "meta": {"has_more": False}}
    desk.custom["POST views"] = {"view": old | {"id": 8}}
    desk.custom["PUT views/7"] = {"view": old}
    wanted = [
        ViewSpec(role=role, title=role, description="d", tags=("goal_a",), columns=("5",))
        for role in ("at_risk", "due_soon")
    ]
    ours = [OurView(role="due_soon", id="7", title="Old", tags=("goal_a",))]
    made = adapter.apply_views(adapter.plan_views(wanted, ours), ours)
    assert [(one.role, one.id) for one in made] == [("due_soon", "7"), ("at_risk", "8")]
    plan = adapter.plan_views(wanted, ours, remove=True)
    desk.reply_next(200, body=json.dumps(desk.custom["GET views"]))
    desk.reply_next(204, body="")
    assert adapter.apply_views(plan, ours) == ()


def test_every_kind_of_request_is_valid(spec: ZendeskSpec) -> None:
    spec.checked.clear()
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    with (
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
        ZendeskAdapter(settings, watched_fields=frozenset()) as adapter,
    ):
        desk = FakeZendesk(mock, page_size=2, spec=spec)
        desk.desk.add_schedule(Schedule(id="5", name="D", timezone="?", intervals=((0, 60),)))
        ids = [desk.put() for _ in range(5)]
        desk.desk.rate(ids[0], "good")
        for name in "abc":
            desk.desk.add_group(name)
        desk.advance(120)
        desk.add_form("Default Ticket Form", agent_conditions=[{"parent_field_id": 1}])
        desk.custom["GET slas/policies"] = {"sla_policies": [{"id": 5}]}
        adapter.check()
        adapter.discover()
        adapter.rules()
        adapter.get([desk.missing_id()])
        for stream in Stream:
            cursor = adapter.read(stream).cursor
            adapter.read(stream, cursor)
        adapter.apply_fields(adapter.plan_fields([STATUS]))
        (field,) = adapter.apply_fields(adapter.plan_fields([WIDER]))
        change = TicketChange(
            ticket_id=ids[0],
            add_tags=("goal_x",),
            remove_tags=("goal_y",),
            fields={field.id: "goal_a", "77": None},
        )
        adapter.collect(adapter.submit([change]))
        adapter.apply_fields(adapter.plan_fields([WIDER], remove=True))
        manage_views(desk, adapter)
    job = next(iter(desk.jobs))
    assert {key.replace("/api/v2/", "").replace(job, "{id}") for key in spec.checked} == SENT


def test_every_kind_of_request_is_named_in_the_page_for_admins() -> None:
    section = PAGE.read_text("utf-8").partition("### Every request")[2].partition("\n## ")[0]
    assert set(re.findall(r"`((?:GET|PUT|POST|DELETE) [^`]+)`", section)) == SENT


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "incremental/tickets/cursor?start_time=yesterday", None),
        ("GET", "incremental/tickets/cursor?begin=5", None),
        ("GET", "incremental/ticket_events?include=comment_events", None),
        ("GET", "tickets/show_many", None),
        ("GET", "no_such_thing", None),
        ("PUT", "tickets/update_many", {"tickets": [{"additional_tags": ["x"]}]}),
        ("PUT", "tickets/update_many", {"tickets": [{"id": 1, "additional_tags": "x"}]}),
        ("POST", "ticket_fields", {"ticket_field": {"type": "dropdown", "title": "x"}}),
    ],
)
def test_the_check_itself_refuses_what_is_wrong(
    spec: ZendeskSpec, method: str, path: str, body: object
) -> None:
    request = requests.Request(method, f"{URL}/api/v2/{path}", json=body).prepare()
    with pytest.raises((OpenAPIError, AssertionError, StopIteration)):
        spec.check(request)
