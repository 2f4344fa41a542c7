"""Triggers and automations: they see what happened, act as the rule, and are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connector.practice.acts import Acts
from connector.practice.reactions import API_USER, OTHERS
from connector.practice.refusal import Refusal
from connector.practice.ruleset import CLOSING, ESCALATED, install_rules
from connector.practice.seed import seed_world
from connector.practice.world import World
from tests.practice.client import Client, Json, field_named, opened, staff
from tests.practice.conftest import NOW

HOUR = 3600


def line(field: str, operator: str, value: object) -> Json:
    return {"field": field, "operator": operator, "value": value}


def body(*conditions: Json, some: Sequence[Json] = (), **actions: Any) -> Json:
    return {
        "title": "Rule",
        "conditions": {"all": list(conditions), "any": list(some)},
        "actions": [line(name, "", value) for name, value in actions.items()],
    }


def test_a_trigger_acts_as_the_rule_and_is_counted_by_cause(
    client: Client, acts: Acts, world: World
) -> None:
    rule = acts.add_rule("trigger", body(line("current_tags", "includes", "a b"), priority="high"))
    first, second = opened(acts), opened(acts)
    assert world.reactions is not None
    assert not world.reactions.fired
    acts.add_tags(first, "b")
    client.put(f"tickets/{second}", {"ticket": {"additional_tags": ["a"]}})
    assert [world.ticket(one).priority for one in (first, second)] == ["high", "high"]
    assert world.reactions.fired == {("Rule", OTHERS): 1, ("Rule", API_USER): 1}
    audit = client.audits(second)[-1]
    assert audit["via"]["channel"] == "rule"
    assert audit["via"]["source"]["from"] == {"id": rule.id, "title": "Rule", "deleted": False}
    assert audit["via"]["source"]["rel"] == "trigger"
    assert audit["author_id"] == -1
    assert audit["events"][0]["field_name"] == "priority"


def test_the_answer_to_an_update_tells_the_update_not_the_rule(client: Client, acts: Acts) -> None:
    acts.add_rule("trigger", body(line("update_type", "is", "Change"), current_tags="seen"))
    ticket_id = opened(acts)
    answer = client.put(f"tickets/{ticket_id}", {"ticket": {"priority": "low"}})
    assert answer["audit"]["events"][0]["field_name"] == "priority"
    assert answer["ticket"]["tags"] == ["seen"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (line("status", "is", "open"), True),
        (line("status", "is_not", "open"), False),
        (line("status", "less_than", "solved"), True),
        (line("status", "value", "open"), True),
        (line("status", "value_previous", "new"), True),
        (line("status", "value", "solved"), False),
        (line("status", "changed", None), True),
        (line("type", "changed", ""), False),
        (line("type", "not_changed", ""), True),
        (line("priority", "greater_than", "normal"), True),
        (line("current_tags", "not_includes", "x"), True),
        (line("update_type", "is", "Create"), False),
        (line("role", "is", "agent"), True),
        (line("role", "is", "end_user"), False),
        (line("assignee_id", "is", ""), False),
        (line("group_id", "is", ""), True),
    ],
    ids=str,
)
def test_conditions_of_triggers(
    acts: Acts, world: World, condition: Json, *, expected: bool
) -> None:
    ticket_id = opened(acts, priority="high")
    acts.add_rule("trigger", body(condition, current_tags="fired"))
    acts.assign(ticket_id, staff(world))
    assert ("fired" in world.ticket(ticket_id).tags) is expected


def test_a_custom_field_is_a_condition_and_an_action(acts: Acts, world: World) -> None:
    cause, order = (field_named(world, title) for title in ("Root cause", "Order number"))
    condition = line(f"custom_fields_{cause}", "is", "cause_defect")
    rule = body(condition) | {"actions": [line(f"custom_fields_{order}", "", "R-1")]}
    acts.add_rule("trigger", rule)
    ticket_id = opened(acts)
    acts.set_field(ticket_id, cause, "cause_defect")
    assert world.ticket(ticket_id).values[order] == "R-1"


def test_one_of_the_any_conditions_is_enough_and_one_is_needed(acts: Acts, world: World) -> None:
    some = [line("priority", "is", "low"), line("priority", "is", "high")]
    acts.add_rule("trigger", body(some=some, set_tags="x y"))
    low, none = opened(acts, priority="low", tags=["old"]), opened(acts)
    assert (world.ticket(low).tags, world.ticket(none).tags) == (("x", "y"), ())


def test_a_trigger_that_changes_something_lets_the_earlier_ones_look_again(
    acts: Acts, world: World
) -> None:
    acts.add_rule("trigger", body(line("priority", "is", "urgent"), current_tags="fast"))
    acts.add_rule("trigger", body(line("update_type", "is", "Create"), priority="urgent"))
    assert world.ticket(opened(acts)).tags == ("fast",)


def test_a_trigger_fires_once_for_each_update(acts: Acts, world: World) -> None:
    acts.add_rule("trigger", body(line("status", "less_than", "solved"), current_tags="x"))
    acts.add_rule("trigger", body(line("status", "less_than", "solved"), remove_tags="x"))
    opened(acts)
    assert world.reactions is not None
    assert sum(world.reactions.fired.values()) == 2


def test_notifications_are_counted_and_change_nothing(acts: Acts, world: World) -> None:
    acts.add_rule("trigger", body(line("update_type", "is", "Create"), notification_user=["x"]))
    ticket_id = opened(acts)
    assert world.reactions is not None
    assert world.reactions.notified == {"Rule": 1}
    assert len(world.ticket(ticket_id).audits) == 1


@pytest.mark.parametrize(
    ("conditions", "kind"),
    [([line("SOLVED", "is", "1")], "trigger"), ([line("moon", "is", "full")], "automation")],
)
def test_what_is_not_understood_is_refused(acts: Acts, conditions: list[Json], kind: str) -> None:
    with pytest.raises(Refusal):
        acts.add_rule(kind, body(*conditions, priority="low"))


def test_an_automation_runs_when_the_hours_have_passed(acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    acts.add_rule("automation", body(line("SOLVED", "greater_than", "2"), status="closed"))
    acts.set_status(ticket_id, "solved")
    world.clock.advance(2 * HOUR + 100)
    assert world.ticket(ticket_id).status == "solved"
    world.clock.advance(HOUR)
    assert world.ticket(ticket_id).status == "closed"
    (*_, last) = world.history(world.ticket(ticket_id))
    assert last[1].at == world.now() - world.now() % HOUR
    assert last[1].via.rel == "automation"


def test_hours_of_an_automation_begin_anew_with_the_status(acts: Acts, world: World) -> None:
    acts.add_rule("automation", body(line("PENDING", "is", "1"), current_tags="waited"))
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "pending")
    world.clock.advance(0.9 * HOUR)
    acts.set_status(ticket_id, "open")
    acts.set_status(ticket_id, "pending")
    world.clock.advance(0.5 * HOUR)
    assert world.ticket(ticket_id).tags == ()
    world.clock.advance(HOUR)
    assert world.ticket(ticket_id).tags == ("waited",)


def test_the_usual_rules_escalate_our_tags_and_take_it_back(
    client: Client, acts: Acts, world: World
) -> None:
    reactions = install_rules(world)
    ticket_id = opened(acts)
    path = f"tickets/{ticket_id}"
    client.put(path, {"ticket": {"additional_tags": ["goal_status__at_risk"]}})
    ticket = world.ticket(ticket_id)
    assert (ticket.priority, ESCALATED in ticket.tags) == ("high", True)
    client.put(path, {"ticket": {"remove_tags": ["goal_status__at_risk"]}})
    assert ESCALATED not in ticket.tags
    assert {cause for _, cause in reactions.fired if "scalate" in _} == {API_USER}


def test_a_seeded_world_has_rules_only_when_asked() -> None:
    assert seed_world(20, 7, NOW).reactions is None
    world = seed_world(600, 7, NOW, rules=True)
    assert world.reactions is not None
    solved = [t.id for t in world.tickets.values() if t.status == "solved"]
    world.clock.advance(5 * 24 * HOUR)
    assert {world.tickets[one].status for one in solved} == {"closed"}
    assert world.reactions.fired[CLOSING, OTHERS] >= len(solved)
    assert [audit.at for audit in world.feed] == sorted(audit.at for audit in world.feed)


def test_rules_are_listed_by_number_and_by_cursor(client: Client, world: World) -> None:
    assert client.get("triggers")["triggers"] == []
    install_rules(world)
    by_number = client.get("triggers")
    by_cursor = client.get("triggers", **{"page[size]": 2})
    assert by_number["count"] == len(by_number["triggers"]) == 5
    assert by_cursor["triggers"] == by_number["triggers"][:2]
    assert by_cursor["meta"]["has_more"]
    automations = client.get("automations/active")["automations"]
    shown = client.get(f"automations/{automations[0]['id']}")["automation"]
    assert shown == automations[0]
    assert "category_id" not in shown
    asked = client.get("triggers/definitions")["definitions"]["conditions_all"]
    assert "current_tags" in {one["subject"] for one in asked}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (True, [False, True, False]),
        ("false", [False, False, True]),
        ("not_relevant", [False, True, True]),
        ("requester_can_see_comment", [False, True, False]),
    ],
)
def test_conditions_about_the_comment_want_one(
    acts: Acts, world: World, wanted: object, told: list[bool]
) -> None:
    every = (line("update_type", "is", "Change"), line("comment_is_public", "is", wanted))
    acts.add_rule("trigger", body(*every, priority="urgent"))
    ids = [opened(acts) for _ in told]
    agent = staff(world)
    acts.add_tags(ids[0], "a")
    acts.comment(ids[1], agent, "To the customer")
    acts.comment(ids[2], agent, "A note", public=False)
    assert [world.ticket(one).priority == "urgent" for one in ids] == told


def test_conditions_may_name_one_user_and_the_way_of_an_update(
    client: Client, acts: Acts, world: World
) -> None:
    me = client.get("users/me")["user"]["id"]
    acts.add_rule("trigger", body(line("role", "is_not", str(me)), priority="urgent"))
    acts.add_rule("trigger", body(line("current_via_id", "is", "5"), current_tags="by_api"))
    ticket_id = opened(acts)
    before = world.ticket(ticket_id).priority
    world.ticket(ticket_id).priority = "low"
    client.put(f"tickets/{ticket_id}", {"ticket": {"additional_tags": ["a"]}})
    assert (world.ticket(ticket_id).priority, before) == ("low", "urgent")
    assert "by_api" in world.ticket(ticket_id).tags
