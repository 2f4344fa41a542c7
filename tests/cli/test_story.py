"""A ticket's story as it is printed: values, and clocks that still run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.console import Console

from connector.cli.story import Explained, print_story
from connector.kpi.explain import TicketMeasure, TicketStory

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
