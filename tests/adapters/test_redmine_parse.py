"""Tickets and journals of Redmine in our words, on answers made up in the recorded shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import responses
from pydantic import SecretStr

from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.parse import Terms, Words, events, ticket
from connector.adapters.redmine.settings import RedmineSettings
from connector.adapters.redmine.wire import Issue
from connector.model.ticket import EventKind, Status
from tests.fakes.redmine import AGENT_KEY, URL, FakeRedmine

MADE, CHANGED = "2026-11-22T22:10:14Z", "2026-11-22T22:13:01Z"
WORDS = Words({"status_id": {"1": "new", "4": "pending"}, "priority_id": {"2": "Normal"}})
Described = tuple[str, str, str | None, str | None]


def issue(**values: Any) -> Issue:
    whole = {
        "id": 12,
        "project": {"id": 1, "name": "Support"},
        "status": {"id": 4, "name": "Feedback", "is_closed": False},
        "priority": {"id": 2, "name": "Normal"},
        "author": {"id": 9, "name": "Cust"},
        "subject": "not kept",
        "created_on": MADE,
        "updated_on": CHANGED,
        "closed_on": None,
    }
    return msgspec.convert(whole | values, Issue, strict=False)


def terms(**statuses: str) -> Terms:
    options = {"url": URL, "api_key": SecretStr("k"), "statuses": statuses}
    return Terms.of(RedmineSettings.model_validate(options))


def changed(number: int, *details: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"id": number, "created_on": CHANGED, "user": {"id": 5}, "details": [*details], **values}


def detail(name: str, old: str | None, new: str | None, kind: str = "attr") -> dict[str, Any]:
    return {"property": kind, "name": name, "old_value": old, "new_value": new}


def described(found: Issue) -> list[Described]:
    return [(one.id, one.kind, one.previous, one.value) for one in events(found, WORDS)]


@pytest.mark.parametrize(
    ("name", "closed", "family"),
    [
        ("New", False, Status.NEW),
        ("In Progress", False, Status.OPEN),
        ("Feedback", False, Status.PENDING),
        ("Resolved", False, Status.SOLVED),
        ("Closed", True, Status.CLOSED),
        ("Rejected", True, Status.CLOSED),
        ("Abgelehnt", True, Status.CLOSED),
        ("Waiting", False, Status.HOLD),
        ("Strange", False, None),
    ],
)
def test_statuses_are_told_by_name_or_by_being_closed(
    name: str, *, closed: bool, family: Status | None
) -> None:
    status = issue(status={"id": 7, "name": name, "is_closed": closed}).status
    assert terms(waiting="hold").family(status) == family


def test_what_an_admin_says_of_a_status_goes_first() -> None:
    assert terms(Resolved="open").family(issue(status={"id": 3, "name": "resolved"}).status) == (
        Status.OPEN
    )


def test_an_unknown_status_is_unsolved() -> None:
    found = ticket(issue(status={"id": 9, "name": "Strange"}), terms(), frozenset())
    assert found.status == Status.OPEN


def test_only_watched_fields_with_a_value_are_kept() -> None:
    fields = [
        {"id": 1, "name": "Tags", "multiple": True, "value": ["b", "a"]},
        {"id": 2, "name": "One", "value": "x"},
        {"id": 3, "name": "Empty", "value": ""},
        {"id": 4, "name": "Several", "value": ["p", "q"]},
        {"id": 5, "name": "Foreign", "value": "y"},
    ]
    found = ticket(issue(custom_fields=fields), terms(), frozenset({"2", "3", "4"}))
    assert found.tags == ("b", "a")
    assert found.fields == {"2": "x", "4": "p q"}


def test_a_ticket_says_who_when_and_where() -> None:
    found = ticket(issue(assigned_to={"id": 5}), terms(), frozenset())
    assert (found.requester_id, found.assignee_id, found.group_id) == ("9", "5", "1")
    assert found.created_at == datetime(2026, 11, 22, 22, 10, 14, tzinfo=UTC)
    assert found.stamp == found.updated_at == datetime(2026, 11, 22, 22, 13, 1, tzinfo=UTC)


def test_what_was_so_at_first_is_what_the_first_change_replaced() -> None:
    journals = [
        changed(3, detail("status_id", "1", "4"), detail("assigned_to_id", None, "5")),
        changed(4, detail("assigned_to_id", "5", None), detail("project_id", "8", "1")),
    ]
    assert described(issue(journals=journals)) == [
        ("0", EventKind.CREATED, None, None),
        ("0", EventKind.COMMENT, None, None),
        ("0", EventKind.STATUS, None, "new"),
        ("0", EventKind.GROUP, None, "8"),
        ("0", EventKind.PRIORITY, None, "Normal"),
        ("3", EventKind.STATUS, "new", "pending"),
        ("3", EventKind.ASSIGNEE, None, "5"),
        ("4", EventKind.ASSIGNEE, "5", None),
        ("4", EventKind.GROUP, "8", "1"),
    ]


def test_notes_are_comments_and_changes_of_fields_are_none() -> None:
    journals = [
        changed(3, notes="hello"),
        changed(4, notes="among us", private_notes=True),
        changed(5, detail("1", None, "vip", kind="cf"), notes=""),
        changed(6, detail("subject", "a", "b"), notes=None),
    ]
    comments = [
        (one.id, one.is_public, one.actor_id)
        for one in events(issue(journals=journals), WORDS)
        if one.kind == EventKind.COMMENT
    ]
    assert comments == [("0", True, "9"), ("3", True, "5"), ("4", False, "5")]
    assert {name for name, _, _, _ in described(issue(journals=journals))} == {"0", "3", "4"}


def test_a_change_of_status_within_its_family_is_none() -> None:
    words = Words({"status_id": {"1": "new", "4": "closed", "5": "closed"}})
    journals = [changed(3, detail("status_id", "4", "5"))]
    assert "3" not in {one.id for one in events(issue(journals=journals), words)}


def test_a_status_that_was_taken_off_the_list_was_open() -> None:
    journals = [changed(3, detail("status_id", "77", "4"))]
    assert ("3", EventKind.STATUS, "open", "pending") in described(issue(journals=journals))


def test_nobody_may_have_written_a_journal() -> None:
    journals = [changed(3, notes="mail") | {"user": None}]
    assert [one.actor_id for one in events(issue(journals=journals), WORDS)][-1] is None


@pytest.fixture
def desk() -> Iterator[FakeRedmine]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeRedmine(mock)


def test_the_history_of_a_ticket_that_is_gone_is_its_deletion(desk: FakeRedmine) -> None:
    settings = RedmineSettings(url=URL, api_key=SecretStr(AGENT_KEY))
    adapter = RedmineAdapter(settings, watched_fields=frozenset())
    ticket_id = desk.put()
    desk.delete(ticket_id)
    (event,) = adapter.history([ticket_id])
    assert (event.kind, event.ticket_id) == (EventKind.DELETED, ticket_id)
    assert event.at == desk.now.replace(microsecond=0)
