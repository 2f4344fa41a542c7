"""Business time: exact over switches of the clock, holidays, nights and versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import StoreError
from connector.kpi.hours import Hours, Version, build, create_hours, load_hours
from tests.kpi.desk import WORKING_DAYS, Desk, after
from tests.kpi.golden import load

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
SWITCHES_BERLIN = date(2026, 3, 29), date(2026, 10, 25)
ALWAYS = ((0, 7 * 1440),)
INSTANTS = st.datetimes(
    datetime(2025, 2, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2026, 11, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def hours(
    intervals: tuple[tuple[int, int], ...] = WORKING_DAYS,
    timezone: str = "UTC",
    closed: tuple[date, ...] = (),
) -> Hours:
    version = Version(timezone=timezone, intervals=intervals, closed=frozenset(closed))
    return build([version], START, END)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_h(schedule: Hours, start: str, end: str) -> float:
    return schedule.open_seconds(at(start), at(end)) / 3600


SCHEDULES = (
    hours(),
    hours(ALWAYS),
    hours(((1320, 1560),), "America/Los_Angeles"),
    hours(tuple((d * 1440, d * 1440 + 1440) for d in range(7)), "Australia/Sydney"),
    hours(((540, 720), (750, 1020)), "Europe/Berlin", (date(2026, 5, 3),)),
)


@given(st.sampled_from(SCHEDULES), INSTANTS, st.integers(1, 10**6))
def test_so_much_open_time_ago_is_so_much_open_time_before(
    schedule: Hours, end: datetime, seconds: int
) -> None:
    start = schedule.ago(end, seconds)
    if start is None:
        assert schedule.until(int(end.timestamp())) < seconds
    else:
        later = start + timedelta(seconds=1)
        assert schedule.open_seconds(start, end) == seconds
        assert schedule.open_seconds(later, end) < seconds


@given(st.sampled_from(SCHEDULES), INSTANTS, INSTANTS, INSTANTS)
def test_open_time_adds_up(schedule: Hours, a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    parts = schedule.open_seconds(a, b) + schedule.open_seconds(b, c)
    assert schedule.open_seconds(a, c) == parts


@given(st.sampled_from(SCHEDULES), INSTANTS, st.integers(0, 200 * 3600))
def test_adding_open_time_is_the_inverse_of_counting_it(
    schedule: Hours, start: datetime, seconds: int
) -> None:
    start = start.replace(microsecond=0)
    end = schedule.add_open(start, seconds)
    if end is None:
        assert schedule.open_seconds(start, END) < seconds
        return
    assert schedule.open_seconds(start, end) == seconds
    if seconds:
        assert schedule.open_seconds(start, end - timedelta(seconds=1)) == seconds - 1


@given(INSTANTS, INSTANTS)
def test_round_the_clock_equals_the_calendar(a: datetime, b: datetime) -> None:
    a, b = sorted((a.replace(microsecond=0), b.replace(microsecond=0)))
    assert hours(ALWAYS, "Europe/Berlin").open_seconds(a, b) == (b - a).total_seconds()


def test_a_working_day_has_eight_hours_on_the_sundays_of_a_switch() -> None:
    schedule = hours(((540, 1020),), "Europe/Berlin")
    for day in SWITCHES_BERLIN:
        assert open_h(schedule, f"{day}T00:00", f"{day + timedelta(days=1)}T00:00") == 8


def test_a_whole_local_day_has_23_or_25_hours() -> None:
    schedule = hours(((0, 1440),), "Europe/Berlin")
    assert open_h(schedule, "2026-03-28T12:00", "2026-03-30T12:00") == 23
    assert open_h(schedule, "2026-10-24T12:00", "2026-10-26T12:00") == 25


def test_a_skipped_opening_time_moves_forward_to_the_switch() -> None:
    schedule = hours(((150, 300),), "Europe/Berlin")  # 02:30 to 05:00 on Sundays
    assert open_h(schedule, "2026-03-29T00:00", "2026-03-29T12:00") == 2


def test_a_skipped_closing_time_moves_forward_to_the_switch() -> None:
    schedule = hours(((0, 150),), "Europe/Berlin")
    assert open_h(schedule, "2026-03-28T12:00", "2026-03-29T12:00") == 2


def test_a_repeated_opening_time_means_the_first() -> None:
    schedule = hours(((150, 300),), "Europe/Berlin")
    assert open_h(schedule, "2026-10-25T00:00", "2026-10-25T12:00") == 3.5


def test_the_southern_hemisphere_switches_the_other_way() -> None:
    schedule = hours(((0, 1440),), "Australia/Sydney")
    assert open_h(schedule, "2026-04-04T00:00", "2026-04-06T00:00") == 25
    assert open_h(schedule, "2026-10-03T00:00", "2026-10-05T00:00") == 23


def test_holidays_are_local_days_both_ends_included() -> None:
    schedule = hours(closed=(date(2026, 3, 3), date(2026, 3, 4)))
    assert open_h(schedule, "2026-03-02T00:00", "2026-03-06T00:00") == 16


def test_a_holiday_on_a_weekend_has_no_effect() -> None:
    closed = hours(closed=(date(2026, 3, 7),))
    assert closed.open_seconds(START, END) == hours().open_seconds(START, END)


def test_nights_go_on_after_midnight() -> None:
    schedule = hours(((1320, 1560),))  # Sunday 22:00 to Monday 02:00
    assert open_h(schedule, "2026-03-01T23:00", "2026-03-02T01:30") == 2.5


def test_a_night_from_saturday_goes_on_on_sunday() -> None:
    schedule = hours(((6 * 1440 + 1320, 120),))
    assert open_h(schedule, "2026-03-07T21:00", "2026-03-08T12:00") == 4


def test_a_holiday_closes_only_its_own_side_of_midnight() -> None:
    schedule = hours(((1320, 1560),), closed=(date(2026, 3, 2),))
    assert open_h(schedule, "2026-03-01T12:00", "2026-03-02T12:00") == 2


def test_a_lunch_break_is_not_counted() -> None:
    schedule = hours(((1980, 2160), (2220, 2460)))  # Monday 9-12, 13-17
    assert open_h(schedule, "2026-03-02T11:30", "2026-03-02T13:30") == 1


def test_outside_all_hours_is_a_real_zero() -> None:
    assert open_h(hours(), "2026-03-07T00:00", "2026-03-08T23:00") == 0


def test_overlapping_intervals_count_once() -> None:
    assert open_h(hours(((1980, 2200), (2100, 2460))), "2026-03-02T00:00", "2026-03-03T00:00") == 8


def test_a_new_version_leaves_the_past_alone() -> None:
    later = int(at("2026-03-04T00:00").timestamp())
    versions = [
        Version(timezone="UTC", intervals=ALWAYS, valid_from=later),
        Version(timezone="UTC", intervals=WORKING_DAYS),
    ]
    schedule = build(versions, START, END)
    assert open_h(schedule, "2026-03-02T00:00", "2026-03-04T00:00") == 16
    assert open_h(schedule, "2026-03-04T00:00", "2026-03-05T00:00") == 24


def test_the_first_version_holds_for_all_time_before() -> None:
    version = Version(timezone="UTC", intervals=ALWAYS, valid_from=int(END.timestamp()))
    schedule = build([version], START, END)
    assert schedule.open_seconds(START, END) == (END - START).total_seconds()


def test_a_due_time_falls_on_the_closing_minute_not_the_next_morning() -> None:
    assert hours().add_open(at("2026-03-02T16:00"), 3600) == at("2026-03-02T17:00")


def test_no_open_hours_give_no_due_time() -> None:
    assert hours(()).add_open(START, 1) is None


def test_an_unknown_zone_is_an_error_not_utc() -> None:
    with pytest.raises(StoreError, match="Eastern Time"):
        hours(timezone="Eastern Time (US & Canada)")


def test_hours_are_read_from_the_store() -> None:
    closed = [(date(2026, 3, 3), date(2026, 3, 4))]
    desk = Desk().schedule(50, closed=closed).schedule(51, ALWAYS, is_default=False)
    found = load_hours(desk.con, START, END)
    assert found[50].open_seconds(after(hours=-9), after(days=4, hours=-9)) == 16 * 3600
    assert found[51].open_seconds(START, END) == (END - START).total_seconds()


def test_all_golden_intervals_are_exact(shared: Path) -> None:
    con = load(shared / "golden/dbt_zendesk/synthetic_even").con
    found = load_hours(con, datetime(2024, 1, 1, tzinfo=UTC), END)
    rows = con.execute("from business_intervals_exact").fetchall()
    wrong = [
        (schedule, start, end)
        for schedule, start, end, seconds in rows
        if found[schedule].open_seconds(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
        != seconds
    ]
    assert (len(rows), wrong) == (784, [])


def test_the_relation_says_the_same_as_the_engine() -> None:
    desk = Desk().schedule(50, timezone="Europe/Berlin")
    create_hours(desk.con, START, END)
    row = desk.con.execute("select sum(length), count(*) from m_hours").fetchone()
    schedule = load_hours(desk.con, START, END)[50]
    assert row == (schedule.open_seconds(START, END), len(schedule.opens))


def test_no_schedules_give_an_empty_relation() -> None:
    con: duckdb.DuckDBPyConnection = Desk().con
    create_hours(con, START, END)
    assert con.execute("select count(*) from m_hours").fetchone() == (0,)
