from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.adapters.readback import lacking, outcome_of, shows, shows_some
from connector.model.change import Outcome, TicketChange
from connector.model.ticket import Status, Ticket

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CHANGE = TicketChange(
    ticket_id="1", add_tags=("new",), remove_tags=("old",), fields={"7": "At risk", "8": None}
)


def ticket(*tags: str, **fields: str) -> Ticket:
    named = {name.removeprefix("f"): value for name, value in fields.items()}
    return Ticket(
        id="1",
        status=Status.OPEN,
        created_at=NOW,
        updated_at=NOW,
        stamp=NOW,
        tags=tags,
        fields=named,
    )


def test_all_of_it_is_there() -> None:
    found = ticket("new", "vip", f7="At risk")
    assert (lacking(found, CHANGE), outcome_of(found, CHANGE)) == (frozenset(), Outcome.WRITTEN)


def test_what_is_not_there_is_named() -> None:
    found = ticket("old", f8="Due")
    assert lacking(found, CHANGE) == {"tag:new", "tag:old", "7", "8"}
    assert outcome_of(found, CHANGE) == Outcome.REJECTED


@pytest.mark.parametrize("found", [ticket("new", "old"), ticket("old", f7="At risk")])
def test_a_part_of_it_is_written(found: Ticket) -> None:
    assert shows_some(found, CHANGE)
    assert not shows(found, CHANGE)
    assert outcome_of(found, CHANGE) == Outcome.WRITTEN


def test_what_somebody_else_may_have_taken_away_is_no_part() -> None:
    assert outcome_of(ticket(), CHANGE) == Outcome.REJECTED


def test_where_nothing_is_added_what_is_gone_counts() -> None:
    removal = TicketChange(ticket_id="1", remove_tags=("old", "older"), fields={"8": None})
    assert outcome_of(ticket("old", f8="Due"), removal) == Outcome.WRITTEN
    assert outcome_of(ticket("old", "older", f8="Due"), removal) == Outcome.REJECTED
