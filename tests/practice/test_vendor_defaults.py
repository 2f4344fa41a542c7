"""What the vendor does unasked and a client has to live with, seen over HTTP."""

from __future__ import annotations

import pytest
import requests

from connector.practice.acts import Acts
from connector.practice.helpdesk import AGENT_EMAIL
from connector.practice.limits import Limits
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, opened

EVENTS = "incremental/ticket_events"


def test_a_person_updates_one_ticket_thirty_times_in_ten_minutes_by_whatever_call(
    world: World,
) -> None:
    with PracticeServer(world, limits=Limits(updates=1000)) as server:
        ticket_id, other_id = opened(server.acts), opened(server.acts)
        admin, agent = Client(server.url), Client(server.url, AGENT_EMAIL)
        path, body = f"tickets/{ticket_id}", {"ticket": {"priority": "low"}}
        for number in range(28):
            admin.put(path, {"ticket": {"additional_tags": [f"t{number}"]}})
        admin.put(f"{path}/tags", {"tags": ["x"]})
        item = {"tickets": [{"id": ticket_id, "priority": "high"}]}
        assert admin.run_job(item)["results"][0]["success"] is True
        refused = admin.send("PUT", path, body)
        assert (refused.status_code, refused.json()["error"]) == (429, "APIRateLimitExceeded")
        assert 0 < int(refused.headers["Retry-After"]) <= 600
        assert admin.run_job(item)["results"][0]["error"] == "APIRateLimitExceeded"
        assert world.ticket(ticket_id).priority == "high"
        assert admin.send("PUT", f"tickets/{other_id}", body).status_code == 200
        assert agent.send("PUT", path, body).status_code == 200
        assert admin.send("GET", path).status_code == 200
        admin.close()
        agent.close()


def test_a_conflict_changes_nothing_and_is_over_once_the_stamp_is_fresh(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    read = client.ticket(ticket_id)
    world.clock.advance(10)
    acts.add_tags(ticket_id, "theirs")
    guarded = {"additional_tags": ["ours"], "safe_update": True}
    stale = {"ticket": guarded | {"updated_stamp": read["updated_at"]}}
    assert client.send("PUT", f"tickets/{ticket_id}", stale).status_code == 409
    assert client.ticket(ticket_id)["tags"] == ["theirs"]
    fresh = {"ticket": guarded | {"updated_stamp": client.ticket(ticket_id)["updated_at"]}}
    assert client.put(f"tickets/{ticket_id}", fresh)["ticket"]["tags"] == ["ours", "theirs"]


def test_events_of_a_machine_s_ticket_are_hidden_unless_asked_for(
    client: Client, acts: Acts, world: World
) -> None:
    by_person, by_machine = opened(acts), opened(acts)
    acts.set_support_type(by_machine, "ai_agent")
    world.clock.advance(60)

    def shown(**query: object) -> list[int]:
        page = client.get(EVENTS, start_time=1, **query)
        return [event["ticket_id"] for event in page["ticket_events"]]

    assert shown() == [by_person]
    assert shown(support_type_scope="ai_agent") == [by_machine]
    assert shown(support_type_scope="all") == [by_person, by_machine]


def test_a_batch_whose_answer_is_lost_was_applied_once_and_its_job_is_listed(
    server: PracticeServer, client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    server.faults.fail_next("update_many", "lost", method="PUT")
    body = {"tickets": [{"id": ticket_id, "additional_tags": ["once"]}]}
    with pytest.raises(requests.ConnectionError):
        client.send("PUT", "tickets/update_many", body)
    assert world.ticket(ticket_id).tags == ("once",)
    assert len(client.get("job_statuses")["job_statuses"]) == 1
