"""One ticket of the golden inputs as the practice helpdesk keeps it, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from connector.practice.acts import CREATED, MERGED_TAG
from connector.practice.directory import SYSTEM_ID
from connector.practice.feed import Audit
from connector.practice.world import (
    AGENT,
    AUTOMATION,
    Change,
    Comment,
    Created,
    Rating,
    Ticket,
    Via,
)

Row = Mapping[str, str]
CHANNELS = {
    "web": AGENT,
    "email": Via("email", "Mail"),
    "api": Via("api", "Web service"),
    "voice": Via("voice", "Phone call (inbound)"),
    "chat": Via("chat", "Chat"),
}
IDS = frozenset({"assignee_id", "group_id"})
FIELDS = IDS | {"status", "priority", "type", "satisfaction_score"}
"""The fields whose history is told as changes of the ticket."""
SCHEDULE = "schedule_id"


class Happening(NamedTuple):
    """A comment, or a field that was set, before neighbours are put together."""

    at: int
    author_id: int
    what: Comment | tuple[str, Any]


class History:
    """A ticket and what its tables say of it."""

    def __init__(
        self,
        row: Row,
        *,
        comments: Sequence[Row],
        fields: Sequence[Row],
        schedules: Sequence[Row],
        tags: tuple[str, ...],
    ) -> None:
        """Take the rows of one ticket, in any order of time."""
        self.rows = sorted(fields, key=_when)
        self.ratings: list[Rating] = []
        self.ticket = _ticket(row, tags)
        self._happenings = sorted(_happenings(comments, self.rows, schedules), key=_at)

    def audits(self) -> Iterator[Audit]:
        """Yield its updates, oldest first; the ratings are collected on the way."""
        opening, later = self._opening()
        now = dict.fromkeys(CREATED) | opening
        author, via = self.ticket.submitter_id, self.ticket.via
        created: list[Comment | Created] = [Created(tuple(now.items()))]
        first = later[0] if later else None
        if first and isinstance(first.what, Comment) and first.at == self.ticket.created_at:
            created.append(first.what)
            del later[0]
        yield Audit(self.ticket.created_at, self.ticket.id, author, via, tuple(created))
        for (at, author), group in groupby(later, key=lambda one: (one.at, one.author_id)):
            changes = tuple(self._changes(group, now, at))
            way = AUTOMATION if author == SYSTEM_ID else AGENT
            yield Audit(at, self.ticket.id, author, way, changes)

    def _opening(self) -> tuple[dict[str, Any], list[Happening]]:
        """Split off the values that the ticket began with: the first of each field."""
        ticket = self.ticket
        opening: dict[str, Any] = {}
        later = []
        for one in self._happenings:
            if isinstance(one.what, Comment) or one.at > ticket.created_at:
                later.append(one)
            elif one.what[0] in CREATED and one.what[0] not in opening:
                opening[one.what[0]] = one.what[1]
            else:
                later.append(one)
        tags = tuple(tag for tag in ticket.tags if tag != MERGED_TAG)
        usual = {"status": "new", "subject": ticket.subject, "requester_id": ticket.requester_id}
        rest = {"brand_id": ticket.brand_id, "ticket_form_id": ticket.ticket_form_id, "tags": tags}
        return usual | rest | opening, later

    def _changes(
        self, group: Iterator[Happening], now: dict[str, Any], at: int
    ) -> Iterator[Change | Comment]:
        for one in group:
            if isinstance(one.what, Comment):
                yield one.what
                continue
            name, value = one.what
            yield Change(name, now.get(name), value)
            now[name] = value
            if name == "satisfaction_score" and value:
                self._rate(value, now, at)
            if one.what == ("status", "closed") and MERGED_TAG in self.ticket.tags != now["tags"]:
                yield Change("tags", now["tags"], self.ticket.tags)
                now["tags"] = self.ticket.tags

    def _rate(self, score: str, now: Mapping[str, Any], at: int) -> None:
        last = self.ratings[-1] if self.ratings else None
        if last is None or (score == "offered" and last.score != "offered"):
            last = Rating(0, self.ticket.id, self.ticket.requester_id, score, at, at)
            self.ratings.append(last)
        last.score, last.updated_at = score, at
        last.assignee_id, last.group_id = now["assignee_id"], now["group_id"]


def instant(text: str) -> int:
    """Return the second that a time of the tables stands for; they are UTC without a zone."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def number_or_none(text: str | None) -> int | None:
    """Return an id, None where there is none."""
    return int(text) if text else None


def is_true(text: str) -> bool:
    """Tell whether a flag of the tables is set."""
    return text.lower() in {"true", "t", "1"}


def _ticket(row: Row, tags: tuple[str, ...]) -> Ticket:
    at, channel = instant(row["updated_at"]), row["via_channel"]
    return Ticket(
        id=int(row["id"]),
        created_at=instant(row["created_at"]),
        updated_at=at,
        generated_at=at,
        via=CHANNELS.get(channel, Via(channel, channel)),
        subject=row["subject"],
        requester_id=int(row["requester_id"]),
        submitter_id=int(row["submitter_id"]),
        status=row["status"],
        priority=row["priority"] or None,
        type=row["type"] or None,
        assignee_id=number_or_none(row["assignee_id"]),
        group_id=number_or_none(row["group_id"]),
        organization_id=number_or_none(row["organization_id"]),
        brand_id=number_or_none(row["brand_id"]),
        ticket_form_id=number_or_none(row["ticket_form_id"]),
        tags=tags,
    )


def _happenings(
    comments: Sequence[Row], fields: Sequence[Row], schedules: Sequence[Row]
) -> Iterator[Happening]:
    for row in sorted(comments, key=lambda one: (instant(one["created"]), int(one["id"]))):
        said = Comment(is_true(row["public"]), row["body"], int(row["user_id"]))
        yield Happening(instant(row["created"]), int(row["user_id"]), said)
    for row in fields:
        name = row["field_name"]
        if name in FIELDS:
            text = row["value"]
            value = (name, (number_or_none(text) if name in IDS else text or None))
            yield Happening(_when(row), int(row["user_id"] or SYSTEM_ID), value)
    for row in sorted(schedules, key=lambda one: instant(one["created_at"])):
        value = (SCHEDULE, int(row["schedule_id"]))
        yield Happening(instant(row["created_at"]), SYSTEM_ID, value)


def _when(row: Row) -> int:
    return instant(row["updated"])


def _at(one: Happening) -> int:
    return one.at
