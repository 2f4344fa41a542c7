"""Takes back what was written: only where a ticket still shows our value; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil

import msgspec

from connector.model.change import Outcome, TicketChange
from connector.model.ticket import Status, Ticket
from connector.writeback.journal import Row
from connector.writeback.note import is_same_note
from connector.writeback.plan import Plan, PlannedChange
from connector.writeback.reasons import ANY, Cause, Reason


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot or should not be taken back, and why: closed, missing, changed since."""

    ticket_id: str
    why: str
    fields: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that `apply` writes like any other, and what stays as it is."""

    plan: Plan
    stays: tuple[Stays, ...] = ()


class _Written(msgspec.Struct, kw_only=True):
    """What one ticket had of ours before, and what we left there."""

    before_fields: dict[str, str | None] = {}
    after_fields: dict[str, str | None] = {}
    before_tags: dict[str, bool] = {}
    after_tags: dict[str, bool] = {}

    def add(self, row: Row) -> None:
        """Add one acknowledged change; the first image before and the last after count."""
        change, before = row.intent.change, row.intent.before
        for key, value in change.fields.items():
            self.before_fields.setdefault(key, before.fields.get(key))
            self.after_fields[key] = value
        for tags, there in ((change.add_tags, True), (change.remove_tags, False)):
            for tag in tags:
                self.before_tags.setdefault(tag, tag in before.tags)
                self.after_tags[tag] = there


def tickets_written(rows: Iterable[Row], run: str | None = None) -> tuple[str, ...]:
    """Return the tickets that an undo has to look at: of one run, or of all."""
    return tuple(_written(rows, run))


def plan_undo(
    rows: Iterable[Row],
    tickets: Mapping[str, Ticket],
    *,
    helpdesk: str,
    run: str | None,
    batch: int,
    now: datetime,
) -> UndoPlan:
    """Plan to put back what tickets had before one run, or before all when `run` is None.

    `tickets` are as the helpdesk has them now; one that is not there is gone.
    """
    changes, stays = [], []
    for ticket_id, written in _written(rows, run).items():
        ticket = tickets.get(ticket_id)
        change, left = _back(ticket_id, ticket, written)
        if left is not None:
            stays.append(left)
        if change is not None:
            changes.append(change)
    batches = ceil(len(changes) / max(batch, 1))
    plan = Plan(
        helpdesk=helpdesk,
        at=now,
        changes=tuple(changes),
        batches=batches,
        requests=2 * batches,
    )
    return UndoPlan(plan=plan, stays=tuple(stays))


def _written(rows: Iterable[Row], run: str | None) -> dict[str, _Written]:
    found: dict[str, _Written] = {}
    for row in rows:
        if row.outcome == Outcome.WRITTEN and run in {None, row.run}:
            found.setdefault(row.intent.change.ticket_id, _Written()).add(row)
    return found


def _back(
    ticket_id: str, ticket: Ticket | None, written: _Written
) -> tuple[PlannedChange | None, Stays | None]:
    fields = {
        key: before
        for key, before in written.before_fields.items()
        if not is_same_note(before, written.after_fields[key])
    }
    tags = {
        tag: there for tag, there in written.before_tags.items() if there != written.after_tags[tag]
    }
    if not fields and not tags:
        return None, None
    if ticket is None or ticket.status in {Status.DELETED, Status.CLOSED}:
        why = "missing" if ticket is None or ticket.status == Status.DELETED else "closed"
        return None, Stays(
            ticket_id=ticket_id, why=why, fields=tuple(fields), tags=tuple(sorted(tags))
        )
    return _where_untouched(ticket, written, fields, tags)


def _where_untouched(
    ticket: Ticket,
    written: _Written,
    fields: dict[str, str | None],
    tags: dict[str, bool],
) -> tuple[PlannedChange | None, Stays | None]:
    """Split what is to be put back into what still shows our value and what does not."""
    touched = [k for k in fields if not is_same_note(ticket.fields.get(k), written.after_fields[k])]
    touched_tags = [t for t in tags if (t in ticket.tags) != written.after_tags[t]]
    ours = {key: value for key, value in fields.items() if key not in touched}
    add = sorted(t for t, there in tags.items() if there and t not in touched_tags)
    remove = sorted(t for t, there in tags.items() if not there and t not in touched_tags)
    left = None
    if touched or touched_tags:
        left = Stays(
            ticket_id=ticket.id,
            why="changed since",
            fields=tuple(touched),
            tags=tuple(sorted(touched_tags)),
        )
    if not (ours or add or remove):
        return None, left
    change = TicketChange(
        ticket_id=ticket.id,
        add_tags=tuple(add),
        remove_tags=tuple(remove),
        fields=ours,
        expected_stamp=ticket.stamp,
    )
    before_fields = {key: ticket.fields.get(key) for key in ours}
    planned = PlannedChange(
        change=change,
        reasons=(Reason(Cause.UNDONE, ANY, "undone"),),
        before_fields=before_fields,
        before_tags=tuple(remove),
    )
    return planned, left
