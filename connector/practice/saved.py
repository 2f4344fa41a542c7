"""The state of a practice helpdesk as a file: a line for each thing, its kind in front.

Jobs, tokens and ordered faults are not kept: to a client, a restart loses them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from connector.practice.clock import Clock
from connector.practice.directory import Group, Organization, Schedule, User
from connector.practice.feed import Audit, Feed
from connector.practice.fields import TicketField
from connector.practice.forms import Form
from connector.practice.group_sla_routes import GroupPolicy
from connector.practice.rulebook import Rule
from connector.practice.ruleset import install_rules
from connector.practice.slas import Policy
from connector.practice.statuses import CustomStatus
from connector.practice.stopwatches import Step
from connector.practice.surveys import SurveyResponse
from connector.practice.view_routes import View
from connector.practice.world import Change, Comment, Created, Rating, Suspended, Ticket, Via, World

VERSION = 1
TICKET_KEYS = tuple(field.name for field in fields(Ticket) if field.name != "audits")
KEYED: Mapping[str, tuple[Any, Callable[[World], dict[Any, Any]]]] = {
    "user": (User, lambda world: world.directory.users),
    "group": (Group, lambda world: world.directory.groups),
    "organization": (Organization, lambda world: world.directory.organizations),
    "schedule": (Schedule, lambda world: world.directory.schedules),
    "status": (CustomStatus, lambda world: world.directory.statuses),
    "field": (TicketField, lambda world: world.fields.by_id),
    "rating": (Rating, lambda world: world.ratings),
    "suspended": (Suspended, lambda world: world.suspended),
    "survey": (SurveyResponse, lambda world: world.survey_responses),
    "group_policy": (GroupPolicy, lambda world: world.group_policies),
    "view": (View, lambda world: world.views),
}
"""Things that know their id, and the table they are in."""


class Head(msgspec.Struct, kw_only=True):
    """The first line: what there is one of."""

    version: int
    now: int
    seed: int
    suspensions: int
    has_surveys: bool
    brands: dict[int, str]
    forms: dict[int, str]
    form_settings: dict[int, Form]
    last_field_id: int
    field_owners: dict[str, int]
    has_rules: bool
    fired: list[tuple[str, str, int]]
    notified: dict[str, int]
    zones: dict[str, str] = {}
    told_steps: dict[int, list[Step]] | None = None


def save_world(world: World, path: Path) -> None:
    """Write a world to a file, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.part")
    with world.lock, unfinished.open("wb") as file:
        for kind, thing in _things(world):
            file.write(kind.encode() + b" " + msgspec.json.encode(thing) + b"\n")
    unfinished.replace(path)


def load_world(path: Path, *, ticking: bool = False) -> World:
    """Return the world that a file holds; its clock goes on from when it was saved."""
    with path.open("rb") as file:
        head = msgspec.json.decode(file.readline().partition(b" ")[2], type=Head)
        if head.version != VERSION:
            message = f"{path.name} was written by another version of the practice helpdesk"
            raise ValueError(message)
        clock = Clock(datetime.fromtimestamp(head.now, tz=UTC), ticking=ticking)
        loading = _Loading(World(clock, seed=head.seed), head)
        for line in file:
            kind, _, text = line.partition(b" ")
            loading.take(kind.decode(), text)
    return loading.finished()


class _Loading:
    """A world that is being read, line by line."""

    def __init__(self, world: World, head: Head) -> None:
        self.world = world
        self.head = head
        self.tickets: list[Ticket] = []
        self.audits = Feed()
        self.rules: list[Rule] = []
        self._kept: dict[Any, Any] = {}
        self._decoders = {kind: msgspec.json.Decoder(row[0]) for kind, row in KEYED.items()}

    def take(self, kind: str, text: bytes) -> None:
        """Take in one line."""
        if kind == "ticket":
            self.tickets.append(self._ticket(msgspec.json.decode(text)))
        elif kind == "audit":
            self.audits.append(self._audit(msgspec.json.decode(text)))
        elif kind == "policy":
            self.world.policies.append(msgspec.json.decode(text, type=Policy))
        elif kind == "rule":
            self.rules.append(msgspec.json.decode(text, type=Rule))
        else:
            thing = self._decoders[kind].decode(text)
            KEYED[kind][1](self.world)[thing.id] = thing

    def finished(self) -> World:
        """Return the world with everything in its place."""
        world, head = self.world, self.head
        world.suspensions, world.has_surveys = head.suspensions, head.has_surveys
        world.directory.brands, world.directory.forms = head.brands, head.forms
        world.directory.form_settings = head.form_settings
        world.directory.zones |= head.zones
        world.told_steps = head.told_steps
        world.fields.restore(head.field_owners, head.last_field_id)
        world.load(self.tickets, self.audits)
        begin = min((ticket.created_at for ticket in self.tickets), default=world.now())
        world.directory.lay_out_hours(begin, world.now())
        if head.has_rules:
            reactions = install_rules(world, usual=False)
            reactions.restore(self.rules)
            reactions.fired = Counter({(title, cause): n for title, cause, n in head.fired})
            reactions.notified = Counter(head.notified)
        return world

    def _ticket(self, row: list[Any]) -> Ticket:
        given = dict(zip(TICKET_KEYS, row, strict=True))
        given["via"] = self._share(Via(*given["via"]))
        given["tags"] = self._share(_tuples(given["tags"]))
        given["followup_ids"] = tuple(given["followup_ids"])
        given["values"] = {int(key): _tuples(value) for key, value in given["values"].items()}
        return Ticket(**given)

    def _audit(self, row: list[Any]) -> Audit:
        at, ticket_id, author_id, via, changes = row
        kinds: dict[str, Callable[..., Any]] = {"c": Change, "t": Comment, "n": Created}
        made = tuple(self._share(kinds[kind](*_tuples(rest))) for kind, *rest in changes)
        return Audit(at, ticket_id, author_id, self._share(Via(*via)), self._share(made))

    def _share(self, one: Any) -> Any:
        return self._kept.setdefault(one, one)


def _things(world: World) -> Iterator[tuple[str, Any]]:
    yield "head", _head(world)
    for kind, (_, table) in KEYED.items():
        yield from ((kind, thing) for thing in table(world).values())
    yield from (("policy", policy) for policy in world.policies)
    if world.reactions is not None:
        yield from (("rule", rule) for rule in world.reactions.rules.values())
    for ticket in world.tickets.values():
        yield "ticket", [getattr(ticket, key) for key in TICKET_KEYS]
    for audit in world.feed:
        yield "audit", [*audit[:4], [_coded(change) for change in audit.changes]]


def _head(world: World) -> Head:
    reactions = world.reactions
    fired = reactions.fired.items() if reactions else ()
    return Head(
        version=VERSION,
        now=world.now(),
        seed=world.seed,
        suspensions=world.suspensions,
        has_surveys=world.has_surveys,
        brands=world.directory.brands,
        forms=world.directory.forms,
        form_settings=world.directory.form_settings,
        last_field_id=world.fields.last_id,
        field_owners=world.fields.owner,
        has_rules=reactions is not None,
        fired=[(title, cause, count) for (title, cause), count in fired],
        notified=dict(reactions.notified) if reactions else {},
        zones=world.directory.zones,
        told_steps=world.told_steps,
    )


def _coded(change: Change | Comment | Created) -> list[Any]:
    kind = {Change: "c", Comment: "t", Created: "n"}[type(change)]
    return [kind, *change]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
