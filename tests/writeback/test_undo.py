"""Taking back what was written."""

from __future__ import annotations

import pytest

from connector.model.ticket import Mark, Status
from tests.writeback.world import World, due_soon, ids, member


def test_undo_puts_back_what_was_there(world: World) -> None:
    world.desk.put("1", tags=("vip",))
    world.sync({"1": [due_soon("at_risk", tag=True)]})
    undo = world.undo()
    assert set(world.shows("1").values()) == {None}
    assert world.desk.tickets["1"].tags == ("vip",)
    assert undo.stays == ()


def test_undo_of_several_writes_goes_back_to_before_the_first(world: World) -> None:
    world.desk.put("1")
    for state in ("at_risk", "off_track", "at_risk"):
        world.sync({"1": [member(state, tag=True)]})
    world.undo()
    assert set(world.shows("1").values()) == {None}
    assert world.desk.tickets["1"].tags == ()


def test_undo_of_one_run_goes_back_to_before_it(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.sync({"1": [member("off_track")]})
    world.undo("run-2")
    assert world.shows("1")["status"] == "goal_status__at_risk"


def test_undo_of_a_run_that_was_written_over_changes_nothing(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.sync({"1": [member("off_track")]})
    undo = world.undo("run-1")
    assert world.shows("1")["status"] == "goal_status__off_track"
    assert [left.why for left in undo.stays] == ["changed since"]


def test_undo_leaves_alone_what_a_person_changed(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("at_risk")]})
    world.person_sets("1", "status", "goal_status__on_track")
    undo = world.undo()
    shown = world.shows("1")
    assert (shown["status"], shown["outcome"]) == ("goal_status__on_track", None)
    assert [(left.ticket_id, left.fields) for left in undo.stays] == [
        ("1", (world.field_id("status"),))
    ]


def test_undo_leaves_a_tag_that_a_person_removed_removed(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk", tag=True)]})
    world.desk.untag("1", "goal__faster__at_risk")
    undo = world.undo()
    assert [left.tags for left in undo.stays] == [("goal__faster__at_risk",)]


@pytest.mark.parametrize(
    ("status", "why"), [(Status.CLOSED, "closed"), (Status.DELETED, "missing")]
)
def test_undo_lists_what_the_helpdesk_does_not_let_us(
    world: World, status: Status, why: str
) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.person_moves("1", status)
    undo = world.undo()
    assert undo.plan.is_empty
    assert [(left.ticket_id, left.why) for left in undo.stays] == [("1", why)]


@pytest.mark.parametrize("status", [Status.PENDING, Status.HOLD, Status.SOLVED])
def test_undo_reaches_tickets_that_are_not_written_otherwise(world: World, status: Status) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.person_moves("1", status)
    world.undo()
    assert world.shows("1")["status"] is None


def test_a_second_undo_has_nothing_to_do(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.undo()
    again = world.undo()
    assert (ids(again.plan), again.stays) == ([], ())


def test_a_second_undo_of_the_same_run_has_nothing_to_do(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.undo("run-1")
    again = world.undo("run-1")
    assert (ids(again.plan), again.stays) == ([], ())


def test_undo_gives_back_labels_that_were_inherited(bare: World) -> None:
    bare.desk.put("1", tags=("goal_outcome__met",), marks=int(Mark.FOLLOW_UP))
    bare.sync({})
    assert list(bare.desk.tickets["1"].tags) == []
    bare.undo()
    assert list(bare.desk.tickets["1"].tags) == ["goal_outcome__met"]


def test_a_refused_write_is_not_taken_back(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": [member("at_risk")]})
    world.desk.tag("1", "vip")
    world.write(planned)
    assert world.undo().plan.is_empty
