"""What clients ask for beside what they came for; that they are content is tested in clients/."""

from __future__ import annotations

import pytest

from connector.practice.acts import Acts
from tests.practice.client import Client, opened


@pytest.mark.parametrize(
    "path",
    ["group_slas/policies", "macros", "organization_fields", "slas/policies", "user_fields"],
)
def test_a_list_of_what_the_account_has_none_of_is_empty(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["count"] == 0
    assert [] in answer.values()


def test_tags_are_counted_over_tickets_that_are_there(client: Client, acts: Acts) -> None:
    opened(acts, tags=["printer"])
    opened(acts, tags=["printer", "paper"])
    acts.delete(opened(acts, tags=["gone"]))
    assert client.get("tags")["tags"] == [
        {"name": "printer", "count": 2},
        {"name": "paper", "count": 1},
    ]


def test_companies_are_exported_by_time(seeded_client: Client) -> None:
    everything = seeded_client.get("incremental/organizations", start_time="2000-01-01T00:00:00Z")
    assert everything["count"] == len(everything["organizations"]) > 0
    assert everything["end_of_stream"]
    later = seeded_client.get("incremental/organizations", start_time=everything["end_time"] + 1)
    assert later["organizations"] == []
    assert seeded_client.send("GET", "incremental/organizations", start_time="Today").ok is False


def test_the_add_on_that_was_not_bought_is_refused(client: Client) -> None:
    answer = client.send("GET", "channels/voice/phone_numbers")
    assert answer.status_code == 403
    assert "restricted" in answer.json()["error"]["message"]


def test_brands_memberships_and_forms_tell_their_age(seeded_client: Client) -> None:
    for path in ("brands", "group_memberships", "ticket_forms"):
        for record in seeded_client.get(path)[path]:
            assert "2000" < record["created_at"] <= record["updated_at"]
