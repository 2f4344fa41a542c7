from __future__ import annotations

from connector.practice.acts import Acts
from connector.practice.helpdesk import AGENT_EMAIL
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, Json, opened, staff

CURSOR = "incremental/tickets/cursor"


def read_all(client: Client, **query: object) -> list[Json]:
    page = client.get(CURSOR, start_time=0, **query)
    rows: list[Json] = list(page["tickets"])
    while not page["end_of_stream"]:
        page = client.get(page["after_url"])
        rows += page["tickets"]
    return rows


def test_the_newest_minute_is_withheld(client: Client, acts: Acts, world: World) -> None:
    opened(acts)
    world.clock.advance(59)
    assert client.get(CURSOR, start_time=0)["tickets"] == []
    world.clock.advance(1)
    assert len(client.get(CURSOR, start_time=0)["tickets"]) == 1


def test_a_start_younger_than_a_minute_is_refused(client: Client, world: World) -> None:
    for path in (CURSOR, "incremental/tickets", "incremental/ticket_events"):
        assert client.send("GET", path, start_time=world.now() - 59).status_code == 422
        assert client.send("GET", path, start_time=world.now() - 60).status_code == 200


def test_exports_are_for_admins(server: PracticeServer) -> None:
    agent = Client(server.url, AGENT_EMAIL)
    answer = agent.send("GET", CURSOR, start_time=0)
    agent.close()
    assert answer.status_code == 403


def test_pages_come_in_order_of_generated_stamp_then_id(
    seeded_client: Client, seeded: World
) -> None:
    rows = read_all(seeded_client, per_page=400, support_type_scope="all")
    places = [(row["generated_timestamp"], row["id"]) for row in rows]
    assert places == sorted(places)
    until = seeded.now() - 60
    assert {row["id"] for row in rows} == {
        ticket.id for ticket in seeded.tickets.values() if ticket.generated_at <= until
    }


def test_the_cursor_at_the_end_brings_what_changes_later(
    client: Client, acts: Acts, world: World
) -> None:
    first, second = opened(acts), opened(acts)
    world.clock.advance(120)
    page = client.get(CURSOR, start_time=0)
    assert [row["id"] for row in page["tickets"]] == [first, second]
    again = client.get(CURSOR, cursor=page["after_cursor"])
    assert again["tickets"] == []
    assert again["after_cursor"] == page["after_cursor"]
    acts.add_tags(first, "late")
    world.clock.advance(60)
    later = client.get(CURSOR, cursor=page["after_cursor"])
    assert [(row["id"], row["tags"]) for row in later["tickets"]] == [(first, ["late"])]


def test_a_cursor_that_is_none_is_refused(client: Client) -> None:
    assert client.send("GET", CURSOR, cursor="nonsense").status_code == 400


def test_an_update_by_the_system_moves_the_generated_stamp_only(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    before = client.ticket(ticket_id)
    world.clock.advance(300)
    acts.system_update(ticket_id)
    after = client.ticket(ticket_id)
    assert after["updated_at"] == before["updated_at"]
    assert after["generated_timestamp"] == before["generated_timestamp"] + 300
    assert len(client.audits(ticket_id)) == 1


def test_deleted_tickets_stay_in_the_export_without_their_content(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts, tags=["secret"])
    acts.delete(ticket_id)
    world.clock.advance(60)
    row = client.get(CURSOR, start_time=0)["tickets"][0]
    assert (row["status"], row["subject"], row["tags"]) == ("deleted", "SCRUBBED", [])
    assert "It broke" not in str(row)
    assert client.send("GET", f"tickets/{ticket_id}").status_code == 404


def test_metric_sets_come_in_the_tickets_when_asked_for(seeded_client: Client) -> None:
    page = seeded_client.get(CURSOR, start_time=0, per_page=50, include="metric_sets")
    assert all(t["metric_set"]["ticket_id"] == t["id"] for t in page["tickets"])
    plain = seeded_client.get(CURSOR, start_time=0, per_page=50)
    assert not any("metric_set" in ticket for ticket in plain["tickets"])


def test_tickets_handled_by_a_machine_are_hidden_unless_asked_for(seeded_client: Client) -> None:
    by_default = read_all(seeded_client)
    everything = read_all(seeded_client, support_type_scope="all")
    machine = read_all(seeded_client, support_type_scope="ai_agent")
    assert len(machine) > 0
    assert len(by_default) + len(machine) == len(everything)


def test_the_export_by_time_repeats_its_last_second(
    client: Client, acts: Acts, world: World
) -> None:
    for _ in range(2):
        opened(acts)
        world.clock.advance(10)
    opened(acts)
    world.clock.advance(60)
    page = client.get("incremental/tickets", start_time=0, per_page=2)
    following = client.get(page["next_page"])
    assert [row["id"] for row in page["tickets"]] == [1, 2]
    assert [row["id"] for row in following["tickets"]] == [2, 3]
    assert (page["end_of_stream"], following["end_of_stream"]) == (False, True)


def test_people_come_by_cursor_and_move_with_their_updates(client: Client, world: World) -> None:
    page = client.get("incremental/users/cursor", start_time=0, per_page=1000)
    assert len(page["users"]) == len(world.directory.users)
    assert page["end_of_stream"] is True
    world.directory.users[staff(world)].updated_at = world.now()
    world.clock.advance(60)
    later = client.get("incremental/users/cursor", cursor=page["after_cursor"])
    assert [user["id"] for user in later["users"]] == [staff(world)]
