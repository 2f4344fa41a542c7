"""The ticket event export: every entry becomes rows, is known to be silent, or is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.zendesk import feed
from connector.adapters.zendesk.codes import channel
from connector.adapters.zendesk.events import EventParser
from connector.adapters.zendesk.feed import decode_events, event_names
from connector.adapters.zendesk.quick import QuickEvent
from connector.model.ticket import Event
from tests.adapters.answers import answered

Body = dict[str, Any]
AT = 1767603600


def parse(*children: Body, **event: Any) -> tuple[list[Event], EventParser]:
    item = {
        "id": 500,
        "ticket_id": 7,
        "timestamp": AT,
        "updater_id": 42,
        "via": "Mail",
        "child_events": list(children),
        **event,
    }
    return parse_all(item)


def parse_all(*items: Body) -> tuple[list[Event], EventParser]:
    data = json.dumps({"ticket_events": list(items), "end_of_stream": True}).encode()
    response = answered(data)
    parser = EventParser(lambda: event_names(response))
    rows = parser.parse(decode_events(response).ticket_events)
    return list(rows.rows()), parser


def said(events: list[Event]) -> dict[str, tuple[str | None, str | None]]:
    return {event.kind: (event.value, event.previous) for event in events}


def test_a_creation_tells_channel_and_first_values() -> None:
    events, _ = parse(
        {
            "id": 501,
            "event_type": "Create",
            "status": "new",
            "group_id": 3,
            "assignee_id": None,
            "priority": "high",
            "type": "incident",
            "subject": "a subject",
            "requester_id": 42,
            "comment_present": True,
            "comment_public": True,
            "custom_ticket_fields": {"77": "x"},
        },
        {"id": 502, "event_type": "Comment", "type": "Comment", "author_id": 42, "public": True},
    )
    assert said(events) == {
        "created": ("email", None),
        "status": ("new", None),
        "group": ("3", None),
        "priority": ("high", None),
        "type": ("incident", None),
        "comment": (None, None),
    }
    assert [event.id for event in events if event.kind == "comment"] == ["502"]


def test_a_comment_without_its_side_load_is_still_a_comment() -> None:
    events, _ = parse(
        {"id": 501, "event_type": "Create", "comment_present": True, "comment_public": False}
    )
    comment = next(event for event in events if event.kind == "comment")
    assert (comment.actor_id, comment.is_public) == ("42", False)


@pytest.mark.parametrize("kind", ["Comment", "VoiceComment", "FacebookComment"])
def test_what_was_said_on_any_channel_is_a_comment(kind: str) -> None:
    ((event,), parser) = parse({"id": 501, "event_type": kind, "author_id": 9, "public": True})
    assert (event.kind, event.actor_id, event.is_public) == ("comment", "9", True)
    assert not parser.unknown


def test_a_comment_child_without_its_side_load_says_whether_it_is_public() -> None:
    ((event,), _) = parse(
        {"event_type": "Comment", "comment_present": True, "comment_public": True}
    )
    assert event.is_public is True


@pytest.mark.parametrize(
    ("child", "kind", "value", "previous"),
    [
        ({"status": "solved", "previous_value": "open"}, "status", "solved", "open"),
        ({"assignee_id": 9, "previous_value": None}, "assignee", "9", None),
        ({"assignee_id": None, "previous_value": "9"}, "assignee", None, "9"),
        ({"assignee_id": "", "previous_value": 9}, "assignee", None, "9"),
        ({"group_id": "4", "previous_value": 3}, "group", "4", "3"),
        ({"priority": "urgent", "previous_value": "low"}, "priority", "urgent", "low"),
        ({"type": "problem", "previous_value": "task"}, "type", "problem", "task"),
        ({"satisfaction_score": "good", "previous_value": "offered"}, "rating", "good", "offered"),
        (
            {"field_name": "status", "value": "hold", "previous_value": "open"},
            "status",
            "hold",
            "open",
        ),
        (
            {"field_name": "group_id", "value": "4", "previous_value": None},
            "group",
            "4",
            None,
        ),
    ],
)
def test_a_change_is_read_in_both_forms(
    child: Body, kind: str, value: str | None, previous: str | None
) -> None:
    ((event,), parser) = parse({"id": 501, "event_type": "Change", **child})
    assert (event.kind, event.value, event.previous) == (kind, value, previous)
    assert not parser.unknown


def test_the_audits_form_names_its_kind_in_type() -> None:
    ((event,), _) = parse({"id": 1, "type": "Change", "field_name": "status", "value": "solved"})
    assert (event.kind, event.value) == ("status", "solved")


def test_deleting_and_restoring_are_events_of_their_own() -> None:
    events, _ = parse({"event_type": "Change", "status": "deleted", "previous_value": "open"})
    assert said(events) == {"status": ("deleted", "open"), "deleted": (None, "open")}
    events, _ = parse({"event_type": "Change", "status": "open", "previous_value": "deleted"})
    assert said(events) == {"status": ("open", "deleted"), "restored": ("open", None)}


@pytest.mark.parametrize("tags", [["vip", "closed_by_merge"], "vip closed_by_merge"])
@pytest.mark.parametrize("key", ["tags", "added_tags"])
def test_the_tag_of_a_merge_is_a_merge(key: str, tags: object) -> None:
    ((event,), _) = parse({"id": 501, "event_type": "Change", key: tags})
    assert event.kind == "merged"


def test_a_rating_is_an_event() -> None:
    ((event,), _) = parse(
        {"id": 501, "event_type": "SatisfactionRating", "score": "good", "body": "x"}
    )
    assert (event.kind, event.value) == ("rating", "good")


def test_a_schedule_given_to_a_ticket_is_an_event() -> None:
    child = {"event_type": "ScheduleAssignment", "new_schedule_id": 5, "previous_schedule_id": 4}
    ((event,), _) = parse(child)
    assert (event.kind, event.value, event.previous) == ("schedule", "5", "4")


def test_entries_without_ids_do_not_take_each_others_place() -> None:
    note = {"event_type": "Comment", "public": False}
    events, _ = parse(note, {**note, "public": True})
    assert [(event.id, event.is_public) for event in events] == [("500", False), ("500-1", True)]


def test_the_system_is_nobody() -> None:
    ((event,), _) = parse({"event_type": "Change", "status": "closed"}, updater_id=-1)
    assert event.actor_id is None


@pytest.mark.parametrize(
    "child",
    [
        {"event_type": "Notification", "recipients": [1]},
        {"event_type": "ChatStartedEvent", "value": {"chat_id": 1, "history": []}},
        {"type": "AgentMacroReference", "macro_id": 5, "macro_title": "x", "macro_deleted": False},
        {"type": "SMS", "body": "x", "phone_number": "1"},
        {"event_type": "Change", "field_name": "first_reply_time", "value": {"minutes": 5}},
        {"event_type": "Change", "subject": "new", "previous_value": "old"},
        {"event_type": "Change", "custom_ticket_fields": {"77": "x"}, "previous_value": None},
        {"event_type": "Change", "tags": ["a"], "added_tags": ["a"], "previous_value": []},
        {"event_type": "Change", "field_name": "77", "value": "x"},
        {"event_type": "Change", "satisfaction_score": "unoffered", "previous_value": None},
    ],
)
def test_what_no_kpi_asks_for_is_silent(child: Body) -> None:
    events, parser = parse({"id": 501, **child})
    assert events == []
    assert (parser.understood, dict(parser.unknown)) == (1, {})


@pytest.mark.parametrize(
    ("child", "counted"),
    [
        ({"event_type": "SkillAssigned", "value": {"skill": 1}}, "SkillAssigned"),
        ({"event_type": "Change", "sla_policy": 5}, "Change sla_policy"),
        ({"mystery": 1}, "entry mystery"),
        ({"event_type": "Dear Ann, hello", "x": 1}, "unreadable"),
        ({"event_type": "Change", "field_name": "mystery", "value": {}}, "Change mystery"),
        ({}, "entry"),
    ],
)
def test_what_nobody_knows_is_counted_by_name(child: Body, counted: str) -> None:
    events, parser = parse({"id": 501, **child})
    assert events == []
    assert dict(parser.unknown) == {counted: 1}


def test_one_strange_entry_does_not_hide_its_neighbours() -> None:
    events, parser = parse(
        {"id": 1, "event_type": "Mystery"},
        {"id": 2, "event_type": "Change", "status": "solved", "previous_value": "open"},
    )
    assert said(events) == {"status": ("solved", "open")}
    assert dict(parser.unknown) == {"Mystery": 1}


@pytest.mark.parametrize("missing", ["ticket_id", "child_events", "timestamp"])
def test_an_item_without_what_an_event_needs_is_counted(missing: str) -> None:
    item = {"id": 1, "ticket_id": 7, "timestamp": AT, "child_events": []}
    events, parser = parse_all({key: value for key, value in item.items() if key != missing})
    assert events == []
    assert parser.unknown.total() == 1


SHAPES = [
    {"event_type": 5, "status": "open"},
    {"event_type": "Comment", "public": "yes"},
    {"event_type": "Comment", "author_id": {"id": 5}},
    {"event_type": "Change", "status": "open", "created_at": "yesterday"},
    {"event_type": "SatisfactionRating", "score": ["good"]},
    "a text",
    None,
]


@pytest.mark.parametrize("child", SHAPES)
def test_an_entry_of_another_shape_is_counted_and_hides_no_other(child: object) -> None:
    item = {"id": 1, "ticket_id": 7, "timestamp": AT}
    good = {"id": 2, "event_type": "Change", "status": "solved", "previous_value": "open"}
    events, parser = parse_all(
        {**item, "child_events": [child, good]}, {**item, "id": 3, "child_events": [good]}
    )
    assert [(event.id, event.value) for event in events] == [("2", "solved")]
    assert (parser.understood, parser.unknown.total()) == (2, 1)


@pytest.mark.parametrize(
    "strange",
    [
        {"ticket_id": "seven"},
        {"id": None},
        {"timestamp": "now"},
        {"timestamp": 1e300},
        {"timestamp": -1},
        {"child_events": {"status": "open"}},
        {"updater_id": [1]},
    ],
)
def test_an_event_of_another_shape_is_counted_and_hides_no_other(strange: Body) -> None:
    good = {"id": 2, "event_type": "Change", "status": "solved", "previous_value": "open"}
    item = {"id": 1, "ticket_id": 7, "timestamp": AT, "child_events": [good]}
    events, parser = parse_all({**item, **strange}, {**item, "id": 3})
    assert [(event.id, event.value) for event in events] == [("2", "solved")]
    assert (parser.understood, parser.unknown.total()) == (1, 1)


def test_a_value_that_looks_like_prose_is_not_kept() -> None:
    ((event,), _) = parse({"event_type": "Change", "priority": "Please call Ann! 555 1234 now"})
    assert event.value == "unreadable"


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("Web form", "web"),
        ("Email", "email"),
        ("Mail", "email"),
        ("Web service", "api"),
        ("Side conversation", "side_conversation"),
        ({"channel": "chat"}, "chat"),
        (None, None),
        ({}, None),
        (5, None),
    ],
)
def test_the_title_of_a_channel_becomes_its_code(via: object, expected: str | None) -> None:
    assert channel(via) == expected


@pytest.mark.parametrize(
    ("child", "counted"),
    [
        ({"event_type": "Change", "status": "open", "mood": 1}, {"Change mood": 1}),
        ({"event_type": "Comment", "public": True, "tone": "x"}, {"Comment tone": 1}),
        ({"event_type": "Comment", "public": True, "status": "x", "html_body": "x"}, {}),
        ({"event_type": "Change", "status": "open", "77": "a custom field"}, {}),
        ({"event_type": "Change", "status": "open", "Dear Ann,": 1}, {"Change unreadable": 1}),
        ({"event_type": "Push", "anything": 1}, {}),
        ({"status": "solved", "mood": 1}, {"entry mood": 1}),
        (
            {"event_type": "SatisfactionRating", "score": "good", "stars": 5},
            {"SatisfactionRating stars": 1},
        ),
    ],
)
def test_keys_beside_what_is_understood_are_counted(child: Body, counted: Body) -> None:
    _, parser = parse({"id": 501, **child})
    assert dict(parser.unknown) == {}
    assert dict(parser.unknown_keys) == counted


def test_an_unknown_key_of_the_event_itself_is_counted() -> None:
    _, parser = parse({"event_type": "Change", "status": "open"}, sentiment="sad", system={})
    assert dict(parser.unknown_keys) == {"event sentiment": 1}


def test_what_is_unknown_as_a_whole_has_no_keys_counted() -> None:
    _, parser = parse({"event_type": "Mystery", "status": "open", "mood": 1})
    assert (dict(parser.unknown), dict(parser.unknown_keys)) == ({"Mystery": 1}, {})


@pytest.mark.parametrize("form", ["compact", "audit"])
def test_a_creation_in_several_entries_is_one(form: str) -> None:
    fields: Body = {"status": "new", "priority": "high", "ticket_form_id": "5"}
    entries = [
        {"id": n, "event_type": "Create", key: value}
        if form == "compact"
        else {"id": n, "type": "Create", "field_name": key, "value": value}
        for n, (key, value) in enumerate(fields.items())
    ]
    events, parser = parse(*entries)
    assert [event.kind for event in events].count("created") == 1
    assert said(events) == {
        "created": ("email", None),
        "status": ("new", None),
        "priority": ("high", None),
    }
    assert not parser.unknown


MERGE_WAY = {"channel": "web", "source": {"to": {"ticket_id": 9}, "from": {}, "rel": "merge"}}


@pytest.mark.parametrize(
    ("via", "into"), [(MERGE_WAY, "9"), ("Merge", None), ({"source": {"rel": "merge"}}, None)]
)
@pytest.mark.parametrize("place", ["event", "entry"])
def test_a_closing_by_way_of_a_merge_is_a_merge(place: str, via: object, into: str | None) -> None:
    entry = {"event_type": "Change", "status": "closed", "previous_value": "open"}
    if place == "event":
        events, _ = parse(entry, via=via)
    else:
        events, _ = parse(entry | {"via": via})
    assert said(events) == {"status": ("closed", "open"), "merged": (into, None)}


def test_the_ticket_merged_into_is_not_merged_away() -> None:
    events, _ = parse({"event_type": "Comment", "public": False}, via=MERGE_WAY)
    assert [event.kind for event in events] == ["comment"]


def test_a_merge_told_by_tag_and_way_is_one() -> None:
    events, _ = parse(
        {"id": 1, "event_type": "Change", "added_tags": ["closed_by_merge"]},
        {"id": 2, "event_type": "Change", "status": "closed", "previous_value": "open"},
        via=MERGE_WAY,
    )
    assert [event.kind for event in events] == ["merged", "status"]


@pytest.mark.parametrize("ids", [[8, 9], ["8", "9", 7], [8, 9, None, "x"]])
def test_tickets_that_were_merged_into_this_one_are_told(ids: list[object]) -> None:
    events, _ = parse(merged_ticket_ids=ids)
    assert [(event.ticket_id, event.kind, event.value) for event in events] == [
        ("8", "merged", "7"),
        ("9", "merged", "7"),
    ]


def test_a_list_of_merged_tickets_that_is_none_is_harmless() -> None:
    assert parse(merged_ticket_ids={"a": 1})[0] == []


scalars = st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=12)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
CLEAN = ["status", "priority", "group_id", "assignee_id", "type", "previous_value", "value", "tags"]
CLEAN += ["added_tags", "custom_ticket_fields", "mystery", "subject", "recipients", "via"]
TYPED = ["author_id", "public", "created_at", "comment_present", "score", "schedule_id"]
children = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(1, 9) | st.text(max_size=5),
        "event_type": st.sampled_from(["Create", "Change", "Comment", "Push", "Mystery"]) | values,
        "field_name": st.sampled_from(["status", "group_id", "77", "mystery"]),
        **dict.fromkeys([*CLEAN, *TYPED], values),
    },
)


@given(st.lists(children | scalars, max_size=5), values, values)
def test_every_entry_is_understood_or_counted(
    entries: list[Any], via: object, merged: object
) -> None:
    _, parser = parse(*entries, via=via, merged_ticket_ids=merged)
    assert parser.understood + parser.unknown.total() == len(entries)


WORDS = st.sampled_from(["open", "pending", "deleted", "closed", "", "7", "some words"])
CODES = st.none() | st.integers(0, 99) | WORDS
USUAL = {
    "created_at": st.sampled_from(["2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"]),
    "via": st.sampled_from(["Mail", "Merge", None]),
    "via_reference_id": st.none() | st.integers(1, 9),
    "comment_present": st.booleans(),
    "comment_public": st.booleans() | st.none(),
    "previous_value": CODES | st.lists(WORDS, max_size=2),
    **dict.fromkeys(["status", "priority", "group_id", "assignee_id", "type"], CODES),
    "satisfaction_score": st.sampled_from(["good", "offered", "unoffered", None]),
    "tags": st.lists(st.sampled_from(["vip", "closed_by_merge"]), max_size=2),
    "subject": st.text(max_size=5),
    "schedule_id": st.integers(1, 9),
    "new_schedule_id": st.integers(1, 9) | st.none(),
    "author_id": st.integers(1, 9) | st.none(),
    "public": st.booleans() | st.none(),
    "body": st.text(max_size=5),
    "mystery": st.just(1),
}
SEEN = ["Create", "Change", "Comment", "VoiceComment", "ScheduleAssignment", "Push", "Cc", "Odd"]
usual_children = st.sets(st.sampled_from(sorted(USUAL)), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            "id": st.integers(1, 9) | st.sampled_from(["a", "b"]),
            "event_type": st.sampled_from(SEEN),
            **{name: USUAL[name] for name in names},
        }
    )
)
usual_events = st.fixed_dictionaries(
    {
        "id": st.integers(1, 99),
        "ticket_id": st.integers(1, 3),
        "timestamp": st.integers(AT, AT + 5),
        "updater_id": st.sampled_from([-1, 5, None]),
        "via": st.sampled_from(["Mail", "Web form", "Merge"]),
        "child_events": st.lists(usual_children, max_size=4),
    },
    optional={"metadata": st.just({}), "created_at": st.just("2026-01-05T09:00:00Z")},
)


@given(st.lists(usual_events, max_size=6))
def test_what_is_usual_is_read_quickly_and_means_the_same(items: list[Body]) -> None:
    rows, quickly = parse_all(*items)
    response = answered(json.dumps({"ticket_events": items}).encode())
    slowly = EventParser(lambda: event_names(response))
    raw = feed._RAW_PAGE.decode(response.content).ticket_events
    assert rows == list(slowly.parse([feed._event(one) for one in raw]).rows())
    assert quickly.understood == slowly.understood
    assert quickly.unknown == slowly.unknown
    assert quickly.unknown_keys == slowly.unknown_keys


def test_an_event_as_the_vendor_writes_it_is_usual_beside_one_that_is_not() -> None:
    change = {"id": 1, "status": "open", "previous_value": "new", "event_type": "Change"}
    comment = {"id": 2, "author_id": 5, "public": True, "body": "x", "event_type": "Comment"}
    push = {"id": 3, "anything": [1], "event_type": "Push"}
    usual = {"id": 1, "ticket_id": 7, "timestamp": AT, "via": "Mail", "updater_id": 5}
    usual["child_events"] = [change, comment, push]
    items = [usual, {**usual, "mystery": 1}, {**usual, "via": "Ticket Merge"}]
    page = decode_events(answered(json.dumps({"ticket_events": items}).encode()))
    assert [isinstance(one, QuickEvent) for one in page.ticket_events] == [True, False, False]
