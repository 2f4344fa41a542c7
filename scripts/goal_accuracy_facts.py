"""What happened in the teams' year, taken from the helpdesk itself, without the connector.

A naive reader has only these values so far, and a target.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from connector.practice.feed import Audit
from connector.practice.team_truth import KpiTruth, QuarterTruth
from connector.practice.teams import midnight
from connector.practice.world import Change, Comment, Ticket, World

NEVER = float("inf")
REOPENING = Change("status", "solved", "open")
Fact = tuple[float, float, float]
"""When it counts, its value, and when it turned bad: a reopening comes after the solve."""


@dataclass(frozen=True)
class Facts:
    """Everything that counts for a KPI of a team, in order of time."""

    at: NDArray[np.float64]
    value: NDArray[np.float64]
    turned: NDArray[np.float64]

    def so_far(self, kpi: str, days: tuple[date, date], until: date) -> float | None:
        """Return the value of a stretch of days as it was known at the start of a day."""
        begin, end, now = (midnight(day).timestamp() for day in (*days, until))
        chosen = slice(*np.searchsorted(self.at, (begin, min(end, now))))
        values = np.where(self.turned[chosen] < now, 1.0, self.value[chosen])
        if kpi == "contacts":
            return float(len(values))
        if not len(values):
            return None
        return float(np.median(values) if kpi == "first_reply" else np.mean(values))


def facts_of(world: World, limit_s: float) -> dict[tuple[str, str], Facts]:
    """Return the facts of each team and KPI."""
    found: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for ticket in world.tickets.values():
        team = world.directory.groups[ticket.group_id or 0].name
        audits = [audit for _, audit in world.history(ticket)]
        for kpi, fact in _facts(ticket, audits, limit_s):
            found[team, kpi].append(fact)
    return {key: Facts(*np.array(sorted(rows)).T) for key, rows in found.items()}


def is_met(value: float | None, target: float, kpi: KpiTruth) -> bool:
    """Tell whether a value is as good as its target."""
    if value is None:
        return False
    return value <= target if kpi.lower_is_better else value >= target


def is_red(value: float | None, kpi: KpiTruth, quarter: QuarterTruth, until: date) -> bool:
    """Tell what the naive rule says: red if the value so far is on the wrong side of the target.

    A number of contacts is held against the part of its target that is due by the calendar.
    """
    target = quarter.target
    if kpi.kpi == "contacts":
        target *= min(1.0, (until - quarter.start) / (quarter.end - quarter.start))
    return value is not None and not is_met(value, target, kpi)


def looks(quarter: QuarterTruth) -> list[date]:
    """Return the days of a quarter on whose first instant somebody looks, the last one its end."""
    days = (quarter.end - quarter.start).days
    return [quarter.start + timedelta(days=number) for number in range(1, days + 1)]


def _facts(ticket: Ticket, audits: Sequence[Audit], limit_s: float) -> Iterator[tuple[str, Fact]]:
    yield "contacts", (ticket.created_at, 1.0, NEVER)
    reply = next((one for one in audits if _is_reply(ticket, one)), None)
    if reply is not None:
        wait = reply.at - ticket.created_at
        yield "first_reply", (reply.at, wait, NEVER)
        yield "in_time", (reply.at, float(wait <= limit_s), NEVER)
    moves = [(one.at, change) for one in audits for change in one.changes]
    for at, change in moves:
        if isinstance(change, Change) and change.new in {"good", "bad"}:
            yield "satisfied", (at, float(change.new == "good"), NEVER)
    solved = [at for at, one in moves if isinstance(one, Change) and one.new == "solved"]
    if solved:
        opened = next((at for at, one in moves if one == REOPENING), NEVER)
        yield "reopened", (solved[0], 0.0, opened)


def _is_reply(ticket: Ticket, audit: Audit) -> bool:
    is_staff = audit.author_id != ticket.requester_id
    return is_staff and any(isinstance(one, Comment) and one.public for one in audit.changes)
