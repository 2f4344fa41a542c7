"""zenpy, written by others for the real Zendesk, works against the practice helpdesk unmodified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from zenpy import Zenpy
from zenpy.lib.api_objects import (
    Automation,
    Comment,
    CustomField,
    SlaPolicy,
    Ticket,
    Trigger,
)
from zenpy.lib.exception import APIException, RecordNotFoundException, TooManyValuesException

from connector.practice.acts import Acts
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import field_named, opened

PUBLIC_URL = "https://practice.zendesk.test"


class ToLoopback(HTTPAdapter):
    """Carries requests for the vendor's address to the loopback port."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        local = request.copy()
        local.url = str(request.url).replace(PUBLIC_URL, self.url)
        response = super().send(local, *args, **kwargs)
        response.request, response.url = request, str(request.url)
        return response


@pytest.fixture
def server(world: World) -> Iterator[PracticeServer]:
    with PracticeServer(world, public_url=PUBLIC_URL) as running:
        yield running


@pytest.fixture
def zenpy(server: PracticeServer) -> Iterator[Zenpy]:
    session = requests.Session()
    session.mount(PUBLIC_URL, ToLoopback(server.url))
    yield Zenpy(
        domain="zendesk.test",
        subdomain="practice",
        email=ADMIN_EMAIL,
        token=TOKEN,
        session=session,
        disable_cache=True,
    )
    session.close()


def test_it_reads_who_we_are(zenpy: Zenpy) -> None:
    assert zenpy.users.me().email == ADMIN_EMAIL


def test_it_reads_groups_users_and_fields(zenpy: Zenpy, world: World) -> None:
    assert {group.name for group in zenpy.groups()} == {
        group.name for group in world.directory.groups.values()
    }
    assert len(list(zenpy.users())) == len(world.directory.users)
    assert {field.id for field in zenpy.ticket_fields()} == set(world.fields.by_id)


def test_it_reads_the_export_by_cursor_over_pages(zenpy: Zenpy, acts: Acts, world: World) -> None:
    ids = [opened(acts) for _ in range(5)]
    world.clock.advance(60)
    found = zenpy.tickets.incremental(start_time=1, per_page=2)
    assert [ticket.id for ticket in found] == ids


def test_it_reads_ticket_events(zenpy: Zenpy, acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "hold")
    world.clock.advance(60)
    found = list(zenpy.tickets.events(start_time=1, include="comment_events"))
    assert [event.ticket_id for event in found] == [ticket_id, ticket_id]


def test_it_updates_one_ticket(zenpy: Zenpy, acts: Acts, world: World) -> None:
    ticket = zenpy.tickets(id=opened(acts))
    ticket.priority = "urgent"
    ticket.comment = Comment(body="On it", public=False)
    answer = zenpy.tickets.update(ticket)
    assert answer.ticket.priority == "urgent"
    assert world.ticket(ticket.id).priority == "urgent"
    assert [comment.body for comment in zenpy.tickets.comments(ticket.id)] == ["It broke", "On it"]


def test_it_updates_many_in_a_job(zenpy: Zenpy, acts: Acts, world: World) -> None:
    ids = [opened(acts) for _ in range(3)]
    acts.close(ids[2])
    tickets = [Ticket(id=one, additional_tags=["goal__x__at_risk"]) for one in ids]
    job = zenpy.tickets.update(tickets)
    while job.status != "completed":
        job = zenpy.job_status(id=job.id)
    assert [getattr(one, "success", None) for one in job.results][:2] == [True, True]
    assert world.ticket(ids[0]).tags == ("goal__x__at_risk",)
    assert world.ticket(ids[2]).tags == ()


def test_it_adds_and_removes_tags(zenpy: Zenpy, acts: Acts, world: World) -> None:
    ticket_id = opened(acts, tags=["mine"])
    zenpy.tickets.add_tags(ticket_id, ["goal_x"])
    assert world.ticket(ticket_id).tags == ("goal_x", "mine")
    zenpy.tickets.delete_tags(ticket_id, ["mine"])
    assert world.ticket(ticket_id).tags == ("goal_x",)


def test_it_creates_a_ticket_with_a_field(zenpy: Zenpy, world: World) -> None:
    number = field_named(world, "Order number")
    value = CustomField(id=number, value="A-77")
    answer = zenpy.tickets.create(
        Ticket(subject="Hi", comment=Comment(body="There"), custom_fields=[value])
    )
    made = world.ticket(answer.ticket.id if hasattr(answer, "ticket") else answer.id)
    assert (made.subject, made.values) == ("Hi", {number: "A-77"})


def test_it_knows_our_refusals(zenpy: Zenpy, acts: Acts) -> None:
    closed = opened(acts)
    acts.close(closed)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=999)
    with pytest.raises(TooManyValuesException):
        zenpy.tickets.update([Ticket(id=1, priority="low")] * 101)
    with pytest.raises(APIException):
        zenpy.tickets.update(Ticket(id=closed, priority="low"))


RULE = {
    "title": "Raise",
    "conditions": {"all": [{"field": "current_tags", "operator": "includes", "value": "risky"}]},
    "actions": [{"field": "priority", "value": "urgent"}],
}
CLOSING = RULE | {"actions": [{"field": "status", "value": "closed"}]}
TARGET = {"priority": "high", "metric": "first_reply_time", "target": 30, "business_hours": False}
POLICY = {"title": "Fast", "filter": {"all": []}, "policy_metrics": [TARGET]}


def test_zenpy_writes_triggers_automations_and_policies(
    zenpy: Zenpy, acts: Acts, world: World
) -> None:
    rule = zenpy.triggers.create(Trigger(**RULE))
    assert world.ticket(opened(acts, tags=["risky"])).priority == "urgent"
    rule.title = "Raised"
    assert zenpy.triggers.update(rule).title == "Raised"
    zenpy.triggers.delete(rule)
    assert list(zenpy.triggers()) == []
    made = zenpy.automations.create(Automation(**CLOSING))
    assert [one.id for one in zenpy.automations()] == [made.id]
    zenpy.sla_policies.create(SlaPolicy(**POLICY))
    assert [one.policy_metrics[0].target for one in zenpy.sla_policies()] == [30]
    with pytest.raises(APIException, match="Title: cannot be blank"):
        zenpy.triggers.create(Trigger(**RULE | {"title": ""}))
