"""Why a number is what it is: cards of KPIs and stories of tickets."""

from __future__ import annotations

import pytest

from connector.config.mapping import KpiTable
from connector.errors import UsageError
from connector.kpi.card import KpiCard, explain_kpi
from connector.kpi.explain import explain_ticket
from connector.model.kpi import Period
from tests.kpi.desk import AGENT, MONDAY, NOW, Desk, after, attached

MONTH = Period(MONDAY, after(days=30))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def card(desk: Desk, measure: str) -> KpiCard:
    kpi = KpiTable(measure=measure)
    desk.measure_for(kpi)
    return explain_kpi(attached(desk), "kpi", kpi, MONTH, now=NOW, as_of=NOW)


def test_the_longest_times_weigh_most_and_there_are_ten(desk: Desk) -> None:
    for ticket_id in range(1, 13):
        desk.ticket(ticket_id)
        desk.comment(after(hours=ticket_id), AGENT, ticket_id)
    found = card(desk, "first_reply_time")
    assert [one.id for one in found.heaviest] == [str(n) for n in range(12, 2, -1)]
    assert found.heaviest[0].value == 12 * 3600
    assert found.value.n == 12
    assert found.definition.id == "first_reply_time"


def test_bad_ratings_weigh_most(desk: Desk) -> None:
    for ticket_id, score in ((1, "good"), (2, "bad"), (3, "good")):
        desk.ticket(ticket_id)
        desk.rating(after(days=ticket_id), score, ticket_id, rating_id=ticket_id)
    assert [one.id for one in card(desk, "csat_pct").heaviest] == ["2", "3", "1"]


def test_reopened_tickets_weigh_most(desk: Desk) -> None:
    for ticket_id in (1, 2):
        desk.ticket(ticket_id)
        desk.status(after(days=ticket_id), "solved", ticket_id)
    desk.status(after(days=3), "open", 1)
    assert [one.id for one in card(desk, "reopen_rate").heaviest] == ["1", "2"]


def test_the_oldest_tickets_weigh_most_in_a_backlog(desk: Desk) -> None:
    desk.ticket(1, at=after(days=2))
    desk.ticket(2, at=after(days=-9))
    assert [one.id for one in card(desk, "backlog").heaviest] == ["2", "1"]


def test_tickets_that_do_not_count_do_not_weigh(desk: Desk) -> None:
    desk.ticket(1, marks=1)
    desk.ticket(2)
    assert [one.id for one in card(desk, "tickets_created").heaviest] == ["2"]


def test_a_ticket_shows_every_measure_with_its_events(desk: Desk) -> None:
    desk.schedule().ticket()
    desk.comment(after(hours=1), AGENT, is_public=False)
    desk.comment(after(hours=2), AGENT)
    desk.status(after(hours=3), "solved", actor_id=AGENT)
    desk.measure()
    story = explain_ticket(attached(desk), "support", "1")
    kinds = {row.id: row.kind for row in story.timeline}
    reply = next(
        one
        for one in story.measures
        if (one.measure, one.clock) == ("first_reply_time", "business")
    )
    assert (reply.value, reply.at, reply.flags) == (7200, after(hours=2), ("default_schedule",))
    assert [kinds[event] for event in reply.because] == ["created", "comment"]
    assert {one.measure for one in story.measures} >= {"backlog", "tickets_solved", "reopen_rate"}


def test_a_timeline_names_staff_and_no_customers(desk: Desk) -> None:
    desk.ticket()
    desk.comment(after(hours=1), AGENT)
    desk.comment(after(hours=2), 999_999)
    desk.measure()
    story = explain_ticket(attached(desk), "support", "1")
    assert [row.who for row in story.timeline] == ["system", "system", "customer", "Ann", "unknown"]


def test_a_timeline_shows_names_instead_of_ids(desk: Desk) -> None:
    desk.schedule().group(-3, "EMEA").ticket()
    desk.insert("vendor_ids", kind="group", key=-3, id="emea-id")
    desk.event("assignee", after(hours=1), value=str(AGENT))
    desk.event("group", after(hours=2), value="emea-id", previous="77")
    desk.event("schedule", after(hours=3), value="50")
    desk.measure()
    story = explain_ticket(attached(desk), "support", "1")
    assert [(row.value, row.previous) for row in story.timeline[3:]] == [
        ("Ann", None),
        ("EMEA", "77"),
        ("Hours", None),
    ]


def test_an_unknown_ticket_is_said_so(desk: Desk) -> None:
    desk.ticket()
    with pytest.raises(UsageError, match="support has no ticket 2"):
        explain_ticket(attached(desk), "support", "2")
