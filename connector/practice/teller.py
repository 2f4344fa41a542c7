"""What the stories of seeded tickets share: chance, cast, record, and the steps of a telling."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Any

from connector.practice.account import Profile
from connector.practice.directory import Directory, Group
from connector.practice.feed import Feed
from connector.practice.hours import Hours
from connector.practice.world import Change, Comment, Created, Rating, Ticket, Via

MINUTE, HOUR, DAY = 60, 3600, 86400
NEVER = 2**62
REMEMBERED = 3000
"""How many closed tickets a new one may be a follow-up of."""


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
    audits: Feed = field(default_factory=Feed)
    ratings: list[Rating] = field(default_factory=list)
    latest: dict[int, Telling] = field(default_factory=dict)
    closed: deque[Telling] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    is_light: bool = False
    random: Callable[[], float] = field(init=False)
    gauss: Callable[[float, float], float] = field(init=False)
    kept: dict[Any, Any] = field(default_factory=dict)
    """Everything told so far that may be told again, because a million tickets share it."""

    def __post_init__(self) -> None:
        """Have the coin at hand: it is thrown tens of millions of times."""
        self.random, self.gauss = self.rng.random, self.rng.gauss

    def share(self, ticket: Ticket) -> None:
        """Let a ticket share its tags and values with those that have the same."""
        kept = self.kept
        ticket.tags = kept.setdefault(ticket.tags, ticket.tags)
        ticket.values = kept.setdefault(("values", *ticket.values.items()), ticket.values)

    def change(self, name: str | int, old: Any, new: Any) -> Change:
        """Return a change that equal changes share."""
        key = (name, old, new)
        known: Change | None = self.kept.get(key)
        if known is None:
            known = self.kept[key] = Change(name, old, new)
        return known

    def hurry(self, at: int) -> float:
        """Return how long waits are compared with the middle: the company gets quicker."""
        return 1.25 - 0.45 * (at - self.begin) / max(1, self.now - self.begin)

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices; quicker than the library's way, which matters here."""
        return choices[int(self.random() * len(choices))]

    def chance(self, share: float) -> bool:
        """Throw a coin that falls right with this share."""
        return self.random() < share


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

    def begin(self, author: int, via: Via, created: Created, opening: Comment) -> None:
        """Write the first audit; what it says is shared value by value."""
        share = self.teller.kept.setdefault
        first = Created(tuple([share(pair, pair) for pair in created.values]))
        self._tell(author, via, (first, opening))

    def write(self, author: int, via: Via, *changes: Change | Comment) -> None:
        """Write an audit now, or stop because now has not come yet."""
        self._tell(author, via, self.teller.kept.setdefault(changes, changes))
        ticket = self.ticket
        for change in changes:
            if change.__class__ is Change:
                ticket.apply(change)

    def _tell(self, author: int, via: Via, changes: tuple[Change | Comment | Created, ...]) -> None:
        at, teller, ticket = self.at, self.teller, self.ticket
        if at > teller.now:
            raise Unfinished
        teller.audits.add(at, ticket.id, author, via, changes)
        if at > ticket.updated_at:
            ticket.updated_at = ticket.generated_at = at

    def change(self, name: str, new: Any) -> Change:
        """Return a change from what the ticket has."""
        return self.teller.change(name, getattr(self.ticket, name), new)

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
        self.work(median * exp(self.teller.gauss(0, profile.spread)))
        self.waited += self.at - began

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return choices[int(self.teller.random() * len(choices))]

    def agent(self, changes: list[Change | Comment], moves: float = 0.04) -> int:
        """Return who acts, and let an unassigned ticket be theirs."""
        assignee = self.ticket.assignee_id
        if assignee is not None and not self.teller.chance(moves):
            return assignee
        agent: int = self.pick(self.team.agents)
        if agent != assignee:
            changes.append(self.change("assignee_id", agent))
        return agent
