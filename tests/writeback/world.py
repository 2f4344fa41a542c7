"""A helpdesk in memory with our fields, a state file, and the steps of a run against both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.model.change import Receipt, TicketChange
from connector.model.page import TicketField
from connector.model.ticket import Ticket
from connector.store.state import State
from connector.writeback.apply import Poll, WriteReport, apply
from connector.writeback.labels import field_specs
from connector.writeback.note import Membership
from connector.writeback.plan import Plan, plan
from connector.writeback.planner import Known, Rules, TicketView
from connector.writeback.undo import UndoPlan, plan_undo, tickets_written

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
GOALS = frozenset({"faster", "quality"})
DESK = "support"


def member(state: str | None = "on_track", **changes: Any) -> Membership:
    values: dict[str, Any] = {
        "goal": "faster",
        "title": "Faster first reply",
        "state": state,
        "as_of": NOON,
        "settles_by": "reply",
        "timezone": "Europe/Berlin",
        "show": "at_once",
    }
    return Membership(**{**values, **changes})


def quality(state: str | None = "on_track", **changes: Any) -> Membership:
    return member(state, **{"goal": "quality", "title": "Quality", "settles_by": "", **changes})


def due_soon(state: str | None = "on_track", **changes: Any) -> Membership:
    return member(state, **{"outcome": "due_soon", "due_at": DUE, **changes})


def couple(desk: MemoryHelpdesk, ticket_id: str) -> Ticket:
    """Make the tags of a ticket follow its drop-downs."""
    ticket = desk.tickets[ticket_id]
    options = {value for field in desk.fields.values() for value in field.options}
    chosen = {value for value in ticket.fields.values() if value in options}
    tags = tuple(sorted(({*ticket.tags} - options) | chosen))
    desk.tickets[ticket_id] = msgspec.structs.replace(ticket, tags=tags)
    return desk.tickets[ticket_id]


class OptionTagAdapter(MemoryAdapter):
    """A helpdesk in which the value of a drop-down is a tag as well."""

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write, then let the tags follow."""
        receipt = super().submit(changes)
        results = tuple(
            msgspec.structs.replace(result, ticket=couple(self._desk, result.ticket_id))
            if result.ticket
            else result
            for result in receipt.results or ()
        )
        return Receipt(changes=receipt.changes, results=results)


class World:
    """Everything a run needs, and shorthands for what a person or the run does."""

    def __init__(
        self,
        folder: Path,
        *,
        with_fields: bool = True,
        kind: type[MemoryAdapter] = MemoryAdapter,
        stores_labels: bool = False,
    ) -> None:
        self.desk = MemoryHelpdesk(f"writeback-{folder}", now=NOON)
        settings = MemorySettings(account=self.desk.name)
        self.fields: tuple[TicketField, ...] = ()
        if with_fields:
            setup = MemoryAdapter(settings, watched_fields=frozenset())
            specs = field_specs("goal_", "en", stores_labels=stores_labels)
            self.fields = setup.apply_fields(setup.plan_fields(specs))
        watched = frozenset(field.id for field in self.fields)
        self.adapter = kind(settings, watched_fields=watched)
        self.state = State.open(folder / "state.sqlite")
        self.rules = Rules(
            batch=100, fields=self.fields, goals=GOALS, max_share=1.0, stores_labels=stores_labels
        )
        self.run = 0
        self.slept: list[float] = []

    @property
    def poll(self) -> Poll:
        return Poll(now=lambda: self.desk.now, sleep=self.slept.append)

    def known(self, **changes: Any) -> Known:
        refusals = self.state.refusals(DESK).items()
        values: dict[str, Any] = {
            "open_tickets": max(len(self.desk.tickets), 1),
            "own": self.state.believed(DESK),
            "parked": {ticket: found.stamp for ticket, found in refusals if found.is_parked},
        }
        return Known(**{**values, **changes})

    def plan(
        self,
        members: Mapping[str, Sequence[Membership]],
        *,
        read: Mapping[str, Ticket] | None = None,
        rules: Mapping[str, Any] | None = None,
        **known: Any,
    ) -> Plan:
        tickets = self.desk.tickets if read is None else read
        views = [TicketView(t, tuple(members.get(t.id, ()))) for t in tickets.values()]
        return plan(
            views,
            helpdesk=DESK,
            rules=msgspec.structs.replace(self.rules, **(rules or {})),
            known=self.known(**known),
            now=self.desk.now,
        )

    def write(self, planned: Plan, **changes: Any) -> WriteReport:
        self.run += 1
        self.desk.advance(1)
        values: dict[str, Any] = {"lease_check": lambda: None, "poll": self.poll}
        run = f"run-{self.run}"
        report = apply(self.adapter, self.state, planned, run=run, **{**values, **changes})
        self.desk.advance(1)
        return report

    def sync(self, members: Mapping[str, Sequence[Membership]], **known: Any) -> Plan:
        planned = self.plan(members, **known)
        self.write(planned)
        return planned

    def planned_undo(self, run: str | None = None) -> UndoPlan:
        rows = list(self.state.journal_rows(helpdesk=DESK))
        found = {t.id: t for t in self.adapter.get(tickets_written(rows, run))}
        return plan_undo(rows, found, helpdesk=DESK, run=run, batch=100, now=self.desk.now)

    def undo(self, run: str | None = None) -> UndoPlan:
        undo = self.planned_undo(run)
        self.write(undo.plan)
        self.state.mark_undone(undo.batches, by=f"run-{self.run}")
        return undo

    def field_id(self, role: str) -> str:
        return next(field.id for field in self.fields if field.role == role)

    def shows(self, ticket_id: str) -> dict[str, str | None]:
        fields = self.desk.tickets[ticket_id].fields
        return {field.role: fields.get(field.id) for field in self.fields}

    def person_sets(self, ticket_id: str, role: str, value: str | None) -> None:
        self.desk.advance(60)
        self.desk.set_field(ticket_id, self.field_id(role), value)
        if isinstance(self.adapter, OptionTagAdapter):
            couple(self.desk, ticket_id)

    def person_tags(self, ticket_id: str, tag: str) -> None:
        self.desk.advance(60)
        self.desk.tag(ticket_id, tag)

    def person_moves(self, ticket_id: str, status: str) -> None:
        self.desk.advance(60)
        self.desk.set_status(ticket_id, status)


def ids(planned: Plan) -> list[str]:
    return [change.change.ticket_id for change in planned.changes]


def causes(planned: Plan) -> list[str]:
    return [reason.cause.value for change in planned.changes for reason in change.reasons]


LATER = timedelta(hours=1)
