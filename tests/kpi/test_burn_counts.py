"""Bad events in windows of business time, and how many events a period will see."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from connector.config.mapping import KpiTable, Quantity
from connector.errors import MappingError
from connector.kpi.burn_counts import Spendings
from connector.model.budget import Spending, Tally
from connector.model.kpi import Period
from tests.kpi.desk import AGENT, MONDAY, OTHER_AGENT, Desk, after, attached

MIDNIGHT = MONDAY - timedelta(hours=9)
FOUR_WEEKS = Period(MIDNIGHT, MIDNIGHT + timedelta(days=28))
THURSDAY_NOON = after(days=10, hours=3)
CSAT = KpiTable(measure="csat_pct")


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Ratings:
    """Rates tickets, one after another."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.last = 0

    def give(self, at: datetime, score: str = "bad", times: int = 1, **ticket: Any) -> None:
        for _ in range(times):
            self.last += 1
            self.desk.ticket(self.last, at=at - timedelta(hours=1), **ticket)
            self.desk.rating(at, score, self.last, rating_id=self.last)


@pytest.fixture
def ratings(desk: Desk) -> Ratings:
    return Ratings(desk)


def spent(
    desk: Desk,
    kpi: KpiTable = CSAT,
    *,
    as_of: datetime = THURSDAY_NOON,
    period: Period = FOUR_WEEKS,
    is_bad_when_hit: bool = False,
    last: datetime | None = None,
) -> Spending:
    desk.measure_for(kpi)
    con = attached(desk)
    found = Spendings(
        con, kpi, period, last=last or as_of, zone="UTC", is_bad_when_hit=is_bad_when_hit
    )
    return found.at(as_of)


def test_windows_are_business_time_before_the_moment(desk: Desk, ratings: Ratings) -> None:
    desk.schedule()  # Monday to Friday, 9 to 17
    ratings.give(after(days=2, hours=2))  # Wednesday a week ago: the period alone
    ratings.give(after(days=3, hours=3))  # Thursday noon a week ago: five days ago to the second
    ratings.give(after(days=5, hours=3), "good")  # Saturday
    ratings.give(after(days=9, hours=3))  # Wednesday noon: one day ago to the second
    ratings.give(after(days=10, hours=0.5), "good")  # Thursday half past nine
    ratings.give(after(days=10, hours=1))  # Thursday at ten: two hours ago to the second
    ratings.give(after(days=10, hours=3))  # Thursday at twelve: this very moment
    ratings.give(after(days=10, hours=4))  # not yet
    counts = spent(desk).counts
    assert counts.hours == Tally(2, 2)
    assert counts.day == Tally(3, 4)
    assert counts.week == Tally(4, 6)
    assert counts.period == Tally(5, 7)


def test_before_opening_the_last_two_hours_are_those_before_closing_time(
    desk: Desk, ratings: Ratings
) -> None:
    desk.schedule()
    ratings.give(after(days=4, hours=5.5))  # Friday half past two
    ratings.give(after(days=4, hours=6.5))  # Friday half past three
    ratings.give(after(days=6, hours=3))  # Sunday
    assert spent(desk, as_of=after(days=7, hours=-1)).counts.hours == Tally(2, 2)


def test_no_window_reaches_back_beyond_the_start_of_the_period(
    desk: Desk, ratings: Ratings
) -> None:
    desk.schedule()
    ratings.give(after(days=-3))
    ratings.give(after(hours=1))
    counts = spent(desk, as_of=after(hours=2)).counts
    assert counts.day == counts.week == counts.period == Tally(1, 1)


def test_one_reading_tells_every_moment_as_it_was(desk: Desk, ratings: Ratings) -> None:
    desk.schedule()
    for hour in range(-30 * 24, 11 * 24, 7):
        ratings.give(after(hours=hour), "good" if hour % 3 else "bad")
    for moment in (after(days=-40), after(days=-1), after(), after(days=2), THURSDAY_NOON):
        assert spent(desk, as_of=moment, last=after(days=11)) == spent(desk, as_of=moment)


