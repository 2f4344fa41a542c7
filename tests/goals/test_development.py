"""Goals without a KPI: open, closed by hand with evidence, or missed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connector.config.mapping import GoalTable
from connector.goals.development import judge_development
from connector.model.goal import CheckIn, GoalReport
from tests.goals.cases import END, MIDDLE, START

DAY = timedelta(days=1)


def said(at: datetime = MIDDLE, evidence: str = "certificate 4711", **more: object) -> CheckIn:
    note = str(more.get("note", ""))
    return CheckIn(goal="learn", at=at, by="Ann", evidence=evidence, note=note)


def stands(*checkins: CheckIn, now: datetime = MIDDLE + DAY, **written: object) -> GoalReport:
    values: dict[str, object] = {
        "kind": "development",
        "title": "Learn to coach",
        "owner": "Ann",
        "objective": "grow",
        "period": {"start": "2026-10-01", "end": "2027-01-01"},
    }
    table = GoalTable.model_validate({**values, **written})
    return judge_development("learn", table, checkins, now)


def test_it_is_open_until_somebody_closes_it() -> None:
    found = stands()
    assert (found.status, found.grade) == ("on_track", None)
    assert found.why == "open: closed by hand, with evidence"


def test_evidence_closes_it() -> None:
    found = stands(said())
    assert (found.status, found.grade, found.flags) == ("achieved", 1.0, ())
    assert found.why == "closed by Ann on 16 Nov 2026: certificate 4711"


def test_a_note_or_confidence_alone_does_not() -> None:
    assert stands(said(evidence="", note="nearly there")).status == "on_track"


def test_evidence_that_is_still_to_come_does_not() -> None:
    assert stands(said(at=MIDDLE + 2 * DAY)).status == "on_track"


def test_the_end_without_evidence_is_missed() -> None:
    assert stands(now=END - timedelta(seconds=1)).status == "on_track"
    found = stands(said(evidence="", note="no time"), now=END)
    assert (found.status, found.grade) == ("missed", 0.0)


def test_late_evidence_counts_and_says_so() -> None:
    found = stands(said(at=END + DAY), now=END + 2 * DAY)
    assert (found.status, found.flags) == ("achieved", ("late",))
    assert stands(said(at=END), now=END).flags == ("late",)
    assert stands(said(at=END - timedelta(seconds=1)), now=END).flags == ()
    assert "on 2 Jan 2027, after the period: certificate" in found.why


def test_what_is_said_after_it_was_closed_does_not_open_it() -> None:
    later = said(at=MIDDLE + timedelta(hours=1), evidence="", note="thanks")
    found = stands(later, said())
    assert found.status == "achieved"
    assert found.checkin == later


@pytest.mark.parametrize(
    ("now", "written", "status"),
    [
        (START - DAY, {}, "not_started"),
        (MIDDLE, {"paused": True}, "paused"),
        (END, {"paused": True}, "missed"),
    ],
)
def test_before_its_period_and_while_paused_it_rests(
    now: datetime, written: dict[str, object], status: str
) -> None:
    assert stands(now=now, **written).status == status


def test_it_has_a_place_but_no_numbers() -> None:
    found = stands()
    assert (found.kpi, found.value, found.n, found.unit, found.target) == ("", None, 0, "", None)
    assert (found.parents, found.owner) == (("grow",), "Ann")
