"""Tickets that change after the history has ended, as they are told to."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from bench.serving.event_pages import audit
from bench.serving.life import BLOCK, FIRST_TICKET, STATUS, Life
from bench.serving.profiles import Account
from bench.serving.strips import Strip

A_SECOND = 10
"""How many tickets change in a second of the helpdesk's own time."""
OPEN, PENDING = 4, 3
"""The stages whose form a ticket takes that was opened again, or waits."""


class Moved(msgspec.Struct, frozen=True):
    """One change: the ticket's number from 0, when, and its status before."""

    number: int
    at: int
    stage: int
    before: str


class Changes:
    """What changed since the history ended, the oldest first."""

    def __init__(self, life: Life, account: Account, seed: int) -> None:
        """Begin without any."""
        self._life = life
        self._account = account
        self._random = Random(seed)  # noqa: S311  # seeded on purpose
        self._stages: dict[int, int] = {}
        self.all: list[Moved] = []

    def make(self, tickets: int, spread: str) -> int:
        """Change so many tickets, the last that were solved or any; return how many did."""
        solved = self._life.solved
        tickets = min(tickets, self._life.tickets)
        if spread == "recent":
            first = max(0, solved - tickets)
            numbers = list(range(first, first + tickets))
        else:
            numbers = self._random.sample(range(self._life.tickets), tickets)
        last = self.all[-1].at if self.all else self._life.end
        for place, number in enumerate(numbers):
            usual = self._life.stage(number // BLOCK)
            before = self._stages.get(number, usual)
            stage = PENDING if STATUS[before - 1] == "open" else OPEN
            self._stages[number] = stage
            at = last + 1 + place // A_SECOND
            self.all.append(Moved(number, at, stage, STATUS[before - 1]))
        return tickets

    def event(self, place: int, audit_id: int, requester: int) -> bytes:
        """Return the event of a change: a comment of the agent, and the new status."""
        moved = self.all[place]
        profile = self._account.profiles[moved.number % BLOCK]
        change: dict[str, Any] = {
            "status": STATUS[moved.stage - 1],
            "previous_value": moved.before,
            "event_type": "Change",
        }
        item = audit(profile, profile.assignee_id, "Web form", [change], wrote=True)
        return Strip([item]).one(
            ticket=moved.number + FIRST_TICKET,
            requester=requester,
            epoch=moved.at,
            iso_at=moved.at,
            **{f"audit_{number}": audit_id + number for number in range(4)},
        )
