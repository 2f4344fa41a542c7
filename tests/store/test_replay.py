"""Published sets as of a past moment: what a customer had not said yet is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.model.page import Stream
from connector.model.ticket import Rating
from connector.store.published import attach
from connector.store.publishing import publish
from connector.store.replay import replay
from tests.store.records import at, opened, page, ticket, tickets

BAD = Rating(
    id="9", ticket_id="1", score="bad", points=2, reason="7001", offered_at=at(0), rated_at=at(10),
    updated_at=at(10),
)  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "known"), [(5, ("offered", None, None)), (15, ("bad", 2, "7001"))]
)
def test_a_vote_has_neither_points_nor_reason_before_it_is_given(
    tmp_path: Path, minutes: float, known: tuple[str, int | None, str | None]
) -> None:
    with opened(tmp_path / "support") as store:
        store.save(Stream.TICKETS, page(tickets(ticket("1"))), read_at=at(20))
        store.save(Stream.RATINGS, page((BAD,)), read_at=at(20))
        made = publish(store, tmp_path / "support", run="r1", through=at(20), read_at=at(20))
    past = replay(made, tmp_path / "past", as_of=at(minutes), measure=lambda _: None)
    with attach([past]) as con:
        assert con.execute("select score, points, reason from ratings").fetchall() == [known]
