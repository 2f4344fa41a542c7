"""What happens to the tickets of a made-up quarter, step by step, in a helpdesk in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge
from math import exp, pi, sin
from random import Random

from connector.adapters.memory import MemoryHelpdesk
from connector.model.ticket import Person, Role

START = datetime(2026, 4, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GROUPS = ("North", "South", "West")
CUSTOMERS, AGENTS = 2000, 12
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 9, 18, 26, 28, 26, 20, 22, 25, 24, 21, 16, 10, 7, 6, 5, 3, 2)
BY_WEEKDAY = (1.25, 1.0, 1.0, 1.0, 1.0, 0.2, 0.1)
SHIFT = (7, 22)
"""Agents work from the first of these hours to the second, UTC, on all days."""
REPLY, SPREAD = timedelta(minutes=55), 1.0
SOLVED_AT_ONCE, ANSWERED, REOPENED = 0.42, 0.76, 0.07
NEXT = ("pending",) * 40 + ("open",) * 9 + ("hold",) * 9
ROUNDS = 9
CLOSES_AFTER = 4 * DAY


@dataclass(frozen=True, order=True)
class Step:
    """One thing that happens to a ticket: `says` is who comments, `status` what it moves to."""

    at: datetime
    ticket: int
    says: str = field(default="", compare=False)
    status: str = field(default="", compare=False)


@dataclass(frozen=True)
class Story:
    """How many tickets, over how many days, and which ones."""

    tickets: int = 20_000
    days: int = 91
    seed: int = 7

    @property
    def end(self) -> datetime:
        return START + self.days * DAY

    def steps(self) -> Iterator[Step]:
        """Yield everything in order of time."""
        rng = Random(self.seed)  # noqa: S311  # a story that can be told again
        hours = [START + number * HOUR for number in range(self.days * 24)]
        weights = [BY_HOUR[at.hour] * BY_WEEKDAY[at.weekday()] for at in hours]
        drawn = rng.choices(hours, weights, k=self.tickets)
        created = sorted(at + timedelta(seconds=rng.randrange(3600)) for at in drawn)
        lives = [list(_Life(rng, number, at, self).told()) for number, at in enumerate(created)]
        return (step for step in merge(*lives) if step.at < self.end)


class _Life:
    """One ticket from its first message to the day on which it is closed."""

    def __init__(self, rng: Random, number: int, at: datetime, story: Story) -> None:
        self.rng, self.number, self.at, self.story = rng, number, at, story
        self.is_given_up = False

    def told(self) -> Iterator[Step]:
        yield self._step("customer", "new")
        for turn in range(ROUNDS + 1):
            self._wait(1.0 if turn == 0 else 0.6)
            if turn == ROUNDS or self.rng.random() < SOLVED_AT_ONCE:
                yield self._step("agent", "solved")
                if self.rng.random() >= REOPENED:
                    break
                self._pass(8 * HOUR, 1.2, most=CLOSES_AFTER - HOUR)
                yield self._step("customer", "open")
                continue
            status = self.rng.choice(NEXT)
            yield self._step("agent", status)
            yield from self._between(status)
            if self.is_given_up:
                break
        self.at += CLOSES_AFTER
        yield self._step("", "closed")

    def _between(self, status: str) -> Iterator[Step]:
        if status == "hold":
            self.at += timedelta(hours=self.rng.uniform(6, 40))
            yield self._step("agent note", "open")
        elif status == "pending" and self.rng.random() < ANSWERED:
            self._pass(9 * HOUR, 1.3)
            yield self._step("customer", "open")
        elif status == "pending":
            self.at += 5 * DAY
            self.is_given_up = True
            yield self._step("", "solved")

    def _step(self, says: str, status: str) -> Step:
        return Step(self.at, self.number, says, status)

    def _pass(self, median: timedelta, spread: float, most: timedelta = 60 * DAY) -> None:
        self.at += min(median * exp(self.rng.gauss(0, spread)), most)

    def _wait(self, share: float) -> None:
        """Wait for an agent: longer in busy weeks, and until the morning where it gets late."""
        passed = (self.at - START) / (self.story.days * DAY)
        self._pass(REPLY * share * (1 + 0.45 * sin(4 * pi * passed)), SPREAD)
        if not SHIFT[0] <= self.at.hour < SHIFT[1]:
            morning = self.at.replace(hour=SHIFT[0], minute=0)
            morning += DAY if self.at.hour >= SHIFT[1] else timedelta()
            self.at = morning + timedelta(minutes=self.rng.uniform(1, 100))


class Stage:
    """A helpdesk in memory, in which a story happens as far as somebody lets it."""

    def __init__(self, story: Story, name: str = "memory") -> None:
        self.story = story
        self.desk = MemoryHelpdesk(name, now=START - HOUR, page_size=10_000)
        self.groups = [self.desk.add_group(name) for name in GROUPS]
        for number in range(AGENTS):
            self.desk.add_person(Person(id=f"a{number}", role=Role.AGENT))
        for number in range(CUSTOMERS):
            self.desk.add_person(Person(id=f"c{number}", role=Role.CUSTOMER))
        self.ids: dict[int, str] = {}
        self._steps = story.steps()
        self._next = next(self._steps, None)

    def until(self, at: datetime) -> list[tuple[Step, str]]:
        """Let everything happen that happens up to an instant; return it with the tickets' ids."""
        done = []
        while self._next is not None and self._next.at <= at:
            self.desk.now = self._next.at
            done.append((self._next, self._do(self._next)))
            self._next = next(self._steps, None)
        self.desk.now = at
        return done

    def _do(self, step: Step) -> str:
        desk, customer = self.desk, f"c{step.ticket % CUSTOMERS}"
        if step.ticket not in self.ids:
            self.ids[step.ticket] = desk.put(
                requester_id=customer,
                submitter_id=customer,
                channel="email",
                status=step.status,
                group_id=self.groups[step.ticket % len(GROUPS)],
                tags=("vip",) if step.ticket % 5 == 0 else (),
            )
            return self.ids[step.ticket]
        ticket, agent = self.ids[step.ticket], f"a{step.ticket % AGENTS}"
        author = customer if step.says == "customer" else agent
        if step.says:
            desk.comment(ticket, by=author, is_public=step.says != "agent note")
        if desk.tickets[ticket].status != step.status:
            desk.put(ticket, by=author if step.says else None, status=step.status)
        return ticket
