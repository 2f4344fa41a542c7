"""Changes of a goal's status, told from its days."""

from __future__ import annotations

from datetime import date, timedelta

from connector.goals.changes import changes
from connector.model.goal import DayVerdict

FIRST = date(2026, 10, 1)


def days(*statuses: str) -> list[DayVerdict]:
    return [
        DayVerdict(
            day=FIRST + timedelta(days=number),
            status=status,
            raw_status=status,
            why=f"because {number}",
        )
        for number, status in enumerate(statuses)
    ]


def test_a_change_is_told_on_its_day_with_its_reason() -> None:
    (found,) = changes(days("on_track", "on_track", "at_risk", "at_risk"))
    assert found.day == date(2026, 10, 3)
    assert (found.before, found.status, found.why) == ("on_track", "at_risk", "because 2")


def test_what_stays_is_no_change_and_neither_is_the_first_day() -> None:
    assert changes(days("on_track", "on_track")) == ()
    assert changes(days("at_risk")) == ()
    assert changes([]) == ()


def test_the_day_before_the_first_one_asked_for_is_still_compared_with() -> None:
    told = days("on_track", "at_risk", "on_track")
    assert [one.day for one in changes(told, date(2026, 10, 2))] == [
        date(2026, 10, 2),
        date(2026, 10, 3),
    ]
    assert [one.day for one in changes(told, date(2026, 10, 3))] == [date(2026, 10, 3)]
