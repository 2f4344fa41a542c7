"""The plan: the difference between what tickets should show and what we believe they show; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from math import ceil, inf

import msgspec

from connector.model.change import TicketChange
from connector.model.page import TicketField
from connector.store.journal import Intent
from connector.writeback.labels import SEVERITY
from connector.writeback.planner import BRAKED, Draft, Known, Planner, Rules, TicketView
from connector.writeback.reasons import Reason
from connector.writeback.shown import TAG, Ours, change
from connector.writeback.words import TicketOutcome

EXAMPLES = 5


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket to write: the change, why, and what its fields showed before.

    `status` and `known_at` are the ticket's status and its last update as far as it was known; an
    undo does not ask for them.
    """

    change: TicketChange
    reasons: tuple[Reason, ...]
    before: Mapping[str, str | None] = {}
    status: str = ""
    known_at: datetime | None = None

    @property
    def intent(self) -> Intent:
        """Return what the journal keeps of it."""
        return Intent(
            ticket_id=self.change.ticket_id,
            add_tags=self.change.add_tags,
            remove_tags=self.change.remove_tags,
            fields_before=self.before,
            fields_after=self.change.fields,
        )


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many tickets are written for one goal's state, and why; `cause` may be `held`."""

    goal: str
    state: str
    cause: str
    tickets: int
    examples: tuple[str, ...]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A goal's new state that would change too many tickets at once, and waits for approval."""

    goal: str
    state: str
    tickets: int
    share: float
    examples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what `--approve` takes: GOAL:STATE."""
        return f"{self.goal}:{self.state}"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Values of ours that a person changed twice: left alone until the state changes."""

    ticket_id: str
    fields: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be written to one helpdesk, most urgent first, and what waits.

    `requests` is about what it costs, `minutes` how long that takes at our share of the helpdesk's
    limit, None where it announces none. `skipped` counts tickets by why they are left alone.
    `stopped` says why nothing at all is written. `ignore` is the tag that keeps us off a ticket,
    also when it comes at the last moment. `resting` wait, since they were written
    too often of late. `turns_at` is when time alone may give a ticket something else to show.
    """

    helpdesk: str
    at: datetime
    changes: tuple[PlannedChange, ...] = ()
    held: tuple[Held, ...] = ()
    kept: tuple[Kept, ...] = ()
    resting: tuple[str, ...] = ()
    skipped: Mapping[str, int] = {}
    batches: int = 0
    requests: int = 0
    minutes: float | None = None
    stopped: str = ""
    ignore: str = ""
    is_undo: bool = False
    turns_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not self.changes


def plan(
    views: Iterable[TicketView], *, helpdesk: str, rules: Rules, known: Known, now: datetime
) -> Plan:
    """Plan what to write: only our tags and fields, only states that changed, most urgent first."""
    stopped = deactivated(rules.fields)
    if stopped:
        return Plan(helpdesk=helpdesk, at=now, stopped=stopped)
    planner = Planner(rules, known)
    skipped: Counter[str] = Counter()
    drafts = []
    for view in views:
        why_not = planner.hands_off(view.ticket)
        if why_not:
            skipped[why_not] += 1
        elif planner.concerns(view):
            drafts.append(planner.draft(view))
    resting = [draft.look.ticket.id for draft in drafts if _rests(draft, known)]
    drafts = [draft for draft in drafts if not _rests(draft, known)]
    held = _held(drafts, known, rules.max_share)
    keys = frozenset((each.goal, each.state) for each in held)
    released = [planner.without(draft, keys) for draft in drafts]
    changed = (draft for draft in released if draft.delta is not None)
    written = sorted(changed, key=lambda draft: _urgency(draft, known.deferred))
    batches = ceil(len(written) / max(rules.batch, 1))
    return Plan(
        helpdesk=helpdesk,
        at=now,
        changes=tuple(_planned(draft) for draft in written),
        held=held,
        kept=tuple(_kept(draft) for draft in drafts if draft.kept),
        resting=tuple(resting),
        skipped=dict(skipped),
        batches=batches,
        requests=rules.batch_requests * batches,
        ignore=planner.names.ignore,
    )


def deactivated(fields: Iterable[TicketField]) -> str:
    """Say why nothing may be written: an admin deactivated the status field in the helpdesk."""
    for field in fields:
        if field.role == "status" and not field.active:
            return f"the field {field.title!r} is deactivated in the helpdesk: nothing is written"
    return ""


def summary(plan: Plan) -> tuple[SummaryRow, ...]:
    """Group a plan by goal and state, for a readable diff; what waits comes last."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for planned in plan.changes:
        for reason in planned.reasons:
            key = (reason.goal, reason.state, reason.cause.value)
            groups.setdefault(key, []).append(planned.change.ticket_id)
    rows = [
        SummaryRow(goal=goal, state=state, cause=cause, tickets=len(ids), examples=_few(ids))
        for (goal, state, cause), ids in sorted(groups.items())
    ]
    rows += [
        SummaryRow(
            goal=held.goal,
            state=held.state,
            cause="held",
            tickets=held.tickets,
            examples=held.examples,
        )
        for held in plan.held
    ]
    return tuple(rows)


def _held(drafts: Iterable[Draft], known: Known, max_share: float) -> tuple[Held, ...]:
    """Return the new states that would change too large a share of the open tickets."""
    tickets: dict[Reason, list[str]] = {}
    for draft in drafts:
        for reason in draft.reasons if draft.delta is not None else ():
            if reason.cause in BRAKED:
                tickets.setdefault(reason, []).append(draft.look.ticket.id)
    total = max(known.open_tickets, 1)
    found = (
        Held(
            goal=reason.goal,
            state=reason.state,
            tickets=len(ids),
            share=len(ids) / total,
            examples=_few(ids),
        )
        for reason, ids in tickets.items()
    )
    return tuple(
        h for h in found if h.share > max_share and (h.goal, h.state) not in known.approved
    )


def _planned(draft: Draft) -> PlannedChange:
    delta = draft.delta or Ours()
    ticket, own = draft.look.ticket, draft.look.own
    return PlannedChange(
        change=change(ticket, delta, draft.wanted),
        reasons=draft.reasons,
        before={key: draft.shown.fields.get(key) for key in delta.fields},
        status=ticket.status,
        known_at=max(ticket.updated_at, own.at) if own else ticket.updated_at,
    )


def _rests(draft: Draft, known: Known) -> bool:
    """Tell whether a ticket should be written and has to wait, since it was so often of late."""
    return draft.delta is not None and draft.look.ticket.id in known.resting


def _urgency(draft: Draft, deferred: AbstractSet[str]) -> tuple[float, bool, int, float]:
    """Order by what is due soon and when, what waited before, worst status, and newest first."""
    look = draft.look
    due = [
        m.due_at.timestamp()
        for m in look.memberships
        if m.outcome == TicketOutcome.DUE_SOON and m.due_at is not None
    ]
    status = look.labels.status
    rank = SEVERITY.index(status) if status else len(SEVERITY)
    has_waited = look.ticket.id in deferred
    return min(due, default=inf), not has_waited, rank, -look.ticket.created_at.timestamp()


def _kept(draft: Draft) -> Kept:
    fields = sorted(key for key in draft.kept if not key.startswith(TAG))
    tags = sorted(key.removeprefix(TAG) for key in draft.kept if key.startswith(TAG))
    return Kept(ticket_id=draft.look.ticket.id, fields=tuple(fields), tags=tuple(tags))


def _few(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(ids[:EXAMPLES])
