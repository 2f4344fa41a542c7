from __future__ import annotations

from connector.practice.acts import Acts
from connector.practice.world import World
from tests.practice.client import Client, opened


def test_a_job_is_queued_then_working_then_completed(client: Client, acts: Acts) -> None:
    body = {"tickets": [{"id": opened(acts), "additional_tags": ["x"]}]}
    job = client.put("tickets/update_many.json", body)["job_status"]
    assert (job["status"], job["progress"], job["results"]) == ("queued", None, None)
    seen = [client.get(job["url"])["job_status"] for _ in range(2)]
    assert [one["status"] for one in seen] == ["working", "completed"]
    assert (seen[0]["results"], seen[1]["progress"]) == (None, 1)


def test_one_more_than_a_hundred_is_refused_whole(client: Client, acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    items = [{"id": ticket_id, "additional_tags": ["x"]}] * 101
    answer = client.send("PUT", "tickets/update_many", {"tickets": items})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "TooManyValues",
        "description": "Parameter  cannot specify more than 100 values",
        "max_count": 100,
    }
    assert world.ticket(ticket_id).tags == ()
    ids = ",".join(str(one) for one in range(101))
    assert client.send("PUT", "tickets/update_many", {"ticket": {}}, ids=ids).status_code == 400


def test_failures_stand_beside_successes_and_have_no_status(client: Client, acts: Acts) -> None:
    good, closed, gone = opened(acts), opened(acts), opened(acts)
    acts.close(closed)
    acts.delete(gone)
    items = [{"id": one, "additional_tags": ["x"]} for one in (good, closed, gone, 99)]
    job = client.run_job({"tickets": items})
    done, *failed = job["results"]
    assert done == {"id": good, "action": "update", "status": "Updated", "success": True}
    assert [(one["index"], one["id"]) for one in failed] == [(1, closed), (2, gone), (3, 99)]
    assert [one["error"] for one in failed] == [
        "TicketUpdateFailed",
        "RecordNotFound",
        "RecordNotFound",
    ]
    assert "closed prevents" in failed[0]["details"]
    assert all("success" not in one and "status" not in one for one in failed)


def test_a_stale_item_is_a_conflict_of_its_own(client: Client, acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    stale = {"id": ticket_id, "priority": "low", "safe_update": True, "updated_stamp": "2020"}
    (failed,) = client.run_job({"tickets": [stale]})["results"]
    assert failed["error"] == "UpdateConflict"
    assert world.ticket(ticket_id).priority is None


def test_one_change_for_many_ids(client: Client, acts: Acts, world: World) -> None:
    ids = [opened(acts, tags=["old"]) for _ in range(3)]
    change = {"ticket": {"additional_tags": ["new"], "remove_tags": ["old"], "status": "hold"}}
    job = client.run_job(change, ids=",".join(map(str, ids)))
    assert job["total"] == 3
    assert {(world.ticket(one).tags, world.ticket(one).status) for one in ids} == {
        (("new",), "hold")
    }


def test_tickets_are_created_in_a_job_too(client: Client) -> None:
    items = [{"subject": "A", "comment": {"body": "a"}}, {"subject": "B"}]
    job = client.send("POST", "tickets/create_many", {"tickets": items}).json()["job_status"]
    client.get(job["url"])
    made, failed = client.get(job["url"])["job_status"]["results"]
    assert made["index"] == 0
    assert client.ticket(made["id"])["subject"] == "A"
    assert (failed["index"], failed["error"]) == (1, "TicketCreateFailed")


def test_an_unknown_job_is_not_found(client: Client) -> None:
    assert client.send("GET", "job_statuses/V3-nothing").status_code == 404
