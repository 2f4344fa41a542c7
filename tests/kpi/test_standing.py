"""Where single tickets stand: due, soon due, met, missed, or nothing to say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.config.mapping import KpiTable, Quantity, TicketRuleTable, load_mappings
from connector.errors import MappingError
from connector.kpi.catalogue import definitions
from connector.kpi.measure import measure
from connector.kpi.standing import Standing, standings
from connector.kpi.standing_sla import sla_form
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
    desk.measure_for(kpi)
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
    desk.measure_for(BUSINESS)
    other.measure_for(BUSINESS)
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


def promise(desk: Desk, minutes: int, at: datetime = MONDAY, **more: Any) -> None:
    """Let the SLA set a target for the reply to ticket 1."""
    ((number,),) = desk.con.execute("select count(*) from metric_events").fetchall()
    columns: dict[str, Any] = {"metric": "reply_time", "instance": 1, "business_hours": False}
    desk.insert(
        "metric_events", metric_event_id=number, ticket_id=1, type="apply_sla", at=at,
        target_minutes=minutes, **(columns | more),
    )  # fmt: skip


def kept(desk: Desk, now: datetime, kpi: KpiTable = REPLY) -> tuple[str | None, datetime | None]:
    """Return how ticket 1 stands with the helpdesk's own SLA."""
    measure(desk.con, now=now, forms=[sla_form(kpi)], everything=True)
    (found,) = standings(attached(desk), kpi, "sla", now=now)
    return found.state, found.due_at


@pytest.mark.parametrize(
    ("minutes", "expected"), [(59, "pending"), (60, "due_soon"), (120, "due_soon"), (121, "missed")]
)
def test_the_sla_of_the_helpdesk_says_when_a_ticket_is_due(
    desk: Desk, minutes: int, expected: str
) -> None:
    desk.ticket()
    promise(desk, 120)
    assert kept(desk, after(minutes=minutes)) == (expected, after(minutes=120))


def test_a_ticket_without_a_target_has_nothing_to_keep(desk: Desk) -> None:
    desk.ticket()
    promise(desk, 10, metric="agent_work_time")
    assert kept(desk, after(minutes=20)) == (None, None)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(120, ("met", None)), (121, ("missed", after(minutes=120)))],
)
def test_a_reply_meets_or_misses_the_target_of_the_ticket(
    desk: Desk, minutes: int, expected: tuple[str, datetime | None]
) -> None:
    desk.ticket()
    promise(desk, 120)
    desk.comment(after(minutes=minutes), AGENT)
    assert kept(desk, after(days=1)) == expected


def test_the_target_for_the_priority_of_now_decides(desk: Desk) -> None:
    desk.ticket()
    promise(desk, 600)
    promise(desk, 120, at=after(minutes=10))
    assert kept(desk, after(minutes=20)) == ("pending", after(minutes=120))


def test_what_still_waits_comes_before_what_was_missed(desk: Desk) -> None:
    desk.ticket()
    promise(desk, 10)
    desk.comment(after(minutes=30), AGENT)
    desk.comment(after(minutes=40), CUSTOMER)
    promise(desk, 90, at=after(minutes=40), instance=2)
    all_of_them = KpiTable(measure="sla_attainment")
    assert kept(desk, after(minutes=50), all_of_them) == ("pending", after(minutes=130))
    assert kept(desk, after(minutes=50)) == ("missed", after(minutes=10))
    next_reply = KpiTable(measure="sla_attainment", settings={"metric": "next_reply_time"})
    assert kept(desk, after(minutes=50), next_reply) == ("pending", after(minutes=130))


def test_a_paused_target_is_pending_without_a_due_time(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(minutes=5), "hold")
    promise(desk, 10, metric="agent_work_time")
    kpi = KpiTable(measure="sla_attainment", settings={"metric": "agent_work_time"})
    assert kept(desk, after(hours=5), kpi) == ("pending", None)


def test_a_resolution_is_held_to_the_target_of_the_resolution() -> None:
    assert sla_form(KpiTable(measure="first_resolution_time")).settings == {
        "metric": "total_resolution_time"
    }
    assert sla_form(SOLVE).key == "sla_attainment.latest{metric=total_resolution_time}"


GOAL = """
[kpi.kept]
measure = "sla_attainment"
[goal.promises]
title = "We keep what we promise"
kpi = "kept"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
target = "90 %"
ticket = """


def test_a_goal_for_promises_may_leave_its_tickets_to_the_sla(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text(GOAL + '"sla"', encoding="utf-8")
    assert load_mappings([tmp_path], definitions()).goals["promises"].ticket == "sla"


def test_a_goal_for_promises_sets_no_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text(GOAL + '{ limit = "1 h" }', encoding="utf-8")
    with pytest.raises(MappingError, match="goes by the targets of the helpdesk itself"):
        load_mappings([tmp_path], definitions())


@pytest.mark.parametrize("kpi", [REPLY, BUSINESS])
@pytest.mark.parametrize("hours", [0, 4, 5.5, 7, 103.5])
def test_a_ticket_turns_when_it_says_and_never_before(
    desk: Desk, kpi: KpiTable, hours: float
) -> None:
    desk.schedule().ticket(at=after(hours=hours))
    desk.measure_for(kpi)
    con, now, states = attached(desk), after(hours=hours), []
    for _ in range(3):
        (found,) = standings(con, kpi, FOUR_HOURS, now=now)
        states.append(found.state)
        if found.turns_at is None:
            break
        for share in (0.25, 0.5, 0.75, 0.999):
            (before,) = standings(con, kpi, FOUR_HOURS, now=now + (found.turns_at - now) * share)
            assert before.state == found.state
        now = found.turns_at + timedelta(seconds=2)
    assert states == ["pending", "due_soon", "missed"]
