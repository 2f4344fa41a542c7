"""Triggers, automations and SLA policies as rules, in both forms of paging."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connector.adapters.base import MakesViews, ReadsRules
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.rules import WireRule, rule
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import FatalError, ProtocolError, UnavailableError
from connector.model.rules import (
    BY_API,
    CREATED,
    CUSTOMER,
    Comparison,
    Condition,
    Meaning,
    Rule,
    Topic,
)
from connector.model.view import ViewPlan
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec
from tests.sync.helpdesk import ScriptedAdapter

Body = dict[str, Any]
KEYS = ("triggers", "automations", "sla_policies", "group_sla_policies")


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, spec=zendesk_spec)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def reply(desk: FakeZendesk, key: str, *ids: int, **envelope: Any) -> None:
    rows = [{"id": number, "title": f"{key} {number}"} for number in ids]
    desk.reply_next(200, body=json.dumps({key: rows, **envelope}))


def asked(desk: FakeZendesk, place: int) -> tuple[str, dict[str, str]]:
    parts = urlsplit(desk.asked[place].url or "")
    query = {name: values[0] for name, values in parse_qs(str(parts.query)).items()}
    return str(parts.path).removeprefix("/api/v2/"), query


def parsed(**body: Any) -> Rule:
    return rule(msgspec.convert({"id": 1, "title": "One", **body}, WireRule))


def test_rules_of_every_kind_are_read(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    for number, key in enumerate(KEYS):
        reply(desk, key, number)
    rules = adapter.rules()
    found = (rules.triggers, rules.automations, rules.sla_policies, rules.group_sla_policies)
    assert [[one.title for one in kind] for kind in found] == [
        ["triggers 0"],
        ["automations 1"],
        ["sla_policies 2"],
        ["group_sla_policies 3"],
    ]
    assert rules.missing == ()


def test_lists_go_on_by_cursor_and_by_link(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    reply(desk, "triggers", 1, meta={"has_more": True, "after_cursor": "abc"})
    reply(desk, "triggers", meta={"has_more": True, "after_cursor": "def"})
    reply(desk, "triggers", 2, meta={"has_more": False})
    reply(desk, "automations", 3, next_page=f"{URL}/api/v2/automations.json?page=2")
    reply(desk, "automations", 4, next_page=None, count=2)
    reply(desk, "sla_policies")
    reply(desk, "group_sla_policies")
    rules = adapter.rules()
    assert [one.id for one in rules.triggers] == ["1", "2"]
    assert [one.id for one in rules.automations] == ["3", "4"]
    assert asked(desk, 2) == ("triggers", {"page[size]": "100", "page[after]": "def"})
    assert asked(desk, 4) == ("automations", {"page": "2"})


@pytest.mark.parametrize(
    "envelope",
    [
        {"meta": {"has_more": True, "after_cursor": "abc"}},
        {"meta": {"has_more": True, "after_cursor": None}},
        {"next_page": f"{URL}/api/v2/triggers?page%5Bsize%5D=100&page=2"},
    ],
)
def test_a_list_that_goes_nowhere_is_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter, envelope: Body
) -> None:
    for _ in range(3):
        reply(desk, "triggers", 1, **envelope)
    with pytest.raises(ProtocolError, match="does not end"):
        adapter.rules()


@pytest.mark.parametrize("status", [403, 404])
def test_kinds_that_the_account_lacks_are_named(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    reply(desk, "triggers", 1)
    desk.reply_next(status)
    reply(desk, "sla_policies", 5)
    desk.reply_next(status)
    rules = adapter.rules()
    assert rules.missing == ("automations", "group_sla_policies")
    assert len(rules.sla_policies) == 1


def test_a_fault_is_no_lack(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(503)
    with pytest.raises(UnavailableError):
        adapter.rules()


def test_retries_reach_the_rules(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(503)
    for key in KEYS:
        reply(desk, key, 1)
    rules = RetryingAdapter(adapter, sleep=lambda _: None).read_rules()
    assert rules is not None
    assert len(rules.triggers) == 1


def test_an_adapter_may_know_no_rules() -> None:
    other = ScriptedAdapter()
    assert not isinstance(other, ReadsRules)
    assert RetryingAdapter(other).read_rules() is None


def test_an_adapter_may_know_no_views() -> None:
    adapter = RetryingAdapter(ScriptedAdapter())
    assert not isinstance(adapter.inner, MakesViews)
    with pytest.raises(FatalError, match="has no views"):
        adapter.plan_views([], [])
    with pytest.raises(FatalError, match="has no views"):
        adapter.apply_views(ViewPlan(()), [])


@pytest.mark.parametrize(
    "conditions",
    [None, {}, [], "x", {"all": None, "any": None}, {"all": {}, "any": [None, 5, {"field": 1}]}],
)
def test_empty_conditions_of_any_form_are_none(conditions: object) -> None:
    assert parsed(conditions=conditions).conditions == ()


@pytest.mark.parametrize(
    ("field", "value", "values"),
    [
        ("current_tags", "vip  goal_x", ("vip", "goal_x")),
        ("current_tags", ["vip", "goal_x"], ("vip", "goal_x")),
        ("subject_includes_word", "two words", ("two words",)),
        ("status", None, ()),
        ("assignee_id", "", ()),
        ("comment_is_public", True, ("true",)),
        ("ticket_form_id", 1500002488481, ("1500002488481",)),
        ("custom_status_id", [1, 2], ("1", "2")),
        ("status", {"a": 1}, ()),
    ],
)
def test_values_come_as_text(field: str, value: object, values: tuple[str, ...]) -> None:
    row = {"field": field, "operator": "is", "value": value}
    (read,) = parsed(conditions={"all": [row]}).all_of
    assert read == Condition(field, "is", values, read.meaning)
    assert read.words == " ".join(filter(None, (field, "is", ", ".join(values))))


@pytest.mark.parametrize(
    ("field", "operator", "value", "meaning"),
    [
        ("update_type", "is", "Create", Meaning(Topic.MOMENT, Comparison.IS, (CREATED,))),
        ("role", "is_not", "end_user", Meaning(Topic.USER, Comparison.IS_NOT, (CUSTOMER,))),
        ("role", "is", "1911534269745", Meaning(Topic.USER, Comparison.IS, ("1911534269745",))),
        ("current_via_id", "is", "5", Meaning(Topic.CHANNEL, Comparison.IS, (BY_API,))),
        ("comment_is_public", "is", True, Meaning(Topic.COMMENT, Comparison.IS, ("true",))),
        ("current_tags", "not_includes", "a b", Meaning(Topic.TAGS, Comparison.IS_NOT, ("a", "b"))),
        ("custom_fields_5", "value", "x", Meaning("field:5", Comparison.CHANGED_TO, ("x",))),
        ("ticket_fields_5", "is", "", Meaning("field:5", Comparison.ABSENT)),
        ("ticket_fields_5", "is_not", None, Meaning("field:5", Comparison.PRESENT)),
        ("status", "changed", "", Meaning(Topic.STATUS, Comparison.CHANGED)),
        ("PENDING", "is", "24", Meaning(Topic.STATUS_HOURS, Comparison.IS, ("pending",))),
        ("updated_at", "is", "24", Meaning(Topic.UPDATE_HOURS, Comparison.IS, ("24",))),
        ("ticket_type_id", "is", "2", Meaning("type", Comparison.IS, ("incident",))),
        ("brand_id", "within", 5, Meaning("brand_id", Comparison.UNKNOWN, ("5",))),
    ],
)
def test_conditions_are_put_into_words_of_ours(
    field: str, operator: str, value: object, meaning: Meaning
) -> None:
    row = {"field": field, "operator": operator, "value": value}
    (read,) = parsed(conditions={"all": [row]}).all_of
    assert read.meaning == meaning


def test_what_an_action_changes_is_known_with_what_follows() -> None:
    assigned = {"field": "assignee_id", "value": "5"}
    tags = {"field": "set_tags", "value": "a b"}
    assert [one.effects for one in parsed(actions=[assigned, tags]).actions] == [
        (("assignee_id", ("5",)), (Topic.STATUS, ("open",)), ("group_id", ())),
        ((Topic.TAGS, ("a", "b")), (Topic.TAGS, ())),
    ]


def test_only_what_was_refused_is_hidden(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(403)
    reply(desk, "automations", 1)
    desk.reply_next(404)
    reply(desk, "group_sla_policies")
    rules = adapter.rules()
    assert rules.missing == ("triggers", "sla_policies")
    assert rules.hidden == ("triggers",)


def test_texts_to_people_are_not_taken() -> None:
    mail = {"field": "notification_user", "value": ["all_agents", "subject", "Dear {{name}}"]}
    tags = {"field": "set_tags", "value": "a b"}
    read = parsed(actions=[mail, tags, {"field": "comment_value", "value": "x"}]).actions
    assert [(one.field, one.values) for one in read] == [
        ("notification_user", ()),
        ("set_tags", ("a", "b")),
        ("comment_value", ()),
    ]


def recorded(shared: Path, pattern: str) -> list[tuple[Body, Rule]]:
    found: list[tuple[Body, Rule]] = []
    for file in sorted((shared / "fixtures" / "zendesk").glob(pattern)):
        for one in json.loads(file.read_text())["interactions"]:
            body = one["response"]["body"]
            rows: list[Body] = next((body[key] for key in KEYS if key in body), [])
            found += [(row, rule(msgspec.convert(row, WireRule))) for row in rows]
    return found


@pytest.mark.parametrize("pattern", ["triggers_*.json", "automations_*.json", "sla_*.json"])
def test_recorded_rules_are_read_whole(shared: Path, pattern: str) -> None:
    found = recorded(shared, pattern)
    assert len(found) > 3
    for row, one in found:
        tests = row.get("conditions") or row.get("filter") or {}
        assert len(one.all_of) == len(tests.get("all") or ())
        assert len(one.any_of) == len(tests.get("any") or ())
        assert len(one.actions) == len(row.get("actions") or ())
        assert one.is_active is row.get("active", True)
        assert "{{" not in repr(one.actions)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["all", "any", "field", "value", "operator"]), inner)
    ),
    max_leaves=12,
)


@given(anything, anything)
def test_no_form_of_a_rule_is_fatal(conditions: object, actions: object) -> None:
    assert parsed(conditions=conditions, filter=conditions, actions=actions).id == "1"
