"""The runs of the quarter, every five minutes: what each would write, by the planner itself.

A run looks at the tickets of which something changed since the last one: what happened to them,
what time did to their own outcome, what a goal says, and our own last write. Of the other tickets
all that the planner is given is as it was when it last found nothing to do. Every so often a run
plans all tickets all the same, and what it would write of those others is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from quiet_quarter_story import GROUPS, HOUR, START, Stage, Step
from quiet_quarter_verdicts import OF_NORTH, UNSOLVED, Verdicts

from connector.adapters.base import Adapter
from connector.config.mapping import GoalTable
from connector.kpi.standing import Outlook
from connector.model.change import Outcome
from connector.model.goal import GoalReport
from connector.model.ticket import Ticket
from connector.pipeline.job import Job
from connector.pipeline.showing import daily_instant
from connector.store.journal import Believed
from connector.writeback.labels import membership
from connector.writeback.note import Membership, told_states
from connector.writeback.plan import PlannedChange, plan
from connector.writeback.planner import Known, Rules, TicketView
from connector.writeback.reasons import Reason
from connector.writeback.shown import after

EVERY = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
BATCH = 100

Shown = tuple[tuple[str, ...], tuple[tuple[str, str], ...], frozenset[str]]
"""What a ticket says of its goals: options, the word of each goal in the note, and our tags."""


@dataclass
class Fact:
    """What is known of one ticket besides what the helpdesk keeps."""

    id: str
    group: int
    created_at: datetime
    replied_at: datetime | None = None
    solved_at: datetime | None = None
    status: str = "new"

    def note(self, step: Step) -> None:
        """Take up what happened."""
        self.status = step.status
        if step.says == "agent":
            self.replied_at = self.replied_at or step.at
        if step.status == "solved":
            self.solved_at = self.solved_at or step.at


@dataclass(frozen=True)
class Write:
    """One write to one ticket: when, as what, why, and what the ticket said before and after."""

    ticket: str
    at: datetime
    status: str
    reasons: tuple[Reason, ...]
    before: Shown
    now: Shown


@dataclass
class Log:
    """Everything that was written, and what the runs looked at."""

    runs: int = 0
    idle: int = 0
    looked: int = 0
    checked: int = 0
    checked_tickets: int = 0
    overlooked: int = 0
    rested: int = 0
    writes: list[Write] = field(default_factory=list)


class Quarter:
    """The story, the goals, and what we wrote so far."""

    def __init__(self, stage: Stage, adapter: Adapter, rules: Rules, job: Job) -> None:
        self.stage, self.adapter, self.rules, self.job = stage, adapter, rules, job
        self.goals: Mapping[str, GoalTable] = job.mappings.goals
        self.settles = {id_: _settles(job, goal) for id_, goal in self.goals.items()}
        self.facts: dict[str, Fact] = {}
        self.alive: set[str] = set()
        self.own: dict[str, Believed] = {}
        self.log = Log()
        self.unsolved = 0
        self._due: list[tuple[datetime, str]] = []
        self._again: set[str] = set()
        self._said: tuple[tuple[str, str], ...] = ()
        self._daily: datetime | None = None
        self._times: defaultdict[str, list[datetime]] = defaultdict(list)

    def run(self, now: datetime, reports: Sequence[GoalReport], *, check: bool = False) -> None:
        """Do what one run does with the tickets that may have to be written."""
        reports_now = {one.id: one for one in reports}
        is_daily = self._is_daily(now)
        said = tuple((one.id, one.status) for one in reports)
        touched = self._touched(now, everything=is_daily or said != self._said)
        self._said = said
        self.log.runs += 1
        self.log.looked += len(touched)
        if not touched:
            self.log.idle += 1
        if check:
            self._check(touched, reports_now, now, is_daily=is_daily)
        self._again = set()
        for planned in self._plan(touched, reports_now, now, is_daily=is_daily):
            self._again.add(planned.change.ticket_id)
        if is_daily:
            self._daily = daily_instant(self.job, now)

    def follow(self, done: Iterable[tuple[Step, str]]) -> None:
        """Take up what happened since the last run."""
        for step, ticket in done:
            if ticket not in self.facts:
                self.facts[ticket] = Fact(ticket, step.ticket % len(GROUPS), step.at)
                self._wake(self.facts[ticket])
                self.unsolved += 1
            before = self.facts[ticket].status
            self.unsolved += (step.status in UNSOLVED) - (before in UNSOLVED)
            self.facts[ticket].note(step)
            self.alive.add(ticket)
            self._again.add(ticket)
            if step.status == "closed":
                self.alive.discard(ticket)
                self.own.pop(ticket, None)

    def _wake(self, fact: Fact) -> None:
        """Note when time alone changes what a ticket says: as due soon, and as missed."""
        for goal in self.goals.values():
            rule = goal.ticket
            if rule is None or rule == "sla":
                continue
            due = fact.created_at + timedelta(seconds=rule.limit.number)
            soon = timedelta(seconds=rule.due_soon.number if rule.due_soon else 0)
            for at in (due - soon, due + SECOND):
                heappush(self._due, (at, fact.id))

    def _touched(self, now: datetime, *, everything: bool) -> set[str]:
        touched = set(self.alive) if everything else self._again & self.alive
        while self._due and self._due[0][0] <= now:
            touched.add(heappop(self._due)[1])
        return touched & self.alive

    def _is_daily(self, now: datetime) -> bool:
        return self._daily is None or self._daily < daily_instant(self.job, now)

    def _plan(
        self, ids: set[str], reports: Mapping[str, GoalReport], now: datetime, *, is_daily: bool
    ) -> tuple[PlannedChange, ...]:
        """Plan and write; return what was written."""
        if not ids:
            return ()
        found = plan(
            self._views(ids, reports, now),
            helpdesk="memory",
            rules=self.rules,
            known=self._known(ids, now, is_daily=is_daily),
            now=now,
        )
        self.log.rested += len(found.resting)
        self._again |= set(found.resting)
        for start in range(0, len(found.changes), BATCH):
            self._write(found.changes[start : start + BATCH], now)
        return found.changes

    def _known(self, ids: Iterable[str], now: datetime, *, is_daily: bool) -> Known:
        recent = {one: [at for at in self._times.get(one, ()) if at > now - HOUR] for one in ids}
        return Known(
            open_tickets=self.unsolved,
            own={one: self.own[one] for one in ids if one in self.own},
            resting=frozenset(one for one, times in recent.items() if len(times) >= MOST),
            is_daily_run=is_daily,
        )

    def _check(
        self, touched: set[str], reports: Mapping[str, GoalReport], now: datetime, *, is_daily: bool
    ) -> None:
        """Plan the tickets that this run leaves out, and count those that it should not."""
        rest = self.alive - touched
        views = self._views(rest, reports, now)
        known = self._known(rest, now, is_daily=is_daily)
        found = plan(views, helpdesk="memory", rules=self.rules, known=known, now=now)
        self.log.checked += 1
        self.log.checked_tickets += len(rest)
        self.log.overlooked += len(found.changes)

    def _views(
        self, ids: Iterable[str], reports: Mapping[str, GoalReport], now: datetime
    ) -> list[TicketView]:
        tickets = self.stage.desk.tickets
        facts = sorted((self.facts[one] for one in ids), key=lambda fact: fact.created_at)
        members = (tuple(self._members(one, reports, now)) for one in facts)
        return [TicketView(tickets[one.id], m) for one, m in zip(facts, members, strict=True)]

    def _members(
        self, fact: Fact, reports: Mapping[str, GoalReport], now: datetime
    ) -> Iterable[Membership]:
        for id_, goal in self.goals.items():
            if id_ not in reports or (id_ in OF_NORTH and fact.group):
                continue
            outcome, due_at = self._outcome(fact, goal, self.settles[id_], now)
            yield membership(
                goal, reports[id_], settles_by=self.settles[id_], outcome=outcome, due_at=due_at
            )

    @staticmethod
    def _outcome(
        fact: Fact, goal: GoalTable, settles: str, now: datetime
    ) -> tuple[str | None, datetime | None]:
        """Judge one ticket by its goal's limit, as `standings` does with what was measured."""
        rule = goal.ticket
        if rule is None or rule == "sla":
            return None, None
        due = fact.created_at + timedelta(seconds=rule.limit.number)
        settled = fact.replied_at if settles == "reply" else fact.solved_at
        if settled is not None:
            return (Outlook.MET if settled <= due else Outlook.MISSED), due
        if now > due:
            return Outlook.MISSED, due
        soon = rule.due_soon.number if rule.due_soon else -1
        is_soon = int((due - now).total_seconds()) <= soon
        return (Outlook.DUE_SOON if is_soon else Outlook.PENDING), due

    def _write(self, changes: Sequence[PlannedChange], now: datetime) -> None:
        tickets = self.stage.desk.tickets
        before = {one.change.ticket_id: tickets[one.change.ticket_id] for one in changes}
        receipt = self.adapter.submit([one.change for one in changes])
        outcomes = {one.ticket_id: one for one in self.adapter.collect(receipt) or ()}
        for one in changes:
            id_ = one.change.ticket_id
            result = outcomes[id_]
            if result.outcome != Outcome.WRITTEN or result.ticket is None:
                raise SystemExit(f"ticket {id_} was not written: {result.outcome}")
            self.own[id_] = after(self.own.get(id_), one.intent, at=result.ticket.stamp)
            self._times[id_] = [*self._times[id_][-MOST:], now]
            old, new = self._shown(before[id_]), self._shown(result.ticket)
            status = before[id_].status
            self.log.writes.append(Write(id_, now, status, one.reasons, old, new))

    def _shown(self, ticket: Ticket) -> Shown:
        ids = {one.role: one.id for one in self.rules.fields}
        options = tuple(ticket.fields.get(ids[role], "") for role in ("status", "outcome"))
        words = told_states(ticket.fields.get(ids["note"]))
        tags = frozenset(tag for tag in ticket.tags if tag.startswith("goal"))
        return options, tuple(sorted(words.items())), tags