def test_without_a_schedule_days_are_those_of_the_calendar(desk: Desk, ratings: Ratings) -> None:
    ratings.give(after(days=5, hours=4))
    ratings.give(after(days=9, hours=4))
    ratings.give(after(days=10, hours=2))
    found = spent(desk)
    assert found.counts.hours == Tally(1, 1)
    assert found.counts.day == Tally(2, 2)
    assert found.counts.week == Tally(3, 3)
    assert found.days == 28


def test_business_days_are_open_time_in_usual_days(desk: Desk) -> None:
    monday_long = (1440 + 540, 1440 + 1140)
    usual = [(day * 1440 + 540, day * 1440 + 1020) for day in range(2, 6)]
    saturday = (6 * 1440 + 540, 6 * 1440 + 780)
    holiday = date(2026, 3, 4)
    desk.schedule(intervals=[monday_long, *usual, saturday], closed=[(holiday, holiday)])
    assert spent(desk).days == 4 * 1.25 + 15 + 4 * 0.5


def test_events_still_to_come_follow_the_open_time_that_is_left(
    desk: Desk, ratings: Ratings
) -> None:
    desk.schedule()
    for day in (0, 1, 2, 3, 4):
        ratings.give(after(days=day), "good", times=2)
    friday_evening = after(days=4, hours=10)
    assert spent(desk, as_of=friday_evening).expected == pytest.approx(40)


def test_the_month_before_tells_what_is_to_come_early_in_a_period(
    desk: Desk, ratings: Ratings
) -> None:
    desk.schedule()
    for day in range(-28, 0):
        ratings.give(after(days=day), "good")
    found = spent(desk, as_of=MIDNIGHT)
    assert found.counts.period == Tally(0, 0)
    assert found.expected == pytest.approx(28, rel=0.05)


def test_of_a_period_that_is_over_nothing_is_to_come(desk: Desk, ratings: Ratings) -> None:
    desk.schedule()
    ratings.give(after(days=1), times=3)
    ratings.give(after(days=40), times=3)
    found = spent(desk, as_of=after(days=60))
    assert (found.expected, found.counts.period) == (3, Tally(3, 3))


def test_without_events_nothing_is_expected(desk: Desk) -> None:
    assert spent(desk).expected == 0


def test_a_hit_may_be_the_bad_side(desk: Desk, ratings: Ratings) -> None:
    ratings.give(after(days=1), "good")
    ratings.give(after(days=1), "bad", times=2)
    assert spent(desk, is_bad_when_hit=True).counts.period == Tally(1, 3)
    assert spent(desk, is_bad_when_hit=False).counts.period == Tally(2, 3)


def test_of_times_those_past_the_limit_are_bad(desk: Desk) -> None:
    for ticket_id, hours in ((1, 1), (2, 2), (3, 9)):
        desk.ticket(ticket_id)
        desk.comment(after(hours=hours), AGENT, ticket_id)
    kpi = KpiTable(measure="first_reply_time", aggregate="within", limit=Quantity(7200, "s"))
    assert spent(desk, kpi).counts.period == Tally(1, 3)


def test_only_tickets_in_scope_count(desk: Desk, ratings: Ratings) -> None:
    desk.group(7, "EMEA")
    ratings.give(after(days=1), group_id=7)
    ratings.give(after(days=1))
    kpi = KpiTable(measure="csat_pct", where={"group": ("EMEA",)})
    assert spent(desk, kpi).counts.period == Tally(1, 1)


def test_a_shared_ticket_counts_by_its_share(desk: Desk, ratings: Ratings) -> None:
    ratings.give(after(days=1))
    desk.comment(after(hours=23.5), AGENT)
    for _ in range(3):
        desk.comment(after(hours=23.5), OTHER_AGENT)
    kpi = KpiTable(measure="csat_pct", credit="replies", where={"assignee": ("Ann",)})
    assert spent(desk, kpi).counts.period == Tally(0.25, 0.25)


@pytest.mark.parametrize(
    "kpi",
    [
        KpiTable(measure="first_reply_time"),
        KpiTable(measure="backlog"),
        KpiTable(measure="nps"),
    ],
)
def test_a_kpi_that_is_no_share_has_no_budget(desk: Desk, kpi: KpiTable) -> None:
    with pytest.raises(MappingError, match="a budget needs a share"):
        spent(desk, kpi)
