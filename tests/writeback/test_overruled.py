"""Rules of the helpdesk that take back what we write: no quarrel with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from connector.adapters.memory import MemoryAdapter
from connector.adapters.readback import outcome_of, shows
from connector.model.change import Receipt, TicketChange, WriteResult
from tests.writeback.world import World, member


class OverrulingAdapter(MemoryAdapter):
    """A helpdesk with a trigger that empties fields right after they were written."""

    empties: Callable[[str], bool] = staticmethod(lambda _: False)

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write, let the trigger act, and tell what is left as Zendesk's adapter does."""
        super().submit(changes)
        return Receipt(changes=tuple(changes), results=tuple(map(self._ended, changes)))

    def _ended(self, change: TicketChange) -> WriteResult:
        ticket = self._desk.tickets[change.ticket_id]
        left = {key: value for key, value in ticket.fields.items() if not self.empties(key)}
        now = self._desk.replace(ticket, {"fields": left})
        return WriteResult(
            ticket_id=now.id,
            outcome=outcome_of(now, change),
            detail="" if shows(now, change) else "not shown",
            ticket=self._seen(now),
            is_done=True,
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, kind=OverrulingAdapter)


def overrules(world: World, *roles: str) -> None:
    ids = {field.id for field in world.fields if field.role in roles}
    assert isinstance(world.adapter, OverrulingAdapter)
    world.adapter.empties = ids.__contains__


def writes_of(world: World, ticket: str, states: Sequence[str]) -> list[int]:
    """Return how often a ticket is written while each state lasts for four runs."""
    return [
        sum(
            change.change.ticket_id == ticket
            for _ in range(4)
            for change in world.sync({ticket: [member(state)]}).changes
        )
        for state in states
    ]


def test_a_value_that_a_rule_takes_back_is_not_written_again(world: World) -> None:
    ticket = world.desk.put()
    overrules(world, "status")
    assert writes_of(world, ticket, ["at_risk"]) == [1]


def test_a_new_state_is_tried_once_more(world: World) -> None:
    ticket = world.desk.put()
    overrules(world, "status")
    assert writes_of(world, ticket, ["at_risk", "off_track"]) == [1, 1]


def test_a_ticket_that_somebody_touches_is_no_reason_to_try_again(world: World) -> None:
    ticket = world.desk.put()
    overrules(world, "status")
    assert writes_of(world, ticket, ["at_risk"]) == [1]
    world.desk.tag(ticket, "vip")
    assert writes_of(world, ticket, ["at_risk"]) == [0]


def test_where_a_rule_leaves_nothing_it_is_tried_twice(world: World) -> None:
    ticket = world.desk.put()
    overrules(world, "status", "outcome", "note")
    assert writes_of(world, ticket, ["at_risk"]) == [2]


def test_what_a_rule_takes_back_is_told(world: World) -> None:
    ticket = world.desk.put()
    overrules(world, "status")
    report = world.write(world.plan({ticket: [member("at_risk")]}))
    assert report.counts.written == 1
    assert [note.partition(" do ")[0] for note in report.notes] == ["1 tickets"]
    (kept,) = world.plan({ticket: [member("at_risk")]}).kept
    assert kept.fields == tuple(f.id for f in world.fields if f.role == "status")


def test_what_is_left_of_a_write_is_undone(world: World) -> None:
    ticket = world.desk.put()
    before = world.desk.tickets[ticket]
    overrules(world, "status")
    world.sync({ticket: [member("at_risk")]})
    overrules(world)
    world.undo()
    after = world.desk.tickets[ticket]
    assert (after.fields, after.tags) == (before.fields, before.tags)


def test_what_shows_after_all_is_no_quarrel(world: World) -> None:
    """A read right after the write may come from a server that does not know of it yet."""
    ticket = world.desk.put()
    overrules(world, "status")
    world.sync({ticket: [member("at_risk")]})
    overrules(world)
    own = world.state.believed("support")[ticket]
    now = world.desk.tickets[ticket]
    world.desk.tickets[ticket] = replace(now, fields={**now.fields, **own.fields})
    assert writes_of(world, ticket, ["at_risk", "off_track"]) == [0, 1]
