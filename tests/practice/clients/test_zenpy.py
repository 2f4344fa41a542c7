"""zenpy works against the practice helpdesk by TLS and proxy, told nothing but a subdomain."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, CustomFieldOption, Ticket, TicketField
from zenpy.lib.exception import APIException, RatelimitBudgetExceeded, RecordNotFoundException

from connector.practice.acts import Acts
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from tests.conftest import PUBLIC_HOST
from tests.practice.client import opened
from tests.practice.clients.conftest import NOW, PUBLIC_URL, TICKETS, Account, to_reach
from tests.practice.clients.tls import Authority, ConnectProxy, TlsFront


def new_zenpy() -> Zenpy:
    return Zenpy(
        subdomain="practice",
        email=ADMIN_EMAIL,
        token=TOKEN,
        disable_cache=True,
        ratelimit_budget=2,
    )


@pytest.fixture
def zenpy(account: Account, monkeypatch: pytest.MonkeyPatch) -> Zenpy:
    for name, value in account.variables.items():
        monkeypatch.setenv(name, value)
    return new_zenpy()


@pytest.fixture
def acts(account: Account) -> Acts:
    return account.server.acts


def ids(found: Any) -> list[int]:
    return sorted(one.id for one in found)


def test_it_reads_who_and_what_there_is(zenpy: Zenpy, account: Account) -> None:
    world, people = account.world, account.world.directory
    assert zenpy.users.me().email == ADMIN_EMAIL
    assert ids(zenpy.users()) == sorted(people.users)
    assert ids(zenpy.groups()) == sorted(people.groups)
    assert ids(zenpy.organizations()) == sorted(people.organizations)
    assert ids(zenpy.ticket_fields()) == sorted(world.fields.by_id)
    assert ids(zenpy.ticket_forms()) == sorted(people.forms)
    assert ids(zenpy.brands()) == sorted(people.brands)
    assert ids(zenpy.tickets()) == sorted(account.listed())
    assert len(list(zenpy.group_memberships())) == sum(
        len(user.group_ids) for user in people.users.values()
    )
    assert set(account.proxy.asked) == {"practice.zendesk.com:443"}


def test_it_reads_by_cursors_of_lists(zenpy: Zenpy, account: Account) -> None:
    assert ids(zenpy.tickets(cursor_pagination=50)) == sorted(account.listed())
    assert ids(zenpy.users(cursor_pagination=30)) == sorted(account.world.directory.users)


def test_it_reads_the_exports(zenpy: Zenpy, account: Account) -> None:
    by_cursor = zenpy.tickets.incremental(start_time=1, per_page=70)
    assert ids(by_cursor) == sorted(account.exported())
    assert ids(zenpy.users.incremental(start_time=1)) == sorted(account.world.directory.users)
    known = sorted(account.world.directory.organizations)
    assert ids(zenpy.organizations.incremental(start_time=1)) == known


def test_it_reads_ticket_events_to_their_end(zenpy: Zenpy, account: Account) -> None:
    found = zenpy.tickets.events(start_time=1, include="comment_events", per_page=400)
    seen = {event.id: event.ticket_id for event in found}
    feed = [audit for audit in account.world.feed if audit.ticket_id in account.exported()]
    assert len(seen) == len(feed) > 400
    assert set(seen.values()) == account.exported()


def test_it_reads_ratings_and_rules(zenpy: Zenpy, account: Account) -> None:
    assert ids(zenpy.satisfaction_ratings()) == sorted(account.world.ratings)
    assert [view.title for view in zenpy.views()] == ["All unsolved tickets"]
    assert all(rule.conditions for rule in zenpy.triggers())
    assert all(rule.conditions for rule in zenpy.automations())
    assert ids(zenpy.sla_policies()) == sorted(policy.id for policy in account.world.policies)
    assert list(zenpy.macros()) == []
    used = {tag for ticket in account.world.tickets.values() for tag in ticket.tags}
    assert {tag.name for tag in zenpy.tags()} <= used


def test_it_reads_audits_comments_and_metrics(zenpy: Zenpy, acts: Acts) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "pending")
    assert [comment.body for comment in zenpy.tickets.comments(ticket_id)] == ["It broke"]
    kinds = [event["type"] for audit in zenpy.tickets.audits(ticket_id) for event in audit.events]
    assert {"Comment", "Change"} <= set(kinds)
    assert zenpy.tickets.metrics(ticket_id).ticket_id == ticket_id


def test_it_makes_changes_and_deletes_a_field(zenpy: Zenpy, account: Account) -> None:
    known = account.world.fields.by_id
    option = CustomFieldOption(name="Met", value="goal_x_met")
    made = zenpy.ticket_fields.create(
        TicketField(type="tagger", title="Goal", custom_field_options=[option])
    )
    assert known[made.id].options[0].value == "goal_x_met"
    # of a field that was read it would send empty options, so only what changes is named
    zenpy.ticket_fields.update(TicketField(id=made.id, title="Goals"))
    assert known[made.id].title == "Goals"
    assert known[made.id].options[0].value == "goal_x_met"
    zenpy.ticket_fields.delete(made)
    assert made.id not in known


def test_it_updates_tickets_alone_and_in_jobs(zenpy: Zenpy, acts: Acts, account: Account) -> None:
    chosen = [opened(acts, tags=["mine"]) for _ in range(3)]
    ticket = zenpy.tickets(id=chosen[0])
    ticket.priority, ticket.comment = "urgent", Comment(body="On it", public=False)
    assert zenpy.tickets.update(ticket).ticket.priority == "urgent"
    job = zenpy.tickets.update([Ticket(id=one, additional_tags=["goal__x__met"]) for one in chosen])
    while job.status not in {"completed", "failed"}:
        job = zenpy.job_status(id=job.id)
    assert ids(job.results) == chosen
    assert all(account.world.ticket(one).tags == ("goal__x__met", "mine") for one in chosen)


def test_it_changes_tags(zenpy: Zenpy, acts: Acts, account: Account) -> None:
    ticket_id = opened(acts, tags=["mine"])
    zenpy.tickets.add_tags(ticket_id, ["one", "two"])
    zenpy.tickets.delete_tags(ticket_id, ["one"])
    assert account.world.ticket(ticket_id).tags == ("mine", "two")
    zenpy.tickets.set_tags(ticket_id, ["other"])
    assert zenpy.tickets.tags(ticket_id) is not None
    assert account.world.ticket(ticket_id).tags == ("other",)


def test_it_waits_as_long_as_it_is_told(zenpy: Zenpy, account: Account) -> None:
    account.server.faults.fail_next("users/me", "429", 1)
    assert zenpy.users.me().email == ADMIN_EMAIL
    account.server.faults.fail_next("users/me", "429", 9)
    with pytest.raises(RatelimitBudgetExceeded):
        zenpy.users.me()


def test_it_knows_our_refusals(zenpy: Zenpy, acts: Acts) -> None:
    closed = opened(acts)
    acts.close(closed)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=999_999)
    with pytest.raises(APIException):
        zenpy.tickets.update(Ticket(id=closed, priority="low"))


def test_it_reads_from_the_command_as_from_the_server(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = seed_world(TICKETS, 7, NOW)
    command = f"-m connector.practice --tickets {TICKETS} --limits generous --frozen --seed 7"
    place = ["--now", NOW.isoformat(), "--public-url", PUBLIC_URL]
    with subprocess.Popen(
        [sys.executable, *command.split(), *place], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].removesuffix("/agent,")
        with (
            TlsFront(authority, url) as front,
            ConnectProxy({f"{PUBLIC_HOST}:443": front.url}) as proxy,
        ):
            for name, value in to_reach(proxy, authority).items():
                monkeypatch.setenv(name, value)
            found = ids(new_zenpy().tickets.incremental(start_time=1, per_page=100))
        process.terminate()
    assert found == sorted(t.id for t in world.tickets.values() if t.support_type == "agent")
