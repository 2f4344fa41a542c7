"""The feed in columns behaves as the list of audits that it stands for."""

from __future__ import annotations

from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from connector.practice.acts import Acts
from connector.practice.feed import Audit, Feed
from connector.practice.world import AGENT, API, Change, Comment, World
from tests.practice.client import Client, opened, staff

AUDITS = st.lists(
    st.builds(
        Audit,
        st.integers(0, 9),
        st.integers(1, 3),
        st.sampled_from((-1, 2**44)),
        st.sampled_from((API, AGENT)),
        st.sampled_from(((Comment(True, "a"),), (Change("status", "new", "open"),))),
    ),
    max_size=20,
)


@given(AUDITS)
def test_it_holds_what_was_put_in(audits: list[Audit]) -> None:
    feed = Feed(audits)
    assert list(feed) == audits
    assert [feed[place] for place in range(len(feed))] == audits
    assert feed[1:-1] == audits[1:-1]
    assert (feed == Feed(audits), feed == Feed([*audits, Audit(0, 1, 1, API, ())])) == (True, False)


@given(AUDITS, AUDITS)
def test_it_is_sorted_as_a_list_is(audits: list[Audit], more: list[Audit]) -> None:
    feed = Feed(audits)
    feed.extend(Feed(more))
    feed.sort()
    assert list(feed) == sorted(audits + more, key=attrgetter("at"))


@given(AUDITS, st.integers(-1, 10), st.integers(-1, 10))
def test_places_are_those_of_the_time(audits: list[Audit], start: int, until: int) -> None:
    feed = Feed(audits)
    feed.sort()
    found = [feed[place] for place in feed.places(start, until)]
    assert found == [audit for audit in feed if start <= audit.at <= until]


def test_an_update_that_repeats_another_answers_with_its_own_audit(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    body = {"ticket": {"comment": {"body": "Again", "author_id": staff(world)}}}
    told = [client.put(f"tickets/{ticket_id}", body)["audit"]["id"] for _ in range(2)]
    assert told == [audit["id"] for audit in client.audits(ticket_id)[1:]]
