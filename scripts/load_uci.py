#!/usr/bin/env python3
"""Load the UCI incident event log (real ServiceNow audit data) into the practice helpdesk.

    scripts/load_uci.py --serve --port 8085 ../shared/data/uci-incidents/incident_event_log.csv.gz

Each row of the log is an incident as it stood after one update; the rows of one incident become
one ticket with its history. What is taken, and what is not:

- The ticket is created at `opened_at`, with status new, the caller, who opened it and the channel;
  its id is the number in INC0000045. Nothing else is known of that moment.
- Every row then changes what differs from before (state, priority, group, assignee, category) at
  its own `sys_updated_at`, by its `sys_updated_by`. A row that changes none of these is no event.
  Times are read as UTC, whole minutes as they are; a time before the one before it, or before
  `opened_at`, is moved up to that.
- States: New is new, Active open, Awaiting User Info pending, Awaiting Problem, Vendor and
  Evidence hold, Resolved solved, Closed closed; -100, an oddity of the source, keeps the last one.
  A closed incident may open again in the log, as it never could here; it does so in the history.
- With `--now` inside the time of the log the helpdesk is as it was then; an incident is there from
  its first row on.
- `resolved_at`, `closed_at`, `resolved_by` and `closed_code` are final values that stand on every
  row from the first on. They leak the future and are not used at all.
- There are no comments, ratings or business hours in the log, so there are none here.
- Numbers of callers, openers, updaters and resolvers were made anonymous separately, so they are
  different people here even if they were one.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from connector.practice.acts import CREATED
from connector.practice.clock import Clock
from connector.practice.directory import ID_BASE, Group, User
from connector.practice.feed import Audit, Feed
from connector.practice.fields import SYSTEM_KINDS
from connector.practice.helpdesk import ADMIN_EMAIL, AGENT_EMAIL
from connector.practice.serving import add_options, serve
from connector.practice.world import AGENT, Change, Created, Ticket, Via, World

NOW = "2017-03-01T00:00:00+00:00"
MISSING = "?"
STATES = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "pending",
    "Awaiting Problem": "hold",
    "Awaiting Vendor": "hold",
    "Awaiting Evidence": "hold",
    "Resolved": "solved",
    "Closed": "closed",
}
PRIORITIES = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
PHONE = Via("voice", "Phone call (inbound)")
CHANNELS = {
    "Phone": PHONE,
    "IVR": PHONE,
    "Email": Via("email", "Mail"),
    "Self service": AGENT,
    "Direct opening": Via("api", "Web service"),
}
Row = Mapping[str, str]


class Cast:
    """The people and groups of the log, made when first named."""

    def __init__(self, world: World, at: int) -> None:
        """Begin with the two accounts that every practice helpdesk has."""
        self._directory = world.directory
        self._at = at
        self._ids: dict[str, int] = {}
        self.person("Goal Connector", "admin", ADMIN_EMAIL)
        self.person("Plain Agent", "agent", AGENT_EMAIL)

    def person(self, name: str, role: str, email: str = "") -> int:
        """Return the id of a person of the log."""
        name = " ".join(name.split())
        if name not in self._ids:
            number = self._ids[name] = ID_BASE + 4 * (1 + len(self._ids))
            email = email or f"{name.lower().replace(' ', '.')}@example.com"
            self._directory.users[number] = User(number, name, email, role, self._at, self._at)
        return self._ids[name]

    def group(self, name: str) -> int | None:
        """Return the id of an assignment group, None where it is missing."""
        if name == MISSING:
            return None
        if name not in self._ids:
            number = self._ids[name] = ID_BASE + 4 * (1 + len(self._ids))
            self._directory.groups[number] = Group(number, name, self._at)
        return self._ids[name]


def load_world(path: Path, now: datetime) -> World:
    """Build a practice helpdesk from the log as it was at `now`, without what happened later."""
    world = World(Clock(now))
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if _happened_by(row, int(now.timestamp()))]
    begin = min(_instant(row["opened_at"]) for row in rows)
    world.fields.add_system(SYSTEM_KINDS, begin)
    category = world.fields.create({"type": "text", "title": "Category"}, begin).id
    world.directory.brands[ID_BASE + 1] = "Practice Ltd"
    world.directory.forms[ID_BASE + 2] = "Default Ticket Form"
    cast = Cast(world, begin)
    tickets: list[Ticket] = []
    audits: list[Audit] = []
    for _, group in groupby(rows, key=itemgetter("number")):
        incident = list(group)
        ticket = _opened(incident[0], cast)
        tickets.append(ticket)
        audits += _history(ticket, incident, cast, category)
    world.load(tickets, Feed(audits))
    return world


def _happened_by(row: Row, now: int) -> bool:
    return max(_instant(row["opened_at"]), _instant(row["sys_updated_at"])) <= now


def _opened(row: Row, cast: Cast) -> Ticket:
    at = _instant(row["opened_at"])
    caller = "Unknown caller" if row["caller_id"] == MISSING else row["caller_id"]
    opener = caller if row["opened_by"] == MISSING else row["opened_by"]
    requester = cast.person(caller, "end-user")
    return Ticket(
        id=int(row["number"].removeprefix("INC")),
        created_at=at,
        updated_at=at,
        generated_at=at,
        via=CHANNELS[row["contact_type"]],
        subject=row["number"],
        requester_id=requester,
        submitter_id=requester if opener == caller else cast.person(opener, "agent"),
        type="incident",
        brand_id=ID_BASE + 1,
        ticket_form_id=ID_BASE + 2,
    )


def _history(ticket: Ticket, incident: Iterable[Row], cast: Cast, category: int) -> Iterator[Audit]:
    values = tuple((name, getattr(ticket, name)) for name in CREATED)
    at = ticket.created_at
    yield Audit(at, ticket.id, ticket.submitter_id, ticket.via, (Created(values),))
    for row in incident:
        at = max(at, _instant(row["sys_updated_at"]))
        changes = tuple(_changes(ticket, row, cast, category))
        for change in changes:
            ticket.apply(change)
        if changes:
            author = cast.person(row["sys_updated_by"], "agent")
            yield Audit(at, ticket.id, author, AGENT, changes)
    ticket.updated_at = ticket.generated_at = at


def _changes(ticket: Ticket, row: Row, cast: Cast, category: int) -> Iterator[Change]:
    assignee = row["assigned_to"]
    wanted: dict[str, object] = {
        "group_id": cast.group(row["assignment_group"]),
        "assignee_id": None if assignee == MISSING else cast.person(assignee, "agent"),
        "priority": PRIORITIES[row["priority"][0]],
        "status": STATES.get(row["incident_state"], ticket.status),
    }
    for name, value in wanted.items():
        if getattr(ticket, name) != value:
            yield Change(name, getattr(ticket, name), value)
    kind = None if row["category"] == MISSING else row["category"]
    if ticket.values.get(category) != kind:
        yield Change(category, ticket.values.get(category), kind)


def _instant(text: str) -> int:
    day, clock = text.split()
    date, month, year = day.split("/")
    hour, minute = clock.split(":")
    local = datetime(int(year), int(month), int(date), int(hour), int(minute), tzinfo=UTC)
    return int(local.timestamp())


def main() -> int:
    """Load the log; serve it, or say what was loaded."""
    parser = argparse.ArgumentParser(description="Load the UCI incident log.")
    parser.add_argument("data", type=Path, help="incident_event_log.csv.gz")
    parser.add_argument("--serve", action="store_true", help="serve until stopped")
    parser.add_argument("--now", default=NOW, help="where the clock stands, ISO 8601 with zone")
    add_options(parser)
    chosen = parser.parse_args()
    world = load_world(chosen.data, datetime.fromisoformat(chosen.now))
    directory = world.directory
    print(
        f"{len(world.tickets):,} tickets, {len(world.feed):,} updates, "
        f"{len(directory.users):,} people, {len(directory.groups):,} groups"
    )
    if chosen.serve:
        serve(world, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
