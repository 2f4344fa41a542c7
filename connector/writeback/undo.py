"""Takes back what was written: only where a ticket still shows our value; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil

import msgspec

from connector.model.change import Outcome, TicketChange
from connector.model.ticket import Status, Ticket
from connector.store.journal import JournalRow
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
    """A plan that `apply` writes like any other, and what stays as it is.

    `batches` are the journaled ones it takes back: to be marked as undone once it was written.
    """

    plan: Plan
    stays: tuple[Stays, ...] = ()
    batches: tuple[int, ...] = ()


class _Written(msgspec.Struct, kw_only=True):
    """What one ticket had of ours before, and what we left there."""

    before_fields: dict[str, str | None] = {}
    after_fields: dict[str, str | None] = {}
    before_tags: dict[str, bool] = {}
    after_tags: dict[str, bool] = {}

    def add(self, row: JournalRow) -> None:
        """Add one acknowledged change; the first image before and the last after count."""
        for key, value in row.fields_after.items():
            self.before_fields.setdefault(key, row.fields_before.get(key))
            self.after_fields[key] = value
        for tags, there in ((row.tags_added, True), (row.tags_removed, False)):
            for tag in tags:
                self.before_tags.setdefault(tag, not there)
                self.after_tags[tag] = there


def tickets_written(rows: Iterable[JournalRow], run: str | None = None) -> tuple[str, ...]:
    """Return the tickets that an undo has to look at: of one run, or of all."""
    return tuple(_written(rows, run))


def plan_undo(
    rows: Iterable[JournalRow],
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
    rows = tuple(rows)
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
        is_undo=True,
    )
    taken = {row.batch for row in rows if run is None or _is_of(row, run)}
    return UndoPlan(plan=plan, stays=tuple(stays), batches=tuple(sorted(taken)))


def _written(rows: Iterable[JournalRow], run: str | None) -> dict[str, _Written]:
    found: dict[str, _Written] = {}
    for row in rows:
        if row.outcome == Outcome.WRITTEN and (run is None or _is_of(row, run)):
            found.setdefault(row.ticket, _Written()).add(row)
    return found


def _is_of(row: JournalRow, run: str) -> bool:
    """Tell whether a row is of this run and was not taken back already."""
    return row.run == run and not row.is_undone


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
    planned = PlannedChange(
        change=change,
        reasons=(Reason(Cause.UNDONE, ANY, "undone"),),
        before={key: ticket.fields.get(key) for key in ours},
    )
    return planned, left
