"""Where single tickets stand: due, soon due, met, missed, or nothing to say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connector.config.mapping import KpiTable, Quantity, TicketRuleTable
from connector.kpi.standing import Standing, standings
from connector.model.ticket import Mark
from tests.kpi.desk import AGENT, CUSTOMER, MONDAY, Desk, after, attached

FOUR_HOURS = TicketRuleTable(limit=Quantity(4 * 3600, "s"), due_soon=Quantity(3600, "s"))
REPLY = KpiTable(measure="first_reply_time")
BUSINESS = KpiTable(measure="first_reply_time", clock="business")
SOLVE = KpiTable(measure="full_resolution_time")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def stand(
    desk: Desk,
    now: datetime,
    kpi: KpiTable = REPLY,
    rule: TicketRuleTable | None = FOUR_HOURS,
    **options: Any,
) -> list[Standing]:
    desk.measure()
    return standings(attached(desk), kpi, rule, now=now, **options)


def state(desk: Desk, now: datetime, kpi: KpiTable = REPLY) -> tuple[str | None, datetime | None]:
    (found,) = stand(desk, now, kpi)
    return found.state, found.due_at


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, "pending"), (3, "due_soon"), (3.5, "due_soon"), (4, "due_soon"), (4.01, "missed")],
)
def test_a_ticket_without_a_reply_is_pending_until_it_is_due(
    desk: Desk, hours: float, expected: str
) -> None:
    desk.ticket()
    assert state(desk, after(hours=hours)) == (expected, after(hours=4))


@pytest.mark.parametrize(("hours", "expected"), [(3, "met"), (4, "met"), (4.01, "missed")])
def test_a_reply_exactly_at_the_limit_meets_it(desk: Desk, hours: float, expected: str) -> None:
    desk.ticket()
    desk.comment(after(hours=hours), AGENT)
    assert state(desk, after(days=1))[0] == expected


def test_a_reply_due_on_monday_is_not_late_over_the_weekend(desk: Desk) -> None:
    desk.schedule().ticket(at=after(days=4, hours=7))  # Friday 16:00
    due = after(days=7, hours=3)  # Monday 12:00
    assert state(desk, after(days=6), BUSINESS) == ("pending", due)
    assert state(desk, after(days=7, hours=2), BUSINESS) == ("due_soon", due)


def test_soon_is_counted_in_open_hours(desk: Desk) -> None:
    desk.schedule().ticket(at=after(hours=5))  # due Tuesday 10:00, an hour after opening
    assert state(desk, after(hours=12), BUSINESS) == ("due_soon", after(days=1, hours=1))


def test_the_due_time_follows_a_switch_of_schedule(desk: Desk) -> None:
    desk.schedule().schedule(51, ((0, 10_080),), is_default=False).ticket(at=after(hours=7))
    desk.event("schedule", after(hours=10), value="51")  # one hour used by Monday 17:00
    assert state(desk, after(hours=10), BUSINESS)[1] == after(hours=13)


def test_a_default_schedule_of_another_helpdesk_does_not_leak_in(desk: Desk) -> None:
    desk.schedule(50)
    other = Desk("field", beside=desk).schedule(40, ((0, 10_080),))
    desk.ticket(1, at=after(days=5))
    other.ticket(1, at=after(days=5))
    desk.measure()
    other.measure()
    found = standings(attached(desk, other), BUSINESS, FOUR_HOURS, now=after(days=5))
    assert {one.helpdesk: one.due_at for one in found} == {
        "field": after(days=5, hours=4),
        "support": after(days=7, hours=4),
    }


def test_without_any_schedule_business_time_says_nothing(desk: Desk) -> None:
    desk.ticket()
    assert state(desk, after(hours=9), BUSINESS) == (None, None)


def test_a_partial_trail_says_nothing(desk: Desk) -> None:
    desk.ticket(created_event=False)
    assert state(desk, after(hours=9)) == (None, None)


def test_solved_without_a_reply_in_time_says_nothing(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(hours=1), "solved")
    assert state(desk, after(hours=9))[0] is None


def test_solved_without_a_reply_after_the_due_time_stays_missed(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(hours=5), "solved")
    assert state(desk, after(hours=9))[0] == "missed"


def test_a_resolution_is_due_and_then_met(desk: Desk) -> None:
    desk.ticket()
    desk.comment(after(hours=1), AGENT)
    assert state(desk, after(hours=2), SOLVE) == ("pending", after(hours=4))
    desk.status(after(hours=3), "solved")
    assert state(desk, after(hours=9), SOLVE) == ("met", after(hours=4))


def test_a_reopened_ticket_is_due_again(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(hours=1), "solved")
    desk.status(after(hours=2), "open")
    assert state(desk, after(hours=2), SOLVE) == ("pending", after(hours=4))


@pytest.mark.parametrize("measure", ["csat_pct", "reopen_rate", "backlog"])
def test_a_kpi_that_no_single_event_settles_has_no_state(desk: Desk, measure: str) -> None:
    desk.ticket()
    assert state(desk, after(days=9), KpiTable(measure=measure)) == (None, None)


def test_a_goal_without_a_rule_lists_its_tickets_only(desk: Desk) -> None:
    desk.ticket()
    (found,) = stand(desk, after(days=9), rule=None)
    assert found == Standing(helpdesk="support", ticket_id=1, id="1")


def test_only_tickets_in_scope_are_listed(desk: Desk) -> None:
    desk.group(10, "EMEA")
    desk.ticket(1, group_id=10)
    desk.ticket(2)
    kpi = KpiTable(measure="first_reply_time", where={"group": ("EMEA",)})
    assert [one.ticket_id for one in stand(desk, after(hours=1), kpi)] == [1]


@pytest.mark.parametrize("mark", [Mark.MERGED, Mark.SPAM, Mark.CHILD, Mark.MESSAGING])
def test_tickets_outside_the_population_are_not_listed(desk: Desk, mark: Mark) -> None:
    desk.ticket(marks=int(mark))
    assert stand(desk, after(hours=1)) == []


def test_deleted_tickets_are_not_listed(desk: Desk) -> None:
    desk.ticket(status="deleted")
    assert stand(desk, after(hours=1)) == []


def test_messaging_tickets_are_listed_where_replies_do_not_matter(desk: Desk) -> None:
    desk.ticket(marks=int(Mark.MESSAGING))
    assert len(stand(desk, after(hours=1), SOLVE)) == 1


def test_solved_tickets_are_listed_for_a_while(desk: Desk) -> None:
    desk.ticket()
    desk.comment(MONDAY, CUSTOMER)
    desk.status(after(days=1), "solved")
    assert len(stand(desk, after(days=8))) == 1
    assert stand(desk, after(days=8, minutes=1)) == []
    assert len(stand(desk, after(days=30), since=after(days=1))) == 1


def test_a_ticket_with_several_unsolved_spans_is_listed_once(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(hours=1), "solved")
    desk.status(after(hours=2), "open")
    assert len(stand(desk, after(days=1), KpiTable(measure="backlog"), None)) == 1
