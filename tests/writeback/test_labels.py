"""What a ticket should show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.config.mapping import GoalTable
from connector.errors import SettingsError
from connector.model.goal import GoalReport, GoalState
from connector.model.kpi import Period
from connector.writeback.labels import TicketLabels, field_specs, labels, may_show, membership
from connector.writeback.note import Membership, told_states
from connector.writeback.ownership import Names
from connector.writeback.words import ENGLISH, GERMAN, TicketOutcome, Word, language
from tests.goals.cases import CSAT, definition
from tests.writeback.world import DUE, NOON, due_soon, member, quality


def shown(*members: Membership, **changes: Any) -> TicketLabels:
    return labels(members, **{"names": Names(), "tongue": ENGLISH, **changes})


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (("on_track", "off_track", "at_risk"), Word.OFF_TRACK),
        (("on_track", "at_risk"), Word.AT_RISK),
        (("insufficient_data", "on_track"), Word.ON_TRACK),
        (("needs_baseline",), Word.NO_DATA),
        (("safe", "warning"), Word.AT_RISK),
        (("violated",), Word.OFF_TRACK),
        (("paused",), None),
        (("not_started", "achieved", "missed"), None),
        ((), None),
    ],
)
def test_the_worst_status_is_shown_in_four_words(
    states: tuple[str, ...], word: Word | None
) -> None:
    members = [member(state, goal=f"goal_{place}") for place, state in enumerate(states)]
    assert shown(*members).status is word


@pytest.mark.parametrize(
    ("outcomes", "most_urgent"),
    [
        (("met", "missed", "pending", "due_soon"), TicketOutcome.DUE_SOON),
        (("met", "missed", "pending"), TicketOutcome.PENDING),
        (("met", "missed"), TicketOutcome.MISSED),
        (("met",), TicketOutcome.MET),
        ((), None),
    ],
)
def test_the_most_urgent_thing_to_do_is_shown_else_how_it_ended(
    outcomes: tuple[str, ...], most_urgent: TicketOutcome | None
) -> None:
    members = [member(goal=f"goal_{place}", outcome=o) for place, o in enumerate(outcomes)]
    assert shown(*members).outcome is most_urgent


def test_options_carry_prefix_and_word() -> None:
    found = labels([due_soon("at_risk")], names=Names("okr_"), tongue=ENGLISH)
    assert found.status_option == "okr_status__at_risk"
    assert found.outcome_option == "okr_outcome__due_soon"


def test_the_note_says_why_and_what_is_due_in_the_zone_of_the_goal() -> None:
    assert shown(due_soon("at_risk")).note == (
        "Faster first reply: at risk as of 22 Nov. Reply due Mon 23 Nov 10:05 CET"
    )


def test_the_note_is_written_in_german() -> None:
    assert shown(due_soon("at_risk"), tongue=GERMAN).note == (
        "Faster first reply: gefährdet Stand 22. Nov. Antwort fällig Mo 23. Nov. 10:05 CET"
    )


def test_the_note_has_a_line_for_each_goal_worst_first() -> None:
    note = shown(member("on_track"), quality("off_track")).note
    assert note == ("Quality: off track as of 22 Nov\nFaster first reply: on track as of 22 Nov")


def test_the_note_tells_how_it_ended() -> None:
    met = shown(member(outcome="met")).note
    missed = shown(member(outcome="missed", due_at=DUE)).note
    assert met == "Faster first reply: on track as of 22 Nov. Reply in time"
    assert missed == (
        "Faster first reply: on track as of 22 Nov. Reply missed, was due Mon 23 Nov 10:05 CET"
    )


def test_a_goal_whose_status_waits_still_tells_what_is_due() -> None:
    assert shown(due_soon(None)).note == "Faster first reply. Reply due Mon 23 Nov 10:05 CET"


@pytest.mark.parametrize("tongue", [ENGLISH, GERMAN])
def test_a_note_can_be_read_back_in_any_language(tongue: Any) -> None:
    note = shown(due_soon("off_track"), quality("insufficient_data"), tongue=tongue).note
    assert told_states(note) == {"Faster first reply": Word.OFF_TRACK, "Quality": Word.NO_DATA}


def test_a_note_of_somebody_else_tells_nothing() -> None:
    assert told_states("Called the customer: at ease now") == {}


def test_goal_tags_are_opt_in_and_only_for_states_to_act_on() -> None:
    quiet = shown(due_soon("at_risk"))
    tagged = shown(due_soon("at_risk", tag=True), quality("on_track", tag=True, outcome="met"))
    assert quiet.tags == frozenset()
    assert tagged.tags == {"goal__faster__at_risk", "goal__faster__due_soon"}


def test_a_solved_ticket_shows_only_how_it_ended() -> None:
    found = shown(due_soon("at_risk", tag=True), is_solved=True)
    assert (found.outcome, found.tags) == (None, frozenset())


def test_a_solved_ticket_keeps_the_tag_of_a_missed_goal() -> None:
    found = shown(member("at_risk", outcome="missed", tag=True), is_solved=True)
    assert found.tags == {"goal__faster__missed"}


def test_a_kpi_that_settles_late_never_shows_on_tickets() -> None:
    assert may_show(_goal(), definition())
    assert not may_show(_goal(), CSAT)


def test_a_persons_goal_shows_only_when_the_admin_says_so() -> None:
    assert not may_show(_goal(level="person"), definition())
    assert may_show(_goal(level="person"), definition(), people=True)


def test_a_membership_takes_goal_and_ticket_together() -> None:
    table = _goal(show={"status": "at_once", "tag": True}, level="department")
    found = membership(table, _report(), settles_by="reply", outcome="pending", due_at=DUE)
    assert found == member(
        "at_risk",
        title="Faster",
        outcome="pending",
        due_at=DUE,
        timezone="UTC",
        tag=True,
        level="department",
    )


@pytest.mark.parametrize("code", ["en", "de"])
def test_fields_have_the_same_options_in_every_language(code: str) -> None:
    status, outcome, note = field_specs("goal_", code)
    assert list(status.options) == [
        "goal_status__on_track",
        "goal_status__at_risk",
        "goal_status__off_track",
        "goal_status__no_data",
    ]
    assert set(outcome.options) == {f"goal_outcome__{each}" for each in TicketOutcome}
    assert [spec.kind for spec in (status, outcome, note)] == ["dropdown", "dropdown", "text"]


def test_fields_are_called_what_agents_are_told() -> None:
    titles = [spec.title for spec in field_specs("goal_", "en")]
    assert titles == ["Goal status", "Goal outcome", "Goal note"]
    assert field_specs("goal_", "de")[0].options["goal_status__at_risk"] == "Gefährdet"


def test_a_field_says_who_maintains_it_and_how_to_keep_it_off() -> None:
    status, _, note = field_specs("okr_", "en")
    assert "goal connector" in status.description
    assert "okr_ignore" in note.description


def test_a_language_we_do_not_ship_is_a_mistake_in_the_config() -> None:
    with pytest.raises(SettingsError, match="use en, de"):
        language("fr")


def _goal(**changes: Any) -> GoalTable:
    values: dict[str, Any] = {
        "title": "Faster",
        "kpi": "kpi",
        "owner": "lead",
        "target": "60 min",
        "period": {"start": "2026-10-01", "end": "2027-01-01"},
    }
    return GoalTable.model_validate({**values, **changes})


def _report() -> GoalReport:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    return GoalReport(
        id="faster",
        kind="key_result",
        title="Faster",
        level="department",
        scope="all tickets",
        kpi="kpi",
        period=Period(start, NOON),
        baseline=1.0,
        target=2.0,
        value=1.5,
        unit="s",
        n=10,
        grade=0.5,
        raw=0.5,
        status=GoalState.AT_RISK,
        flags=(),
        forecast=None,
        as_of=NOON,
        why="",
    )
