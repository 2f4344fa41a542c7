"""What people do in the helpdesk of the campaign: the same at the same time in its calm twin.

In every round the backlog crosses its limit, so that the anti-goal changes its status and there is
something to write; new tickets run into the limit of the first reply. Between plan and apply
people edit, close and delete tickets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fault_campaign_desk import OURS, TITLES, CampaignDesk

from connector.practice.world import UNSOLVED, Ticket

FEW, MANY, VERY_MANY = 8, 18, 130
LIMIT = 13
PAUSE_S = 30
TAGS = ("vip", "goal_of_the_month", "refund", "goals")
WRITABLE = frozenset({"new", "open"})
OPTIONS = ("goal_status__on_track", "goal_status__off_track", None)
Edit = Callable[[CampaignDesk], None]


@dataclass(frozen=True)
class Planned:
    """One thing that somebody will do while a run is under way."""

    stage: str
    kind: str
    ticket: int
    edit: Edit


@dataclass
class People:
    """Decides what people do, round by round; who decides once can act in several helpdesks."""

    random: Random
    many: int = MANY
    turn: int = 0
    edited: set[int] = field(default_factory=set)

    def day(self, number: int) -> Callable[[CampaignDesk], None]:
        """Return what happens before the runs of a round."""
        seed, wanted = self.random.random(), self.many if number % 2 else FEW
        return lambda desk: _live(desk, Random(seed), wanted)  # noqa: S311  # the same everywhere

    def meddling(self, desk: CampaignDesk, count: int) -> list[Planned]:
        """Choose what people do while a run is under way, given the tickets as they are."""
        tickets = desk.world.tickets
        free = [n for n, t in tickets.items() if t.status in WRITABLE and n not in self.edited]
        chosen = self.random.sample(free, min(count, len(free)))
        made = []
        for number in chosen:
            kind = KINDS[self.turn % len(KINDS)]
            self.turn += 1
            stage, edit = EDITS[kind]
            if kind in BY_HAND:
                self.edited.add(number)
            made.append(Planned(stage, kind, number, edit(number, tickets[number], self.random)))
        return made


def unsolved(desk: CampaignDesk) -> list[int]:
    """Return the tickets that the backlog counts, oldest first."""
    return [n for n, ticket in desk.world.tickets.items() if ticket.status in UNSOLVED]


def _live(desk: CampaignDesk, random: Random, wanted: int) -> None:
    acts = desk.acts
    agent = next(u.id for u in desk.world.directory.users.values() if u.role == "agent")
    solved = [n for n, t in desk.world.tickets.items() if t.status == "solved"]
    for one in solved[: len(solved) // 2]:
        acts.close(one)
    for one in unsolved(desk):
        if desk.world.tickets[one].status == "pending" and random.random() < 0.5:  # noqa: PLR2004
            acts.comment(one, desk.world.tickets[one].requester_id, "And?")
    while len(unsolved(desk)) > wanted:
        acts.comment(random.choice(unsolved(desk)), agent, "Done", status="solved")
        desk.clock.advance(PAUSE_S)
    while len(unsolved(desk)) < wanted:
        tags = random.sample(TAGS, random.randrange(3))
        acts.create({"subject": "Help", "comment": {"body": "Please"}, "tags": tags})
        desk.clock.advance(PAUSE_S)
    for one in random.sample(unsolved(desk), 3):
        acts.comment(one, agent, "We look into it", status=random.choice(("open", "pending", "")))
        desk.clock.advance(PAUSE_S)


def _tag(number: int, _: Ticket, random: Random) -> Edit:
    tag = random.choice(TAGS)
    return lambda desk: desk.acts.add_tags(number, tag)


def _untag(number: int, ticket: Ticket, _: Random) -> Edit:
    foreign = [tag for tag in ticket.tags if not tag.startswith(OURS)]
    return lambda desk: desk.acts.remove_tags(number, *foreign)


def _foreign_field(number: int, _: Ticket, random: Random) -> Edit:
    value = str(random.randrange(10**6))
    return lambda desk: desk.acts.set_field(number, _field(desk, "Order number"), value)


def _our_tags(number: int, ticket: Ticket, _: Random) -> Edit:
    tags = [tag for tag in ticket.tags if tag.startswith(OURS)]
    return lambda desk: desk.acts.remove_tags(number, *tags)


def _our_tag_added(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.add_tags(number, "goal__faster_first_reply__missed")


def _our_field(number: int, _: Ticket, random: Random) -> Edit:
    value = random.choice(OPTIONS)
    return lambda desk: desk.acts.set_field(number, _field(desk, TITLES[0]), value)


def _our_note(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.set_field(number, _field(desk, TITLES[2]), "Ask Ann")


def _form(number: int, ticket: Ticket, _: Random) -> Edit:
    """Save what the form showed when it was opened, before the run."""
    tags, values = list(ticket.tags), dict(ticket.values)

    def save(desk: CampaignDesk) -> None:
        fields = [_field(desk, title) for title in (*TITLES, "Order number")]
        custom = [{"id": one, "value": values.get(one)} for one in fields]
        body: dict[str, Any] = {"tags": tags, "custom_fields": custom}
        desk.acts.update(number, next(iter(desk.world.directory.users)), body)

    return save


def _pending(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.set_status(number, "pending")


def _solved(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.set_status(number, "solved")


def _close(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.close(number)


def _delete(number: int, _: Ticket, __: Random) -> Edit:
    return lambda desk: desk.acts.delete(number)


def _field(desk: CampaignDesk, title: str) -> int:
    return next(one.id for one in desk.world.fields.by_id.values() if one.title == title)


EDITS: dict[str, tuple[str, Callable[[int, Ticket, Random], Edit]]] = {
    "closed before the last look": ("look", _close),
    "foreign tag added": ("put", _tag),
    "our field edited": ("look", _our_field),
    "closed after the last look": ("put", _close),
    "open form saved after the write": ("job", _form),
    "deleted before the last look": ("look", _delete),
    "our tags removed": ("look", _our_tags),
    "foreign field edited": ("put", _foreign_field),
    "deleted after the last look": ("put", _delete),
    "note edited": ("look", _our_note),
    "foreign tags removed": ("look", _untag),
    "solved before the last look": ("look", _solved),
    "our tag added": ("look", _our_tag_added),
    "set pending before the last look": ("look", _pending),
}
KINDS = tuple(EDITS)
BY_HAND = frozenset(
    kind for kind in KINDS if kind.startswith(("our", "note", "open form", "closed", "deleted"))
)
"""Edits of ours, once a ticket: a second one of the same value is theirs to keep, by design."""
