"""The helpdesk's own clocks on one ticket, as steps: started, paused, ended, due, breached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connector.practice.feed import Audit
from connector.practice.metrics import DONE
from connector.practice.slas import Policy, Target, policy_of
from connector.practice.world import Change, Comment, Created, Ticket, World

NEVER = 2**62
REPLY, WAIT, WORK, RESOLUTION = (
    "reply_time",
    "requester_wait_time",
    "agent_work_time",
    "resolution_time",
)
RUNS_IN = {
    WAIT: frozenset({"new", "open", "hold"}),
    WORK: frozenset({"new", "open"}),
    RESOLUTION: frozenset({"new", "open", "pending", "hold"}),
}


class Step(NamedTuple):
    """One metric event; `more` is what its type brings along."""

    at: int
    metric: str
    instance: int
    kind: str
    more: dict[str, Any] | None = None


@dataclass(slots=True)
class Stopwatch:
    """One metric of a ticket."""

    metric: str
    instance: int = 0
    active: bool = False
    running: bool = False
    since: int = 0
    calendar: int = 0
    business: int = 0
    policy: Policy | None = None
    target: Target | None = None
    breached: bool = False

    def name(self) -> str:
        """Return what policies call this metric."""
        if self.metric == REPLY:
            return "first_reply_time" if self.instance <= 1 else "next_reply_time"
        return "total_resolution_time" if self.metric == RESOLUTION else self.metric


@dataclass(slots=True)
class Timeline:
    """A ticket's steps up to `until`; `due_at` is when the next breach comes if nothing happens."""

    world: World
    policies: Sequence[Policy]
    ticket: Ticket
    until: int
    steps: list[Step] = field(default_factory=list)
    due_at: int = NEVER
    watches: dict[str, Stopwatch] = field(
        default_factory=lambda: {name: Stopwatch(name) for name in (REPLY, *RUNS_IN)}
    )

    def read(self, audit: Audit) -> None:
        """Take in one audit: let the watches run up to it, then what it changes."""
        for watch in self.watches.values():
            self._run(watch, audit.at)
        is_new = any(isinstance(change, Created) for change in audit.changes)
        for change in audit.changes:
            if isinstance(change, Created):
                for name, value in change.values:
                    self.ticket.apply(Change(name, None, value))
                for name in self.watches:
                    self.steps.append(Step(audit.at, name, 0, "measure"))
            elif isinstance(change, Change):
                self.ticket.apply(change)
        self._follow_status(audit.at)
        for change in audit.changes:
            if isinstance(change, Comment):
                self._follow_comment(audit, change, is_opening=is_new)
        self._apply_policy(audit.at)

    def finish(self) -> None:
        """Let the watches run up to the present."""
        for watch in self.watches.values():
            self._run(watch, self.until)
            if watch.running and watch.target is not None and not watch.breached:
                self.due_at = min(self.due_at, self._due(watch, watch.target))
        self.steps.sort(key=lambda step: step.at)

    def _run(self, watch: Stopwatch, at: int) -> None:
        if not watch.running:
            return
        if watch.target is not None and not watch.breached:
            due = max(watch.since, self._due(watch, watch.target))
            if due <= at:
                watch.breached = True
                self._step(due, watch, "breach", {"deleted": False})
        watch.calendar += at - watch.since
        watch.business += self._open_seconds(watch.since, at)
        watch.since = at

    def _due(self, watch: Stopwatch, target: Target) -> int:
        allowed = target.minutes * 60
        hours = self.world.directory.hours.get(self.ticket.schedule_id or 0)
        if not target.business_hours or hours is None:
            return watch.since + allowed - watch.calendar
        return hours.after(watch.since, max(0, allowed - watch.business))

    def _open_seconds(self, start: int, end: int) -> int:
        hours = self.world.directory.hours.get(self.ticket.schedule_id or 0)
        return end - start if hours is None else hours.between(start, end)

    def _step(
        self, at: int, watch: Stopwatch, kind: str, more: dict[str, Any] | None = None
    ) -> None:
        self.steps.append(Step(at, watch.metric, watch.instance, kind, more))

    def _follow_status(self, at: int) -> None:
        status = self.ticket.status
        for metric, running in RUNS_IN.items():
            watch = self.watches[metric]
            if status in running and not watch.running:
                self._start(watch, at)
            elif status in DONE and watch.active:
                self._stop(watch, at, "fulfill")
            elif status not in running and watch.running:
                self._stop(watch, at, "pause")
        if status == "deleted":
            for watch in self.watches.values():
                watch.active = watch.running = False

    def _follow_comment(self, audit: Audit, comment: Comment, *, is_opening: bool) -> None:
        author = audit.author_id if comment.author_id is None else comment.author_id
        watch = self.watches[REPLY]
        if not comment.public or self.ticket.status == "deleted":
            return
        if not self.world.directory.is_staff(author):
            if not watch.active and author > 0:
                self._start(watch, audit.at)
        elif watch.active and not is_opening:
            self._stop(watch, audit.at, "fulfill")

    def _start(self, watch: Stopwatch, at: int) -> None:
        if not watch.active:
            watch.instance += 1
            watch.active, watch.breached = True, False
            watch.calendar = watch.business = 0
            watch.policy = watch.target = None
        watch.running, watch.since = True, at
        self._step(at, watch, "activate")

    def _stop(self, watch: Stopwatch, at: int, kind: str) -> None:
        watch.running = False
        watch.active = kind == "pause"
        self._step(at, watch, kind)
        took = {"calendar": watch.calendar // 60, "business": watch.business // 60}
        self._step(at, watch, "update_status", {"status": took})

    def _apply_policy(self, at: int) -> None:
        if not any(watch.active for watch in self.watches.values()):
            return
        policy = policy_of(self.policies, self.world, self.ticket, at)
        for watch in self.watches.values():
            if not watch.active:
                continue
            target = policy.target(watch.name(), self.ticket.priority) if policy else None
            if (policy, target) != (watch.policy, watch.target):
                watch.policy, watch.target, watch.breached = policy, target, False
                if policy is not None and target is not None:
                    self._step(at, watch, "apply_sla", {"sla": _applied(policy, target)})


def timeline(world: World, ticket: Ticket, until: int) -> Timeline:
    """Return the steps of a ticket's clocks from its history."""
    blank = Ticket(
        id=ticket.id,
        created_at=ticket.created_at,
        updated_at=ticket.created_at,
        generated_at=ticket.created_at,
        via=ticket.via,
        subject=ticket.subject,
        requester_id=ticket.requester_id,
        submitter_id=ticket.submitter_id,
        organization_id=ticket.organization_id,
    )
    told = world.told_steps
    found = Timeline(world, world.policies if told is None else (), blank, until)
    for place in ticket.audits:
        found.read(world.feed[place])
    if told is not None:
        found.steps = [step for step in found.steps if step.metric != REPLY]
        found.steps += told.get(ticket.id, ())
    found.finish()
    return found


def _applied(policy: Policy, target: Target) -> dict[str, Any]:
    named = {"id": policy.id, "title": policy.title, "description": policy.description}
    return {
        "target": target.minutes,
        "target_in_seconds": target.minutes * 60,
        "business_hours": target.business_hours,
        "policy": named,
    }
