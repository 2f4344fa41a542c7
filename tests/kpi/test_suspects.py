"""Accounts that answer faster than people can."""

from __future__ import annotations

import pytest

from connector.kpi.suspects import FAST_S, MANY, Suspect, suspects
from tests.kpi.desk import AGENT, BOT, CUSTOMER, MONDAY, Desk, after, attached


def answered(desk: Desk, actor: int, seconds: float, tickets: int = MANY) -> None:
    """Add tickets whose customer wrote at once and was answered so many seconds later."""
    (first,) = desk.con.execute("select count(*) from tickets").fetchall()[0]
    for ticket in range(first + 1, first + 1 + tickets):
        desk.ticket(ticket, at=MONDAY)
        desk.comment(after(seconds=seconds), actor, ticket)


def found(desk: Desk, *known: int) -> list[str]:
    return [one.id for one in suspects(attached(desk), known=known)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_account_that_always_answers_within_seconds_is_suspected(desk: Desk) -> None:
    answered(desk, BOT, 3)
    answered(desk, AGENT, 300)
    assert suspects(attached(desk)) == (
        Suspect(helpdesk="support", id=str(BOT), name="Robot", tickets=MANY, median_s=3),
    )


def test_an_answer_in_the_second_of_creation_is_one_too(desk: Desk) -> None:
    answered(desk, BOT, 0)
    assert found(desk) == [str(BOT)]


def test_a_few_fast_answers_are_chance(desk: Desk) -> None:
    answered(desk, BOT, 3, tickets=MANY - 1)
    assert found(desk) == []


def test_the_median_counts_and_not_the_fastest(desk: Desk) -> None:
    answered(desk, AGENT, 3, tickets=MANY)
    answered(desk, AGENT, FAST_S + 600, tickets=MANY + 2)
    assert found(desk) == []


def test_the_limit_is_still_too_fast(desk: Desk) -> None:
    answered(desk, BOT, FAST_S)
    answered(desk, AGENT, FAST_S + 1)
    assert found(desk) == [str(BOT)]


def test_accounts_that_are_listed_already_are_not_named_again(desk: Desk) -> None:
    answered(desk, BOT, 3)
    assert found(desk, BOT) == []


def test_customers_who_write_twice_are_no_bots(desk: Desk) -> None:
    answered(desk, CUSTOMER, 3)
    assert found(desk) == []


def test_staff_who_add_to_their_own_reply_are_no_bots(desk: Desk) -> None:
    for ticket in range(1, MANY + 1):
        desk.ticket(ticket, opening=AGENT)
        desk.comment(after(seconds=2), AGENT, ticket)
    assert found(desk) == []


def test_each_ticket_counts_once_by_its_first_answer(desk: Desk) -> None:
    answered(desk, AGENT, 600)
    for ticket in range(1, MANY + 1):
        for hour in (1, 2, 3):
            desk.comment(after(hours=hour), CUSTOMER, ticket)
            desk.comment(after(hours=hour, seconds=1), AGENT, ticket)
    assert found(desk) == []


def test_a_customers_note_inside_the_helpdesk_is_not_answered(desk: Desk) -> None:
    for ticket in range(1, MANY + 1):
        desk.ticket(ticket)
        desk.comment(after(hours=5), CUSTOMER, ticket, is_public=False)
        desk.comment(after(hours=5, seconds=1), AGENT, ticket)
    assert found(desk) == []


def test_ids_that_are_no_numbers_are_told_as_the_helpdesk_writes_them(desk: Desk) -> None:
    desk.person(-5, "agent", "Helper")
    desk.insert("vendor_ids", kind="person", key=-5, id="helper")
    answered(desk, -5, 1)
    assert found(desk) == ["helper"]
