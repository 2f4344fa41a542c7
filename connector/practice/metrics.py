"""The helpdesk's own figures for one ticket, worked out from its history alone.

Reply and resolution use the schedule in force at their end, for their whole length; times in a
status use the schedule in force during each stretch. Figures are not live: a stretch counts once
it has ended. Minutes are whole and cut, not rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.practice.feed import Audit
from connector.practice.world import UNSOLVED, Comment, Created, Ticket, World

DONE = frozenset({"solved", "closed"})
WAITS = ("agent_wait", "requester_wait", "on_hold")
COUNTED = {
    "new": ("requester_wait",),
    "open": ("requester_wait",),
    "pending": ("agent_wait",),
    "hold": ("requester_wait", "on_hold"),
}


@dataclass(slots=True)
class Stretch:
    """Seconds of calendar and business time, null until something was measured."""

    calendar: int | None = None
    business: int | None = None

    def add(self, calendar: int, business: int) -> None:
        """Add a measured stretch."""
        self.calendar = (self.calendar or 0) + calendar
        self.business = (self.business or 0) + business

    def minutes(self) -> dict[str, int | None]:
        """Return whole minutes as the wire has them."""
        parts = {"calendar": self.calendar, "business": self.business}
        return {name: None if value is None else value // 60 for name, value in parts.items()}


@dataclass(slots=True)
class Figures:
    """Everything the walk over a ticket's history collects."""

    world: World
    created_at: int
    schedule_id: int | None = None
    status: str = "new"
    since: int = 0
    reply: Stretch = field(default_factory=Stretch)
    first: Stretch = field(default_factory=Stretch)
    full: Stretch = field(default_factory=Stretch)
    waits: dict[str, Stretch] = field(default_factory=lambda: {name: Stretch() for name in WAITS})
    reopens: int = 0
    replies: int = 0
    stations: dict[str, int] = field(default_factory=lambda: {"assignee_id": 0, "group_id": 0})
    times: dict[str, int | None] = field(default_factory=dict)

    def open_seconds(self, start: int, end: int) -> int:
        """Return business seconds by the schedule in force now; all are open without one."""
        hours = self.world.directory.hours.get(self.schedule_id or 0)
        return end - start if hours is None else hours.between(start, end)

    def read(self, audit: Audit) -> None:
        """Take in one audit."""
        for change in audit.changes:
            if isinstance(change, Created):
                self._begin(dict(change.values), audit.at)
            elif isinstance(change, Comment):
                self._comment(change, audit)
            else:
                self._set(change.name, change.new, audit.at)

    def _begin(self, values: Mapping[str | int, Any], at: int) -> None:
        self.schedule_id = values["schedule_id"]
        self.since = self.times["status_updated_at"] = at
        self._station("assignee_id", values["assignee_id"], at)
        self._station("group_id", values["group_id"], at)
        if values["status"] in DONE:
            self._status(values["status"], at)
        self.status = values["status"]

    def _set(self, name: str | int, value: Any, at: int) -> None:
        if name == "status":
            self._status(value, at)
        elif name == "schedule_id":
            self._end_stretch(at)
            self.schedule_id = value
        elif name in self.stations:
            self._station(str(name), value, at)

    def _station(self, name: str, value: int | None, at: int) -> None:
        if value is None:
            return
        self.stations[name] += 1
        if name == "assignee_id":
            self.times.setdefault("initially_assigned_at", at)
            self.times["assigned_at"] = at

    def _status(self, status: str, at: int) -> None:
        was_done = self.status in DONE
        self.times["status_updated_at"] = at
        self._end_stretch(at)
        self.status = status
        if status in DONE and not was_done:
            self._solved(at)
        elif was_done and status in UNSOLVED:
            self.reopens += 1
            self.full = Stretch()
            self.times["solved_at"] = None

    def _solved(self, at: int) -> None:
        self.times["solved_at"] = at
        self.full = Stretch(at - self.created_at, self.open_seconds(self.created_at, at))
        if self.first.calendar is None:
            self.first = self.full

    def _end_stretch(self, at: int) -> None:
        names = COUNTED.get(self.status, ())
        if names and at > self.since:
            open_s = self.open_seconds(self.since, at)
            for name in names:
                self.waits[name].add(at - self.since, open_s)
        self.since = at

    def _comment(self, comment: Comment, audit: Audit) -> None:
        author = audit.author_id if comment.author_id is None else comment.author_id
        self.times["latest_comment_added_at"] = audit.at
        is_opening = any(isinstance(change, Created) for change in audit.changes)
        if not self.world.directory.is_staff(author):
            self.times["requester_updated_at"] = audit.at
        elif comment.public and not is_opening:
            self.replies += 1
            if self.reply.calendar is None:
                length = audit.at - self.created_at
                self.reply = Stretch(length, self.open_seconds(self.created_at, audit.at))


def figures(world: World, ticket: Ticket) -> Figures:
    """Walk over the history of a ticket."""
    found = Figures(world, ticket.created_at, since=ticket.created_at)
    for place in ticket.audits:
        found.read(world.feed[place])
    return found


def metric_set(world: World, ticket: Ticket, url: str) -> dict[str, Any]:
    """Return the figures of a ticket as the wire has them, times as epoch seconds."""
    found = figures(world, ticket)
    times = found.times
    return {
        "url": f"{url}/api/v2/ticket_metrics/{ticket.id}.json",
        "id": ticket.id,
        "ticket_id": ticket.id,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "group_stations": found.stations["group_id"],
        "assignee_stations": found.stations["assignee_id"],
        "reopens": found.reopens,
        "replies": found.replies,
        "assignee_updated_at": times.get("assigned_at"),
        "requester_updated_at": times.get("requester_updated_at", ticket.created_at),
        "status_updated_at": times.get("status_updated_at", ticket.created_at),
        "initially_assigned_at": times.get("initially_assigned_at"),
        "assigned_at": times.get("assigned_at"),
        "solved_at": times.get("solved_at"),
        "latest_comment_added_at": times.get("latest_comment_added_at"),
        "reply_time_in_minutes": found.reply.minutes(),
        "first_resolution_time_in_minutes": found.first.minutes(),
        "full_resolution_time_in_minutes": found.full.minutes(),
        "agent_wait_time_in_minutes": found.waits["agent_wait"].minutes(),
        "requester_wait_time_in_minutes": found.waits["requester_wait"].minutes(),
        "on_hold_time_in_minutes": found.waits["on_hold"].minutes(),
    }
