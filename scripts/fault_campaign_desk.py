"""A practice helpdesk under fire: it errs, kills and is edited on order, and keeps its own record.

The record is made of the tickets before and after each request that changes them, not of anything
the connector says.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connector.practice.faults import Fault, Faults
from connector.practice.routing import Answer
from connector.practice.world import Ticket
from tests.whole import API, PagedServer

OURS = ("goal_status__", "goal_outcome__", "goal__")
"""What begins the tags that are the connector's; every other one is somebody else's."""

TITLES = ("Goal status", "Goal outcome", "Goal note")
LEFT_ALONE = frozenset({"pending", "hold", "closed", "deleted"})
LOOK, PUT, JOB = "tickets/show_many", "tickets/update_many", "job_statuses/"
MOMENTS = re.compile(r"\d{1,2}:\d{2}( UTC)?|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) |\d{1,2} [A-Z][a-z]{2}")
Aspects = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request as it came in, and the fault it met."""

    method: str
    target: str
    fault: str


class Ledger(Faults):
    """Faults to order, and every request that came in, also those that were never served."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []

    def take(self, method: str, path: str) -> Fault | None:
        fault = super().take(method, path)
        kind = "" if fault is None else fault.kind
        self.requests.append(Request(method, path, kind))
        return fault


@dataclass
class Aim:
    """Where the client is to die: at the n-th request of a path, before or after it is served."""

    victim: Callable[[], int | None]
    path: str
    left: int
    is_before: bool

    def is_due(self, target: str, *, is_before: bool) -> bool:
        if self.path not in target or self.is_before != is_before:
            return False
        self.left -= 1
        return self.left == 0


@dataclass
class Sent:
    """The last request that wrote a ticket; known is whether its writer knows what became of it."""

    state: Aspects
    is_known: bool = True
    cause: str = ""


@dataclass
class Record:
    """What this helpdesk saw of the connector: independent of the connector's own books."""

    pristine: dict[int, Aspects] = field(default_factory=dict)
    touched: dict[int, set[str]] = field(default_factory=dict)
    sent: dict[int, Sent] = field(default_factory=dict)
    changed: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    this_run: set[int] = field(default_factory=set)
    writes: int = 0
    repeats: int = 0
    repeated_for: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class CampaignDesk(PagedServer):
    """A practice helpdesk whose requests are watched, and in whose way people and faults get."""

    def __init__(self, tickets: int, seed: int) -> None:
        super().__init__(tickets, seed, pages={})
        self.ledger = Ledger()
        self.desk.faults = self.ledger
        self.record = Record()
        self.aim: Aim | None = None
        self.colliding: frozenset[int] = frozenset()
        self.edits: dict[str, list[Callable[[], None]]] = {}
        self.rival: Callable[[], None] | None = None
        self.is_undoing = False
        self.has_written = False

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Let people act first, then answer; die, collide and compare where that was ordered."""
        if not target.startswith(API):
            return super().answer(method, target, headers, body)
        if self._shoots(target, is_before=True):
            return Answer({"error": "nobody waits for this"}, 503)
        self._stage(method, target)
        if method == "PUT" and PUT in target:
            return self._written(target, headers, body)
        answer = super().answer(method, target, headers, body)
        self._shoots(target, is_before=False)
        return answer

    def _written(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        items = json.loads(body)["tickets"]
        if self.rival is not None:
            rival, self.rival = self.rival, None
            rival()
        for item in items:
            if item["id"] in self.colliding:
                item |= {"safe_update": True, "updated_stamp": "2001-01-01T00:00:00Z"}
        with self.world.lock:
            before = {number: self.foreign(one) for number, one in self.world.tickets.items()}
            ours = {number: self.ours(one) for number, one in self.world.tickets.items()}
            headers = dict(headers)
            answer = super().answer("PUT", target, headers, json.dumps({"tickets": items}).encode())
            if answer.status == 200:  # noqa: PLR2004  # taken
                self._compare(before, ours, [item["id"] for item in items])
        self.has_written = True
        self._shoots(target, is_before=False)
        return answer

    def _compare(
        self, before: Mapping[int, Any], ours: Mapping[int, Aspects], items: list[int]
    ) -> None:
        record = self.record
        for number, ticket in self.world.tickets.items():
            now = self.ours(ticket)
            if self.foreign(ticket) != before[number]:
                record.violations.append(f"ticket {number}: something foreign was changed")
            if now == ours[number]:
                continue
            if number not in items or (ticket.status in LEFT_ALONE and not self.is_undoing):
                record.violations.append(f"ticket {number}: written while {ticket.status}")
            keys = {key for key in now | ours[number] if now.get(key) != ours[number].get(key)}
            pristine = record.pristine.setdefault(number, {})
            record.pristine[number] = {key: ours[number].get(key) for key in keys} | pristine
            record.changed.append((number, frozenset(keys)))
            record.touched.get(number, set()).difference_update(keys)
        causes = {self._count(number, ours.get(number)) for number in items}
        record.repeated_for.update(cause for cause in causes if cause)

    def _count(self, number: int, before: Aspects | None) -> str:
        """Note that a ticket was written; once more for the same state needs an unknown end.

        Returns why the end of the last write was not known, if it was a repeat.
        """
        record, ticket = self.record, self.world.tickets.get(number)
        refused = {*self.desk.jobs.failing, *self.colliding}
        if (
            ticket is None
            or before is None
            or number in refused
            or ticket.status
            in {
                "closed",
                "deleted",
            }
        ):
            return ""
        state = meaning(self.ours(ticket))
        last = record.sent.get(number)
        cause = ""
        record.writes += 1
        if state == meaning(before):
            record.repeats += 1
            if last is None or last.is_known:
                record.violations.append(f"ticket {number}: written again for the same state")
            else:
                cause = last.cause
        is_lost = bool(self.ledger.requests and self.ledger.requests[-1].fault)
        record.sent[number] = Sent(state, is_known=not is_lost)
        record.this_run.add(number)
        return cause

    def end_run(self, outcomes: Mapping[int, str | None], why: str = "") -> None:
        """Note which writes of the run that has ended have an outcome in its journal."""
        for number in self.record.this_run & self.record.sent.keys():
            sent = self.record.sent[number]
            sent.is_known, sent.cause = outcomes.get(number) == "written", why
        self.record.this_run.clear()

    def ours(self, ticket: Ticket) -> Aspects:
        """Return what a ticket shows of the connector: fields, and tags that are no options."""
        ids = {one.id for one in self.world.fields.by_id.values() if is_ours(one.title)}
        fields = {str(key): value for key, value in ticket.values.items() if key in ids}
        options = {str(value) for value in fields.values()}
        return fields | {t: t for t in ticket.tags if t.startswith(OURS) and t not in options}

    def foreign(self, ticket: Ticket) -> tuple[object, ...]:
        """Return everything of a ticket that is not the connector's to change."""
        fields = self.world.fields.by_id
        tags = sorted(tag for tag in ticket.tags if not tag.startswith(OURS))
        values = sorted(
            (k, str(v)) for k, v in ticket.values.items() if not is_ours(fields[k].title)
        )
        people = (ticket.requester_id, ticket.assignee_id, ticket.group_id)
        return tags, values, people, ticket.subject, ticket.status, ticket.priority, ticket.type

    @contextmanager
    def by_hand(self, number: int) -> Iterator[None]:
        """Note what people change of ours in the block."""
        ticket = self.world.tickets[number]
        before = self.ours(ticket)
        yield
        now = self.ours(ticket)
        keys = {key for key in now | before if now.get(key) != before.get(key)}
        self.record.touched.setdefault(number, set()).update(keys)
        if keys:
            self.record.sent.pop(number, None)

    def put_requests(self) -> int:
        """Return how many batches were served."""
        return sum(1 for method, target in self.served if method == "PUT" and PUT in target)

    def act(self, stage: str) -> None:
        """Let people do what they have in mind for this moment."""
        for edit in self.edits.pop(stage, ()):
            edit()

    def _stage(self, method: str, target: str) -> None:
        if method == "GET" and LOOK in target:
            self.act("look")
        elif method == "PUT" and PUT in target:
            self.act("look")
            self.act("put")
        elif method == "GET" and JOB in target and self.has_written:
            self.act("job")

    def _shoots(self, target: str, *, is_before: bool) -> bool:
        aim = self.aim
        if aim is None or not aim.is_due(target, is_before=is_before):
            return False
        pid = aim.victim()
        self.aim = None
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid is not None


def is_ours(title: str) -> bool:
    """Tell whether a field is one of the three that setup makes."""
    return title in TITLES


def meaning(ours: Aspects) -> Aspects:
    """Return what the connector's part of a ticket means: without days and times in notes."""
    return {k: MOMENTS.sub("", v) if isinstance(v, str) else v for k, v in ours.items()}


def spoiled(requests: list[Request]) -> Counter[str]:
    """Count requests that went wrong, by kind."""
    return Counter(one.fault for one in requests if one.fault)
