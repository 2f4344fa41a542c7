"""The last look: what people did since the read is found right before a batch is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from connector.model.change import Outcome
from connector.model.run import WriteCounts
from connector.model.ticket import Mark, Status
from tests.writeback.world import World, due_soon, ids, member

MEMBERS = {"1": [member("at_risk", tag=True)], "2": [member("at_risk", tag=True)]}
Act = Callable[[World], object]


def both(world: World) -> None:
    world.desk.put("1", tags=("vip",))
    world.desk.put("2")


def left_alone(outcome: Outcome) -> WriteCounts:
    """Return the counts of two planned tickets of which one was left alone."""
    counts = WriteCounts(planned=2, written=1, left_alone=1)
    counts.count(outcome)
    return counts


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (lambda w: w.person_moves("1", Status.PENDING), Outcome.CONFLICT),
        (lambda w: w.person_moves("1", Status.HOLD), Outcome.CONFLICT),
        (lambda w: w.person_moves("1", Status.SOLVED), Outcome.CONFLICT),
        (lambda w: w.person_moves("1", Status.CLOSED), Outcome.LOCKED),
        (lambda w: w.person_moves("1", Status.DELETED), Outcome.MISSING),
        (lambda w: w.desk.put("1", marks=int(Mark.MERGED)), Outcome.LOCKED),
        (lambda w: w.desk.put("1", marks=int(Mark.SPAM)), Outcome.LOCKED),
        (lambda w: w.desk.tag("1", "goal_ignore"), Outcome.CONFLICT),
        (lambda w: w.person_sets("1", "status", "goal_status__on_track"), Outcome.CONFLICT),
        (lambda w: w.person_sets("1", "note", "Mine"), Outcome.CONFLICT),
        (lambda w: w.person_tags("1", "goal__faster__at_risk"), Outcome.CONFLICT),
    ],
    ids=[
        "pending", "on hold", "solved", "closed", "deleted", "merged", "spam", "ignored",
        "our field", "our note", "our tag",
    ],
)  # fmt: skip
def test_what_a_person_did_since_is_left_alone(world: World, act: Act, outcome: Outcome) -> None:
    both(world)
    planned = world.plan(MEMBERS)
    act(world)
    before = world.desk.tickets["1"]
    report = world.write(planned)
    assert report.counts == left_alone(outcome)
    assert world.desk.tickets["1"] == before
    assert world.shows("2")["status"] == "goal_status__at_risk"


def test_what_is_left_alone_is_no_failure_and_not_journaled(world: World) -> None:
    both(world)
    planned = world.plan(MEMBERS)
    world.person_moves("1", Status.PENDING)
    assert world.write(planned).counts.are_complete
    assert [row.ticket for row in world.state.journal_rows()] == ["2"]
    assert world.state.refusals("support") == {}


def test_what_was_left_alone_is_planned_anew(world: World) -> None:
    both(world)
    planned = world.plan(MEMBERS)
    world.person_moves("1", Status.PENDING)
    world.write(planned)
    assert world.plan(MEMBERS).is_empty
    world.person_moves("1", Status.OPEN)
    assert ids(world.plan(MEMBERS)) == ["1"]


def test_a_batch_of_which_nothing_is_left_is_not_sent(world: World) -> None:
    world.desk.put("1")
    planned = world.plan(MEMBERS)
    world.person_moves("1", Status.CLOSED)
    before = world.adapter.requests
    world.write(planned)
    assert world.adapter.requests - before == 1


def test_a_ticket_that_was_opened_since_is_written(world: World) -> None:
    world.desk.put("1", status=Status.NEW)
    planned = world.plan(MEMBERS)
    world.person_moves("1", Status.OPEN)
    report = world.write(planned)
    assert report.counts.left_alone == 0


def test_what_a_solved_ticket_should_show_is_not_written_on_one_that_is_open_again(
    world: World,
) -> None:
    world.desk.put("1", status=Status.SOLVED)
    planned = world.plan({"1": [member(None, outcome="missed")]})
    world.person_moves("1", Status.OPEN)
    assert world.write(planned).counts == WriteCounts(planned=1, conflict=1, left_alone=1)


def test_due_soon_is_not_written_on_a_ticket_that_somebody_worked_on_since(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": [due_soon()]})
    world.desk.advance(60)
    world.desk.comment("1", by="10")
    assert world.write(planned).counts == WriteCounts(planned=1, conflict=1, left_alone=1)


def test_due_soon_follows_our_own_write_at_once(world: World) -> None:
    world.desk.put("1")
    read = dict(world.desk.tickets)
    world.write(world.plan({"1": [member("at_risk")]}))
    planned = world.plan({"1": [due_soon("at_risk")]}, read=read)
    assert planned.changes[0].known_at == world.desk.tickets["1"].updated_at


def test_an_undo_looks_once_more_too(world: World) -> None:
    both(world)
    world.sync(MEMBERS)
    undo = world.planned_undo()
    world.person_sets("1", "status", "goal_status__off_track")
    report = world.write(undo.plan)
    assert report.counts == left_alone(Outcome.CONFLICT)
    assert world.shows("1")["status"] == "goal_status__off_track"
    assert not any(world.shows("2").values())


def test_what_was_never_read_is_no_change_of_a_person_and_comes_back_with_an_undo(
    world: World,
) -> None:
    status = world.field_id("status")
    world.desk.put("1", fields={status: "goal_status__on_track"}, tags=("goal__faster__at_risk",))
    blind = replace(world.desk.tickets["1"], fields={}, tags=())
    report = world.write(world.plan(MEMBERS, read={"1": blind}))
    assert (report.counts.written, report.counts.left_alone) == (1, 0)
    world.undo()
    assert world.shows("1")["status"] == "goal_status__on_track"
    assert "goal__faster__at_risk" in world.desk.tickets["1"].tags
