"""Roundup's issues, messages and users in our words; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from connector.adapters.roundup.client import Row
from connector.adapters.roundup.settings import KIND, RoundupSettings
from connector.errors import ProtocolError
from connector.model.ticket import Event, EventKind, Person, Role, Status, Ticket

ISSUE = ("activity", "assignedto", "creation", "creator", "keyword", "priority", "status")
MESSAGE = ("author", "creation", "date")
USER = ("realname", "roles", "username")
T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,49}")


class Link(msgspec.Struct):
    """What an issue points at."""

    id: str
    name: str | None = None


class WireIssue(msgspec.Struct):
    """The part of an issue that we rely on; `activity` is when it last changed."""

    id: str
    activity: str
    creation: str
    assignedto: Link | None = None
    creator: Link | None = None
    keyword: list[Link] | None = None
    priority: Link | None = None
    status: Link | None = None


class WireMessage(msgspec.Struct):
    """Who wrote a message, and when; `date` may be set by whoever brought it in."""

    id: str
    creation: str
    author: str | None = None
    date: str | None = None


class WireUser(msgspec.Struct):
    """An account; roles are shown to admins, and to everybody their own."""

    id: str
    username: str | None = None
    realname: str | None = None
    roles: str | None = None


def ticket(
    row: Row,
    settings: RoundupSettings,
    watched: Collection[str],
    unknown: Counter[str] | None = None,
) -> Ticket:
    """Return one issue; `row` has its properties with the names of what they point at."""
    issue = _convert(row, WireIssue)
    name = issue.status.name if issue.status else None
    family = settings.family(name)
    if family is None and unknown is not None:
        unknown[f"status {name if _NAME.fullmatch(name or '') else 'unreadable'}"] += 1
    updated_at = moment(issue.activity)
    values = ((name, value_text(row.get(name))) for name in watched)
    return Ticket(
        id=issue.id,
        # a status that nobody explained is unsolved: its ticket must not vanish from the backlog
        status=Status(family or Status.OPEN),
        created_at=moment(issue.creation),
        updated_at=updated_at,
        stamp=updated_at,
        requester_id=issue.creator.id if issue.creator else None,
        submitter_id=issue.creator.id if issue.creator else None,
        assignee_id=issue.assignedto.id if issue.assignedto else None,
        priority=issue.priority.name if issue.priority else None,
        tags=tuple(link.name for link in issue.keyword or () if link.name),
        fields={name: value for name, value in values if value},
    )


def keyword_ids(row: Row) -> dict[str, str]:
    """Return name to id of the keywords that an issue has."""
    found = _convert(row.get("keyword") or [], list[Link])
    return {link.name or f"#{link.id}": link.id for link in found}


def comments(ticket_id: str, messages: Iterable[Row]) -> Iterable[Event]:
    """Yield the messages of a ticket; Roundup has none that are hidden from customers."""
    for row in messages:
        message = _convert(row, WireMessage)
        yield Event(
            id=message.id,
            ticket_id=ticket_id,
            at=moment(message.date or message.creation),
            kind=EventKind.COMMENT,
            actor_id=message.author,
            is_public=True,
        )


def person(row: Row, settings: RoundupSettings) -> Person:
    """Return a user; only staff keep their names."""
    user = _convert(row, WireUser)
    is_staff = role(user, settings) is not Role.CUSTOMER
    return Person(
        id=user.id,
        role=role(user, settings),
        name=(user.realname or user.username) if is_staff else None,
    )


def role(user: WireUser, settings: RoundupSettings) -> Role:
    """Return who a user is: everybody who ever wrote in has the role User, so it says nothing."""
    roles = {one.strip().lower() for one in (user.roles or "").split(",")}
    if "admin" in roles:
        return Role.ADMIN
    is_agent = roles & {one.lower() for one in settings.agent_roles}
    return Role.AGENT if is_agent or user.username in settings.agents else Role.CUSTOMER


def value_text(value: Any) -> str:
    """Return a property's value as text, empty where there is none."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, Mapping):  # a link, with the name of what it points at
        names = (text for key, text in value.items() if key not in {"id", "link"})
        return str(next(names, value.get("id", "")))
    if isinstance(value, list):
        return " ".join(map(value_text, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def moment(text: str) -> datetime:
    """Return the aware UTC time of `2026-11-22.22:08:15`; the server always answers in UTC."""
    try:
        at = datetime.fromisoformat(text.replace(".", "T", 1))
    except ValueError:
        raise ProtocolError(f"{KIND} told a time that is unreadable") from None
    return at.replace(tzinfo=UTC)


def since(at: datetime) -> str:
    """Return a filter for all from this instant on.

    The zone is named because times without one are read in the time zone of our account.
    """
    return f"{at.astimezone(UTC):%Y-%m-%d.%H:%M:%S}+0000;"


def _convert(row: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"{KIND} answered in another shape: {error}") from error
