"""The helpdesk's own figures beside ours: what agrees, and which rule explains what does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.kpi.parity import (
    Pair,
    Parity,
    chosen_figures,
    compare,
    compare_ticket,
    figures,
    forms_of,
)
from connector.kpi.parity_rules import RULES, UNEXPLAINED, words_of
from connector.model.ticket import NATIVE_FIGURES, Mark
from tests.kpi.desk import ADMIN, AGENT, BOT, MONDAY, Desk, after, attached

HOUR = 3600
BOTS = frozenset({BOT})


def compared(desk: Desk, name: str) -> Parity:
    """Measure, and compare one figure over all tickets."""
    return compare(_view(desk, name), chosen_figures([name]), bots=BOTS)[0]


def pair(desk: Desk, name: str, ticket: int = 1) -> Pair:
    """Measure, and compare one figure of one ticket."""
    (found,) = compare_ticket(_view(desk, name), chosen_figures([name]), ticket, bots=BOTS)
    return found


def rule(desk: Desk, name: str) -> str:
    """Return the rule that explains the figure of ticket 1, "" where it agrees."""
    return pair(desk, name).rule


def _view(desk: Desk, name: str) -> Any:
    desk.measure(forms=forms_of(chosen_figures([name])), bots=BOTS)
    con = attached(desk)
    source = f"select '{desk.name}' as helpdesk, * from {desk.name}.native"
    con.execute(f"create or replace view native as {source}")
    return con


def native(desk: Desk, ticket: int = 1, **values: float | None) -> None:
    """Give a ticket figures that know everything that happened to it."""
    desk.insert("native", ticket_id=ticket, **values)
    desk.con.execute(
        'update tickets set updated_at = (select max("at") from events as e'
        " where e.ticket_id = tickets.ticket_id)"
    )


def replied(at: datetime, actor: int | None = AGENT, **ticket: Any) -> Desk:
    desk = Desk()
    desk.ticket(**ticket)
    desk.comment(at, actor)
    return desk


def solved(hours: float = 2) -> Desk:
    desk = Desk()
    desk.ticket()
    desk.status(after(hours=hours), "solved")
    return desk


def test_every_native_figure_has_a_counterpart() -> None:
    assert [figure.name for figure in figures()] == list(NATIVE_FIGURES)
    assert len(forms_of(figures())) == 13


def test_figures_are_chosen_by_measure_or_by_their_own_name() -> None:
    assert len(chosen_figures(["first_reply_time"])) == 2
    assert [figure.measure for figure in chosen_figures(["replies"])] == ["replies_per_ticket"]
    assert len(chosen_figures([])) == len(NATIVE_FIGURES)


@pytest.mark.parametrize(
    ("theirs", "equal"), [(3600, 1), (3600 - 59, 1), (3600 + 59, 1), (3600 - 60, 0), (3660, 0)]
)
def test_times_less_than_a_minute_apart_agree(theirs: float, equal: int) -> None:
    desk = replied(after(hours=1))
    native(desk, first_reply_time_calendar=theirs)
    found = compared(desk, "first_reply_time_calendar")
    assert (found.compared, found.equal, found.differing) == (1, equal, 1 - equal)


def test_counts_agree_only_when_they_are_the_same() -> None:
    desk = solved()
    native(desk, reopens=1)
    assert compared(desk, "reopens").differing == 1


def test_what_neither_side_has_is_not_compared() -> None:
    desk = Desk()
    desk.ticket()
    native(desk, reopens=0)
    assert compared(desk, "first_reply_time_calendar").compared == 0


def test_nothing_and_none_are_the_same_for_sums_alone() -> None:
    desk = replied(MONDAY + timedelta(seconds=1))
    native(desk, on_hold_time_calendar=None, first_reply_time_calendar=None)
    assert rule(desk, "on_hold_time_calendar") == ""
    assert rule(desk, "first_reply_time_calendar") != ""


def test_an_open_ticket_is_compared_by_what_is_over() -> None:
    desk = Desk()
    desk.ticket()
    desk.status(after(hours=1), "pending")
    native(desk, requester_wait_time_calendar=HOUR)
    assert pair(desk, "requester_wait_time_calendar").ours == HOUR
    assert rule(desk, "requester_wait_time_calendar") == ""


def test_differences_are_counted_by_rule_with_examples() -> None:
    desk = Desk()
    for ticket in (1, 2, 3):
        desk.ticket(ticket, created_event=ticket == 3)
        desk.comment(after(hours=1), AGENT, ticket)
        native(desk, ticket, first_reply_time_calendar=2 * HOUR)
    found = compared(desk, "first_reply_time_calendar")
    told = [(reason.rule, reason.tickets, reason.examples) for reason in found.reasons]
    assert told == [("partial_history", 2, ("2", "1")), (UNEXPLAINED, 1, ("3",))]


def test_a_history_that_starts_late_explains() -> None:
    desk = Desk()
    desk.ticket(created_event=False)
    native(desk, first_reply_time_calendar=HOUR)
    assert rule(desk, "first_reply_time_calendar") == "partial_history"
    native(desk, agent_wait_time_calendar=HOUR)
    assert compared(desk, "agent_wait_time_calendar").reasons[0].rule == "partial_history"


def test_figures_older_than_the_newest_event_explain() -> None:
    desk = solved()
    native(desk, first_resolution_time_calendar=None)
    desk.con.execute("update tickets set updated_at = created_at")
    assert rule(desk, "first_resolution_time_calendar") == "read_before"


def test_a_deletion_explains() -> None:
    desk = Desk()
    desk.ticket()
    desk.event("deleted", after(hours=1))
    desk.event("restored", after(hours=2))
    desk.status(after(hours=3), "solved")
    native(desk, requester_wait_time_calendar=3 * HOUR)
    assert rule(desk, "requester_wait_time_calendar") == "deleted"


def test_a_merge_explains() -> None:
    desk = Desk()
    desk.ticket(marks=Mark.MERGED)
    native(desk, first_resolution_time_calendar=HOUR)
    assert rule(desk, "first_resolution_time_calendar") == "merged"


def test_messages_that_are_kept_elsewhere_explain_replies_alone() -> None:
    desk = Desk()
    desk.ticket(marks=Mark.MESSAGING)
    native(desk, replies=2, reopens=2)
    assert rule(desk, "replies") == "messaging"
    assert rule(desk, "reopens") == UNEXPLAINED


def test_a_ticket_that_is_open_again_explains() -> None:
    desk = solved()
    desk.status(after(hours=3), "open")
    native(desk, full_resolution_time_calendar=2 * HOUR)
    assert rule(desk, "full_resolution_time_calendar") == "reopened"


def test_a_time_that_is_not_live_yet_explains() -> None:
    desk = Desk()
    desk.ticket()
    desk.status(after(hours=1), "pending")
    native(desk, requester_wait_time_calendar=None)
    assert rule(desk, "requester_wait_time_calendar") == "not_live"


def test_a_solved_ticket_without_a_figure_explains() -> None:
    desk = solved()
    native(desk, first_resolution_time_calendar=None)
    assert rule(desk, "first_resolution_time_calendar") == "no_figure"


def test_a_requester_who_is_staff_explains() -> None:
    desk = replied(after(hours=1), ADMIN, requester_id=ADMIN, opening=ADMIN)
    desk.comment(after(hours=2), AGENT)
    native(desk, first_reply_time_calendar=HOUR, replies=2)
    assert rule(desk, "first_reply_time_calendar") == "requester_is_staff"
    assert rule(desk, "replies") == "requester_is_staff"


def test_a_bot_that_replied_explains() -> None:
    desk = replied(after(hours=1), BOT)
    desk.comment(after(hours=2), AGENT)
    native(desk, first_reply_time_calendar=HOUR)
    assert rule(desk, "first_reply_time_calendar") == "bot_reply"


def test_a_comment_in_the_second_of_creation_explains() -> None:
    desk = replied(MONDAY)
    desk.comment(after(hours=2), AGENT)
    native(desk, first_reply_time_calendar=0)
    assert rule(desk, "first_reply_time_calendar") == "same_second"


def test_an_opening_that_is_counted_explains() -> None:
    desk = replied(after(hours=1), opening=AGENT)
    native(desk, replies=2)
    assert rule(desk, "replies") == "opening_counted"


def test_somebody_whose_role_changed_explains() -> None:
    desk = replied(after(hours=1), 77)
    native(desk, first_reply_time_calendar=HOUR)
    assert rule(desk, "first_reply_time_calendar") == "other_author"


def two_schedules() -> Desk:
    """Return a ticket that moved, after an hour, from hours by day to hours around the clock."""
    desk = Desk()
    desk.schedule(50, ((1440 + 600, 1440 + 1020),))  # Monday from 10:00, the ticket came at 9:00
    desk.schedule(51, ((0, 7 * 1440),), is_default=False)
    desk.ticket()
    desk.event("schedule", MONDAY, value="50")
    desk.event("schedule", after(hours=2), value="51", previous="50")
    desk.comment(after(hours=3), AGENT)
    return desk


def test_a_schedule_that_changed_explains() -> None:
    desk = two_schedules()
    native(desk, first_reply_time_business=3 * HOUR)
    found = pair(desk, "first_reply_time_business")
    assert (found.ours, found.rule) == (2 * HOUR, "schedule_at_event")
    desk = two_schedules()
    desk.status(after(hours=4), "solved")
    native(desk, requester_wait_time_business=HOUR)
    assert rule(desk, "requester_wait_time_business") == "schedule_switched"


def test_a_switch_of_schedules_ends_a_stretch_for_the_helpdesk_alone() -> None:
    desk = two_schedules()
    native(desk, requester_wait_time_calendar=2 * HOUR)
    found = pair(desk, "requester_wait_time_calendar")
    assert (found.ours, found.rule) == (0, "schedule_switched")


def test_a_helpdesk_without_hours_explains() -> None:
    desk = replied(after(hours=1))
    native(desk, first_reply_time_business=HOUR)
    assert rule(desk, "first_reply_time_business") == "no_schedule"


def test_a_ticket_without_a_schedule_explains() -> None:
    desk = replied(after(hours=20))
    desk.schedule()
    native(desk, first_reply_time_business=20 * HOUR)
    assert rule(desk, "first_reply_time_business") == "all_hours"
    desk.con.execute("update native set first_reply_time_business = 3600")
    assert rule(desk, "first_reply_time_business") == "default_schedule"


def test_hours_that_were_edited_explain() -> None:
    desk = Desk()
    desk.ticket()
    desk.schedule()
    desk.schedule(valid_from=after(hours=1))
    desk.event("schedule", MONDAY, value="50")
    desk.status(after(hours=5), "solved")
    native(desk, requester_wait_time_business=2 * HOUR)
    assert rule(desk, "requester_wait_time_business") == "hours_edited"


def test_stretches_cut_to_minutes_explain() -> None:
    desk = Desk()
    desk.ticket()
    for minutes in (1, 2, 3):
        desk.status(after(minutes=minutes, seconds=-5), "pending" if minutes % 2 else "open")
    desk.status(after(minutes=4), "solved")
    native(desk, agent_wait_time_calendar=60)
    found = pair(desk, "agent_wait_time_calendar")
    assert (found.ours, found.rule) == (125, "cut_minutes")


def test_what_no_rule_explains_is_said_so() -> None:
    desk = replied(after(hours=1))
    native(desk, first_reply_time_calendar=9 * HOUR)
    found = pair(desk, "first_reply_time_calendar")
    assert (found.rule, found.words) == (UNEXPLAINED, "no rule explains it")


def test_rules_have_names_and_words_of_their_own() -> None:
    assert len({rule.id for rule in RULES}) == len({rule.words for rule in RULES}) == len(RULES)
    assert all(words_of(rule.id) == rule.words for rule in RULES)


def test_the_guide_names_every_rule() -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "parity.md"
    text = guide.read_text(encoding="utf-8")
    assert [rule.id for rule in RULES if f"| `{rule.id}` |" not in text] == []
    assert [rule.words for rule in RULES if rule.words not in text] == []
