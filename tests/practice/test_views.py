"""Views over HTTP, as the vendor has them: made by admins, and they show what they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.practice.acts import Acts
from connector.practice.helpdesk import AGENT_EMAIL
from connector.practice.saved import load_world, save_world
from connector.practice.world import World
from tests.practice.client import Client, Json, opened

UNSOLVED = {"field": "status", "operator": "less_than", "value": "solved"}
TAGGED = {"field": "current_tags", "operator": "includes", "value": "risky late"}


def body(**more: Any) -> Json:
    view = {"title": "Risky", "all": [UNSOLVED, TAGGED], "output": {"columns": ["nice_id"]}}
    return {"view": view | more}


def made(client: Client) -> Json:
    answer = client.send("POST", "views", body())
    assert answer.status_code == 201, answer.text
    view: Json = answer.json()["view"]
    assert answer.headers["Location"] == f"{client.url}/api/v2/views/{view['id']}.json"
    return view


def test_a_view_shows_and_counts_what_it_asks_for(client: Client, acts: Acts) -> None:
    view = made(client)
    assert view["conditions"] == {"all": [UNSOLVED, TAGGED], "any": []}
    first, second = opened(acts), opened(acts)
    acts.add_tags(first, "risky")
    acts.add_tags(second, "calm")
    shown = client.get(f"views/{view['id']}/tickets")["tickets"]
    assert [ticket["id"] for ticket in shown] == [first]
    count = client.get(f"views/{view['id']}/count")["view_count"]
    assert (count["value"], count["fresh"]) == (1, True)


def test_views_are_listed_changed_and_deleted(client: Client) -> None:
    view = made(client)
    listed = client.get("views")["views"]
    assert [one["title"] for one in listed] == ["All unsolved tickets", "Risky"]
    client.put(f"views/{view['id']}", {"view": {"title": "Riskier", "active": False}})
    changed = client.get(f"views/{view['id']}")["view"]
    assert (changed["title"], changed["conditions"]) == ("Riskier", view["conditions"])
    assert [one["id"] for one in client.get("views/active")["views"]] == [listed[0]["id"]]
    assert client.send("DELETE", f"views/{view['id']}").status_code == 204
    assert client.send("GET", f"views/{view['id']}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"all": []},
        {"all": [TAGGED]},
        {"all": [UNSOLVED | {"field": "nonsense"}]},
        {"output": {"columns": [str(number) for number in range(11)]}},
    ],
)
def test_a_wrong_view_is_refused(client: Client, world: World, wrong: Json) -> None:
    assert client.send("POST", "views", body(**wrong)).status_code == 422
    assert not world.views


def test_agents_read_views_and_do_not_make_them(client: Client) -> None:
    agent = Client(client.url, AGENT_EMAIL)
    assert agent.send("GET", "views").status_code == 200
    assert agent.send("POST", "views", body()).status_code == 403


def test_views_are_saved_with_the_rest(client: Client, world: World, tmp_path: Path) -> None:
    made(client)
    save_world(world, tmp_path / "state")
    assert load_world(tmp_path / "state").views == world.views
