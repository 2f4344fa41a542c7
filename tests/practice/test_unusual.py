"""Tickets that are not like the others, and the settings around them."""

from __future__ import annotations

import pytest

from connector.practice.acts import Acts
from connector.practice.refusal import Refusal
from connector.practice.world import World
from tests.practice.client import Client, field_named, opened


def exported(client: Client, world: World, **more: object) -> list[int]:
    start = world.now() - 86400
    world.clock.advance(61)
    page = client.get("incremental/tickets/cursor", start_time=start, **more)
    return [ticket["id"] for ticket in page["tickets"]]


def test_a_suspended_message_is_no_ticket_until_it_is_recovered(
    client: Client, acts: Acts, world: World
) -> None:
    kept = acts.suspend({"subject": "Win", "comment": {"body": "Money"}})
    assert exported(client, world) == []
    (shown,) = client.get("suspended_tickets")["suspended_tickets"]
    assert (shown["id"], shown["subject"], shown["ticket_id"]) == (kept.id, "Win", None)
    (made,) = client.put(f"suspended_tickets/{kept.id}/recover", {})["tickets"]
    assert exported(client, world) == [made["id"]]
    assert client.get("suspended_tickets")["suspended_tickets"] == []
    assert client.send("PUT", f"suspended_tickets/{kept.id}/recover").status_code == 404


def test_recovering_many_keeps_the_requester(client: Client, acts: Acts, world: World) -> None:
    customer = next(u.id for u in world.directory.users.values() if u.role == "end-user")
    kept = acts.suspend({"requester_id": customer, "comment": {"body": "Hi"}})
    (made,) = client.put("suspended_tickets/recover_many", {}, ids=str(kept.id))["tickets"]
    assert made["requester_id"] == customer


