from __future__ import annotations

import http.client

import pytest
import requests

from connector.practice.acts import Acts
from connector.practice.helpdesk import TOKEN
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import Client, field_named, opened, staff


def test_a_token_and_a_bearer_both_open(server: PracticeServer, client: Client) -> None:
    me = client.get("users/me")["user"]
    assert (me["email"], me["role"]) == ("goals@practice.example", "admin")
    client.session.auth = None
    client.session.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.get("users/me")["user"] == me


def test_a_wrong_token_is_not_let_in(server: PracticeServer) -> None:
    for email, token in (("goals@practice.example", "wrong"), ("nobody@example.com", TOKEN)):
        client = Client(server.url, email, token)
        answer = client.send("GET", "users/me")
        client.close()
        assert answer.status_code == 401
        assert answer.json() == {"error": "Couldn't authenticate you"}


def test_a_wrong_bearer_is_told_as_the_vendor_does(client: Client) -> None:
    client.session.auth = None
    client.session.headers["Authorization"] = "Bearer wrong"
    answer = client.send("GET", "users/me")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_customer_has_no_api_access(server: PracticeServer) -> None:
    client = Client(server.url, "customer1@example.com")
    assert client.send("GET", "users/me").status_code == 401
    client.close()


@pytest.mark.parametrize(
    "path", ["users/me", "groups", "ticket_fields", "brands", "ticket_forms", "organizations"]
)
def test_both_path_styles_answer_alike(seeded_client: Client, path: str) -> None:
    assert seeded_client.get(path) == seeded_client.get(f"{path}.json")


def test_lists_come_by_cursor(seeded_client: Client, seeded: World) -> None:
    query: dict[str, object] = {"page[size]": 30, "role[]": ["admin", "agent"]}
    page = seeded_client.get("users", **query)
    found = list(page["users"])
    while page["meta"]["has_more"]:
        page = seeded_client.get(page["links"]["next"])
        found += page["users"]
    assert {user["role"] for user in found} == {"admin", "agent"}
    assert len({user["id"] for user in found}) == len(found) == 42


def test_lists_come_by_number(seeded_client: Client, seeded: World) -> None:
    page = seeded_client.get("satisfaction_ratings", per_page=50)
    found = list(page["satisfaction_ratings"])
    while page["next_page"]:
        page = seeded_client.get(page["next_page"])
        found += page["satisfaction_ratings"]
    assert page["count"] == len(found) == len(seeded.ratings)


def test_schedules_have_display_zones_and_holidays(seeded_client: Client) -> None:
    schedules = seeded_client.get("business_hours/schedules")["schedules"]
    assert [one["time_zone"] for one in schedules] == [
        "Berlin",
        "Eastern Time (US & Canada)",
        "Tokyo",
    ]
    assert schedules[0]["intervals"][0] == {"start_time": 1980, "end_time": 2520}
    days = seeded_client.get(f"business_hours/schedules/{schedules[0]['id']}/holidays")["holidays"]
    assert {"start_date": "2025-12-24", "end_date": "2025-12-26"}.items() <= days[3].items()


def test_show_many_leaves_out_what_is_missing(client: Client, acts: Acts) -> None:
    kept, gone = opened(acts), opened(acts)
    acts.delete(gone)
    page = client.get("tickets/show_many", ids=f"{gone},{kept},99")
    assert [ticket["id"] for ticket in page["tickets"]] == [kept]


def test_the_connection_is_kept(server: PracticeServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/api/v2/users/me")
        connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets - {None}) == 1


def test_the_date_of_an_answer_is_the_practice_clock(client: Client, world: World) -> None:
    world.clock.advance(3600)
    assert client.send("GET", "users/me").headers["Date"] == "Wed, 18 Nov 2026 11:00:00 GMT"


def test_nonsense_instead_of_json_is_a_bad_request(client: Client) -> None:
    url = f"{client.url}/api/v2/tickets/update_many"
    answer = client.session.put(url, data=b"{nonsense", timeout=10)
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["429", "500", "503"])
def test_an_ordered_fault_comes_as_often_as_ordered(
    server: PracticeServer, client: Client, kind: str
) -> None:
    server.faults.fail_next("users/me", kind, count=2)
    codes = [client.send("GET", "users/me").status_code for _ in range(3)]
    assert codes == [int(kind), int(kind), 200]


@pytest.mark.parametrize("kind", ["reset", "short"])
def test_an_ordered_break_breaks_the_connection(
    server: PracticeServer, client: Client, kind: str
) -> None:
    server.faults.fail_next("users/me", kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.send("GET", "users/me")
    assert client.get("users/me")["user"]["role"] == "admin"


def test_a_lost_answer_is_lost_after_the_work_was_done(
    server: PracticeServer, client: Client, acts: Acts
) -> None:
    ticket_id = opened(acts)
    server.faults.fail_next("tags", "lost", method="PUT")
    with pytest.raises(requests.ConnectionError):
        client.send("PUT", f"tickets/{ticket_id}/tags", {"tags": ["done"]})
    assert client.ticket(ticket_id)["tags"] == ["done"]


def test_the_page_of_a_ticket_shows_labels_and_escapes_everything(
    server: PracticeServer, acts: Acts, world: World
) -> None:
    nasty = "<script>alert('x')</script> & \"more\""
    product = {"id": field_named(world, "Product"), "value": "product_mobile_app"}
    ticket_id = opened(
        acts, subject=nasty, comment={"body": nasty}, tags=["<b>"], custom_fields=[product]
    )
    acts.set_field(ticket_id, field_named(world, "Order number"), nasty)
    acts.comment(ticket_id, staff(world), "Only for us", public=False)
    page = requests.get(server.ticket_url(ticket_id), timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    assert "<b>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "Mobile app" in page.text
    assert "internal note" in page.text


def test_the_index_links_to_unsolved_tickets(server: PracticeServer, acts: Acts) -> None:
    unsolved, solved = opened(acts), opened(acts)
    acts.set_status(solved, "solved")
    page = requests.get(f"{server.url}/agent", timeout=10).text
    assert f'href="/agent/tickets/{unsolved}"' in page
    assert f'href="/agent/tickets/{solved}"' not in page


def test_a_page_of_no_ticket_is_not_found(server: PracticeServer) -> None:
    assert requests.get(server.ticket_url(12), timeout=10).status_code == 404
