"""Which rules of a helpdesk our writes reach: each condition by itself, and whole rules at work."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connector.adapters.zendesk.rules import WireRule, rule
from connector.model.page import FieldSpec, TicketField
from connector.model.rules import Rule, Rules
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.reactions import API_USER
from connector.practice.rulebook import rule_document
from connector.practice.rules import plan_update
from connector.practice.ruleset import install_rules
from connector.practice.seed import seed_world
from connector.practice.world import World
from connector.writeback.labels import field_specs
from connector.writeback.loops import Finding, Why, loops
from connector.writeback.ownership import Names
from connector.writeback.reach import WRITTEN, Reach
from connector.writeback.words import TicketOutcome, Word
from tests.laws import examples
from tests.practice.conftest import NOW

Json = dict[str, Any]
NAMES = Names()
AT_RISK, DUE_SOON = NAMES.status(Word.AT_RISK), NAMES.outcome(TicketOutcome.DUE_SOON)
OPTIONS = " ".join(sorted(NAMES.options()))
GOAL_TAG = "goal__faster__at_risk"
US, OTHER_USER = "700", "701"
STATUS, OUTCOME, NOTE = "custom_fields_1", "ticket_fields_2", "custom_fields_3"
FOREIGN = "custom_fields_9"
FIELDS = tuple(
    TicketField(role=role, id=str(number), title=f"Goal {role}")
    for number, role in enumerate(("status", "outcome", "note"), start=1)
)
REACH = Reach(user=US, names=NAMES, fields=FIELDS, goals=["faster"])


def line(field: str, operator: str, value: object = "") -> Json:
    return {"field": field, "operator": operator, "value": value}


def made(*every: Json, some: tuple[Json, ...] = (), title: str = "Rule", **more: Any) -> Rule:
    body = {"id": title, "title": title, "conditions": {"all": list(every), "any": list(some)}}
    actions = [{"field": name, "value": value} for name, value in more.pop("do", {}).items()]
    return rule(msgspec.convert({**body, "actions": actions, **more}, WireRule))


def of_triggers(*triggers: Rule) -> dict[str, Finding]:
    return {one.title: one for one in loops(Rules(triggers=triggers), REACH)}


def why_trigger(*every: Json, some: tuple[Json, ...] = ()) -> str | None:
    found = of_triggers(made(*every, some=some))
    return found["Rule"].why if found else None


FIRES = [
    (line("update_type", "is", "Change"), Why.ALWAYS),
    (line("update_type", "is_not", "Create"), Why.ALWAYS),
    (line("role", "is", "agent"), Why.ALWAYS),
    (line("role", "is_not", "end_user"), Why.ALWAYS),
    (line("role", "is", US), Why.ALWAYS),
    (line("role", "is_not", OTHER_USER), Why.ALWAYS),
    (line("current_via_id", "is", "5"), Why.ALWAYS),
    (line("current_via_id", "is_not", "4"), Why.ALWAYS),
    (line("comment_is_public", "is_not", True), Why.ALWAYS),
    (line("status", "is", "open"), Why.ANY_UPDATE),
    (line("status", "is", "solved"), Why.ANY_UPDATE),
    (line("status", "less_than", "pending"), Why.ANY_UPDATE),
    (line("status", "greater_than", "pending"), Why.ANY_UPDATE),
    (line("status", "not_changed"), Why.ANY_UPDATE),
    (line("status", "not_value_previous", "pending"), Why.ANY_UPDATE),
    (line("priority", "is", "urgent"), Why.ANY_UPDATE),
    (line("group_id", "is_not", ""), Why.ANY_UPDATE),
    (line("via_id", "is", "4"), Why.ANY_UPDATE),
    (line("subject_includes_word", "includes", "help"), Why.ANY_UPDATE),
    (line("in_business_hours", "is", "true"), Why.ANY_UPDATE),
    (line("something_new", "resembles", "x"), Why.ANY_UPDATE),
    (line(FOREIGN, "is", "x"), Why.ANY_UPDATE),
    (line(FOREIGN, "not_changed"), Why.ANY_UPDATE),
    (line("current_tags", "includes", "vip"), Why.ANY_UPDATE),
    (line("current_tags", "includes", f"vip {AT_RISK}"), Why.ANY_UPDATE),
    (line("current_tags", "not_includes", "vip"), Why.ANY_UPDATE),
    (line("current_tags", "not_includes", "goal_ignore"), Why.ANY_UPDATE),
    (line("current_tags", "includes", AT_RISK), Why.LABELS),
    (line("current_tags", "includes", f"{AT_RISK} {DUE_SOON}"), Why.LABELS),
    (line("current_tags", "includes", GOAL_TAG), Why.LABELS),
    (line("current_tags", "includes", "goal__of_a_former_goal__missed"), Why.LABELS),
    (line(STATUS, "is", AT_RISK), Why.LABELS),
    (line(STATUS, "is", "360001"), Why.LABELS),
    (line(STATUS, "changed"), Why.LABELS),
    (line(STATUS, "value", AT_RISK), Why.LABELS),
    (line(STATUS, "value_previous", AT_RISK), Why.LABELS),
    (line(STATUS, "present"), Why.LABELS),
    (line(OUTCOME, "value", DUE_SOON), Why.LABELS),
    (line(NOTE, "changed"), Why.LABELS),
    (line(NOTE, "present"), Why.LABELS),
    (line("current_tags", "not_includes", AT_RISK), Why.LACKING),
    (line("current_tags", "not_includes", OPTIONS), Why.LACKING),
    (line(STATUS, "not_present"), Why.LACKING),
    (line(STATUS, "is_not", AT_RISK), Why.LACKING),
    (line(STATUS, "is", ""), Why.LACKING),
]
KEEPS_OUT = [
    line("update_type", "is", "Create"),
    line("update_type", "is_not", "Change"),
    line("role", "is", "end_user"),
    line("role", "is_not", "agent"),
    line("role", "is_not", US),
    line("role", "is", OTHER_USER),
    line("current_via_id", "is_not", "5"),
    line("current_via_id", "is", "4"),
    line("comment_is_public", "is", True),
    line("comment_is_public", "is", "false"),
    line("comment_is_public", "is", "not_relevant"),
    line("comment_is_public", "is", "requester_can_see_comment"),
    line("status", "is", "pending"),
    line("status", "is", "closed"),
    line("status", "greater_than", "solved"),
    line("status", "less_than", "new"),
    line("status", "changed"),
    line("status", "value", "solved"),
    line("status", "value_previous", "pending"),
    line("priority", "changed"),
    line("assignee_id", "value", "5"),
    line("group_id", "value_previous", "5"),
    line(FOREIGN, "changed"),
    line(FOREIGN, "value", "x"),
    line("current_tags", "includes", "goal_ignore"),
]


def test_a_trigger_without_conditions_acts_on_every_write() -> None:
    assert why_trigger() == Why.ALWAYS


@pytest.mark.parametrize(("condition", "why"), FIRES, ids=str)
def test_a_condition_that_can_hold_lets_us_in(condition: Json, why: str) -> None:
    assert why_trigger(condition) == why
    assert why_trigger(some=(condition,)) is not None


@pytest.mark.parametrize("condition", KEEPS_OUT, ids=str)
def test_a_condition_that_our_write_fails_keeps_us_out(condition: Json) -> None:
    assert why_trigger(condition) is None
    assert why_trigger(some=(condition,)) is None
    assert why_trigger(line("current_tags", "includes", AT_RISK), condition) is None


def test_one_open_way_of_several_is_enough() -> None:
    ways = (line("status", "changed"), line("priority", "is", "urgent"))
    assert why_trigger(some=ways) == Why.ANY_UPDATE
    assert why_trigger(some=(line("status", "changed"), line(STATUS, "changed"))) == Why.LABELS
    assert why_trigger(some=(line("priority", "is", "high"), line(STATUS, "changed"))) == (
        Why.ANY_UPDATE
    )


def test_conditions_that_no_write_can_meet_together_keep_us_out() -> None:
    on_track = NAMES.status(Word.ON_TRACK)
    assert why_trigger(line(STATUS, "is", AT_RISK), line(STATUS, "value", on_track)) is None
    both = (
        line("current_tags", "includes", AT_RISK),
        line("current_tags", "not_includes", OPTIONS),
    )
    assert why_trigger(*both) is None
    assert why_trigger(line(STATUS, "is", AT_RISK), line(OUTCOME, "is", DUE_SOON)) == Why.LABELS


def test_what_lets_us_in_is_told() -> None:
    asks = made(line("status", "less_than", "solved"), line("current_tags", "includes", AT_RISK))
    assert [one.words for one in of_triggers(asks)["Rule"].through] == [
        f"current_tags includes {AT_RISK}"
    ]
    plain = made(line("update_type", "is", "Change"), line("priority", "is", "urgent"))
    assert [one.words for one in of_triggers(plain)["Rule"].through] == ["priority is urgent"]


def test_inactive_rules_are_no_matter() -> None:
    rules = Rules(
        triggers=(made(active=False),),
        automations=(made(line("updated_at", "greater_than", "72"), active=False),),
    )
    assert loops(rules, REACH) == ()


def test_what_a_trigger_does_after_our_write_may_let_others_in() -> None:
    raises = made(
        line("current_tags", "includes", AT_RISK), title="Raises", do={"priority": "high"}
    )
    on_high = made(line("priority", "value", "high"), title="High", do={"status": "open"})
    on_urgent = made(line("priority", "value", "urgent"), title="Urgent")
    on_status = made(line("status", "changed"), title="Status")
    found = of_triggers(on_status, on_urgent, on_high, raises)
    assert {title: (one.why, one.after) for title, one in found.items()} == {
        "Status": (Why.AFTER, ("High",)),
        "High": (Why.AFTER, ("Raises",)),
        "Raises": (Why.LABELS, ()),
    }
    assert of_triggers(on_status, on_high) == {}
    twice = made(line(STATUS, "changed"), title="Raises", do={"priority": "high"}, id="other")
    assert of_triggers(on_high, raises, twice)["High"].after == ("Raises",)


def of_automation(*every: Json) -> list[str]:
    return [one.why for one in loops(Rules(automations=(made(*every),)), REACH)]


@pytest.mark.parametrize(
    ("every", "why"),
    [
        ([line("updated_at", "greater_than", "72")], [Why.CLOCK]),
        ([line("updated_at", "is", "72"), line("status", "less_than", "pending")], [Why.CLOCK]),
        ([line("updated_at", "greater_than", "72"), line("status", "is", "solved")], [Why.CLOCK]),
        ([line("updated_at", "greater_than", "72"), line("status", "is", "pending")], []),
        ([line("updated_at", "greater_than", "72"), line("PENDING", "greater_than", "24")], []),
        ([line("updated_at", "greater_than", "72"), line("OPEN", "is", "24")], [Why.CLOCK]),
        ([line("status", "is", "solved"), line("SOLVED", "greater_than", "96")], []),
        ([line("requester_updated_at", "greater_than", "24")], []),
        ([line("assigned_at", "greater_than", "24"), line("priority", "is", "high")], []),
        ([line("PENDING", "is", "24"), line("current_tags", "includes", AT_RISK)], [Why.LABELS]),
        ([line("OPEN", "is", "24"), line("current_tags", "not_includes", AT_RISK)], [Why.LABELS]),
        (
            [line("updated_at", "is", "24"), line(OUTCOME, "is", DUE_SOON)],
            [Why.CLOCK, Why.LABELS],
        ),
    ],
)
def test_automations_are_reached_by_their_clock_or_by_labels(
    every: list[Json], why: list[str]
) -> None:
    assert of_automation(*every) == why


def of_policies(*policies: Rule, triggers: tuple[Rule, ...] = ()) -> list[tuple[str, str]]:
    rules = Rules(triggers=triggers, sla_policies=policies, group_sla_policies=policies[:1])
    found = loops(rules, REACH)
    return [(one.kind, one.why) for one in found if one.kind != "trigger"]


def test_policies_are_reached_where_labels_decide_whose_they_are() -> None:
    plain = made(line("group_id", "is", "5"), line("current_tags", "includes", "vip"))
    assert of_policies(plain) == []
    for asked in (line("current_tags", "not_includes", AT_RISK), line(OUTCOME, "is", DUE_SOON)):
        assert of_policies(made(asked)) == [
            ("SLA policy", Why.LABELS),
            ("group SLA policy", Why.LABELS),
        ]


def test_policies_are_reached_through_what_a_trigger_changes() -> None:
    raises = made(line(STATUS, "changed"), title="Raises", do={"priority": "high"})
    tags = made(line(STATUS, "changed"), title="Tags", do={"current_tags": "hot"})
    by_priority = made(line("priority", "is", "urgent"), title="Urgent")
    by_tag = made(line("current_tags", "includes", "vip"), title="VIP")
    assert of_policies(by_priority, triggers=(tags,)) == []
    assert of_policies(by_tag, triggers=(tags, raises)) == []
    assert of_policies(by_priority, triggers=(raises,))[0] == ("SLA policy", Why.AFTER)
    hot = made(line("current_tags", "includes", "hot"))
    assert of_policies(hot, triggers=(tags,))[0] == ("SLA policy", Why.AFTER)


conditions = st.sampled_from([condition for condition, _ in FIRES] + KEEPS_OUT)
lists = st.lists(conditions, max_size=4)


@given(lists, lists)
def test_a_trigger_that_leaves_us_out_by_user_is_never_listed(
    every: list[Json], some: list[Json]
) -> None:
    assert why_trigger(*every, line("role", "is_not", US), some=tuple(some)) is None


@given(lists, lists, conditions)
def test_a_further_condition_never_adds_a_trigger(
    every: list[Json], some: list[Json], one: Json
) -> None:
    if why_trigger(*every, some=tuple(some)) is None:
        assert why_trigger(*every, one, some=tuple(some)) is None


class Desk:
    """A practice world with our three fields, triggers, and our hands."""

    def __init__(self, bodies: list[Json]) -> None:
        self.world: World = seed_world(40, 7, NOW)
        admin = self.world.directory.user_by_email(ADMIN_EMAIL)
        assert admin is not None
        self.user = admin.id
        self.ids = [self._field(spec) for spec in field_specs("goal_", "en")]
        self.reactions = install_rules(self.world, usual=False)
        for place, body in enumerate(bodies):
            named = {"title": f"Rule {place}", **self._fitted(body)}
            self.reactions.add("trigger", named)

    def _field(self, spec: FieldSpec) -> int:
        options = [{"name": name, "value": value} for value, name in spec.options.items()]
        kind = {"dropdown": "tagger", "text": "textarea"}[spec.kind]
        body = {"type": kind, "title": spec.title, "custom_field_options": options}
        return self.world.fields.create(body, self.world.now()).id

    def _fitted(self, body: Json) -> Json:
        """Return a rule about the fields and the account that are really there."""
        ids = {STATUS: self.ids[0], OUTCOME: self.ids[1], NOTE: self.ids[2]}
        text = msgspec.json.encode(body).decode().replace(f'"{US}"', f'"{self.user}"')
        for name, number in ids.items():
            text = text.replace(f'"{name}"', f'"custom_fields_{number}"')
        return dict(msgspec.json.decode(text))

    def listed(self) -> set[str]:
        fields = [
            TicketField(role=role, id=str(number), title=role)
            for role, number in zip(("status", "outcome", "note"), self.ids, strict=True)
        ]
        reach = Reach(user=str(self.user), names=NAMES, fields=fields, goals=["faster"])
        documents = [rule_document(one, "") for one in self.reactions.of_kind("trigger")]
        triggers = tuple(rule(msgspec.convert(one, WireRule)) for one in documents)
        return {one.title for one in loops(Rules(triggers=triggers), reach)}

    def write(self, labels: tuple[str | None, str | None], tag: str, note: str) -> None:
        """Show something on every ticket that is new, open or solved, as a run would."""
        values = [{"id": i, "value": v} for i, v in zip(self.ids, (*labels, note), strict=True)]
        body = {"additional_tags": [tag] if tag else [], "custom_fields": values}
        for ticket in list(self.world.tickets.values()):
            if ticket.status in WRITTEN:
                changes = plan_update(self.world, ticket, body, self.user)
                self.world.record(ticket, self.user, changes)

    def fired(self) -> set[str]:
        return {title for title, cause in self.reactions.fired if cause == API_USER}


UNKNOWN_THERE = {"subject_includes_word", "in_business_hours", "something_new", "via_id"}
CHAINED = [line("priority", "value", "urgent"), line("type", "changed"), line("type", "value", "x")]
known = [c for c, _ in FIRES] * 3 + KEEPS_OUT + CHAINED * 5
known = [one for one in known if one["field"] not in UNKNOWN_THERE and one["field"] != FOREIGN]
doings = st.sampled_from(
    [
        {"field": "priority", "value": "urgent"},
        {"field": "status", "value": "open"},
        {"field": "current_tags", "value": "vip"},
        {"field": "remove_tags", "value": AT_RISK},
        {"field": "set_tags", "value": GOAL_TAG},
        {"field": "assignee_id", "value": ""},
        {"field": "type", "value": "incident"},
    ]
)
some_triggers = st.lists(
    st.fixed_dictionaries(
        {
            "conditions": st.fixed_dictionaries(
                {
                    "all": st.lists(st.sampled_from(known), max_size=2),
                    "any": st.lists(st.sampled_from(known), max_size=2),
                }
            ),
            "actions": st.lists(doings, min_size=1, max_size=2),
        }
    ),
    min_size=4,
    max_size=12,
)
words = st.sampled_from([None, *map(NAMES.status, Word)])
outcomes = st.sampled_from([None, *map(NAMES.outcome, TicketOutcome)])
writes = st.lists(
    st.tuples(
        st.tuples(words, outcomes), st.sampled_from(["", GOAL_TAG]), st.text("ab", max_size=2)
    ),
    min_size=1,
    max_size=3,
)


CHAIN = [
    {
        "conditions": {"all": [asked], "any": []},
        "actions": [{"field": field, "value": value}],
    }
    for asked, field, value in (
        (line("current_tags", "includes", AT_RISK), "priority", "urgent"),
        (line("priority", "value", "urgent"), "type", "incident"),
        (line("type", "changed"), "current_tags", "vip"),
    )
]


@settings(
    max_examples=examples(10, 30), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(some_triggers, writes)
@example(CHAIN, [((AT_RISK, None), "", "why")])
def test_whatever_fires_because_of_us_was_listed(
    bodies: list[Json], each: list[tuple[tuple[str | None, str | None], str, str]]
) -> None:
    desk = Desk(bodies)
    for labels, tag, note in each:
        desk.write(labels, tag, note)
    assert desk.fired() <= desk.listed()