def test_an_archived_ticket_leaves_lists_and_metrics_and_stays_in_the_export(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    acts.close(ticket_id)
    before = client.ticket(ticket_id)["updated_at"]
    acts.archive(ticket_id)
    assert client.get("tickets")["tickets"] == []
    assert client.get("tickets/count")["count"]["value"] == 0
    assert client.get("ticket_metrics")["ticket_metrics"] == []
    assert client.send("GET", f"tickets/{ticket_id}/metrics").status_code == 404
    assert client.ticket(ticket_id)["updated_at"] == before
    assert len(client.get(f"tickets/{ticket_id}/audits", per_page=1)["audits"]) == 2
    assert exported(client, world) == [ticket_id]


def test_only_closed_tickets_are_archived(acts: Acts) -> None:
    with pytest.raises(Refusal):
        acts.archive(opened(acts))


def test_a_side_conversation_is_a_child_ticket(client: Client, acts: Acts, world: World) -> None:
    parent = opened(acts)
    group = next(iter(world.directory.groups))
    child = acts.open_side_conversation(parent, group, "Please look")
    via = client.ticket(child.id)["via"]
    assert (via["channel"], via["source"]["from"]) == ("side_conversation", {"ticket_id": parent})


@pytest.mark.parametrize(
    ("channel", "name", "messaging"),
    [("voice", "voice", False), ("messaging", "native_messaging", True)],
)
def test_calls_and_messages_are_recognised(
    client: Client, acts: Acts, channel: str, name: str, *, messaging: bool
) -> None:
    made = client.ticket(acts.create_by(channel, {"comment": {"body": "Hello"}}).id)
    assert (made["via"]["channel"], made["from_messaging_channel"]) == (name, messaging)


def test_a_machine_s_tickets_are_in_its_scope_until_a_person_takes_over(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    acts.set_support_type(ticket_id, "ai_agent")
    assert exported(client, world) == []
    assert exported(client, world, support_type_scope="ai_agent") == [ticket_id]
    assert exported(client, world, support_type_scope="all") == [ticket_id]
    acts.set_support_type(ticket_id, "agent")
    assert exported(client, world) == [ticket_id]


def test_a_follow_up_is_named_by_its_source(client: Client, acts: Acts) -> None:
    source = opened(acts, tags=["kept"])
    acts.close(source)
    later = acts.create({"via_followup_source_id": source, "comment": {"body": "Again"}})
    assert client.ticket(source)["followup_ids"] == [later.id]
    assert later.tags == ("kept",)


def test_a_custom_status_brings_its_category(client: Client, acts: Acts) -> None:
    waiting = acts.add_status("pending", "Waiting for a part")
    ticket_id = opened(acts)
    client.put(f"tickets/{ticket_id}", {"ticket": {"custom_status_id": waiting.id}})
    shown = client.ticket(ticket_id)
    assert (shown["status"], shown["custom_status_id"]) == ("pending", waiting.id)
    acts.set_status(ticket_id, "open")
    usual = {s["status_category"]: s["id"] for s in statuses(client) if s["default"]}
    assert client.ticket(ticket_id)["custom_status_id"] == usual["open"]
    assert "Waiting for a part" in {one["agent_label"] for one in statuses(client)}


def statuses(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("custom_statuses")["custom_statuses"]
    return found


def test_a_form_takes_a_field_and_keeps_its_conditions(
    client: Client, acts: Acts, world: World
) -> None:
    cause, order = (field_named(world, title) for title in ("Root cause", "Order number"))
    children = [
        {"id": order, "is_required": False, "required_on_statuses": {"type": "NO_STATUSES"}}
    ]
    condition = {"parent_field_id": cause, "value": "cause_defect", "child_fields": children}
    number = acts.add_form(
        "Returns", {"ticket_field_ids": [cause], "agent_conditions": [condition]}
    )
    change = {"ticket_form": {"ticket_field_ids": [cause, order]}}
    form = client.put(f"ticket_forms/{number}", change)["ticket_form"]
    assert form["ticket_field_ids"] == [cause, order]
    assert form["agent_conditions"] == [condition]
    unknown = {"ticket_form": {"ticket_field_ids": [5]}}
    assert client.send("PUT", f"ticket_forms/{number}", unknown).status_code == 422


def test_a_form_that_is_arranged_does_not_take_new_fields_by_itself(
    client: Client, acts: Acts, world: World
) -> None:
    number = acts.add_form("Returns", {"ticket_field_ids": [field_named(world, "Root cause")]})
    body = {"ticket_field": {"type": "text", "title": "New"}}
    made = client.send("POST", "ticket_fields", body).json()["ticket_field"]["id"]
    forms = {
        form["id"]: form["ticket_field_ids"] for form in client.get("ticket_forms")["ticket_forms"]
    }
    assert made not in forms[number]
    assert any(made in ids for ids in forms.values())


@pytest.mark.parametrize(("rating", "score"), [(3, "bad"), (4, "good")])
def test_a_rating_of_five_fills_the_legacy_score_but_is_no_legacy_rating(
    client: Client, acts: Acts, world: World, rating: int, score: str
) -> None:
    world.has_surveys = True
    ticket_id = opened(acts)
    said = acts.answer_survey(ticket_id, rating, "So so")
    assert client.ticket(ticket_id)["satisfaction_rating"]["score"] == score
    assert client.get("satisfaction_ratings")["satisfaction_ratings"] == []
    (listed,) = client.get("guide/survey_responses")["survey_responses"]
    assert listed["subject_zrns"] == [f"zen:ticket:{ticket_id}"]
    shown = client.get(f"guide/survey_responses/{said.id}")["survey_response"]
    assert shown["answers"][0]["rating"] == rating
    assert said.id in str(client.audits(ticket_id)[-1]["events"])


def test_survey_responses_are_filtered(client: Client, acts: Acts, world: World) -> None:
    for _ in range(2):
        acts.answer_survey(opened(acts), 5)
        world.clock.advance(100)
    later = client.get(
        "guide/survey_responses", **{"filter[created_at_start]": (world.now() - 150) * 1000}
    )
    assert [row["subjects"][0]["id"] for row in later["survey_responses"]] == ["2"]
    one = client.get("guide/survey_responses", **{"filter[subject_zrns]": "zen:ticket:1"})
    assert [row["subjects"][0]["id"] for row in one["survey_responses"]] == ["1"]
