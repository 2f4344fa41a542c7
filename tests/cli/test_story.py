"""A ticket's story as it is printed: values, and clocks that still run."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from rich.console import Console

from connector.cli.story import Explained, print_story
from connector.cli.timeline import print_timeline
from connector.kpi.explain import TicketMeasure, TicketStory, TimelineRow
from connector.kpi.moments import Mark

CREATED = datetime(2026, 3, 2, 9, tzinfo=UTC)
RUNNING = TicketMeasure(
    measure="sla_attainment",
    title="SLA",
    clock="calendar",
    unit="ratio",
    value=None,
    at=None,
    until=datetime(2026, 3, 2, 11, 30, tzinfo=UTC),
    flags=(),
    because=(),
    so_far=600.0,
    since=datetime(2026, 3, 2, 10, 5, tzinfo=UTC),
)


def printed(status: str, **changes: object) -> str:
    values = {name: getattr(RUNNING, name) for name in RUNNING.__struct_fields__} | changes
    story = TicketStory(
        helpdesk="support",
        id="1",
        ticket_id=1,
        status=status,
        created_at=CREATED,
        measures=(TicketMeasure(**values),),
        timeline=(),
    )
    out = Console(width=160)
    with out.capture() as shown:
        print_story(Explained(ticket=story, goals=(), shows={}, tags=()), out=out)
    return shown.get()


def test_a_running_clock_is_told_as_running_with_what_is_used_and_when_it_is_due() -> None:
    told = "running: 10 min and since 2026-03-02 10:05, due 2026-03-02 11:30"
    assert told in printed("open")


def test_a_clock_that_has_just_started_is_told_by_its_start() -> None:
    assert "running: since 2026-03-02 10:05" in printed("new", so_far=0.0, until=None)


def test_a_paused_clock_is_told_with_what_is_used() -> None:
    assert "paused at 10 min" in printed("pending", since=None)


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_nothing_runs_in_a_ticket_that_is_done(status: str) -> None:
    assert "running" not in printed(status)


def test_a_value_is_told_as_such() -> None:
    assert "100 %" in printed("open", value=1.0)


def event(hours: float, kind: str, **values: object) -> TimelineRow:
    columns: dict[str, object] = {
        "id": int(hours * 60), "who": "Ann", "is_public": None, "value": None, "previous": None,
    }  # fmt: skip
    return TimelineRow(at=CREATED + timedelta(hours=hours), kind=kind, **(columns | values))  # type: ignore[arg-type]


def told(*rows: TimelineRow, width: int = 120) -> str:
    story = TicketStory(
        helpdesk="support",
        id="1",
        ticket_id=1,
        status="open",
        created_at=CREATED,
        measures=(),
        timeline=rows,
        timezone="Asia/Tokyo",
    )
    out = Console(width=width)
    with out.capture() as shown:
        print_timeline(story, out=out)
    return shown.get()


def test_a_timeline_goes_by_day_in_the_zone_of_the_business_hours() -> None:
    said = told(event(0, "created", value="email"), event(7, "comment", is_public=True, open_s=0))
    assert re.search(
        r"Timeline, Asia/Tokyo\nMonday, 2 March 2026\n +1  18:00:00  Ann  opened the ticket by"
        r" email"
        r"\n +⋯ 7 h later, all of it outside business hours"
        r"\nTuesday, 3 March 2026\n +2  01:00:00  Ann  wrote publicly\n",
        said,
    )


def test_a_timeline_says_what_changed_from_what_to_what() -> None:
    said = told(
        event(0, "status", value="open", previous="new"),
        event(0.1, "assignee", value="Bob"),
        event(0.2, "group", previous="EMEA"),
        event(0.3, "comment", is_public=False),
    )
    for words in ("status new → open", "assignee → Bob", "group EMEA → none", "an internal note"):
        assert words in said


def test_a_timeline_says_which_clocks_an_event_moves() -> None:
    mark = Mark(
        measure="first_reply_time", title="First reply time", unit="s", family="time",
        does="stops", value=7200, business=600,
    )  # fmt: skip
    said = told(event(0, "comment", is_public=True, marks=(mark,)))
    assert "■ stops First reply time 2 h (10 min business)" in said
    other = replace(mark, variant="dbt")
    assert "stops" not in told(event(0, "comment", is_public=True, marks=(other,)))
