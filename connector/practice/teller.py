"""What the stories of seeded tickets share: chance, cast, record, and the steps of a telling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Any

from connector.practice.account import Profile
from connector.practice.directory import Directory, Group
from connector.practice.hours import Hours
from connector.practice.world import Audit, Change, Comment, Created, Rating, Ticket, Via

MINUTE, HOUR, DAY = 60, 3600, 86400
NEVER = 2**62


class Unfinished(Exception):  # noqa: N818  # how a story stops, not an error
    """The story has come to the present, or its ticket is left lying."""


@dataclass(slots=True)
class Team:
    """A group with its profile, its people and its hours."""

    group: Group
    profile: Profile
    hours: Hours
    agents: list[int]


@dataclass(slots=True, kw_only=True)
class Teller:
    """Chance, the present, the cast, and everything that has been told so far."""

    rng: Random
    begin: int
    now: int
    directory: Directory
    teams: list[Team]
    customers: list[int]
    field_ids: dict[str, int]
    options: dict[str, list[str]]
    brands: list[int]
    form: int
    audits: list[Audit] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    latest: dict[int, Telling] = field(default_factory=dict)
    closed: list[Telling] = field(default_factory=list)
    is_light: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict)

    def kept(self, one: Any) -> Any:
        """Return an equal thing that is there already, because a million tickets share them."""
        return self._kept.setdefault(one, one)

    def share(self, ticket: Ticket) -> None:
        """Let a ticket share its tags and values with those that have the same."""
        ticket.tags = self.kept(ticket.tags)
        ticket.values = self._kept.setdefault(tuple(ticket.values.items()), ticket.values)

    def hurry(self, at: int) -> float:
        """Return how long waits are compared with the middle: the company gets quicker."""
        return 1.25 - 0.45 * (at - self.begin) / max(1, self.now - self.begin)

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices; quicker than the library's way, which matters here."""
        return choices[int(self.rng.random() * len(choices))]

    def chance(self, share: float) -> bool:
        """Throw a coin that falls right with this share."""
        return self.rng.random() < share


class Telling:
    """One ticket's life so far; each step is written at the instant it has come to."""

    __slots__ = ("at", "ends_at", "rating", "team", "teller", "ticket", "waited")

    def __init__(self, teller: Teller, ticket: Ticket, team: Team) -> None:
        """Begin when the ticket was opened."""
        self.teller = teller
        self.ticket = ticket
        self.team = team
        self.at = ticket.created_at
        self.ends_at = NEVER
        self.rating: Rating | None = None
        self.waited = 0

    def write(self, author: int, via: Via, *changes: Change | Comment | Created) -> None:
        """Write an audit now, or stop because now has not come yet."""
        if self.at > self.teller.now:
            raise Unfinished
        ticket, kept = self.ticket, self.teller.kept
        if isinstance(changes[0], Created):
            first = Created(tuple(kept(pair) for pair in changes[0].values))
            changes = (first, *(kept(one) for one in changes[1:]))
        else:
            changes = kept(tuple(kept(one) for one in changes))
        self.teller.audits.append(Audit(self.at, ticket.id, author, via, changes))
        for change in changes:
            if isinstance(change, Change):
                ticket.apply(change)
        ticket.updated_at = ticket.generated_at = max(ticket.updated_at, self.at)

    def change(self, name: str, new: Any) -> Change:
        """Return a change from what the ticket has."""
        return Change(name, getattr(self.ticket, name), new)

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        self.at += max(1, int(seconds))

    def work(self, seconds: float) -> None:
        """Let opening time pass."""
        self.at = max(self.at + 5, self.team.hours.after(self.at, seconds))

    def wait(self, factor: float = 1.0) -> None:
        """Let a customer wait for the team, which is a matter of luck."""
        profile = self.team.profile
        median = profile.wait_min * MINUTE * self.teller.hurry(self.at) * factor
        began = self.at
        self.work(median * exp(self.teller.rng.gauss(0, profile.spread)))
        self.waited += self.at - began

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return self.teller.pick(choices)

    def agent(self, changes: list[Change | Comment], moves: float = 0.04) -> int:
        """Return who acts, and let an unassigned ticket be theirs."""
        assignee = self.ticket.assignee_id
        if assignee is not None and not self.teller.chance(moves):
            return assignee
        agent: int = self.pick(self.team.agents)
        if agent != assignee:
            changes.append(self.change("assignee_id", agent))
        return agent
