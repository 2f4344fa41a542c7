"""When a ticket is written, and what is left alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from connector.model.ticket import Mark, Status
from connector.writeback.plan import Plan, summary
from tests.writeback.world import NOON, World, causes, due_soon, ids, member, quality


def test_a_new_status_is_written_to_field_and_note(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    assert world.shows("1") == {
        "status": "goal_status__at_risk",
        "outcome": None,
        "note": "Faster first reply: at risk as of 22 Nov",
    }


def test_without_fields_the_same_words_are_tags(bare: World) -> None:
    bare.desk.put("1", tags=("vip",))
    bare.sync({"1": [due_soon("at_risk")]})
    expected = ("goal_outcome__due_soon", "goal_status__at_risk", "vip")
    assert bare.desk.tickets["1"].tags == expected


def test_without_fields_a_new_word_takes_the_old_ones_place(bare: World) -> None:
    bare.desk.put("1")
    bare.sync({"1": [member("at_risk")]})
    bare.sync({"1": [member("off_track")]})
    assert bare.desk.tickets["1"].tags == ("goal_status__off_track",)


def test_a_second_plan_is_empty(world: World) -> None:
    world.desk.put("1")
    members = {"1": [due_soon("at_risk", tag=True), quality("off_track")]}
    assert ids(world.sync(members)) == ["1"]
    assert world.plan(members).is_empty


def test_a_second_plan_is_empty_though_the_helpdesk_still_shows_the_old_ticket(
    world: World,
) -> None:
    world.desk.put("1")
    read = dict(world.desk.tickets)
    world.sync({"1": [member("at_risk")]})
    assert world.plan({"1": [member("at_risk")]}, read=read).is_empty


def test_a_second_plan_is_empty_though_our_own_memory_is_lost(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("at_risk", tag=True)]})
    assert world.plan({"1": [due_soon("at_risk", tag=True)]}, own={}).is_empty


@pytest.mark.parametrize("status", [Status.PENDING, Status.HOLD, Status.CLOSED, Status.DELETED])
def test_only_new_and_open_tickets_are_written(world: World, status: Status) -> None:
    world.desk.put("1", status=status)
    planned = world.plan({"1": [due_soon("off_track")]})
    assert planned.is_empty
    assert planned.skipped == {str(status): 1}


def test_pending_alone_is_never_written(world: World) -> None:
    world.desk.put("1")
    assert world.plan({"1": [member(None, outcome="pending")]}).is_empty


def test_a_met_outcome_alone_waits_until_the_ticket_is_solved(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member(None, outcome="met")]}
    assert world.plan(members).is_empty
    world.person_moves("1", Status.SOLVED)
    world.sync(members)
    assert world.shows("1")["outcome"] == "goal_outcome__met"


def test_no_data_alone_is_never_written(world: World) -> None:
    world.desk.put("1")
    assert world.plan({"1": [member("insufficient_data")]}).is_empty


def test_due_soon_is_written_at_any_time(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": [due_soon(None, show="with_ticket")]}, is_daily_run=False)
    assert causes(planned) == ["outcome"]


def test_what_was_due_soon_is_taken_back_when_it_was_done(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon()]})
    world.sync({"1": [member(outcome="met")]})
    assert world.shows("1")["outcome"] == "goal_outcome__met"


def test_a_status_that_travels_with_the_ticket_is_not_written_alone(world: World) -> None:
    world.desk.put("1")
    assert world.plan({"1": [member("off_track", show="with_ticket")]}).is_empty


def test_a_status_travels_when_the_ticket_is_written_anyway(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("off_track", show="with_ticket")]})
    assert world.shows("1")["status"] == "goal_status__off_track"


def test_a_daily_status_waits_for_the_daily_run(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("off_track", show="daily")]}
    assert world.plan(members, is_daily_run=False).is_empty
    assert ids(world.plan(members, is_daily_run=True)) == ["1"]


def test_an_approved_daily_status_does_not_wait(world: World) -> None:
    world.desk.put("1")
    approved = frozenset({("faster", "off_track")})
    members = {"1": [member("off_track", show="daily")]}
    assert ids(world.plan(members, is_daily_run=False, approved=approved)) == ["1"]


def test_dates_in_a_note_never_cause_a_write(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("at_risk")]})
    tomorrow = due_soon("at_risk", as_of=NOON.replace(day=23), due_at=NOON.replace(day=24))
    assert world.plan({"1": [tomorrow]}).is_empty


def test_dates_are_renewed_when_the_ticket_is_written_anyway(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    world.sync({"1": [due_soon("at_risk", as_of=NOON.replace(day=23))]})
    note = world.shows("1")["note"]
    assert note is not None
    assert "as of 23 Nov" in note


def test_a_second_goal_at_risk_is_written_though_the_worst_status_stays(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk"), quality("on_track")]})
    world.sync({"1": [member("at_risk"), quality("at_risk")]})
    note = world.shows("1")["note"]
    assert note is not None
    assert "Quality: at risk" in note


def test_a_second_goal_coming_from_no_data_is_not_written_alone(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk"), quality("insufficient_data")]})
    assert world.plan({"1": [member("at_risk"), quality("on_track")]}).is_empty


def test_a_goal_tag_follows_its_state(world: World) -> None:
    world.desk.put("1", tags=("vip",))
    world.sync({"1": [due_soon("at_risk", tag=True)]})
    assert {"goal__faster__at_risk", "goal__faster__due_soon", "vip"} <= {
        *world.desk.tickets["1"].tags
    }
    world.sync({"1": [member("on_track", tag=True, outcome="met")]})
    assert not [t for t in world.desk.tickets["1"].tags if t.startswith("goal__")]


def test_labels_go_when_the_ticket_counts_for_no_goal_any_more(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("at_risk", tag=True)]})
    world.sync({})
    assert set(world.shows("1").values()) == {None}
    assert world.desk.tickets["1"].tags == ()


def test_the_tag_of_a_goal_that_left_the_mapping_goes(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk", tag=True), quality("at_risk")]})
    world.rules = msgspec.structs.replace(world.rules, goals=frozenset({"quality"}))
    world.sync({"1": [quality("at_risk")]})
    assert "goal__faster__at_risk" not in world.desk.tickets["1"].tags


def test_the_tag_of_somebody_who_is_gone_goes_though_our_own_memory_is_lost(world: World) -> None:
    ours, unknown = "goal__each_of_77__at_risk", "goal__other_of_77__at_risk"
    foreign = (unknown, "goal__each_of_77__vip", "goal__each__x")
    world.desk.put("1", tags=(ours, *foreign))
    world.rules = msgspec.structs.replace(world.rules, families=frozenset({"each_of_"}))
    planned = world.sync({"1": [member("on_track")]})
    (change,) = planned.changes
    assert change.change.remove_tags == (ours,)
    assert set(foreign) <= set(world.desk.tickets["1"].tags)


def test_foreign_tags_with_our_prefix_stay(world: World) -> None:
    world.desk.put("1", tags=("goal__unknown__at_risk", "goal_setting", "vip"))
    world.sync({"1": [due_soon("at_risk", tag=True)]})
    world.sync({})
    assert world.desk.tickets["1"].tags == ("goal__unknown__at_risk", "goal_setting", "vip")


def test_the_ignore_tag_means_hands_off(world: World) -> None:
    world.desk.put("1", tags=("goal_ignore",))
    planned = world.plan({"1": [due_soon("off_track")]})
    assert (planned.is_empty, planned.skipped) == (True, {"ignored": 1})


@pytest.mark.parametrize("mark", [Mark.MERGED, Mark.SPAM])
def test_merged_and_spam_tickets_are_left_alone(world: World, mark: Mark) -> None:
    world.desk.put("1", marks=int(mark))
    assert world.plan({"1": [due_soon("off_track")]}).is_empty


@pytest.mark.parametrize("mark", [Mark.FOLLOW_UP, Mark.CHILD])
def test_inherited_labels_are_removed_at_first_sight(world: World, mark: Mark) -> None:
    fields = {world.field_id("outcome"): "goal_outcome__met"}
    world.desk.put("1", fields=fields, marks=int(mark))
    planned = world.sync({"1": [member(None, outcome="pending")]})
    assert causes(planned) == ["inherited"]
    assert world.shows("1")["outcome"] == "goal_outcome__pending"


def test_labels_of_a_follow_up_that_are_its_own_are_kept(world: World) -> None:
    world.desk.put("1", marks=int(Mark.FOLLOW_UP))
    world.sync({"1": [due_soon()]})
    assert world.plan({"1": [due_soon()]}).is_empty


def test_a_solved_ticket_is_written_once(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon("at_risk")]})
    world.person_moves("1", Status.SOLVED)
    assert causes(world.sync({"1": [member("at_risk", outcome="missed")]})) == ["solved"]
    assert world.plan({"1": [member("on_track", outcome="missed")]}).is_empty


def test_what_was_due_soon_is_not_left_on_a_solved_ticket(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [due_soon()]})
    world.person_moves("1", Status.SOLVED)
    world.sync({"1": [due_soon()]})
    assert world.shows("1")["outcome"] is None


def test_a_solved_ticket_without_an_outcome_is_not_written(world: World) -> None:
    world.desk.put("1", status=Status.SOLVED)
    assert world.plan({"1": [member("off_track")]}).is_empty


@pytest.mark.parametrize("show", ["at_once", "daily"])
def test_a_new_ticket_with_nothing_to_act_on_waits_for_the_daily_run(
    world: World, show: str
) -> None:
    ticket = world.desk.put()
    members = {ticket: [member("on_track", show=show)]}
    assert world.plan(members, is_daily_run=False).is_empty
    assert causes(world.plan(members, is_daily_run=True)) == ["status"]


def test_a_first_status_goes_with_what_there_is_to_act_on(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [due_soon("on_track")]}, is_daily_run=False)
    assert world.shows(ticket)["status"] == "goal_status__on_track"


def test_that_a_goal_got_better_waits_for_the_daily_run(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [member("off_track")]})
    better = {ticket: [member("at_risk")]}
    assert world.plan(better, is_daily_run=False).is_empty
    assert causes(world.plan(better, is_daily_run=True)) == ["status"]


def test_that_a_goal_got_worse_waits_for_nothing(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [member("at_risk")]})
    worse = world.plan({ticket: [member("off_track")]}, is_daily_run=False)
    assert causes(worse) == ["status"]


def test_a_first_status_to_act_on_waits_for_nothing(world: World) -> None:
    ticket = world.desk.put()
    found = world.plan({ticket: [member("at_risk")]}, is_daily_run=False)
    assert causes(found) == ["status"]


def test_a_daily_status_that_could_not_be_written_travels_in_the_next_run(world: World) -> None:
    first, second = world.desk.put(), world.desk.put()
    members = {ticket: [member("off_track", show="daily")] for ticket in (first, second)}
    later = world.plan(members, is_daily_run=False, deferred=frozenset({second}))
    assert [planned.change.ticket_id for planned in later.changes] == [second]


def test_what_a_person_changed_is_set_right_once_then_left_alone(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("at_risk")]}
    world.sync(members)
    world.person_sets("1", "status", "goal_status__on_track")
    assert causes(world.sync(members)) == ["corrected"]
    assert world.shows("1")["status"] == "goal_status__at_risk"
    world.person_sets("1", "status", "goal_status__on_track")
    planned = world.plan(members)
    assert planned.is_empty
    assert [(kept.ticket_id, kept.fields) for kept in planned.kept] == [
        ("1", (world.field_id("status"),))
    ]


def test_what_a_person_changed_twice_is_set_when_the_state_changes(world: World) -> None:
    world.desk.put("1")
    for _ in range(2):
        world.sync({"1": [member("at_risk")]})
        world.person_sets("1", "status", "goal_status__on_track")
    world.sync({"1": [member("off_track")]})
    assert world.shows("1")["status"] == "goal_status__off_track"


def test_what_a_person_keeps_is_left_out_when_another_state_is_written(world: World) -> None:
    world.desk.put("1")
    for _ in range(2):
        world.sync({"1": [member("at_risk")]})
        world.person_sets("1", "status", "goal_status__on_track")
    world.sync({"1": [due_soon("at_risk")]})
    shown = world.shows("1")
    assert (shown["status"], shown["outcome"]) == (
        "goal_status__on_track",
        "goal_outcome__due_soon",
    )


def test_an_edited_note_is_set_right_once(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("at_risk")]}
    world.sync(members)
    world.person_sets("1", "note", "Nonsense")
    world.sync(members)
    world.person_sets("1", "note", "Nonsense")
    assert world.plan({"1": [member("at_risk", as_of=NOON.replace(day=25))]}).is_empty


def test_our_tag_that_a_person_removed_is_put_back_once(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("at_risk", tag=True)]}
    world.sync(members)
    for expected in (["1"], []):
        world.desk.advance(60)
        world.desk.untag("1", "goal__faster__at_risk")
        assert ids(world.sync(members)) == expected


def test_our_tag_that_a_person_added_is_removed_once(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("at_risk", tag=True)]}
    world.sync(members)
    for expected in (["1"], []):
        world.desk.advance(60)
        world.desk.tag("1", "goal__faster__off_track")
        assert ids(world.sync(members)) == expected


def test_a_persons_goal_is_shown_only_when_the_admin_says_so(world: World) -> None:
    world.desk.put("1")
    members = {"1": [member("off_track", level="person")]}
    assert world.plan(members).is_empty
    assert ids(world.plan(members, rules={"people": True})) == ["1"]


def test_a_parked_ticket_is_tried_again_when_it_changed(world: World) -> None:
    world.desk.put("1")
    parked = {"1": world.desk.tickets["1"].stamp}
    members = {"1": [member("at_risk")]}
    assert world.plan(members, parked=parked).skipped == {"parked": 1}
    world.desk.advance(60)
    world.desk.tag("1", "vip")
    assert ids(world.plan(members, parked=parked)) == ["1"]


def test_a_ticket_with_a_write_in_flight_waits(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": [member("at_risk")]}, in_flight=frozenset({"1"}))
    assert (planned.is_empty, planned.skipped) == (True, {"in flight": 1})


def test_a_deactivated_status_field_stops_all_writing(world: World) -> None:
    world.desk.put("1")
    fields = [msgspec.structs.replace(f, active=f.role != "status") for f in world.fields]
    planned = world.plan({"1": [due_soon("off_track")]}, rules={"fields": tuple(fields)})
    assert planned.is_empty
    assert "Goal status" in planned.stopped


def test_a_deactivated_outcome_field_is_left_out(world: World) -> None:
    world.desk.put("1")
    fields = [msgspec.structs.replace(f, active=f.role != "outcome") for f in world.fields]
    planned = world.plan({"1": [due_soon("off_track")]}, rules={"fields": tuple(fields)})
    (change,) = planned.changes
    assert world.field_id("outcome") not in change.change.fields
    assert change.change.add_tags == ()


def twelve(world: World, *, late: int = 0) -> dict[str, Any]:
    """Put twelve tickets whose goal went off track, the first ones with something due soon."""
    made = [world.desk.put(str(number)) for number in range(1, 13)]
    return {
        t: [due_soon("off_track") if place < late else member("off_track")]
        for place, t in enumerate(made)
    }


def test_a_state_that_would_change_too_many_tickets_waits(world: World) -> None:
    planned = world.plan(twelve(world), rules={"max_share": 0.2}, open_tickets=50)
    assert planned.is_empty
    (held,) = planned.held
    assert (held.key, held.tickets, held.share) == ("faster:off_track", 12, 0.24)


def test_a_share_at_the_limit_flows(world: World) -> None:
    planned = world.plan(twelve(world), rules={"max_share": 0.2}, open_tickets=60)
    assert (len(planned.changes), planned.held) == (12, ())


def test_an_approved_state_flows(world: World) -> None:
    approved = frozenset({("faster", "off_track")})
    planned = world.plan(
        twelve(world), rules={"max_share": 0.2}, open_tickets=12, approved=approved
    )
    assert len(planned.changes) == 12


def test_outcomes_flow_on_while_a_state_waits(world: World) -> None:
    members = twelve(world, late=2)
    planned = world.plan(members, rules={"max_share": 0.2}, open_tickets=12)
    assert ids(planned) == ["1", "2"]
    world.write(planned)
    assert world.shows("1") == {
        "status": None,
        "outcome": "goal_outcome__due_soon",
        "note": "Faster first reply. Reply due Mon 23 Nov 10:05 CET",
    }
    assert world.plan(members, rules={"max_share": 0.2}, open_tickets=12).is_empty


def test_losing_all_memberships_at_once_waits_too(world: World) -> None:
    members = twelve(world)
    world.sync(members)
    planned = world.plan({}, rules={"max_share": 0.2}, open_tickets=12)
    assert [held.key for held in planned.held] == ["any:none"]


def test_the_most_urgent_comes_first(world: World) -> None:
    for place, ticket in enumerate(("old", "new", "off", "soon", "later")):
        world.desk.put(ticket, created_at=NOON.replace(hour=1 + place))
    planned = world.plan(
        {
            "old": [member("at_risk")],
            "new": [member("at_risk")],
            "off": [member("off_track")],
            "later": [due_soon(due_at=NOON.replace(day=24))],
            "soon": [due_soon()],
        }
    )
    assert ids(planned) == ["soon", "later", "off", "new", "old"]


def test_what_did_not_fit_comes_first_behind_what_is_due_soon(world: World) -> None:
    for place, ticket in enumerate(("soon", "old", "new", "off")):
        world.desk.put(ticket, created_at=NOON.replace(hour=1 + place))
    members = {
        "soon": [due_soon()],
        "old": [member("at_risk")],
        "new": [member("at_risk")],
        "off": [member("off_track")],
    }
    assert ids(world.plan(members)) == ["soon", "off", "new", "old"]
    deferred = frozenset({"old"})
    assert ids(world.plan(members, deferred=deferred)) == ["soon", "old", "off", "new"]


def test_a_ticket_that_was_written_too_often_waits(world: World) -> None:
    world.desk.put("1")
    world.desk.put("2")
    members = {"1": [member("at_risk")], "2": [member("at_risk")]}
    planned = world.plan(members, resting=frozenset({"1"}))
    assert (ids(planned), planned.resting) == (["2"], ("1",))
    assert ids(world.plan(members)) == ["1", "2"]


def test_a_ticket_that_was_written_often_and_needs_nothing_does_not_wait(world: World) -> None:
    world.desk.put("1")
    world.sync({"1": [member("at_risk")]})
    assert world.plan({"1": [member("at_risk")]}, resting=frozenset({"1"})).resting == ()


def test_the_cost_is_counted_in_batches(world: World) -> None:
    planned = world.plan(twelve(world), rules={"batch": 5})
    assert (planned.batches, planned.requests) == (3, 6)


def test_the_summary_groups_by_goal_and_state(world: World) -> None:
    rows = summary(world.plan(twelve(world, late=1)))
    assert [(r.goal, r.state, r.cause, r.tickets, r.examples) for r in rows] == [
        ("faster", "due_soon", "outcome", 1, ("1",)),
        ("faster", "off_track", "status", 12, ("1", "2", "3", "4", "5")),
    ]


def test_the_summary_names_what_waits(world: World) -> None:
    rows = summary(world.plan(twelve(world), rules={"max_share": 0.2}, open_tickets=12))
    assert [(row.goal, row.cause, row.tickets) for row in rows] == [("faster", "held", 12)]


def test_a_plan_survives_the_way_through_json(world: World) -> None:
    world.desk.put("1")
    planned = world.plan({"1": [due_soon("at_risk", tag=True)]})
    assert msgspec.json.decode(msgspec.json.encode(planned), type=Plan) == planned
