"""Pages of the exports that are kept say what pages printed anew would say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.practice.acts import Acts
from connector.practice.preparing import prepare
from connector.practice.printed import Printed, Shelf, stretches
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.laws import examples
from tests.practice.client import Client, Json
from tests.practice.conftest import NOW

TICKETS = "incremental/tickets/cursor?start_time=0&per_page=10"
EVENTS = "incremental/ticket_events?start_time=0&per_page=20"
SCOPES = ("", "&support_type_scope=all", "&support_type_scope=ai_agent")


@pytest.fixture
def small() -> World:
    return seed_world(60, 7, NOW)


def walk(client: Client, path: str) -> list[Json]:
    """Return every page from the first one on."""
    pages = [client.get(path)]
    while not pages[-1]["end_of_stream"]:
        pages.append(client.get(pages[-1].get("after_url") or pages[-1]["next_page"]))
    return pages


def ids(pages: list[Json]) -> list[int]:
    return [ticket["id"] for page in pages for ticket in page["tickets"]]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("tag", "touch", "machine", "create", "wait", "read")),
        st.integers(min_value=1, max_value=60),
    ),
    max_size=12,
)


@settings(max_examples=examples(3, 8), deadline=None)
@given(acts=ACTS)
def test_kept_pages_say_what_new_ones_would(acts: list[tuple[str, int]]) -> None:
    world = seed_world(60, 7, NOW)
    paths = [path + scope for path in (TICKETS, EVENTS) for scope in SCOPES]
    with PracticeServer(world) as server:
        client = Client(server.url)
        for kind, number in acts:
            _do(server.acts, client, kind, number)
        kept = [walk(client, path) for path in paths]
        world.shelf.clear()
        assert [walk(client, path) for path in paths] == kept
        client.close()


def _do(acts: Acts, client: Client, kind: str, number: int) -> None:
    world = acts.world
    ticket = world.tickets[number]
    if kind == "create":
        acts.create({"comment": {"body": "Hi"}})
    elif kind == "wait":
        world.clock.advance(60 * number)
    elif kind == "read":
        for scope in SCOPES:
            walk(client, TICKETS + scope)
            walk(client, EVENTS + scope)
    elif ticket.status == "deleted":
        return
    elif kind == "machine":
        kinds = ("agent", "ai_agent")
        acts.set_support_type(number, kinds[ticket.support_type == "agent"])
    elif kind == "touch":
        acts.system_update(number)
    elif ticket.status != "closed":
        acts.add_tags(number, f"tag{number}")


def test_a_page_is_printed_once(small: World) -> None:
    with PracticeServer(small) as server:
        client = Client(server.url)
        first = walk(client, TICKETS)
        pages = len(small.shelf)
        assert pages == len(first) - 1
        small.fields.by_id.clear()
        assert walk(client, TICKETS)[:-1] == first[:-1]
        assert len(small.shelf) == pages
        client.close()


def test_a_ticket_that_moves_leaves_its_page(small: World) -> None:
    with PracticeServer(small) as server:
        client = Client(server.url)
        before = ids(walk(client, TICKETS + SCOPES[1]))
        chosen = next(one for one in before if small.tickets[one].status != "deleted")
        server.acts.system_update(chosen)
        assert chosen not in ids(walk(client, TICKETS + SCOPES[1]))
        small.clock.advance(60)
        after = ids(walk(client, TICKETS + SCOPES[1]))
        assert after[-1] == chosen
        assert sorted(after) == sorted({*before, *after})
        client.close()


def test_a_field_that_is_switched_off_leaves_every_page(small: World) -> None:
    with PracticeServer(small) as server:
        client = Client(server.url)
        shown = client.get(TICKETS)["tickets"][-1]["custom_fields"]
        server.acts.deactivate_field(shown[0]["id"])
        assert client.get(TICKETS)["tickets"][-1]["custom_fields"] == shown[1:]
        client.close()


def test_each_address_has_its_own_links(small: World) -> None:
    with PracticeServer(small) as one, PracticeServer(small) as other:
        for server in (one, other):
            client = Client(server.url)
            for ticket in client.get(TICKETS)["tickets"]:
                assert ticket["url"].startswith(server.url)
            client.close()


def test_pages_beyond_the_room_are_packed_and_come_out_as_they_were() -> None:
    shelf = Shelf(plain_bytes=1500, packed_bytes=60)
    pages = [Printed(b"%d" % number * 1000) for number in range(9)]
    for number, page in enumerate(pages):
        shelf.keep(number, page)
    found = [shelf.get(number) for number in range(9)]
    assert found[0] == pages[0]
    assert found[8] == pages[8]
    assert found[1] is None
    assert 2 < len(shelf) < 9


def test_only_pages_of_the_stretch_that_was_left_are_given_up() -> None:
    shelf = Shelf()
    for day in (1, 2):
        shelf.keep(day, Printed(b"rows", stretches=stretches(day * 100_000, day * 100_000 + 9)))
    shelf.leave(200_000)
    assert shelf.get(1) is not None
    assert shelf.get(2) is None


def test_what_was_prepared_is_not_printed_again() -> None:
    world = seed_world(1200, 7, NOW)
    with PracticeServer(world, limits="real") as server:
        kept = prepare(server.desk)
        assert kept > 2
        client = Client(server.url)
        whole = "support_type_scope=all&per_page=1000&start_time=0"
        for path in ("tickets/cursor?", "ticket_events?include=comment_events&"):
            client.get(f"incremental/{path}{whole}")
        assert len(world.shelf) == kept
        client.close()
