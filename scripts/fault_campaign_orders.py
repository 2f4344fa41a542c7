"""Which faults a run is to meet, by seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from fault_campaign_desk import JOB, LOOK, PUT
from fault_campaign_victim import JOURNAL, STEPS

TICKETS, EVENTS, FIELDS = "incremental/tickets/cursor", "incremental/ticket_events", "ticket_fields"
PLACES = ((PUT, 5), (JOB, 4), (LOOK, 4), (TICKETS, 3), (EVENTS, 2), (FIELDS, 1))
"""Requests of a run that writes, and how many faults one of them meets in a row at most."""

LINE = ("429", "429-bare", "503", "reset", "lost", "short", "409", "cut", "html", "500")
NAMES = {
    "429": "429 with Retry-After",
    "429-bare": "429 without Retry-After",
    "503": "503",
    "500": "500",
    "409": "409 conflict of the database",
    "reset": "reset before the server applied it",
    "lost": "reset after the server applied it",
    "short": "short body",
    "cut": "half a document as if it were whole",
    "html": "web page instead of JSON",
}
GIVEN_UP = "503 until the run gives up"
STUCK = "job that never ends"
FORGOTTEN = "job that is forgotten"
PARTIAL = "job with partial failure"
CONFLICT = "job with conflicts (UpdateConflict)"
RIVAL = "second run at the same time"
KILL_READ, KILL_PLAN = "SIGKILL while reading", "SIGKILL around the plan"
KILL_APPLY, KILL_JOURNAL = "SIGKILL while applying", "SIGKILL around a write to the journal"
KILLS = (KILL_READ, KILL_PLAN, KILL_APPLY, KILL_JOURNAL)
ENDINGS = (
    KILL_JOURNAL, STUCK, KILL_APPLY, PARTIAL, GIVEN_UP, CONFLICT,
    FORGOTTEN, KILL_PLAN, RIVAL, KILL_JOURNAL, KILL_APPLY, KILL_READ,
)  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What one run will meet: faults of the line, path by path, and one of a larger kind."""

    line: tuple[tuple[str, str], ...]
    ending: str
    path: str = ""
    point: str = ""
    nth: int = 1
    is_before: bool = False


def ordered(random: Random, number: int) -> Order:
    """Return the faults of the run with this number."""
    ending = ENDINGS[number % len(ENDINGS)]
    line = tuple(
        (path, random.choice(LINE))
        for path, most in PLACES
        for _ in range(random.randint(most - 1, most))
    )
    point = ""
    if ending == KILL_JOURNAL:
        point = JOURNAL[(number // 5) % len(JOURNAL)]
    elif ending == KILL_PLAN:
        point = random.choice(STEPS[3:])
    elif ending == KILL_READ:
        point = random.choice(STEPS[:3])
    return Order(
        line=line,
        ending=ending,
        path=random.choice((PUT, PUT, JOB, LOOK)),
        point=point,
        nth=random.randint(1, 2),
        is_before=random.random() < 0.4,  # noqa: PLR2004
    )
