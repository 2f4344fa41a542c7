"""Quality and flow: touches, first contact, reopenings, stations, escalations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.kpi.catalogue import definitions
from connector.kpi.flags import Flag
from connector.kpi.forms import usual_form
from connector.model.ticket import Mark
from tests.kpi.desk import ADMIN, AGENT, BOT, CUSTOMER, OTHER_AGENT, Desk, after

UNKNOWN, OUTSIDER = 999_999, 101
TOUCHES = [
    name
    for name in definitions()
    if name.startswith(("one_touch_rate", "two_touch_rate", "multi_touch_rate"))
]


@pytest.fixture
def desk() -> Desk:
    desk = Desk().person(OUTSIDER, "customer")
    return desk.group(7, "Front").group(8, "Tier 2").group(9, "Tier 3")


def replied(desk: Desk, *actors: int, solved: bool = True, **ticket: Any) -> Desk:
    """Add a ticket with a reply an hour, and solve it in the hour after the last."""
    desk.ticket(**ticket)
    for hour, actor in enumerate(actors, 1):
        desk.comment(after(hours=hour), actor)
    if solved:
        desk.status(after(hours=len(actors) + 1), "solved", actor_id=AGENT)
    return desk


def solved(desk: Desk, ticket_id: int = 1, **ticket: Any) -> Desk:
    """Add a ticket that is solved a day after its creation."""
    at = ticket.setdefault("at", after())
    desk.ticket(ticket_id, **ticket)
    desk.status(at + timedelta(days=1), "solved", ticket_id, actor_id=AGENT)
    return desk


def reopened(desk: Desk, **times: float) -> Desk:
    """Solve a ticket after a day, and reopen it so long after that."""
    solved(desk)
    desk.status(after(days=1) + timedelta(**times), "open", actor_id=CUSTOMER)
    return desk


def given(desk: Desk, kind: str, *owners: int | None) -> Desk:
    """Give a ticket from one owner to the next, a minute each."""
    previous: int | None = None
    for minute, owner in enumerate(owners, 1):
        desk.event(
            kind, after(minutes=minute), value=None if owner is None else str(owner),
            previous=None if previous is None else str(previous),
        )  # fmt: skip
        previous = owner
    return desk


class TestTouches:
    def test_one_reply_and_no_reopening_is_one_touch(self, desk: Desk) -> None:
        assert replied(desk, AGENT).value("one_touch_rate") == 1

    def test_a_solve_without_any_reply_is_not_one_touch(self, desk: Desk) -> None:
        replied(desk)
        assert desk.value("one_touch_rate") == 0
        assert desk.value("one_touch_rate.exactly_one") == 0
        assert desk.value("one_touch_rate.under_two") == 1

    def test_a_reopened_ticket_is_one_touch_for_some(self, desk: Desk) -> None:
        replied(desk, AGENT)
        desk.status(after(hours=3), "open")
        desk.status(after(hours=4), "solved")
        assert desk.value("one_touch_rate") == 0
        assert desk.value("one_touch_rate.exactly_one") == 1
        assert desk.value("one_touch_rate.zoho") == 1
        assert desk.value("one_touch_rate.intercom") == 0
        assert desk.value("one_touch_rate.messaging") == 0

    def test_the_opening_by_staff_is_a_touch_for_dbt_only(self, desk: Desk) -> None:
        replied(desk, AGENT, opening=AGENT)
        assert desk.value("one_touch_rate") == 1
        assert desk.value("one_touch_rate.dbt") == 0
        assert desk.value("two_touch_rate.dbt") == 1

    @pytest.mark.parametrize("status", ["pending", "hold"])
    def test_a_ticket_that_was_put_off_is_not_one_touch_in_messaging(
        self, desk: Desk, status: str
    ) -> None:
        replied(desk, AGENT, solved=False)
        desk.status(after(hours=2), status)
        desk.status(after(hours=3), "solved")
        assert desk.value("one_touch_rate.messaging") == 0
        assert desk.value("one_touch_rate") == 1

    def test_messaging_takes_any_number_of_replies_but_none(self, desk: Desk) -> None:
        replied(desk, AGENT, AGENT, AGENT)
        assert desk.value("one_touch_rate.messaging") == 1

    def test_a_silent_solve_is_not_one_touch_in_messaging(self, desk: Desk) -> None:
        assert replied(desk).value("one_touch_rate.messaging") == 0

    @pytest.mark.parametrize("author", [CUSTOMER, OUTSIDER, UNKNOWN])
    def test_freshworks_asks_whether_anybody_had_to_write_again(
        self, desk: Desk, author: int
    ) -> None:
        replied(desk, AGENT, AGENT)
        assert desk.value("one_touch_rate.freshworks") == 1
        desk.comment(after(minutes=90), author)
        assert desk.value("one_touch_rate.freshworks") == 0

    def test_freshworks_forum_asks_for_one_response_before_the_first_solve(
        self, desk: Desk
    ) -> None:
        replied(desk, AGENT)
        desk.comment(after(hours=5), AGENT)
        assert desk.value("one_touch_rate.first_response") == 1
        assert desk.value("one_touch_rate") == 0

    def test_intercom_asks_for_one_teammate_notes_included(self, desk: Desk) -> None:
        replied(desk, AGENT, AGENT)
        assert desk.value("one_touch_rate.intercom") == 1
        desk.comment(after(minutes=5), OTHER_AGENT, is_public=False)
        assert desk.value("one_touch_rate.intercom") == 0

    @pytest.mark.parametrize(("replies", "name"), [(2, "two_touch_rate"), (3, "multi_touch_rate")])
    def test_more_replies_have_names_of_their_own(
        self, desk: Desk, replies: int, name: str
    ) -> None:
        replied(desk, *replies * [AGENT])
        values = {one: desk.value(one) for one in ("two_touch_rate", "multi_touch_rate")}
        assert values == {one: float(one == name) for one in values}
        assert desk.value("one_touch_rate") == 0

    def test_notes_bots_and_the_requester_are_no_touches(self, desk: Desk) -> None:
        replied(desk, AGENT, solved=False)
        desk.comment(after(hours=2), AGENT, is_public=False)
        desk.comment(after(hours=2), BOT)
        desk.comment(after(hours=2), CUSTOMER)
        desk.status(after(hours=3), "solved")
        name = "one_touch_rate"
        desk.measure(forms=[usual_form(definitions()[name])], bots=frozenset({BOT}))
        assert desk.rows(name)[0][0] == 1

    @pytest.mark.parametrize("name", TOUCHES)
    def test_it_is_dated_by_the_last_solve_and_counts_once_solved(
        self, desk: Desk, name: str
    ) -> None:
        replied(desk, AGENT)
        desk.status(after(days=2), "open")
        desk.measure(forms=[usual_form(definitions()[name])])
        assert desk.rows(name) == []
        desk.status(after(days=3), "solved")
        desk.measure(forms=[usual_form(definitions()[name])])
        assert [at for _, at, _ in desk.rows(name)] == [after(days=3)]

    @pytest.mark.parametrize("name", TOUCHES)
    def test_a_partial_trail_has_no_touches(self, desk: Desk, name: str) -> None:
        replied(desk, AGENT, created_event=False)
        desk.measure(forms=[usual_form(definitions()[name])])
        assert desk.rows(name) == [(None, None, Flag.PARTIAL_HISTORY)]


class TestFirstContact:
    def test_a_ticket_after_which_nobody_came_back_is_resolved(self, desk: Desk) -> None:
        assert solved(desk).value("fcr_system") == 1

    def test_the_number_of_replies_does_not_matter(self, desk: Desk) -> None:
        assert replied(desk, AGENT, OTHER_AGENT, ADMIN).value("fcr_system") == 1

    @pytest.mark.parametrize(("days", "value"), [(0.5, 0), (8, 0), (8.1, 1)])
    def test_a_comment_by_the_customer_within_the_window_is_another_contact(
        self, desk: Desk, days: float, value: int
    ) -> None:
        solved(desk)
        desk.comment(after(days=days), CUSTOMER)
        assert desk.value("fcr_system") == value

    def test_a_note_is_no_contact(self, desk: Desk) -> None:
        solved(desk)
        desk.comment(after(hours=1), CUSTOMER, is_public=False)
        assert desk.value("fcr_system") == 1

    @pytest.mark.parametrize(("days", "value"), [(7, 0), (7.1, 1)])
    def test_a_reopening_within_the_window_is_another_contact(
        self, desk: Desk, days: float, value: int
    ) -> None:
        assert reopened(desk, days=days).value("fcr_system") == value

    @pytest.mark.parametrize(("days", "value"), [(7, 0), (7.1, 1)])
    def test_a_new_ticket_of_the_requester_within_the_window_is_another_contact(
        self, desk: Desk, days: float, value: int
    ) -> None:
        solved(desk)
        desk.ticket(2, at=after(days=1 + days))
        assert desk.value("fcr_system") == value

    def test_the_window_can_be_set(self, desk: Desk) -> None:
        solved(desk)
        desk.ticket(2, at=after(days=5))
        assert desk.value("fcr_system", window="3 d") == 1
        assert desk.value("fcr_system", window="30 d") == 0

    def test_tickets_of_others_or_opened_before_the_solve_do_not_matter(self, desk: Desk) -> None:
        solved(desk)
        desk.ticket(2, at=after(hours=1))
        desk.ticket(3, at=after(days=2), requester_id=OUTSIDER)
        assert desk.value("fcr_system") == 1

    @pytest.mark.parametrize(
        "gone",
        [{"status": "deleted"}, {"marks": int(Mark.SPAM)}, {"marks": int(Mark.MERGED)}],
    )
    def test_a_ticket_that_is_none_is_no_contact(self, desk: Desk, gone: dict[str, Any]) -> None:
        solved(desk)
        desk.ticket(2, at=after(days=2), **gone)
        assert desk.value("fcr_system") == 1

    @pytest.mark.parametrize(
        ("topics", "value"),
        [(("bill", "bill"), 0), (("bill", "login"), 1), (("bill", None), 0), ((None, "bill"), 0)],
    )
    def test_another_topic_is_another_contact_where_both_have_one(
        self, desk: Desk, topics: tuple[str | None, str | None], value: int
    ) -> None:
        first, second = ({"55": topic} if topic else {} for topic in topics)
        solved(desk, fields=first)
        desk.ticket(2, at=after(days=2), fields=second)
        assert desk.value("fcr_system", topic="55") == value
        assert desk.value("repeat_contact_rate", topic="55") == 1 - value
        assert desk.value("fcr_system") == 0

    def test_what_the_desk_cannot_resolve_does_not_count(self, desk: Desk) -> None:
        solved(desk, tags=["vendor_bug"])
        assert desk.value("fcr_system", unresolvable="vendor_bug") is None
        assert desk.value("fcr_system", unresolvable="other") == 1

    def test_without_a_requester_nobody_knows(self, desk: Desk) -> None:
        solved(desk, requester_id=None)
        assert desk.value("fcr_system") is None
        assert desk.value("repeat_contact_rate") is None

    def test_it_is_dated_by_the_first_solve(self, desk: Desk) -> None:
        reopened(desk, days=1)
        desk.status(after(days=3), "solved")
        desk.value("fcr_system")
        assert desk.rows("fcr_system") == [(0, after(days=1), Flag.NONE)]

    def test_a_follow_up_ticket_is_a_repeat_contact_and_no_reopening(self, desk: Desk) -> None:
        solved(desk)
        desk.status(after(days=5), "closed")
        desk.ticket(2, at=after(days=6), marks=int(Mark.FOLLOW_UP))
        assert desk.value("repeat_contact_rate") == 1
        assert desk.value("fcr_system") == 0
        assert desk.value("reopen_rate") == 0

    def test_a_reopening_is_no_repeat_contact(self, desk: Desk) -> None:
        assert reopened(desk, days=1).value("repeat_contact_rate") == 0

    def test_surveys_are_another_measure_from_outside(self) -> None:
        assert definitions()["fcr_survey"].family == "imported"


class TestFirstLevel:
    def test_a_ticket_that_stayed_below_is_resolved_there(self, desk: Desk) -> None:
        solved(given(desk, "group", 7), group_id=7)
        assert desk.value("first_level_resolution", tiers=["Tier 2", "Tier 3"]) == 1

    @pytest.mark.parametrize("called", ["Tier 2", "tier 2", "8"])
    def test_a_ticket_that_was_above_is_not_even_if_it_came_back(
        self, desk: Desk, called: str
    ) -> None:
        solved(given(desk, "group", 7, 8, 7))
        assert desk.value("first_level_resolution", tiers=[called]) == 0

    def test_a_ticket_that_was_above_from_the_start_is_not(self, desk: Desk) -> None:
        solved(desk, group_id=9)
        assert desk.value("first_level_resolution", tiers=["Tier 3"]) == 0

    def test_where_it_goes_after_the_solve_does_not_matter(self, desk: Desk) -> None:
        solved(given(desk, "group", 7))
        desk.event("group", after(days=2), value="8", previous="7")
        assert desk.value("first_level_resolution", tiers=["Tier 2"]) == 1

    def test_without_tiers_there_is_no_value(self, desk: Desk) -> None:
        assert solved(desk).value("first_level_resolution") is None


class TestReopening:
    @pytest.mark.parametrize(
        "case", [({"days": 14}, 1), ({"days": 14, "seconds": 1}, 0)], ids=["in", "out"]
    )
    def test_it_counts_for_14_days(self, desk: Desk, case: tuple[dict[str, float], int]) -> None:
        times, value = case
        assert reopened(desk, **times).value("reopen_rate") == value

    def test_dbt_misses_a_ticket_that_is_not_solved_again(self, desk: Desk) -> None:
        reopened(desk, days=1)
        assert desk.value("reopen_rate") == 1
        assert desk.value("reopen_rate.dbt") == 0
        desk.status(after(days=30), "solved")
        assert desk.value("reopen_rate.dbt") == 1

    def test_by_what_tickets_are_now_an_open_one_is_not_among_them(self, desk: Desk) -> None:
        reopened(desk, days=30)
        name = "reopen_rate.currently"
        desk.measure(forms=[usual_form(definitions()[name])])
        assert desk.rows(name) == []
        desk.status(after(days=40), "solved")
        assert desk.value(name) == 1
        assert desk.rows(name)[0][1] == after(days=40)

    def test_of_solve_events_each_counts_once(self, desk: Desk) -> None:
        reopened(desk, days=1)
        desk.status(after(days=3), "solved")
        desk.status(after(days=4), "open")
        desk.status(after(days=5), "solved")
        name = "reopen_rate.events"
        desk.measure(forms=[usual_form(definitions()[name])])
        found = [(value, at) for value, at, _ in desk.rows(name)]
        assert found == [(1, after(days=1)), (1, after(days=3)), (0, after(days=5))]

    def test_closed_after_solved_is_no_second_solve(self, desk: Desk) -> None:
        solved(desk)
        desk.status(after(days=4), "closed")
        assert desk.value("reopen_rate.dbt") == 0
        assert desk.value("solves_per_ticket") == 1

    @pytest.mark.parametrize(("hours", "value"), [(24, 0), (24.1, 1)])
    def test_thanks_can_be_ignored(self, desk: Desk, hours: float, value: int) -> None:
        reopened(desk, days=1)
        desk.comment(after(days=2), CUSTOMER)
        desk.status(after(days=2, hours=hours), "solved")
        assert desk.value("reopen_rate", ignore_quick=True) == value
        assert desk.value("reopen_rate") == 1

    def test_a_reply_makes_it_more_than_thanks(self, desk: Desk) -> None:
        reopened(desk, days=1)
        desk.comment(after(days=2, hours=1), AGENT)
        desk.status(after(days=2, hours=2), "solved")
        assert desk.value("reopen_rate", ignore_quick=True) == 1

    def test_a_reopening_that_lasts_counts_beside_thanks(self, desk: Desk) -> None:
        reopened(desk, days=1)
        desk.status(after(days=2, hours=1), "solved")
        desk.status(after(days=4), "open")
        assert desk.value("reopen_rate", ignore_quick=True) == 1

    def test_deleting_and_recovering_is_no_reopening(self, desk: Desk) -> None:
        solved(desk)
        desk.event("deleted", after(days=2))
        desk.event("restored", after(days=3))
        assert desk.value("reopen_rate") == 0
        assert desk.value("reopens_per_ticket") == 0

    def test_reopenings_and_solves_are_counted(self, desk: Desk) -> None:
        reopened(desk, days=1)
        desk.status(after(days=3), "solved")
        assert desk.value("reopens_per_ticket") == 1
        assert desk.value("solves_per_ticket") == 2

    def test_closed_without_solved_is_a_solve_but_not_for_dbt(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(days=1), "closed")
        assert desk.value("solves_per_ticket") == 1
        assert desk.value("solves_per_ticket.dbt") == 0

    @pytest.mark.parametrize(("recovered", "solves"), [("solved", 2), ("pending", 1)])
    def test_a_recovery_counts_the_status_that_it_sets_once(
        self, desk: Desk, recovered: str, solves: int
    ) -> None:
        solved(desk)
        desk.event("deleted", after(days=2))
        desk.event("restored", after(days=3))
        desk.status(after(days=3), recovered)
        desk.status(after(days=4), "closed")
        assert desk.value("solves_per_ticket.dbt") == solves


class TestComments:
    @pytest.fixture
    def written(self, desk: Desk) -> Desk:
        """One opening, two replies, two comments by customers, a note, a bot and a stranger."""
        replied(desk, AGENT, CUSTOMER, OTHER_AGENT, OUTSIDER, solved=False)
        desk.comment(after(hours=5), ADMIN, is_public=False)
        desk.comment(after(hours=5), BOT)
        desk.comment(after(hours=5), UNKNOWN)
        desk.comment(after(hours=5), None)
        desk.status(after(hours=6), "solved")
        return desk

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("replies_per_ticket", 2),
            ("replies_per_ticket.dbt", 2),
            ("customer_comments_per_ticket", 2),
            ("customer_comments_per_ticket.dbt", 3),
            ("comments_per_ticket", 6),
            ("comments_per_ticket.staff", 3),
            ("comments_per_ticket.internal", 1),
            ("handoffs", 3),
        ],
    )
    def test_each_counts_its_own(self, written: Desk, name: str, value: int) -> None:
        written.measure(forms=[usual_form(definitions()[name])], bots=frozenset({BOT}))
        assert written.rows(name) == [(value, after(hours=6), Flag.NONE)]

    def test_the_opening_by_staff_counts_for_dbt(self, desk: Desk) -> None:
        replied(desk, OTHER_AGENT, opening=AGENT)
        assert desk.value("replies_per_ticket") == 1
        assert desk.value("replies_per_ticket.dbt") == 2

    def test_what_staff_write_in_the_second_of_creation_is_a_reply_to_count(
        self, desk: Desk
    ) -> None:
        desk.ticket()
        desk.comment(after(), AGENT)
        desk.status(after(hours=1), "solved")
        assert desk.value("replies_per_ticket") == 1

    def test_a_comment_that_was_made_private_counts_for_dbt(self, desk: Desk) -> None:
        desk.ticket()
        desk.comment(after(hours=1), CUSTOMER, is_public=False)
        desk.status(after(hours=2), "solved")
        assert desk.value("customer_comments_per_ticket") == 0
        assert desk.value("customer_comments_per_ticket.dbt") == 2

    def test_a_requester_of_the_staff_is_no_helper(self, desk: Desk) -> None:
        replied(desk, AGENT, OTHER_AGENT, opening=AGENT, requester_id=AGENT)
        assert desk.value("replies_per_ticket") == 1
        assert desk.value("handoffs") == 1
        assert desk.value("customer_comments_per_ticket") == 1

    @pytest.mark.parametrize(
        ("name", "so_far"), [("replies_per_ticket", 1), ("handoffs", 1), ("assignee_stations", 0)]
    )
    def test_an_unsolved_ticket_says_how_many_so_far(
        self, desk: Desk, name: str, so_far: int
    ) -> None:
        replied(desk, AGENT, solved=False)
        assert desk.value(name) is None
        rows = desk.con.execute("select so_far from measures").fetchall()
        assert rows == [(so_far,)]


class TestStations:
    @pytest.mark.parametrize(
        ("owners", "stations", "distinct"),
        [
            ((), 0, 0),
            ((AGENT,), 1, 1),
            ((AGENT, OTHER_AGENT, AGENT), 3, 2),
            ((AGENT, None, AGENT), 2, 1),
        ],
    )
    def test_repeats_count_and_taking_away_does_not(
        self, desk: Desk, owners: tuple[int | None, ...], stations: int, distinct: int
    ) -> None:
        solved(given(desk, "assignee", *owners))
        assert desk.value("assignee_stations") == stations
        assert desk.value("assignee_stations.distinct") == distinct
        assert desk.value("group_stations") == 0

    def test_groups_have_stations_of_their_own(self, desk: Desk) -> None:
        solved(given(desk, "group", 7, 8, 7))
        assert desk.value("group_stations") == 3
        assert desk.value("group_stations.distinct") == 2

    def test_who_had_the_ticket_before_its_first_change_was_the_first(self, desk: Desk) -> None:
        solved(desk)
        desk.event("assignee", after(hours=1), value=str(AGENT), previous=str(OTHER_AGENT))
        assert desk.value("assignee_stations") == 2

    def test_who_always_had_the_ticket_is_one_station(self, desk: Desk) -> None:
        assert solved(desk, assignee_id=AGENT).value("assignee_stations") == 1

    def test_ids_of_other_vendors_are_people_too(self, desk: Desk) -> None:
        desk.insert("vendor_ids", kind="person", key=-5, id="ann")
        desk.insert("vendor_ids", kind="group", key=-6, id="ann")
        solved(desk)
        for minute in (1, 2):
            desk.event("assignee", after(minutes=minute), value="ann")
        assert desk.value("assignee_stations") == 2
        assert desk.value("assignee_stations.distinct") == 1

    def test_back_to_the_first_assignee_is_a_reassignment_but_not_for_dbt(self, desk: Desk) -> None:
        solved(given(desk, "assignee", AGENT, OTHER_AGENT, AGENT))
        assert desk.value("reassignment_rate") == 1
        assert desk.value("reassignment_rate.dbt") == 0

    def test_the_first_assignment_is_no_reassignment(self, desk: Desk) -> None:
        solved(given(desk, "assignee", AGENT))
        assert desk.value("reassignment_rate") == 0

    def test_a_ticket_that_nobody_had_is_not_among_them(self, desk: Desk) -> None:
        solved(desk)
        assert desk.value("reassignment_rate") is None
        assert desk.value("reassignment_rate.dbt") is None


class TestEscalation:
    TIERS = ("Tier 2", "Tier 3")

    def test_what_it_is_has_to_be_set(self, desk: Desk) -> None:
        solved(given(desk, "group", 7, 8), tags=["escalated"])
        assert desk.value("escalation_rate") is None

    @pytest.mark.parametrize(
        ("groups", "value"),
        [((7,), 0), ((7, 8), 1), ((8,), 0), ((8, 9), 1), ((9, 8), 0), ((9, 7), 0), ((7, 8, 7), 1)],
    )
    def test_a_move_up_is_one(self, desk: Desk, groups: tuple[int, ...], value: int) -> None:
        desk.ticket()
        given(desk, "group", *groups)
        assert desk.value("escalation_rate", tiers=list(self.TIERS)) == value

    @pytest.mark.parametrize(("tags", "value"), [(["escalated"], 1), (["other"], 0), ([], 0)])
    def test_a_tag_is_one(self, desk: Desk, tags: list[str], value: int) -> None:
        desk.ticket(tags=tags)
        assert desk.value("escalation_rate", tag="escalated") == value

    @pytest.mark.parametrize(
        ("priorities", "value"),
        [
            (("high",), 0),
            (("normal", "high"), 1),
            (("high", "low"), 0),
            (("high", "low", "high"), 1),
        ],
    )
    def test_a_raised_priority_is_one(
        self, desk: Desk, priorities: tuple[str, ...], value: int
    ) -> None:
        desk.ticket()
        for minute, priority in enumerate(priorities):
            desk.event("priority", after(minutes=minute), value=priority)
        assert desk.value("escalation_rate", by_priority=True) == value
        assert desk.value("escalation_rate", tag="x") == 0

    def test_a_ticket_counts_once_from_its_creation_on(self, desk: Desk) -> None:
        desk.ticket(tags=["up"])
        given(desk, "group", 7, 8, 9)
        assert desk.value("escalation_rate", tag="up", tiers=list(self.TIERS)) == 1
        key = "escalation_rate{tag=up,tiers=Tier 2+Tier 3}"
        assert desk.rows(key) == [(1, after(), Flag.NONE)]


def test_a_deleted_ticket_says_so_in_every_measure(desk: Desk) -> None:
    solved(desk, tags=["x"])
    desk.event("deleted", after(days=2))
    desk.con.execute("update tickets set status = 'deleted'")
    for name in ("fcr_system", "reopen_rate", "repeat_contact_rate", "tickets_solved"):
        desk.value(name)
        assert desk.rows(name)[0][2] == Flag.DELETED
