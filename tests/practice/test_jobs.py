from __future__ import annotations

from connector.practice.acts import Acts
from connector.practice.jobs import FOR_EVER
from connector.practice.limits import Limits
from connector.practice.server import PracticeServer
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


def test_a_stuck_job_works_until_it_is_released(
    server: PracticeServer, client: Client, acts: Acts, world: World
) -> None:
    server.desk.jobs.polls = FOR_EVER
    ticket_id = opened(acts)
    body = {"tickets": [{"id": ticket_id, "additional_tags": ["x"]}]}
    job = client.put("tickets/update_many", body)["job_status"]
    seen = {client.get(job["url"])["job_status"]["status"] for _ in range(5)}
    assert seen == {"working"}
    assert world.ticket(ticket_id).tags == ("x",)
    server.desk.jobs.release()
    assert client.get(job["url"])["job_status"]["status"] == "completed"


def test_a_lost_job_did_its_work_and_is_unknown(
    server: PracticeServer, client: Client, acts: Acts, world: World
) -> None:
    server.desk.jobs.lose = 1
    ticket_id = opened(acts)
    body = {"tickets": [{"id": ticket_id, "additional_tags": ["x"]}]}
    job = client.put("tickets/update_many", body)["job_status"]
    assert client.send("GET", job["url"]).status_code == 404
    assert world.ticket(ticket_id).tags == ("x",)
    assert client.run_job(body)["status"] == "completed"


def test_chosen_tickets_fail_in_every_batch(
    server: PracticeServer, client: Client, acts: Acts, world: World
) -> None:
    good, bad = opened(acts), opened(acts)
    server.desk.jobs.failing[bad] = "Root cause: is required"
    items = [{"id": one, "additional_tags": ["x"]} for one in (good, bad)]
    done, failed = client.run_job({"tickets": items})["results"]
    assert (done["success"], failed["error"]) == (True, "TicketUpdateFailed")
    assert "is required" in failed["details"]
    assert world.ticket(bad).tags == ()


def test_no_more_than_so_many_jobs_at_once(world: World, acts: Acts) -> None:
    ticket_id = opened(acts)
    body = {"tickets": [{"id": ticket_id, "priority": "low"}]}
    with PracticeServer(world, limits=Limits(jobs=2)) as server:
        client = Client(server.url)
        jobs = [client.put("tickets/update_many", body)["job_status"] for _ in range(2)]
        refused = client.send("PUT", "tickets/update_many", body)
        assert (refused.status_code, refused.json()["error"]) == (429, "TooManyJobs")
        for _ in range(2):
            client.get(jobs[0]["url"])
        assert client.send("PUT", "tickets/update_many", body).status_code == 200
        client.close()


def test_the_limit_of_a_ticket_fails_its_item_alone(world: World, acts: Acts) -> None:
    often, once = opened(acts), opened(acts)
    with PracticeServer(world, limits=Limits(ticket=1)) as server:
        client = Client(server.url)
        client.put(f"tickets/{often}", {"ticket": {"priority": "low"}})
        items = [{"id": one, "priority": "high"} for one in (often, once)]
        failed, done = client.run_job({"tickets": items})["results"]
        assert (failed["error"], done["success"]) == ("APIRateLimitExceeded", True)
        assert world.ticket(often).priority == "low"
        client.close()


def test_the_batch_form_may_ignore_tags_while_the_ids_form_takes_them(
    server: PracticeServer, client: Client, acts: Acts, world: World
) -> None:
    server.desk.batch_ignores_tags = True
    ticket_id = opened(acts, tags=["old"])
    change = {"additional_tags": ["new"], "remove_tags": ["old"], "priority": "low"}
    (done,) = client.run_job({"tickets": [{"id": ticket_id} | change]})["results"]
    assert done["success"]
    assert (world.ticket(ticket_id).tags, world.ticket(ticket_id).priority) == (("old",), "low")
    client.run_job({"ticket": change}, ids=str(ticket_id))
    assert world.ticket(ticket_id).tags == ("new",)