MOST = 6
"""How often one ticket is written within an hour at most, as settings have it."""


def _settles(job: Job, goal: GoalTable) -> str:
    return job.mappings.kpis[goal.kpi].definition_in(job.definitions).settles_by


def shown(id_: str, goal: GoalTable, way: str) -> GoalTable:
    """Return a goal that shows its status in another way: STATUS, or GOAL:STATUS of one goal."""
    whose, _, status = way.rpartition(":")
    if not status or whose not in {"", id_}:
        return goal
    return goal.model_copy(update={"show": goal.show.model_copy(update={"status": status})})


def played(
    stage: Stage,
    adapter: Adapter,
    rules: Rules,
    verdicts: Verdicts,
    *,
    check_each: int = 0,
    show: str = "",
) -> Quarter:
    """Let the quarter pass with a run every five minutes; plan everything in some of them."""
    quarter = Quarter(stage, adapter, rules, verdicts.job)
    quarter.goals = {id_: shown(id_, goal, show) for id_, goal in quarter.goals.items()}
    now, number = START, 0
    kept: tuple[object, ...] = ()
    while now < stage.story.end:
        quarter.follow(stage.until(now))
        reports = verdicts.at(now, quarter.unsolved)
        said = (now.date(), *(one.status for one in reports))
        steady = verdicts.steady(reports)
        quarter.run(now, steady, check=bool(check_each) and number % check_each == 0)
        if said != kept:
            verdicts.job.state.save_evaluations(f"run-{number}", reports)
            kept = said
        now += EVERY
        number += 1
    return quarter
