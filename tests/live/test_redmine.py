"""The adapter against a real Redmine 5; the server tells no date, as without a web server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.settings import RedmineSettings
from connector.errors import AuthenticationError
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import EventKind, Role, Status
from tests.contract.adapter_contract import (
    FIELD,
    NOTE,
    AdapterContract,
    Reading,
    ticket_rows,
    write,
)
from tests.live.proxy import Proxy
from tests.live.redmine_desk import RedmineDesk, crowd, fields, own_project, run_inside

pytestmark = pytest.mark.live
TAGS = ("vip", "twice", "meanwhile", "goal_old", "goal_new")
Settings = Mapping[str, str]


CROWD = 105
FIELDS = {
    "Tags": ("lists", TAGS),
    FIELD.title: ("list", tuple(FIELD.options)),
    NOTE.title: ("text", ()),
}


@pytest.fixture(scope="module")
def projects(redmine: Settings) -> Iterator[tuple[Any, Any]]:
    with own_project(redmine) as own, own_project(redmine) as crowded:
        run_inside(fields(FIELDS) + crowd(crowded["id"], CROWD))
        yield own, crowded


@pytest.fixture(scope="module")
def project(projects: tuple[Any, Any]) -> Any:
    return projects[0]


@pytest.fixture
def desk(redmine_proxy: Proxy, redmine: Settings, project: Any) -> RedmineDesk:
    return RedmineDesk(redmine_proxy, redmine, project)


def opened(desk: RedmineDesk, key: str, overlap_s: int = 60) -> RedmineAdapter:
    settings = RedmineSettings(
        url=desk.proxy.url,
        api_key=SecretStr(key),
        project=desk.project,
        settle_s=1,
        overlap_s=overlap_s,
    )
    return RedmineAdapter(settings, watched_fields=frozenset())


@pytest.fixture
def agents(desk: RedmineDesk, redmine: Settings) -> RedmineAdapter:
    return opened(desk, redmine["RM_KEY"])


class TestRedmine(AdapterContract):
    @pytest.fixture
    def bare_adapter(self, desk: RedmineDesk, redmine: Settings) -> Adapter:
        return opened(desk, redmine["RM_ADMIN_KEY"])

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: RedmineDesk) -> Adapter:
        return opened(desk, "stolen")


def test_an_agents_key_reads_writes_and_finds_its_fields(
    agents: RedmineAdapter, desk: RedmineDesk
) -> None:
    ticket_id = desk.put()
    assert agents.check().role == Role.AGENT
    (field,) = agents.apply_fields(agents.plan_fields([FIELD]))
    value = next(iter(FIELD.options))
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",), fields={field.id: value})
    result = write(agents, change)[ticket_id]
    assert result.outcome == Outcome.WRITTEN
    assert result.ticket is not None
    assert result.ticket.fields == {field.id: value}
    assert agents.missing_tags(["no such tag"]) == ()


def test_a_tag_that_somebody_adds_between_reading_and_writing_stays(
    desk: RedmineDesk, redmine: Settings
) -> None:
    admins = opened(desk, redmine["RM_ADMIN_KEY"])
    ticket_id = desk.put()
    desk.proxy.before_next("PUT", f"issues/{ticket_id}.", lambda: desk.tag(ticket_id, "vip"))
    result = write(admins, TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))[ticket_id]
    assert result.outcome == Outcome.WRITTEN
    assert sorted(desk.tags(ticket_id)) == ["goal_new", "vip"]


def test_a_tag_that_somebody_removes_between_reading_and_writing_stays_away(
    desk: RedmineDesk, redmine: Settings
) -> None:
    admins = opened(desk, redmine["RM_ADMIN_KEY"])
    ticket_id = desk.put()
    desk.set_tags(ticket_id, "vip", "twice")
    desk.proxy.before_next("PUT", f"issues/{ticket_id}.", lambda: desk.set_tags(ticket_id, "twice"))
    result = write(admins, TicketChange(ticket_id=ticket_id, add_tags=("goal_new",)))[ticket_id]
    assert result.outcome == Outcome.WRITTEN
    assert sorted(desk.tags(ticket_id)) == ["goal_new", "twice"]


def test_a_tag_that_is_not_on_offer_is_refused_and_told_beforehand(
    desk: RedmineDesk, redmine: Settings
) -> None:
    admins = opened(desk, redmine["RM_ADMIN_KEY"])
    ticket_id = desk.put()
    assert admins.missing_tags(["vip", "no such tag"]) == ("no such tag",)
    result = write(admins, TicketChange(ticket_id=ticket_id, add_tags=("no such tag",)))[ticket_id]
    assert (result.outcome, "not on offer" in result.detail) == (Outcome.REJECTED, True)


def test_a_field_that_redmine_ignores_is_no_success(
    agents: RedmineAdapter, desk: RedmineDesk
) -> None:
    ticket_id = desk.put()
    result = write(agents, TicketChange(ticket_id=ticket_id, fields={"9999": "x"}))[ticket_id]
    assert result.outcome == Outcome.REJECTED


def test_a_readers_key_is_refused_ticket_by_ticket(desk: RedmineDesk, redmine: Settings) -> None:
    ticket_id = desk.put()
    readers = opened(desk, redmine["RM_KEY_RO"])
    change = TicketChange(ticket_id=ticket_id, add_tags=("goal_new",))
    result = write(readers, change)[ticket_id]
    assert (result.outcome, desk.tags(ticket_id)) == (Outcome.REJECTED, [])


def test_a_wrong_key_never_looks_like_an_empty_helpdesk(
    agents: RedmineAdapter, desk: RedmineDesk, redmine: Settings
) -> None:
    ticket_id = desk.put()
    desk.advance(60)
    settings = RedmineSettings(url=desk.proxy.url, api_key=SecretStr("stolen"))
    wrong = RedmineAdapter(settings, watched_fields=frozenset())
    cursor = Reading(agents, Stream.TICKETS).cursor
    for ask in (
        lambda: wrong.read(Stream.TICKETS),
        lambda: wrong.read(Stream.TICKETS, cursor),
        lambda: wrong.read(Stream.PEOPLE),
        lambda: wrong.read(Stream.GROUPS),
        lambda: wrong.get([ticket_id]),
        lambda: wrong.history([ticket_id]),
        lambda: wrong.submit([TicketChange(ticket_id=ticket_id, add_tags=("vip",))]),
    ):
        with pytest.raises(AuthenticationError):
            ask()


def test_more_changes_of_one_instant_than_a_page_holds_are_all_read_once(
    redmine: Settings, redmine_proxy: Proxy, projects: tuple[Any, Any]
) -> None:
    desk = RedmineDesk(redmine_proxy, redmine, projects[1])
    desk.advance(60)
    reading = Reading(opened(desk, redmine["RM_KEY"]), Stream.TICKETS)
    told = [name for page in reading.pages for name in ticket_rows(page).id]
    assert len(reading.pages) == 2
    assert len(told) == len(set(told)) == CROWD


def test_reading_with_nothing_new_costs_four_requests_where_no_date_is_told(
    desk: RedmineDesk, redmine: Settings
) -> None:
    agents = opened(desk, redmine["RM_KEY"], overlap_s=0)
    desk.put()
    desk.advance(60)
    cursor = Reading(agents, Stream.TICKETS).cursor
    before = agents.requests
    assert not agents.read(Stream.TICKETS, cursor).has_more
    assert agents.requests == before + 4


def test_history_tells_who_did_what_and_what_was_so_at_first(
    agents: RedmineAdapter, desk: RedmineDesk, redmine: Settings
) -> None:
    ticket_id = desk.put(priority_id=2, tracker_id=1)
    me = agents.check().id
    desk.edit(ticket_id, notes="a reply")
    desk.edit(ticket_id, notes="for us alone", private_notes=True)
    desk.edit(ticket_id, status_id=4, assigned_to_id=int(me), priority_id=4)
    desk.edit(ticket_id, status_id=3, assigned_to_id="")
    events = agents.history([ticket_id])
    told = {
        kind: [(one.previous, one.value) for one in events if one.kind == kind]
        for kind in (EventKind.STATUS, EventKind.ASSIGNEE, EventKind.PRIORITY, EventKind.TYPE)
    }
    assert told == {
        EventKind.STATUS: [(None, "new"), ("new", "pending"), ("pending", "solved")],
        EventKind.ASSIGNEE: [(None, me), (me, None)],
        EventKind.PRIORITY: [(None, "Normal"), ("Normal", "Urgent")],
        EventKind.TYPE: [(None, "Bug")],
    }
    comments = [one.is_public for one in events if one.kind == EventKind.COMMENT]
    assert comments == [True, True, False]
    assert {one.actor_id for one in events} == {me}


def test_a_subprojects_tickets_count_and_a_ticket_that_moves_changes_its_group(
    agents: RedmineAdapter, desk: RedmineDesk, redmine: Settings
) -> None:
    with own_project(redmine, parent=desk.project_id) as part:
        ticket_id = desk.put()
        desk.edit(ticket_id, project_id=part["id"])
        desk.advance(60)
        ticket = Reading(agents, Stream.TICKETS).tickets()[ticket_id]
        groups = [one for one in agents.history([ticket_id]) if one.kind == EventKind.GROUP]
        known = {row.id for row in agents.read(Stream.GROUPS).records}  # type: ignore[union-attr]
    assert ticket.group_id == str(part["id"])
    assert [one.value for one in groups] == [str(desk.project_id), str(part["id"])]
    assert known == {str(desk.project_id), str(part["id"])}


def test_staff_are_those_who_may_edit_tickets(agents: RedmineAdapter) -> None:
    people = agents.read(Stream.PEOPLE).records
    roles = {getattr(one, "name", None): getattr(one, "role", None) for one in people}  # type: ignore[union-attr]
    assert roles == {"connector Test": Role.AGENT, "alice Test": Role.AGENT, None: Role.CUSTOMER}


def test_a_ticket_that_is_closed_is_left_alone(agents: RedmineAdapter, desk: RedmineDesk) -> None:
    ticket_id = desk.put()
    desk.set_status(ticket_id, Status.CLOSED)
    puts = desk.proxy.count("PUT")
    result = write(agents, TicketChange(ticket_id=ticket_id, add_tags=("vip",)))[ticket_id]
    assert (result.outcome, desk.proxy.count("PUT")) == (Outcome.LOCKED, puts)
