"""Replies after the first, handovers, logged work, assignment and the parts of a resolution."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.kpi.catalogue import definitions
from connector.kpi.flags import Flag
from connector.kpi.forms import usual_form
from tests.kpi.desk import AGENT, BOT, CUSTOMER, MONDAY, OTHER_AGENT, Desk, after
from tests.laws import examples

HOUR = 3600.0
SYSTEM = -1
PARTS = (
    "new_time", "open_time", "agent_wait_time", "on_hold_time", "agent_work_time",
    "requester_wait_time", "resolution_active_time", "full_resolution_time",
)  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


def running(desk: Desk, name: str, clock: str = "calendar") -> list[tuple[Any, ...]]:
    """Measure one thing; return (value, hours so far, since) of its rows."""
    desk.measure(forms=[usual_form(definitions()[name])])
    rows = desk.con.execute(
        "select value, so_far / 3600, since from measures where measure = ? and clock = ?"
        ' order by coalesce(since, "at")',
        [name, clock],
    ).fetchall()
    return [(value, so_far, since and since.replace(tzinfo=UTC)) for value, so_far, since in rows]


def hours(desk: Desk, name: str) -> list[float | None]:
    """Measure one thing; return its values in hours, oldest first."""
    desk.measure(forms=[usual_form(definitions()[name])])
    return [value and value / HOUR for value, _, _ in desk.rows(name)]


def talk(desk: Desk, *turns: tuple[float, int]) -> None:
    """Write public comments: hours after the creation, and by whom."""
    for hour, author in turns:
        desk.comment(after(hours=hour), author)


class TestNextReply:
    def test_each_exchange_after_the_first_is_one_value(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (5, AGENT), (10, CUSTOMER), (14, OTHER_AGENT))
        assert hours(desk, "next_reply_time") == [2, 4]

    def test_it_is_dated_by_the_reply_and_credited_to_who_replied(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (5, OTHER_AGENT))
        assert hours(desk, "next_reply_time") == [2]
        rows = desk.con.execute('select distinct actor_id, "at" from measures').fetchall()
        assert rows == [(OTHER_AGENT, after(hours=5).replace(tzinfo=None))]

    def test_further_comments_of_the_customer_do_not_start_it_again(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (4, CUSTOMER), (4.5, CUSTOMER), (5, AGENT))
        assert hours(desk, "next_reply_time") == [2]

    def test_another_reply_to_the_same_question_is_no_exchange(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (5, AGENT), (6, AGENT), (7, OTHER_AGENT))
        assert hours(desk, "next_reply_time") == [2]

    def test_internal_notes_of_either_side_change_nothing(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (6, AGENT))
        desk.comment(after(hours=2), CUSTOMER, is_public=False)
        desk.comment(after(hours=4), AGENT, is_public=False)
        assert hours(desk, "next_reply_time") == [3]

    def test_a_copied_customer_asks_like_the_requester(self, desk: Desk) -> None:
        desk.person(101, "customer")
        desk.ticket()
        talk(desk, (1, AGENT), (3, 101), (5, AGENT))
        assert hours(desk, "next_reply_time") == [2]

    def test_solved_without_a_reply_has_no_value(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER))
        desk.status(after(hours=4), "solved", actor_id=AGENT)
        assert running(desk, "next_reply_time") == []

    def test_after_a_solve_without_a_reply_the_next_question_starts_anew(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER))
        desk.status(after(hours=4), "solved", actor_id=AGENT)
        talk(desk, (10, CUSTOMER))
        desk.status(after(hours=10), "open", actor_id=CUSTOMER)
        talk(desk, (11, AGENT))
        assert hours(desk, "next_reply_time") == [1]

    def test_a_question_that_waits_is_a_clock_that_runs(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (4, CUSTOMER))
        assert running(desk, "next_reply_time") == [(None, 0, after(hours=3))]

    def test_one_that_waits_for_the_first_reply_is_not_in_it(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (2, CUSTOMER))
        assert running(desk, "next_reply_time") == []

    def test_the_first_reply_to_a_ticket_by_staff_is_not_in_it(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        talk(desk, (2, CUSTOMER), (5, AGENT), (6, CUSTOMER), (7, AGENT))
        assert hours(desk, "next_reply_time") == [1]

    def test_business_hours_count_too(self, desk: Desk) -> None:
        desk.schedule().ticket()
        talk(desk, (1, AGENT), (7, CUSTOMER), (25, AGENT))  # Monday 16:00, Tuesday 10:00
        assert desk.value("next_reply_time", clock="business") == 2 * HOUR

    def test_a_ticket_may_count_once_by_its_median(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (4, AGENT), (10, CUSTOMER), (13, AGENT))
        talk(desk, (20, CUSTOMER), (29, OTHER_AGENT), (30, CUSTOMER))
        desk.measure(forms=[usual_form(definitions()["next_reply_time.per_ticket"])])
        assert desk.rows("next_reply_time.per_ticket") == [(3 * HOUR, after(hours=29), Flag.NONE)]


class TestTotalReplyWait:
    def test_all_exchanges_add_up_the_first_included(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (5, AGENT), (6, AGENT))
        desk.status(after(hours=7), "solved")
        assert hours(desk, "total_reply_wait") == [3]

    def test_what_a_solve_left_unanswered_is_not_waited_for(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER))
        desk.status(after(hours=7), "solved")
        assert hours(desk, "total_reply_wait") == [1]

    def test_until_it_is_solved_there_is_only_what_was_waited_so_far(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (3, CUSTOMER), (5, AGENT), (9, CUSTOMER))
        assert running(desk, "total_reply_wait") == [(None, 3, after(hours=9))]

    def test_nobody_waits_where_nobody_asked(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        talk(desk, (2, AGENT))
        desk.status(after(hours=3), "solved")
        assert running(desk, "total_reply_wait") == [(None, 0, None)]


class TestHandover:
    def measured(self, desk: Desk) -> list[tuple[Any, ...]]:
        form = usual_form(definitions()["handover_reply_time"])
        desk.measure(forms=[form], bots=frozenset({BOT}))
        rows = desk.con.execute(
            "select value / 3600, since from measures where clock = 'calendar'"
        ).fetchall()
        return [(value, since and since.replace(tzinfo=UTC)) for value, since in rows]

    def test_it_runs_from_the_last_word_of_the_bot_to_the_first_reply(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT), (1, CUSTOMER), (1.5, BOT), (4, AGENT), (5, BOT), (6, AGENT))
        assert self.measured(desk) == [(2.5, None)]

    def test_giving_the_ticket_to_a_group_is_a_handover(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT), (1.5, BOT), (4, AGENT))
        desk.event("group", after(hours=1), actor_id=BOT, value="7")
        assert self.measured(desk) == [(3, None)]

    def test_what_others_assign_is_none(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT), (4, AGENT))
        desk.event("group", after(hours=1), actor_id=OTHER_AGENT, value="7")
        desk.event("assignee", after(hours=1), actor_id=BOT, value=None)
        assert self.measured(desk) == [(3.5, None)]

    def test_a_ticket_that_was_handed_over_waits(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT))
        desk.event("assignee", after(hours=1), actor_id=BOT, value=str(AGENT))
        assert self.measured(desk) == [(None, after(hours=1))]

    def test_one_that_the_bot_still_has_does_not(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT))
        assert self.measured(desk) == []

    def test_one_that_the_bot_solved_has_none(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT))
        desk.event("group", after(hours=1), actor_id=BOT, value="7")
        desk.status(after(hours=2), "solved", actor_id=BOT)
        assert self.measured(desk) == []

    def test_a_bot_that_speaks_after_the_human_handed_nothing_over(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (1, AGENT), (2, BOT))
        assert self.measured(desk) == []

    def test_an_ignored_account_is_no_bot(self, desk: Desk) -> None:
        desk.ticket()
        talk(desk, (0.5, BOT), (4, AGENT))
        desk.measure(
            forms=[usual_form(definitions()["handover_reply_time"])], ignore=frozenset({BOT})
        )
        assert desk.rows("handover_reply_time") == []


class TestFirstAssignment:
    def test_assigned_at_creation_is_a_true_zero(self, desk: Desk) -> None:
        desk.ticket(assignee_id=AGENT)
        assert desk.value("time_to_first_assignment") == 0

    def test_it_stops_at_the_first_assignee(self, desk: Desk) -> None:
        desk.ticket(assignee_id=OTHER_AGENT)
        desk.event("assignee", after(hours=2), value=str(AGENT), actor_id=OTHER_AGENT)
        desk.event("assignee", after(hours=3), value=str(OTHER_AGENT), previous=str(AGENT))
        assert desk.value("time_to_first_assignment") == 2 * HOUR
        rows = desk.con.execute("select distinct actor_id from measures").fetchall()
        assert rows == [(OTHER_AGENT,)]

    def test_a_group_is_no_assignee(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("group", after(hours=2), value="7")
        assert running(desk, "time_to_first_assignment") == [(None, 0, MONDAY)]

    def test_unassigned_again_keeps_the_first(self, desk: Desk) -> None:
        desk.ticket()
        desk.event("assignee", after(hours=2), value=str(AGENT))
        desk.event("assignee", after(hours=3), value=None, previous=str(AGENT))
        assert desk.value("time_to_first_assignment") == 2 * HOUR


class TestHandleTime:
    def solved(self, desk: Desk, **fields: str) -> None:
        desk.ticket(fields=fields)
        desk.status(after(hours=3), "solved", actor_id=AGENT)

    def test_it_is_the_number_in_the_field(self, desk: Desk) -> None:
        self.solved(desk, **{"360": "930"})
        assert desk.value("handle_time", field="360") == 930

    def test_minutes_are_told_as_such(self, desk: Desk) -> None:
        self.solved(desk, **{"360": "15.5"})
        assert desk.value("handle_time", field="360", unit_s=60) == 930

    @pytest.mark.parametrize("written", ["", "soon", "-5"])
    def test_what_is_no_amount_of_work_is_missing_and_not_zero(
        self, desk: Desk, written: str
    ) -> None:
        self.solved(desk, **{"360": written})
        assert desk.value("handle_time", field="360") is None

    def test_a_missing_log_is_null_and_dated_so_that_the_coverage_is_known(
        self, desk: Desk
    ) -> None:
        self.solved(desk)
        assert desk.value("handle_time", field="360") is None
        (stamps,) = desk.con.execute('select list("at") from measures').fetchall()
        assert stamps == ([after(hours=3).replace(tzinfo=None)],)

    def test_work_on_a_ticket_that_is_not_done_does_not_count_yet(self, desk: Desk) -> None:
        desk.ticket(fields={"360": "930"})
        assert desk.value("handle_time", field="360") is None


class TestAutosolve:
    def solved_from_pending(self, desk: Desk, actor: int | None) -> None:
        desk.ticket()
        desk.status(after(hours=2), "pending")
        desk.status(after(hours=98), "solved", actor_id=actor)

    def full(self, desk: Desk) -> float | None:
        return desk.value("full_resolution_time", autosolve_backdate=True)

    @pytest.mark.parametrize("actor", [None, SYSTEM, 999_999])
    def test_what_automations_solve_was_over_when_the_waiting_began(
        self, desk: Desk, actor: int | None
    ) -> None:
        self.solved_from_pending(desk, actor)
        assert self.full(desk) == 2 * HOUR

    @pytest.mark.parametrize("actor", [AGENT, CUSTOMER])
    def test_what_people_solve_was_over_when_they_did(self, desk: Desk, actor: int) -> None:
        self.solved_from_pending(desk, actor)
        assert self.full(desk) == 98 * HOUR

    def test_only_from_pending(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=2), "pending")
        desk.status(after(hours=3), "open")
        desk.status(after(hours=9), "solved")
        assert self.full(desk) == 9 * HOUR

    def test_it_is_still_dated_by_the_solve(self, desk: Desk) -> None:
        self.solved_from_pending(desk, None)
        self.full(desk)
        rows = desk.con.execute('select distinct "at" from measures').fetchall()
        assert rows == [(after(hours=98).replace(tzinfo=None),)]

    def test_without_the_setting_the_waiting_counts(self, desk: Desk) -> None:
        self.solved_from_pending(desk, None)
        assert desk.value("full_resolution_time") == 98 * HOUR


class TestTimeInState:
    def test_each_status_has_its_own_time(self, desk: Desk) -> None:
        desk.ticket()
        for hour, status in ((1, "open"), (3, "pending"), (6, "hold"), (10, "open")):
            desk.status(after(hours=hour), status)
        desk.status(after(hours=15), "solved")
        found = {name: desk.value(name) for name in PARTS}
        assert {name: value and value / HOUR for name, value in found.items()} == {
            "new_time": 1, "open_time": 7, "agent_wait_time": 3, "on_hold_time": 4,
            "agent_work_time": 8, "requester_wait_time": 12, "resolution_active_time": 15,
            "full_resolution_time": 15,
        }  # fmt: skip

    def test_never_in_a_status_is_a_true_zero(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        assert desk.value("agent_wait_time") == 0

    def test_an_open_ticket_tells_what_is_over_and_since_when_it_runs(self, desk: Desk) -> None:
        desk.schedule().ticket()
        desk.status(after(hours=1), "pending")
        desk.status(after(hours=24), "open")
        assert running(desk, "agent_work_time") == [(None, 1, after(hours=24))]
        assert running(desk, "agent_wait_time") == [(None, 23, None)]
        assert running(desk, "agent_wait_time", "business") == [(None, 7, None)]

    @given(
        steps=st.lists(
            st.tuples(
                st.integers(0, 200_000),
                st.sampled_from(
                    ["new", "open", "pending", "hold", "solved", "closed", "deleted", "restored"]
                ),
            ),
            max_size=12,
        ),
        ending=st.integers(1, 100_000),
    )
    @settings(max_examples=examples(8, 20), deadline=None)
    def test_the_parts_add_up_whatever_happened(
        self, steps: list[tuple[int, str]], ending: int
    ) -> None:
        desk = Desk().schedule()
        desk.ticket()
        at = 0
        for seconds, status in steps:
            at += seconds
            if status in {"deleted", "restored"}:
                desk.event(status, after(seconds=at))
            else:
                desk.status(after(seconds=at), status)
        desk.status(after(seconds=at + ending), "open")
        desk.status(after(seconds=at + ending), "solved")
        desk.measure(forms=[usual_form(definitions()[name]) for name in PARTS])
        for clock in ("calendar", "business"):
            got = {name: value_of(desk, name, clock) for name in PARTS}
            assert min(got.values()) >= 0
            assert got["new_time"] + got["open_time"] == got["agent_work_time"]
            assert got["agent_work_time"] + got["on_hold_time"] == got["requester_wait_time"]
            active = got["requester_wait_time"] + got["agent_wait_time"]
            assert active == got["resolution_active_time"] <= got["full_resolution_time"]
            if clock == "calendar":
                assert got["full_resolution_time"] == at + ending
                assert active == at + ending - gaps(steps, at + ending)


def value_of(desk: Desk, name: str, clock: str) -> float:
    ((value, _, _),) = desk.rows(name, clock=clock)
    assert value is not None
    return value


def gaps(steps: list[tuple[int, str]], end: int) -> int:
    """Return the seconds until `end` in which a ticket was solved, closed or deleted."""
    at, status, kept, total = 0, "new", "new", 0
    for seconds, word in [*steps, (end - sum(s for s, _ in steps), "open")]:
        total += seconds if status in {"solved", "closed", "deleted"} else 0
        at += seconds
        status = kept if word == "restored" else word
        kept = kept if status == "deleted" else status
    assert at == end
    return total


class TestRunningClocks:
    NAMES = (
        "first_reply_time", "first_resolution_time", "full_resolution_time",
        "time_to_first_assignment",
    )  # fmt: skip

    @pytest.mark.parametrize("name", NAMES)
    def test_they_run_from_the_creation_while_a_ticket_is_unsolved(
        self, desk: Desk, name: str
    ) -> None:
        desk.ticket()
        desk.status(after(hours=1), "pending")
        assert running(desk, name) == [(None, 0, MONDAY)]

    @pytest.mark.parametrize("name", ["first_reply_time", "time_to_first_assignment"])
    def test_no_clock_runs_in_a_ticket_that_is_done(self, desk: Desk, name: str) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        assert running(desk, name) == [(None, 0, None)]

    @pytest.mark.parametrize("name", NAMES)
    def test_no_clock_runs_in_a_ticket_that_is_deleted(self, desk: Desk, name: str) -> None:
        desk.ticket(status="deleted")
        desk.event("deleted", after(hours=1))
        assert running(desk, name) == [(None, 0, None)]

    @pytest.mark.parametrize("name", NAMES)
    def test_nor_where_the_trail_does_not_tell_whether_it_was_stopped(
        self, desk: Desk, name: str
    ) -> None:
        desk.ticket(created_event=False, opening=None)
        assert running(desk, name) == [(None, 0, None)]
