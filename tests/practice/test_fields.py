from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.practice.acts import Acts
from connector.practice.seed import empty_world
from connector.practice.world import World
from tests.practice.client import Client, Json, field_named, opened, staff
from tests.practice.conftest import NOW

RISK = {
    "type": "tagger",
    "title": "Goal status",
    "custom_field_options": [
        {"name": "At risk", "value": "goal_status__at_risk"},
        {"name": "Off track", "value": "goal_status__off_track"},
    ],
}
OPTIONS = ("goal_status__at_risk", "goal_status__off_track")


def made(client: Client, body: Json) -> Json:
    answer = client.send("POST", "ticket_fields", {"ticket_field": body})
    assert answer.status_code == 201, answer.text
    field: Json = answer.json()["ticket_field"]
    return field


def value_of(client: Client, ticket_id: int, field_id: int) -> object:
    values = client.ticket(ticket_id)["custom_fields"]
    return next(one["value"] for one in values if one["id"] == field_id)


def put_value(client: Client, ticket_id: int, field_id: int, value: object) -> int:
    change = {"ticket": {"custom_fields": [{"id": field_id, "value": value}]}}
    return client.send("PUT", f"tickets/{ticket_id}", change).status_code


def test_setting_a_drop_down_swaps_the_tags_of_its_options(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts, tags=["mine"])
    put_value(client, ticket_id, field, OPTIONS[0])
    assert client.ticket(ticket_id)["tags"] == [OPTIONS[0], "mine"]
    put_value(client, ticket_id, field, OPTIONS[1])
    assert client.ticket(ticket_id)["tags"] == [OPTIONS[1], "mine"]
    put_value(client, ticket_id, field, None)
    assert client.ticket(ticket_id)["tags"] == ["mine"]


def test_removing_the_tag_clears_the_drop_down(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    put_value(client, ticket_id, field, OPTIONS[0])
    acts.remove_tags(ticket_id, OPTIONS[0])
    assert value_of(client, ticket_id, field) is None


def test_adding_the_tag_sets_the_drop_down(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    acts.add_tags(ticket_id, OPTIONS[0])
    acts.add_tags(ticket_id, OPTIONS[1])
    assert value_of(client, ticket_id, field) == OPTIONS[1]
    assert client.ticket(ticket_id)["tags"] == [OPTIONS[1]]


def test_an_unknown_option_is_refused(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    assert put_value(client, ticket_id, field, "goal_status__unheard_of") == 422
    assert client.ticket(ticket_id)["tags"] == []


def test_a_tag_serves_one_field_only(client: Client) -> None:
    made(client, RISK)
    other = RISK | {"title": "Another"}
    answer = client.send("POST", "ticket_fields", {"ticket_field": other})
    assert answer.status_code == 422
    assert "already been used" in answer.text


def test_a_value_for_a_switched_off_or_unknown_field_is_ignored(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    acts.deactivate_field(field)
    assert put_value(client, ticket_id, field, OPTIONS[0]) == 200
    assert put_value(client, ticket_id, 12345, "x") == 200
    assert client.ticket(ticket_id)["tags"] == []
    assert client.get(f"ticket_fields/{field}")["ticket_field"]["active"] is False


def test_a_checkbox_has_a_tag_and_is_never_null(client: Client, acts: Acts, world: World) -> None:
    field, ticket_id = field_named(world, "Complaint"), opened(acts)
    assert value_of(client, ticket_id, field) is False
    put_value(client, ticket_id, field, value=True)
    assert (value_of(client, ticket_id, field), client.ticket(ticket_id)["tags"]) == (
        True,
        ["complaint"],
    )


def test_a_multi_select_has_a_tag_for_each_choice(client: Client, acts: Acts) -> None:
    field = made(client, RISK | {"type": "multiselect"})["id"]
    ticket_id = opened(acts)
    put_value(client, ticket_id, field, list(OPTIONS))
    assert client.ticket(ticket_id)["tags"] == list(OPTIONS)
    acts.remove_tags(ticket_id, OPTIONS[0])
    assert value_of(client, ticket_id, field) == [OPTIONS[1]]


def test_one_option_can_be_added_without_naming_the_others(client: Client) -> None:
    field = made(client, RISK)["id"]
    option = {"custom_field_option": {"name": "No data", "value": "goal_status__no_data"}}
    answer = client.send("POST", f"ticket_fields/{field}/options", option)
    assert answer.status_code == 201
    options = client.get(f"ticket_fields/{field}/options")["custom_field_options"]
    assert [one["value"] for one in options] == [*OPTIONS, "goal_status__no_data"]


def test_options_left_out_of_an_update_fall_away_with_their_values(
    client: Client, acts: Acts
) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    put_value(client, ticket_id, field, OPTIONS[0])
    kept = {"custom_field_options": RISK["custom_field_options"][1:]}
    client.put(f"ticket_fields/{field}", {"ticket_field": kept})
    assert value_of(client, ticket_id, field) is None
    assert client.ticket(ticket_id)["tags"] == []


def test_a_removed_field_leaves_the_tickets(client: Client, acts: Acts) -> None:
    field = made(client, RISK)["id"]
    ticket_id = opened(acts)
    put_value(client, ticket_id, field, OPTIONS[0])
    assert client.send("DELETE", f"ticket_fields/{field}").status_code == 204
    ids = [one["id"] for one in client.ticket(ticket_id)["custom_fields"]]
    assert field not in ids
    made(client, RISK)


def test_system_fields_stay(client: Client) -> None:
    fields = client.get("ticket_fields")["ticket_fields"]
    status = next(field for field in fields if field["type"] == "status")
    assert client.send("DELETE", f"ticket_fields/{status['id']}").status_code == 403


@pytest.mark.parametrize("body", [{"type": "riddle", "title": "X"}, {"type": "text"}], ids=str)
def test_a_field_needs_a_known_type_and_a_title(client: Client, body: Json) -> None:
    assert client.send("POST", "ticket_fields", {"ticket_field": body}).status_code == 422


writes = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"additional_tags": st.lists(st.sampled_from([*OPTIONS, "mine"]), max_size=3)}
        ),
        st.fixed_dictionaries(
            {"remove_tags": st.lists(st.sampled_from([*OPTIONS, "mine"]), max_size=3)}
        ),
        st.fixed_dictionaries({"tags": st.lists(st.sampled_from([*OPTIONS, "mine"]), max_size=3)}),
        st.sampled_from([*OPTIONS, None]).map(lambda value: {"value": value}),
    ),
    max_size=8,
)
SHARED_WORLD = empty_world(NOW)
FIELD = SHARED_WORLD.fields.create(RISK, 0).id


@given(bodies=writes)
def test_a_drop_down_and_its_tag_always_agree(bodies: list[dict[str, Any]]) -> None:
    acts = Acts(SHARED_WORLD)
    ticket = SHARED_WORLD.ticket(opened(acts))
    for body in bodies:
        change = body
        if "value" in body:
            change = {"custom_fields": [{"id": FIELD, "value": body["value"]}]}
        acts.update(ticket.id, staff(SHARED_WORLD), change)
        value = ticket.values.get(FIELD)
        assert set(ticket.tags) & set(OPTIONS) == ({value} if value else set())
