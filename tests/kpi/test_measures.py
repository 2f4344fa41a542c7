"""What each measure makes of one ticket: the definitions and edge cases of kpi-reference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.errors import StoreError
from connector.kpi.flags import Flag
from connector.model.ticket import Mark
from tests.kpi.desk import ADMIN, AGENT, BOT, CUSTOMER, MONDAY, OTHER_AGENT, Desk, after

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestFirstReply:
    def test_it_is_the_first_public_comment_by_staff(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=2), AGENT)
        desk.comment(after(hours=3), OTHER_AGENT)
        assert desk.value("first_reply_time") == 2 * HOUR

    def test_it_is_dated_by_the_reply_and_credited_to_who_replied(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=2), AGENT)
        desk.measure("first_reply_time")
        assert desk.rows("first_reply_time") == [(2 * HOUR, after(hours=2), Flag.NONE)]
        actors = desk.con.execute(
            "select distinct actor_id from measures where measure = 'first_reply_time'"
        ).fetchall()
        assert actors == [(AGENT,)]

    def test_an_administrator_is_staff(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), ADMIN)
        assert desk.value("first_reply_time") == HOUR

    @pytest.mark.parametrize("author", [CUSTOMER, 999_999, None])
    def test_customers_unknown_authors_and_the_system_do_not_reply(
        self, desk: Desk, author: int | None
    ) -> None:
        desk.ticket(requester_id=101)
        desk.comment(after(hours=1), author)
        assert desk.value("first_reply_time") is None

    def test_an_internal_note_is_no_reply(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), AGENT, is_public=False)
        assert desk.value("first_reply_time") is None

    def test_a_comment_of_unknown_visibility_is_no_reply(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("comment", after(hours=1), actor_id=AGENT)
        assert desk.value("first_reply_time") is None

    def test_the_requester_never_replies_whatever_their_role(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT, requester_id=AGENT)
        desk.comment(after(hours=1), AGENT)
        desk.comment(after(hours=4), OTHER_AGENT)
        assert desk.value("first_reply_time") == 4 * HOUR

    @pytest.mark.parametrize("role", ["bots", "ignore"])
    def test_bots_and_ignored_accounts_do_not_reply(self, desk: Desk, role: str) -> None:
        desk.ticket()
        desk.comment(after(minutes=1), BOT)
        desk.comment(after(hours=1), AGENT)
        desk.measure(**{role: frozenset({BOT})})
        assert desk.rows("first_reply_time")[0][0] == HOUR

    def test_the_opening_by_staff_is_no_reply(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        assert desk.value("first_reply_time") is None

    def test_a_ticket_opened_by_staff_stops_at_the_next_reply(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        desk.comment(after(hours=5), AGENT)
        assert desk.value("first_reply_time") == 5 * HOUR

    def test_an_opening_note_by_staff_is_followed_by_the_first_public_comment(
        self, desk: Desk
    ) -> None:
        desk.ticket(opening=AGENT, opening_is_public=False)
        desk.comment(after(hours=1), AGENT, is_public=False)
        desk.comment(after(hours=2), AGENT)
        assert desk.value("first_reply_time") == 2 * HOUR

    def test_what_staff_write_in_the_second_of_creation_is_part_of_the_opening(
        self, desk: Desk
    ) -> None:
        desk.ticket()
        desk.comment(after(seconds=0.4), AGENT)
        desk.comment(after(minutes=51), AGENT)
        assert desk.value("first_reply_time") == 51 * 60

    def test_a_late_opening_comment_is_still_the_opening(self, desk: Desk) -> None:
        desk.ticket(opening=None)
        desk.comment(after(minutes=5), AGENT)
        assert desk.value("first_reply_time") is None

    def test_comments_in_one_second_follow_their_ids(self, desk: Desk) -> None:
        desk.ticket(opening=None)
        for event_id, author in ((11, AGENT), (10, CUSTOMER)):
            desk.event(
                "comment", after(hours=1), event_id=event_id, actor_id=author, is_public=True
            )
        assert desk.value("first_reply_time") == HOUR

    def test_nothing_pauses_the_clock(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "pending")
        desk.status(after(hours=8), "open")
        desk.comment(after(hours=9), AGENT)
        assert desk.value("first_reply_time") == 9 * HOUR

    def test_a_solve_without_a_reply_is_no_reply(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        assert desk.value("first_reply_time") is None

    def test_messaging_tickets_are_marked(self, desk: Desk) -> None:
        desk.ticket(marks=int(Mark.MESSAGING))
        desk.measure("first_reply_time")
        assert desk.rows("first_reply_time")[0][2] == Flag.MESSAGING

    def test_fractions_of_a_second_are_dropped(self, desk: Desk) -> None:
        desk.ticket(at=after(seconds=0.9))
        desk.comment(after(seconds=60.1), AGENT)
        assert desk.value("first_reply_time") == 60


class TestResolution:
    def test_it_runs_to_the_solve(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=6), "solved")
        desk.status(after(days=4), "closed")
        assert desk.value("full_resolution_time") == 6 * HOUR
        assert desk.value("first_resolution_time") == 6 * HOUR

    def test_an_unsolved_ticket_has_none(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=6), "pending")
        assert desk.value("full_resolution_time") is None
        assert desk.value("first_resolution_time") is None

    def test_closed_without_being_solved_counts_as_solved(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=4), "closed")
        assert desk.value("full_resolution_time") == 4 * HOUR

    def test_a_reopened_ticket_keeps_its_first_and_moves_its_full_resolution(
        self, desk: Desk
    ) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        desk.status(after(hours=2), "open")
        desk.status(after(hours=9), "solved")
        assert desk.value("first_resolution_time") == HOUR
        assert desk.value("full_resolution_time") == 9 * HOUR

    def test_a_ticket_that_is_open_again_has_no_full_resolution(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        desk.status(after(hours=2), "open")
        assert desk.value("first_resolution_time") == HOUR
        assert desk.value("full_resolution_time") is None

    def test_solved_while_being_created_is_a_true_zero(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(MONDAY, "solved")
        assert desk.value("full_resolution_time") == 0

    def test_a_recovered_ticket_was_not_solved_by_its_recovery(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        desk.event("deleted", after(hours=2))
        desk.event("restored", after(hours=5))
        assert desk.value("full_resolution_time") == HOUR

    def test_the_family_before_the_first_change_is_what_it_replaced(self, desk: Desk) -> None:
        desk.ticket(created_event=False)
        desk.event("created", MONDAY)
        desk.status(after(days=1), "closed", previous="solved")
        assert desk.value("first_resolution_time") == 0

    def test_an_unmapped_status_is_an_error(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "waiting")
        with pytest.raises(StoreError, match="waiting"):
            desk.measure()


class TestBusinessClock:
    def test_only_open_hours_count(self, desk: Desk) -> None:
        desk.schedule().ticket(at=after(hours=7))  # Monday 16:00, closing at 17:00
        desk.comment(after(hours=25), AGENT)  # Tuesday 10:00
        assert desk.value("first_reply_time", clock="business") == 2 * HOUR

    def test_outside_all_hours_is_zero_and_not_missing(self, desk: Desk) -> None:
        desk.schedule().ticket(at=after(days=5))
        desk.comment(after(days=5, hours=3), AGENT)
        assert desk.value("first_reply_time", clock="business") == 0

    def test_the_default_schedule_is_flagged(self, desk: Desk) -> None:
        desk.schedule().ticket()
        desk.comment(after(hours=1), AGENT)
        desk.measure("first_reply_time")
        rows = desk.rows("first_reply_time", clock="business")
        assert rows == [(HOUR, after(hours=1), Flag.DEFAULT_SCHEDULE)]

    def test_a_schedule_of_its_own_is_not(self, desk: Desk) -> None:
        desk.schedule().schedule(51, ((0, 10_080),), is_default=False).ticket(at=after(days=5))
        desk.event("schedule", after(days=5), value="51")
        desk.comment(after(days=5, hours=3), AGENT)
        desk.measure("first_reply_time")
        rows = desk.rows("first_reply_time", clock="business")
        assert rows == [(3 * HOUR, after(days=5, hours=3), Flag.NONE)]

    def test_a_switch_counts_each_stretch_under_the_schedule_then_in_force(
        self, desk: Desk
    ) -> None:
        desk.schedule().schedule(51, ((0, 10_080),), is_default=False).ticket()
        desk.event("schedule", after(hours=12), value="51")  # Monday 21:00
        desk.status(after(hours=15), "solved")
        assert desk.value("full_resolution_time", clock="business") == (8 + 3) * HOUR

    def test_before_its_first_switch_the_schedule_it_replaced_holds(self, desk: Desk) -> None:
        desk.schedule().schedule(51, ((0, 10_080),), is_default=False).ticket()
        desk.event("schedule", after(hours=12), value="50", previous="51")
        desk.status(after(hours=15), "solved")
        assert desk.value("full_resolution_time", clock="business") == 12 * HOUR

    def test_an_unknown_schedule_gives_way_to_the_default(self, desk: Desk) -> None:
        desk.schedule().ticket()
        desk.event("schedule", MONDAY, value="777")
        desk.comment(after(hours=1), AGENT)
        assert desk.value("first_reply_time", clock="business") == HOUR

    def test_schedules_with_ids_that_are_no_numbers_are_found(self, desk: Desk) -> None:
        desk.schedule().schedule(-7, ((0, 10_080),), is_default=False).ticket(at=after(days=5))
        desk.insert("vendor_ids", kind="schedule", key=-7, id="nights")
        desk.event("schedule", after(days=5), value="nights")
        desk.comment(after(days=5, hours=3), AGENT)
        assert desk.value("first_reply_time", clock="business") == 3 * HOUR

    def test_a_helpdesk_without_schedules_has_no_business_values(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), AGENT)
        desk.measure("first_reply_time")
        rows = desk.rows("first_reply_time", clock="business")
        assert rows == [(None, after(hours=1), Flag.NO_SCHEDULE)]

    def test_the_default_is_the_one_that_is_default_now(self, desk: Desk) -> None:
        desk.schedule(50).schedule(51, ((0, 10_080),), is_default=False)
        newer = datetime(2026, 2, 1, tzinfo=UTC)
        desk.schedule(50, is_default=False, valid_from=newer)
        desk.schedule(51, ((0, 10_080),), valid_from=newer)
        desk.ticket(at=after(days=5))
        desk.comment(after(days=5, hours=3), AGENT)
        assert desk.value("first_reply_time", clock="business") == 3 * HOUR

    def test_years_are_not_capped(self, desk: Desk) -> None:
        desk.schedule(intervals=((0, 10_080),)).ticket(at=MONDAY - timedelta(days=800))
        desk.status(MONDAY, "solved")
        assert desk.value("full_resolution_time", clock="business") == 800 * DAY


class TestReopenRate:
    def solved(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")

    def test_a_ticket_that_stays_solved_counts_as_not_reopened(self, desk: Desk) -> None:
        self.solved(desk)
        desk.status(after(days=4), "closed")
        desk.measure("reopen_rate")
        assert desk.rows("reopen_rate") == [(0, after(hours=1), Flag.NONE)]

    @pytest.mark.parametrize("status", ["new", "open", "pending", "hold"])
    def test_back_to_any_unsolved_status_is_a_reopening(self, desk: Desk, status: str) -> None:
        self.solved(desk)
        desk.status(after(days=2), status)
        assert desk.value("reopen_rate") == 1

    def test_it_does_not_take_another_solve(self, desk: Desk) -> None:
        self.solved(desk)
        desk.status(after(days=2), "open")
        desk.status(after(days=3), "solved")
        assert desk.value("reopen_rate") == 1

    def test_the_fourteenth_day_is_inside_the_window(self, desk: Desk) -> None:
        self.solved(desk)
        desk.status(after(days=14, hours=1), "open")
        assert desk.value("reopen_rate") == 1

    def test_after_fourteen_days_it_no_longer_counts(self, desk: Desk) -> None:
        self.solved(desk)
        desk.status(after(days=14, hours=1, seconds=1), "open")
        assert desk.value("reopen_rate") == 0

    def test_the_window_starts_at_the_first_solve(self, desk: Desk) -> None:
        self.solved(desk)
        desk.status(after(days=20), "open")
        desk.status(after(days=21), "solved")
        desk.status(after(days=22), "open")
        assert desk.value("reopen_rate") == 0

    def test_a_ticket_never_solved_is_not_in_it(self, desk: Desk) -> None:
        desk.ticket()
        desk.measure("reopen_rate")
        assert desk.rows("reopen_rate") == []

    def test_deletion_and_recovery_are_no_reopening(self, desk: Desk) -> None:
        self.solved(desk)
        desk.event("deleted", after(hours=2))
        desk.event("restored", after(hours=3))
        assert desk.value("reopen_rate") == 0


class TestCsat:
    def test_the_last_rating_of_a_ticket_counts(self, desk: Desk) -> None:
        desk.ticket()
        desk.rating(after(days=1), "good", rating_id=1)
        desk.rating(after(days=2), "bad", rating_id=2)
        desk.measure("csat_pct")
        assert desk.rows("csat_pct") == [(0, after(days=2), Flag.NONE)]

    def test_an_offer_after_a_rating_changes_nothing(self, desk: Desk) -> None:
        desk.ticket()
        desk.rating(after(days=1), "good", rating_id=1)
        desk.rating(after(days=2), "offered", rating_id=2)
        assert desk.value("csat_pct") == 1

    def test_an_offer_alone_is_not_counted(self, desk: Desk) -> None:
        desk.ticket()
        desk.rating(after(days=1), "offered")
        desk.measure("csat_pct")
        assert desk.rows("csat_pct") == []

    def test_helpdesks_without_a_list_of_ratings_have_events(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("rating", after(days=1), value="bad")
        desk.event("rating", after(days=2), value="good")
        desk.event("rating", after(days=3), value="offered")
        assert desk.value("csat_pct") == 1

    def test_the_list_of_ratings_goes_before_the_events(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("rating", after(days=2), value="bad")
        desk.rating(after(days=1), "good")
        assert desk.value("csat_pct") == 1


class TestVolume:
    def test_every_ticket_is_created_once(self, desk: Desk) -> None:
        desk.ticket()
        desk.measure("tickets_created")
        assert desk.rows("tickets_created") == [(1, MONDAY, Flag.NONE)]

    def test_each_solve_is_an_event_of_its_own(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        desk.status(after(hours=2), "open")
        desk.status(after(days=1), "solved")
        desk.status(after(days=5), "closed")
        desk.measure("tickets_solved")
        assert [at for _, at, _ in desk.rows("tickets_solved")] == [after(hours=1), after(days=1)]

    def spans(self, desk: Desk) -> list[tuple[datetime, datetime | None]]:
        desk.measure("backlog")
        return [
            (start.replace(tzinfo=UTC), end and end.replace(tzinfo=UTC))
            for start, end in desk.con.execute(
                "select \"at\", until from measures where measure = 'backlog' order by 1"
            ).fetchall()
        ]

    def test_the_backlog_is_one_span_while_a_ticket_is_unsolved(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "open")
        desk.status(after(hours=2), "hold")
        desk.status(after(hours=3), "solved")
        desk.status(after(hours=4), "closed")
        assert self.spans(desk) == [(MONDAY, after(hours=3))]

    def test_a_reopened_ticket_is_in_the_backlog_again(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=3), "solved")
        desk.status(after(hours=5), "open")
        assert self.spans(desk) == [(MONDAY, after(hours=3)), (after(hours=5), None)]

    def test_the_time_spent_deleted_is_not_backlog(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("deleted", after(hours=1))
        desk.event("restored", after(hours=4))
        assert self.spans(desk) == [(MONDAY, after(hours=1)), (after(hours=4), None)]

    def test_an_untouched_ticket_older_than_the_trail_is_backlog(self, desk: Desk) -> None:
        desk.ticket(created_event=False, opening=None, status="pending")
        assert self.spans(desk) == [(MONDAY, None)]

    def test_one_solved_within_the_trail_was_backlog_until_then(self, desk: Desk) -> None:
        desk.ticket(created_event=False, opening=None)
        desk.status(after(days=9), "solved", previous="open")
        assert self.spans(desk) == [(MONDAY, after(days=9))]

    def test_one_closed_before_the_trail_was_never_backlog(self, desk: Desk) -> None:
        desk.ticket(created_event=False, opening=None, status="closed")
        assert self.spans(desk) == []


class TestHistory:
    def test_a_partial_trail_makes_what_events_tell_unknown(self, desk: Desk) -> None:
        desk.schedule().ticket(created_event=False, opening=None)
        desk.comment(after(days=9), CUSTOMER)
        desk.comment(after(days=9, hours=1), AGENT)
        desk.status(after(days=9, hours=2), "solved", previous="open")
        desk.measure(
            "first_reply_time",
            "first_resolution_time",
            "full_resolution_time",
            "reopen_rate",
            "tickets_solved",
        )
        for name in (
            "first_reply_time",
            "first_resolution_time",
            "full_resolution_time",
            "reopen_rate",
            "tickets_solved",
        ):
            assert desk.rows(name) == [(None, None, Flag.PARTIAL_HISTORY)]

    def test_ratings_and_the_creation_need_no_trail(self, desk: Desk) -> None:
        desk.ticket(created_event=False, opening=None)
        desk.rating(after(days=1), "good")
        assert desk.value("csat_pct") == 1
        assert desk.value("tickets_created") == 1

    def test_an_event_before_the_creation_is_moved_to_it_and_flagged(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=-3), "solved")
        desk.measure("full_resolution_time")
        assert desk.rows("full_resolution_time") == [(0, MONDAY, Flag.CLAMPED)]

    def test_the_raw_time_is_kept(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=-3), "solved")
        desk.measure()
        oldest = desk.con.execute('select min("at") from events').fetchone()
        assert oldest == (after(hours=-3).replace(tzinfo=None),)

    def test_a_role_that_is_given_later_counts_as_it_is_now(self, desk: Desk) -> None:
        desk.ticket(requester_id=101)
        desk.comment(after(hours=1), CUSTOMER)
        assert desk.value("first_reply_time") is None
        desk.person(CUSTOMER, "agent")
        assert desk.value("first_reply_time") == HOUR


@pytest.mark.parametrize(
    ("mark", "flag"),
    [(Mark.MERGED, Flag.MERGED), (Mark.SPAM, Flag.SPAM), (Mark.CHILD, Flag.CHILD)],
)
def test_tickets_outside_the_population_say_so_on_every_row(
    desk: Desk, mark: Mark, flag: Flag
) -> None:
    desk.ticket(marks=int(mark | Mark.FOLLOW_UP))
    desk.status(after(hours=1), "solved")
    desk.rating(after(hours=2), "good")
    desk.measure()
    assert desk.con.execute(
        "select distinct flags & ? from measures where clock = 'calendar'", [int(flag)]
    ).fetchall() == [(int(flag),)]


def test_a_deleted_ticket_says_so_on_every_row(desk: Desk) -> None:
    desk.ticket(status="deleted")
    desk.event("deleted", after(hours=1))
    desk.measure("tickets_created")
    assert {flags & Flag.DELETED for _, _, flags in desk.rows("tickets_created")} == {Flag.DELETED}


def test_measuring_does_not_depend_on_the_order_of_rows(desk: Desk) -> None:
    desk.ticket()
    desk.event("status", after(hours=5), event_id=900, value="open")
    desk.event("status", after(hours=3), event_id=800, value="solved")
    desk.event("status", after(hours=9), event_id=950, value="solved")
    assert desk.value("full_resolution_time") == 9 * HOUR
    assert desk.value("first_resolution_time") == 3 * HOUR
