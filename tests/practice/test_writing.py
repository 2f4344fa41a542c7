from __future__ import annotations

import pytest

from connector.practice.acts import Acts
from connector.practice.clock import iso
from connector.practice.refusal import Refusal
from connector.practice.world import World
from tests.practice.client import Client, opened, staff


def test_an_update_answers_with_the_ticket_and_its_audit(client: Client, acts: Acts) -> None:
    ticket_id = opened(acts)
    answer = client.put(f"tickets/{ticket_id}", {"ticket": {"priority": "urgent"}})
    assert answer["ticket"]["priority"] == "urgent"
    assert answer["audit"]["events"][0]["field_name"] == "priority"


def test_a_write_that_changes_nothing_leaves_no_trace(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts, tags=["a"])
    before = client.ticket(ticket_id)
    world.clock.advance(100)
    answer = client.put(f"tickets/{ticket_id}", {"ticket": {"additional_tags": ["a"]}})
    assert "audit" not in answer
    assert client.ticket(ticket_id) == before
    assert len(client.audits(ticket_id)) == 1


def test_a_closed_ticket_refuses(client: Client, acts: Acts) -> None:
    ticket_id = opened(acts)
    acts.close(ticket_id)
    answer = client.send("PUT", f"tickets/{ticket_id}", {"ticket": {"priority": "low"}})
    assert answer.status_code == 422
    problem = answer.json()["details"]["status"][0]["description"]
    assert problem == "Status closed prevents ticket update"


@pytest.mark.parametrize("flag", [True, False])
def test_the_mere_presence_of_safe_update_guards(client: Client, acts: Acts, flag: bool) -> None:  # noqa: FBT001
    ticket_id = opened(acts)
    stale = {"priority": "low", "safe_update": flag, "updated_stamp": "2020-01-01T00:00:00Z"}
    answer = client.send("PUT", f"tickets/{ticket_id}", {"ticket": stale})
    assert (answer.status_code, answer.json()["error"]) == (409, "UpdateConflict")
    fresh = stale | {"updated_stamp": client.ticket(ticket_id)["updated_at"]}
    client.put(f"tickets/{ticket_id}", {"ticket": fresh})


def test_tag_calls_add_replace_and_remove(client: Client, acts: Acts) -> None:
    ticket_id = opened(acts, tags=["a"])
    path = f"tickets/{ticket_id}/tags"
    assert client.put(path, {"tags": ["b"]})["tags"] == ["a", "b"]
    assert client.send("DELETE", path, {"tags": ["a"]}).json()["tags"] == ["b"]
    answer = client.send("POST", path, {"tags": ["c", "d"]})
    assert (answer.status_code, answer.json()["tags"]) == (201, ["c", "d"])
    assert client.get(path)["tags"] == ["c", "d"]


def test_a_created_ticket_can_be_shown(client: Client) -> None:
    body = {"ticket": {"subject": "Hi", "comment": {"body": "There"}, "tags": ["x"]}}
    answer = client.send("POST", "tickets", body)
    assert answer.status_code == 201
    shown = client.ticket(answer.json()["ticket"]["id"])
    assert (shown["subject"], shown["description"], shown["tags"]) == ("Hi", "There", ["x"])
    assert shown["via"]["channel"] == "api"


def test_a_follow_up_inherits_tags_and_values(client: Client, acts: Acts) -> None:
    source = opened(acts, tags=["goal__x__at_risk"])
    acts.close(source)
    body = {"ticket": {"comment": {"body": "Again"}, "via_followup_source_id": source}}
    made = client.send("POST", "tickets", body).json()["ticket"]
    assert made["tags"] == ["goal__x__at_risk"]
    assert made["via"]["source"]["rel"] == "follow_up"
    assert made["via"]["source"]["from"]["ticket_id"] == source


def test_only_a_closed_ticket_has_follow_ups(acts: Acts) -> None:
    source = opened(acts)
    with pytest.raises(Refusal, match="validation"):
        opened(acts, via_followup_source_id=source)


def test_an_empty_description_is_refused(client: Client) -> None:
    answer = client.send("POST", "tickets", {"ticket": {"subject": "Hi"}})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "change",
    [{"status": "happy"}, {"priority": "max"}, {"assignee_id": 5}, {"group_id": 5}],
    ids=str,
)
def test_values_that_do_not_exist_are_refused(
    client: Client, acts: Acts, change: dict[str, object]
) -> None:
    ticket_id = opened(acts)
    assert client.send("PUT", f"tickets/{ticket_id}", {"ticket": change}).status_code == 422


def test_an_assigned_ticket_is_open_and_a_solved_one_assigned(acts: Acts, world: World) -> None:
    first, second, agent = opened(acts), opened(acts), staff(world)
    acts.assign(first, agent)
    acts.set_status(second, "solved", agent)
    assert world.ticket(first).status == "open"
    assert world.ticket(second).assignee_id == agent


def test_the_reply_of_a_customer_reopens(acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "solved")
    acts.comment(ticket_id, world.ticket(ticket_id).requester_id, "Still broken")
    assert world.ticket(ticket_id).status == "open"


def test_a_rating_is_one_row_that_is_offered_and_answered(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    offered = acts.rate(ticket_id, "offered").id
    world.clock.advance(3600)
    acts.rate(ticket_id, "good", "Nice")
    (row,) = client.get("satisfaction_ratings")["satisfaction_ratings"]
    assert (row["id"], row["score"], row["comment"]) == (offered, "good", "Nice")
    assert row["updated_at"] == iso(world.now())
    assert client.ticket(ticket_id)["satisfaction_rating"]["score"] == "good"


def test_ratings_are_filtered_by_score_and_time(client: Client, acts: Acts, world: World) -> None:
    for score in ("good", "bad", "offered"):
        acts.rate(opened(acts), score)
        world.clock.advance(100)
    rows = client.get("satisfaction_ratings", score="received")["satisfaction_ratings"]
    assert [row["score"] for row in rows] == ["good", "bad"]
    later = client.get("satisfaction_ratings", start_time=world.now() - 150)
    assert [row["score"] for row in later["satisfaction_ratings"]] == ["offered"]


def test_a_restored_ticket_has_its_status_again(client: Client, acts: Acts) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "hold")
    acts.delete(ticket_id)
    acts.restore(ticket_id)
    assert client.ticket(ticket_id)["status"] == "hold"
