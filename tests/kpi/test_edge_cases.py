"""What every KPI must survive: a test, or a class of them, for each edge case of kpi-reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connector.config.mapping import KpiTable
from connector.kpi.aggregates import wilson
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.kpi.flags import Flag
from connector.kpi.forms import form_of
from connector.model.goal import GoalState
from connector.model.kpi import KpiValue, Period
from connector.model.ticket import Mark
from tests.goals import cases
from tests.kpi.desk import (
    AGENT,
    BOT,
    CUSTOMER,
    MONDAY,
    NOW,
    OTHER_AGENT,
    Desk,
    after,
    attached,
)

HOUR = 3600.0
DAY = 24 * HOUR
UNKNOWN = 999_999
PERIOD = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
ROUND_THE_CLOCK = ((0, 10_080),)
IN_STATES = (
    "new_time", "open_time", "agent_wait_time", "on_hold_time", "agent_work_time",
    "requester_wait_time", "resolution_active_time",
)  # fmt: skip
EVERYWHERE = (
    "first_reply_time", "next_reply_time", "first_resolution_time", "full_resolution_time",
    "tickets_created", "tickets_solved", "reopen_rate", "csat_pct", *IN_STATES,
)  # fmt: skip
REPLY_KPIS = (
    "first_reply_time", "next_reply_time", "total_reply_wait", "handover_reply_time",
    "replies_per_ticket", "one_touch_rate",
)  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


def kpi(desk: Desk, measure: str, *, as_of: datetime = NOW, **table: Any) -> KpiValue:
    """Evaluate a KPI over March 2026."""
    con = attached(desk)
    return evaluate(con, measure, KpiTable(measure=measure, **table), PERIOD, now=NOW, as_of=as_of)


def eventful(desk: Desk, ticket_id: int = 1, **values: Any) -> None:
    """Add a ticket that every KPI counts: replies, a reopening, a rating."""
    desk.ticket(ticket_id, **values)
    desk.comment(after(hours=1), AGENT, ticket_id)
    desk.status(after(hours=1), "pending", ticket_id)
    desk.comment(after(hours=3), CUSTOMER, ticket_id)
    desk.status(after(hours=3), "open", ticket_id)
    desk.comment(after(hours=5), AGENT, ticket_id)
    desk.status(after(hours=5), "solved", ticket_id, actor_id=AGENT)
    desk.rating(after(hours=6), "good", ticket_id, rating_id=ticket_id)
    desk.status(after(hours=30), "open", ticket_id)
    desk.status(after(hours=31), "solved", ticket_id, actor_id=AGENT)


def counts(desk: Desk) -> Mapping[str, int]:
    desk.measure(*EVERYWHERE)
    return {name: kpi(desk, name).n for name in EVERYWHERE}


class TestMerged:
    def test_the_side_that_was_merged_away_is_in_no_kpi(self, desk: Desk) -> None:
        eventful(desk, 1)
        eventful(desk, 2, marks=int(Mark.MERGED))
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)

    def test_it_is_named_as_left_out(self, desk: Desk) -> None:
        eventful(desk, 2, marks=int(Mark.MERGED))
        desk.measure("tickets_created")
        assert kpi(desk, "tickets_created").left_out == {"merged into another ticket": 1}

    def test_the_target_keeps_its_own_clock_and_its_own_comments(self, desk: Desk) -> None:
        desk.ticket(1, at=after(hours=-9))
        desk.comment(after(hours=-8), AGENT, 1)
        desk.event("merged", after(hours=1), 1, value="2")
        desk.ticket(2)
        desk.comment(after(hours=2), AGENT, 2)
        assert desk.value("first_reply_time", 2) == 2 * HOUR


class TestDeleted:
    def test_a_deleted_ticket_leaves_every_kpi(self, desk: Desk) -> None:
        eventful(desk, 1)
        eventful(desk, 2)
        desk.event("deleted", after(hours=40), 2)
        desk.con.execute("update tickets set status = 'deleted' where ticket_id = 2")
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)
        assert kpi(desk, "tickets_created").left_out == {"deleted": 1}

    def test_the_time_spent_deleted_is_in_no_status(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "open")
        desk.event("deleted", after(hours=2))
        desk.event("restored", after(hours=12))
        desk.status(after(hours=13), "solved")
        assert desk.value("open_time") == 2 * HOUR
        assert desk.value("new_time") == HOUR
        assert desk.value("resolution_active_time") == 3 * HOUR
        assert desk.value("full_resolution_time") == 13 * HOUR

    def test_a_recovered_ticket_is_counted_again(self, desk: Desk) -> None:
        eventful(desk)
        desk.event("deleted", after(hours=40))
        desk.event("restored", after(hours=50))
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)


class TestSpam:
    def test_spam_and_suspended_tickets_are_in_no_kpi(self, desk: Desk) -> None:
        eventful(desk, 1)
        eventful(desk, 2, marks=int(Mark.SPAM))
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)
        assert kpi(desk, "tickets_created").left_out == {"spam or suspended": 1}

    def test_a_recovered_one_is_a_ticket(self, desk: Desk) -> None:
        eventful(desk, 2, marks=int(Mark.SPAM))
        desk.con.execute("update tickets set marks = 0")
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)

    def test_a_requester_suspended_later_does_not_remove_it(self, desk: Desk) -> None:
        eventful(desk)
        desk.con.execute("update people set active = false where person_id = ?", [CUSTOMER])
        assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)


class TestCreatedByStaff:
    def test_the_opening_is_no_reply(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        desk.status(after(hours=3), "solved")
        assert desk.value("first_reply_time") is None
        assert desk.value("total_reply_wait") is None
        assert desk.value("full_resolution_time") == 3 * HOUR

    def test_the_next_reply_is_the_first(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        desk.comment(after(hours=2), AGENT)
        assert desk.value("first_reply_time") == 2 * HOUR


class TestSolvedWithoutReply:
    def test_it_counts_as_solved_and_has_no_first_reply(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=3), "solved")
        assert desk.value("tickets_solved") == 1
        assert desk.value("full_resolution_time") == 3 * HOUR
        assert desk.value("first_reply_time") is None

    def test_it_is_not_one_touch(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=3), "solved")
        assert desk.value("one_touch_rate") == 0

    def test_internal_notes_change_none_of_that(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), AGENT, is_public=False)
        desk.status(after(hours=3), "solved")
        assert desk.value("first_reply_time") is None
        assert desk.value("one_touch_rate") == 0
        assert desk.value("tickets_solved") == 1


def test_closed_without_being_solved_was_solved_when_it_was_closed(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(hours=2), "pending")
    desk.status(after(hours=5), "closed")
    assert desk.value("full_resolution_time") == 5 * HOUR
    assert desk.value("agent_wait_time") == 3 * HOUR
    desk.measure("tickets_solved")
    assert desk.rows("tickets_solved") == [(1, after(hours=5), Flag.NONE)]


class TestReopened:
    def test_status_clocks_go_on_and_the_full_resolution_moves(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=2), "solved")
        desk.status(after(hours=10), "open")
        desk.status(after(hours=11), "solved")
        assert desk.value("first_resolution_time") == 2 * HOUR
        assert desk.value("full_resolution_time") == 11 * HOUR
        assert desk.value("requester_wait_time") == 3 * HOUR

    def test_a_ticket_that_is_open_again_has_no_times_in_state_yet(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=2), "solved")
        desk.status(after(hours=10), "open")
        desk.measure(*IN_STATES)
        for name in IN_STATES:
            assert desk.rows(name) == [(None, None, Flag.NONE)], name


class TestAuthors:
    def test_an_unknown_author_is_neither_staff_nor_customer(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), UNKNOWN)
        desk.comment(after(hours=2), AGENT)
        desk.comment(after(hours=3), UNKNOWN)
        desk.comment(after(hours=4), AGENT)
        assert desk.value("first_reply_time") == 2 * HOUR
        desk.measure("next_reply_time")
        assert desk.rows("next_reply_time") == []

    @pytest.mark.parametrize("role", ["customer", "agent", "admin"])
    def test_a_comment_by_the_requester_is_never_a_reply_whatever_their_role(
        self, desk: Desk, role: str
    ) -> None:
        desk.person(7, role, "Somebody")
        desk.ticket(requester_id=7, opening=7)
        desk.comment(after(hours=1), 7)
        desk.comment(after(hours=2), AGENT)
        desk.comment(after(hours=3), 7)
        desk.comment(after(hours=5), AGENT)
        assert desk.value("first_reply_time") == 2 * HOUR
        assert desk.value("next_reply_time") == 2 * HOUR

    def test_a_bot_does_not_give_the_first_reply(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(seconds=2), BOT)
        desk.comment(after(hours=2), AGENT)
        desk.measure(bots=frozenset({BOT}))
        assert desk.rows("first_reply_time")[0][0] == 2 * HOUR

    @pytest.mark.parametrize("role", ["bots", "ignore"])
    def test_neither_a_bot_nor_an_ignored_account_asks_anything(
        self, desk: Desk, role: str
    ) -> None:
        desk.ticket(requester_id=BOT, opening=BOT)
        desk.comment(after(hours=1), AGENT)
        desk.comment(after(hours=2), BOT)
        desk.comment(after(hours=3), AGENT)
        desk.measure(**{role: frozenset({BOT})})
        assert desk.rows("next_reply_time") == []
        desk.measure("next_reply_time")
        assert desk.rows("next_reply_time")[0][0] == HOUR

    def test_a_role_counts_as_it_was_at_the_comment_where_that_is_known(self, desk: Desk) -> None:
        desk.ticket(requester_id=101)
        desk.comment(after(hours=2), AGENT)
        desk.person(AGENT, "customer")
        desk.insert("roles", person_id=AGENT, role="agent", until=after(days=1))
        assert desk.value("first_reply_time") == 2 * HOUR

    def test_a_promotion_makes_no_replies_of_what_was_written_before(self, desk: Desk) -> None:
        desk.ticket(requester_id=101)
        desk.comment(after(hours=1), CUSTOMER)
        desk.comment(after(days=3), CUSTOMER)
        desk.person(CUSTOMER, "agent")
        desk.insert("roles", person_id=CUSTOMER, role="customer", until=after(days=2))
        assert desk.value("first_reply_time") == 3 * DAY

    def test_without_a_history_the_role_is_the_one_of_now(self, desk: Desk) -> None:
        desk.ticket(requester_id=101)
        desk.comment(after(hours=1), CUSTOMER)
        desk.person(CUSTOMER, "agent")
        assert desk.value("first_reply_time") == HOUR

    def test_a_demoted_agent_who_writes_again_is_a_customer(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), AGENT)
        desk.comment(after(days=2), OTHER_AGENT)
        desk.comment(after(days=2, hours=3), AGENT)
        desk.person(OTHER_AGENT, "customer")
        desk.insert("roles", person_id=OTHER_AGENT, role="agent", until=after(days=1))
        assert desk.value("next_reply_time") == 3 * HOUR


class TestOneSecond:
    def test_events_of_one_second_follow_their_ids(self, desk: Desk) -> None:
        desk.ticket()
        for event_id, status in ((902, "solved"), (901, "open"), (900, "pending")):
            desk.event("status", after(hours=1), event_id=event_id, value=status)
        desk.con.execute("update tickets set status = 'solved'")
        assert desk.value("full_resolution_time") == HOUR
        assert desk.value("agent_wait_time") == 0
        assert desk.value("open_time") == 0

    def test_no_stay_is_negative_though_events_come_out_of_order(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("status", after(hours=5), event_id=900, value="open")
        desk.event("status", after(hours=3), event_id=950, value="pending")
        desk.status(after(hours=9), "solved")
        assert desk.value("new_time") == 3 * HOUR
        assert desk.value("agent_wait_time") == 2 * HOUR
        assert desk.value("open_time") == 4 * HOUR

    def test_a_reply_with_its_solve_counts_and_does_not_end_the_exchange(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=4), "solved")
        desk.comment(after(hours=4), AGENT)
        assert desk.value("total_reply_wait") == 4 * HOUR


class TestScheduleSwitch:
    """Office hours until Monday 21:00, round the clock from then on; solved at midnight."""

    @pytest.fixture
    def switched(self, desk: Desk) -> Desk:
        desk.schedule().schedule(51, ROUND_THE_CLOCK, is_default=False).ticket()
        desk.event("schedule", after(hours=12), value="51")
        desk.comment(after(hours=14), AGENT)
        desk.status(after(hours=14), "pending")
        desk.status(after(hours=15), "solved")
        return desk

    def test_each_stretch_counts_under_the_schedule_then_in_force(self, switched: Desk) -> None:
        assert switched.value("first_reply_time", clock="business") == (8 + 2) * HOUR
        assert switched.value("new_time", clock="business") == (8 + 2) * HOUR
        assert switched.value("agent_wait_time", clock="business") == HOUR

    def test_at_the_event_all_of_it_counts_under_one_schedule(self, switched: Desk) -> None:
        assert at_event(switched, "first_reply_time") == 14 * HOUR
        assert at_event(switched, "full_resolution_time") == 15 * HOUR

    def test_the_schedule_of_each_event_counts_for_its_measure(self, desk: Desk) -> None:
        desk.schedule().schedule(51, ROUND_THE_CLOCK, is_default=False).ticket()
        desk.comment(after(hours=11), AGENT)  # Monday 20:00, still office hours
        desk.event("schedule", after(hours=12), value="51")
        desk.status(after(hours=15), "solved")
        assert at_event(desk, "first_reply_time") == 8 * HOUR
        assert at_event(desk, "full_resolution_time") == 15 * HOUR

    def test_a_switch_after_the_event_changes_nothing(self, desk: Desk) -> None:
        desk.schedule().schedule(51, ROUND_THE_CLOCK, is_default=False).ticket()
        desk.status(after(hours=10), "solved")
        desk.event("schedule", after(hours=12), value="51")
        assert at_event(desk, "full_resolution_time") == 8 * HOUR

    def test_a_switch_in_the_second_of_the_event_counts_for_it(self, desk: Desk) -> None:
        desk.schedule().schedule(51, ROUND_THE_CLOCK, is_default=False).ticket()
        desk.event("schedule", after(hours=10), value="51")
        desk.status(after(hours=10), "solved")
        assert at_event(desk, "full_resolution_time") == 10 * HOUR
        assert desk.value("full_resolution_time", clock="business") == 8 * HOUR

    def test_a_ticket_that_is_not_done_has_its_closed_part_under_the_newest(
        self, desk: Desk
    ) -> None:
        desk.schedule().schedule(51, ROUND_THE_CLOCK, is_default=False).ticket()
        desk.status(after(hours=10), "pending")
        desk.event("schedule", after(hours=12), value="51")
        assert at_event(desk, "requester_wait_time", column="so_far") == 10 * HOUR
        assert at_event(desk, "requester_wait_time") is None

    def test_the_calendar_is_the_same_either_way(self, switched: Desk) -> None:
        assert at_event(switched, "full_resolution_time", clock="calendar") == 15 * HOUR


def at_event(
    desk: Desk, name: str, *, clock: str = "business", column: str = "value"
) -> float | None:
    """Measure with all of a time under the schedule at its event, as Zendesk does for some."""
    form = form_of(KpiTable(measure=name, schedule="at_event"))
    desk.measure(forms=[form])
    rows = desk.con.execute(
        f"select {column} from measures where measure = ? and clock = ?", [form.key, clock]
    ).fetchall()
    ((value,),) = rows
    return value if value is None else float(value)


def test_entirely_outside_hours_is_a_real_zero_that_counts_in_the_median(desk: Desk) -> None:
    desk.schedule()
    desk.ticket(1, at=after(days=5))  # a Saturday
    desk.comment(after(days=5, hours=9), AGENT, 1)
    desk.ticket(2, at=after(days=7))
    desk.comment(after(days=7, hours=2), AGENT, 2)
    desk.measure("first_reply_time")
    value = kpi(desk, "first_reply_time", clock="business")
    assert (value.value, value.n) == (HOUR, 2)


@pytest.mark.parametrize(
    ("zone", "sunday", "whole"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Australia/Sydney", date(2026, 4, 5), 25),
        ("Australia/Sydney", date(2025, 10, 5), 23),
    ],
)
def test_the_day_of_a_switch_has_23_or_25_hours_and_its_office_hours_have_8(
    desk: Desk, zone: str, sunday: date, whole: int
) -> None:
    start = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(hours=24)
    desk.schedule(50, ((540, 1020),), timezone=zone)  # Sundays, 9 to 17
    desk.schedule(51, ((0, 1440),), timezone=zone, is_default=False)  # Sundays, all day
    for ticket_id, schedule in ((1, "50"), (2, "51")):
        desk.ticket(ticket_id, at=start)
        desk.event("schedule", start, ticket_id, value=schedule)
        desk.status(start + timedelta(hours=72), "solved", ticket_id)
    assert desk.value("full_resolution_time", 1, "business") == 8 * HOUR
    assert desk.value("full_resolution_time", 2, "business") == whole * HOUR


class TestHolidays:
    def test_they_are_local_days_and_both_ends_are_closed(self, desk: Desk) -> None:
        closed = [(date(2026, 3, 3), date(2026, 3, 4))]
        desk.schedule(50, ROUND_THE_CLOCK, timezone="Asia/Tokyo", closed=closed).ticket()
        desk.status(after(days=7), "solved")
        assert desk.value("full_resolution_time", clock="business") == 5 * DAY

    def test_one_may_go_on_over_the_end_of_the_year_and_over_weeks(self, desk: Desk) -> None:
        closed = [(date(2025, 12, 22), date(2026, 1, 4))]
        desk.schedule(closed=closed)
        start = datetime(2025, 12, 19, 9, tzinfo=UTC)  # a Friday
        desk.ticket(at=start)
        desk.status(datetime(2026, 1, 5, 17, tzinfo=UTC), "solved")
        assert desk.value("full_resolution_time", clock="business") == 16 * HOUR

    def test_one_on_a_weekend_has_no_effect(self, desk: Desk) -> None:
        desk.schedule(closed=[(date(2026, 3, 7), date(2026, 3, 8))]).ticket()
        desk.status(after(days=7), "solved")
        assert desk.value("full_resolution_time", clock="business") == 5 * 8 * HOUR

    def test_half_a_holiday_has_hours_of_its_own(self, desk: Desk) -> None:
        """Hours that hold for that day only: a version of the schedule, and one after it."""
        morning = ((2 * 1440 + 540, 2 * 1440 + 720),)  # Tuesdays, 9 to 12
        desk.schedule()
        desk.schedule(50, morning, valid_from=datetime(2026, 3, 3, tzinfo=UTC))
        desk.schedule(50, valid_from=datetime(2026, 3, 4, tzinfo=UTC))
        desk.ticket()
        desk.status(after(days=2, hours=8), "solved")
        assert desk.value("full_resolution_time", clock="business") == (8 + 3 + 8) * HOUR


def test_old_tickets_keep_the_hours_they_had(desk: Desk) -> None:
    desk.schedule()
    desk.schedule(50, ROUND_THE_CLOCK, valid_from=datetime(2026, 5, 1, tzinfo=UTC))
    desk.ticket()
    desk.status(after(days=7), "solved")
    assert desk.value("full_resolution_time", clock="business") == 5 * 8 * HOUR


def test_a_very_long_ticket_is_not_capped(desk: Desk) -> None:
    desk.schedule(50, ROUND_THE_CLOCK)
    desk.ticket(at=MONDAY - timedelta(days=1000))
    desk.status(MONDAY - timedelta(days=1), "pending")
    desk.status(MONDAY, "solved")
    for clock in ("calendar", "business"):
        assert desk.value("full_resolution_time", clock=clock) == 1000 * DAY
        assert desk.value("agent_work_time", clock=clock) == 999 * DAY


class TestClockSkew:
    def test_what_came_before_the_creation_is_moved_to_it_and_flagged(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=-2), "pending")
        desk.status(after(hours=3), "solved")
        desk.measure("agent_wait_time", "full_resolution_time")
        assert desk.rows("agent_wait_time") == [(3 * HOUR, after(hours=3), Flag.CLAMPED)]
        assert desk.rows("full_resolution_time") == [(3 * HOUR, after(hours=3), Flag.CLAMPED)]

    def test_the_raw_time_is_kept(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=-2), "pending")
        desk.measure()
        ((oldest,),) = desk.con.execute('select min("at") from events').fetchall()
        assert oldest.replace(tzinfo=UTC) == after(hours=-2)


def test_a_trail_that_starts_after_the_creation_leaves_all_event_kpis_empty(desk: Desk) -> None:
    desk.schedule().ticket(created_event=False, opening=None)
    desk.comment(after(days=9), CUSTOMER)
    desk.comment(after(days=9, hours=1), AGENT)
    desk.comment(after(days=9, hours=2), CUSTOMER)
    desk.comment(after(days=9, hours=3), AGENT)
    desk.event("assignee", after(days=9, hours=3), value=str(AGENT))
    desk.status(after(days=9, hours=4), "solved", previous="open")
    desk.measure(bots=frozenset({BOT}))
    for name in (
        "first_reply_time", "next_reply_time", "next_reply_time.per_ticket", "total_reply_wait",
        "handover_reply_time", "time_to_first_assignment", "first_resolution_time",
        "full_resolution_time", *IN_STATES,
    ):  # fmt: skip
        assert desk.rows(name) == [(None, None, Flag.PARTIAL_HISTORY)], name
    assert kpi(desk, "requester_wait_time").left_out == {"partial history": 1}


class TestLateSync:
    def test_nothing_after_the_watermark_is_looked_at(self, desk: Desk) -> None:
        for ticket_id, hours in ((1, 2), (2, 80)):
            desk.ticket(ticket_id)
            desk.comment(after(hours=hours), AGENT, ticket_id)
        desk.measure("first_reply_time")
        assert kpi(desk, "first_reply_time", as_of=after(hours=10)).n == 1
        assert kpi(desk, "first_reply_time").n == 2

    def test_data_older_than_a_day_keep_the_status_and_are_stale(self) -> None:
        late = cases.MIDDLE + timedelta(hours=25)
        report = cases.judged(cases.goal(), cases.value(52 * 60), now=late)
        assert "stale" in report.flags


class TestSmallSamples:
    def test_a_share_of_few_has_a_wide_interval(self, desk: Desk) -> None:
        for ticket_id in range(1, 11):
            desk.ticket(ticket_id)
            desk.rating(after(days=1), "good" if ticket_id > 1 else "bad", ticket_id, ticket_id)
        desk.measure("csat_pct")
        value = kpi(desk, "csat_pct")
        assert (value.k, value.n, (value.low, value.high)) == (9, 10, wilson(9, 10))

    def test_too_few_tickets_have_no_status(self) -> None:
        report = cases.judged(cases.goal(), cases.value(52 * 60, n=4))
        assert report.status == GoalState.INSUFFICIENT_DATA


def test_what_is_kept_of_a_kpi_names_nobody(desk: Desk) -> None:
    somebody, ticket_id = 123_456_789, 987_654_321
    desk.person(somebody, "customer")
    desk.ticket(ticket_id, requester_id=somebody, opening=somebody)
    desk.comment(after(hours=2), AGENT, ticket_id)
    desk.measure("first_reply_time")
    kept = msgspec.json.encode(kpi(desk, "first_reply_time")).decode()
    assert str(somebody) not in kept
    assert str(ticket_id) not in kept


class TestMessaging:
    @pytest.fixture
    def chatted(self, desk: Desk) -> Desk:
        eventful(desk, 1)
        eventful(desk, 2, marks=int(Mark.MESSAGING), channel="native_messaging")
        desk.measure(bots=frozenset({BOT}))
        return desk

    @pytest.mark.parametrize("name", ["first_reply_time", "next_reply_time", "total_reply_wait"])
    def test_messaging_chat_and_voice_are_left_out_of_reply_kpis_and_named(
        self, chatted: Desk, name: str
    ) -> None:
        value = kpi(chatted, name)
        assert value.n == 1
        assert value.left_out == {"messaging, chat or voice": 1}

    @pytest.mark.parametrize("name", ["full_resolution_time", "requester_wait_time", "csat_pct"])
    def test_they_count_everywhere_else(self, chatted: Desk, name: str) -> None:
        assert kpi(chatted, name).n == 2

    def test_every_kpi_of_replies_leaves_them_out(self) -> None:
        for name in REPLY_KPIS:
            assert "messaging" in definitions()[name].excludes, name


def test_tickets_of_side_conversations_are_out_unless_asked_for(desk: Desk) -> None:
    eventful(desk, 1)
    eventful(desk, 2, marks=int(Mark.CHILD))
    assert counts(desk) == dict.fromkeys(EVERYWHERE, 1)
    assert kpi(desk, "tickets_created").left_out == {"side conversations": 1}


def test_every_measure_leaves_out_who_is_no_part_of_the_population() -> None:
    usual = {"merged", "spam", "deleted", "child"}
    for one in definitions().values():
        if one.family not in {"imported", "days"}:  # days of work are no tickets
            assert usual <= set(one.excludes.split(", ")), one.id
