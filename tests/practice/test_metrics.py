from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connector.practice.acts import Acts
from connector.practice.hours import Hours
from connector.practice.metrics import figures, metric_set
from connector.practice.world import World
from tests.practice.client import opened, staff

HOUR = 3600
NINE_TO_FIVE = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6))
DAYS = (date(2026, 1, 1), date(2026, 12, 31))
BERLIN = Hours(ZoneInfo("Europe/Berlin"), NINE_TO_FIVE, frozenset({date(2026, 5, 1)}), DAYS)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_weekend_is_closed() -> None:
    friday, monday = at("2026-11-13T15:00"), at("2026-11-16T09:00")
    assert BERLIN.between(friday, monday) == 2 * HOUR


def test_opening_hours_follow_the_clocks_when_they_change() -> None:
    before, after = at("2026-03-27T08:00"), at("2026-03-30T07:00")
    assert BERLIN.between(before, before + 8 * HOUR) == 8 * HOUR
    assert BERLIN.between(after, after + 8 * HOUR) == 8 * HOUR


def test_a_holiday_is_closed() -> None:
    assert BERLIN.between(at("2026-05-01T00:00"), at("2026-05-02T00:00")) == 0


instants = st.integers(at("2026-02-01T00:00"), at("2026-11-01T00:00"))


@given(start=instants, middle=instants, end=instants)
def test_open_time_adds_up(start: int, middle: int, end: int) -> None:
    total = BERLIN.between(start, middle) + BERLIN.between(middle, end)
    assert total == BERLIN.between(start, end)


@given(start=instants, seconds=st.integers(1, 40 * HOUR))
def test_after_is_the_other_way_round(start: int, seconds: int) -> None:
    end = BERLIN.after(start, seconds)
    assert BERLIN.between(start, end) == seconds


def test_the_figures_of_a_ticket_worked_by_hand(acts: Acts, world: World) -> None:
    group = next(g for g in world.directory.groups.values() if g.name == "EMEA")
    ticket_id, agent = opened(acts, group_id=group.id), staff(world)  # Wed 11:00 in Berlin
    customer = world.ticket(ticket_id).requester_id

    def later(hours: float) -> None:
        world.clock.advance(hours * HOUR)

    later(2)
    acts.comment(ticket_id, agent, "Looking", status="pending")
    later(24)
    acts.comment(ticket_id, customer, "More")
    later(1)
    acts.comment(ticket_id, agent, "Asking a supplier", status="hold")
    later(3)
    acts.comment(ticket_id, agent, "Done", status="solved")  # Thu 17:00
    later(10)
    acts.comment(ticket_id, customer, "Back again")
    later(14)
    acts.set_status(ticket_id, "solved", agent)  # Fri 17:00
    found = metric_set(world, world.ticket(ticket_id), "")
    assert found["reply_time_in_minutes"] == {"calendar": 120, "business": 120}
    assert found["first_resolution_time_in_minutes"] == {"calendar": 1800, "business": 900}
    assert found["full_resolution_time_in_minutes"] == {"calendar": 3240, "business": 1440}
    assert found["agent_wait_time_in_minutes"] == {"calendar": 1440, "business": 540}
    assert found["on_hold_time_in_minutes"] == {"calendar": 180, "business": 180}
    assert found["requester_wait_time_in_minutes"] == {
        "calendar": 120 + 60 + 180 + 840,
        "business": 120 + 60 + 180 + 480,
    }
    assert (found["reopens"], found["replies"], found["assignee_stations"]) == (1, 3, 1)


def test_what_was_not_measured_is_null(acts: Acts, world: World) -> None:
    found = metric_set(world, world.ticket(opened(acts)), "")
    for name in ("reply_time", "first_resolution_time", "requester_wait_time"):
        assert found[f"{name}_in_minutes"] == {"calendar": None, "business": None}
    assert found["solved_at"] is None


def test_the_opening_of_a_ticket_by_staff_is_no_reply(acts: Acts, world: World) -> None:
    agent = staff(world)
    ticket = acts.create({"comment": {"body": "We called you"}}, author_id=agent)
    world.clock.advance(600)
    acts.comment(ticket.id, agent, "As I said")
    found = figures(world, ticket)
    assert (found.replies, found.reply.calendar) == (1, 600)


def test_an_internal_note_is_no_reply(acts: Acts, world: World) -> None:
    ticket_id = opened(acts)
    acts.comment(ticket_id, staff(world), "Hm", public=False)
    assert figures(world, world.ticket(ticket_id)).replies == 0
