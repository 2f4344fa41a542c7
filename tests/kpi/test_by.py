"""KPIs by group, person, tag, week and so on: one pass, pooled, never an average of averages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config.mapping import KpiTable, Quantity
from connector.errors import UsageError
from connector.kpi import by_estimates
from connector.kpi.aggregates import mean_interval
from connector.kpi.by import GroupValue, evaluate_by
from connector.kpi.by_rows import grouping
from connector.kpi.by_time import Calendar
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import forms_for
from connector.kpi.lookup import lay_pins
from connector.model.kpi import Period
from tests.kpi.desk import AGENT, MONDAY, NOW, OTHER_AGENT, Desk, after, attached

MONTH = Period(MONDAY, after(days=28))
BERLIN = "Europe/Berlin"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def replied(desk: Desk, ticket_id: int, hours: float, actor: int = AGENT, **values: Any) -> None:
    desk.ticket(ticket_id, **values)
    desk.comment(values.get("at", MONDAY) + timedelta(hours=hours), actor, ticket_id)


def values(desk: Desk, measure: str, *by: str, **options: Any) -> list[GroupValue]:
    """Measure everything and evaluate one KPI by some dimensions."""
    zone, week_start = options.pop("zone", "UTC"), options.pop("week_start", "monday")
    period, others = options.pop("period", MONTH), options.pop("beside", ())
    kpi, grouped = KpiTable(measure=measure, **options), grouping(by, zone, week_start)
    for one in (desk, *others):
        one.measure(forms=forms_for([kpi]))
    con = attached(desk, *others)
    return evaluate_by(con, "kpi", kpi, period, grouped, now=NOW, as_of=NOW)


def told(desk: Desk, measure: str, *by: str, **options: Any) -> list[tuple[Any, ...]]:
    """Return (ids or words, value, n) of every group."""
    return [(*one.by.values(), one.value, one.n) for one in values(desk, measure, *by, **options)]


@pytest.mark.parametrize(
    ("by", "column", "first", "second"),
    [
        ("group", "group_id", 10, 20),
        ("assignee", "assignee_id", 1, 2),
        ("brand", "brand_id", 5, 6),
        ("organization", "organization_id", 7, 8),
        ("form", "form_id", 3, 4),
        ("channel", "channel", "chat", "email"),
        ("priority", "priority", "high", "low"),
        ("type", "type", "incident", "question"),
        ("tag", "tags", ["blue"], ["red"]),
        ("field.77", "fields", {"77": "a"}, {"77": "b"}),
    ],
)
def test_a_kpi_is_told_apart_by_each_dimension(
    desk: Desk, by: str, column: str, first: Any, second: Any
) -> None:
    for ticket_id, word in ((1, first), (2, first), (3, second)):
        replied(desk, ticket_id, ticket_id, **{column: word})
    plain = [_plain(first), _plain(second)]
    assert told(desk, "first_reply_time", by) == [(plain[0], 5400, 2), (plain[1], 10800, 1)]


def _plain(word: Any) -> str:
    if isinstance(word, list):
        return str(word[0])
    return str(word["77"] if isinstance(word, dict) else word)


def test_tickets_without_a_word_stand_last_under_none(desk: Desk) -> None:
    replied(desk, 1, 1, priority=None)
    replied(desk, 2, 2, priority="low")
    assert [row[0] for row in told(desk, "first_reply_time", "priority")] == ["low", None]


def test_a_ticket_counts_for_each_of_its_tags_and_without_tags_for_none(desk: Desk) -> None:
    replied(desk, 1, 1, tags=["a", "b"])
    replied(desk, 2, 3, tags=[])
    assert told(desk, "tickets_created", "tag") == [("a", 1, 1), ("b", 1, 1), (None, 1, 1)]


def test_names_stand_beside_ids_and_give_the_order(desk: Desk) -> None:
    desk.group(10, "Zebra").group(20, "Apes")
    replied(desk, 1, 9, group_id=10)
    replied(desk, 2, 1, group_id=20)
    found = values(desk, "first_reply_time", "group")
    assert [(one.by, one.names) for one in found] == [
        ({"group": "20"}, {"group": "Apes"}),
        ({"group": "10"}, {"group": "Zebra"}),
    ]


def test_dimensions_combine(desk: Desk) -> None:
    for ticket_id, (group, agent, days) in enumerate(
        [(10, AGENT, 1), (10, AGENT, 8), (10, OTHER_AGENT, 1), (20, AGENT, 1)], 1
    ):
        replied(desk, ticket_id, 1, group_id=group, assignee_id=agent, at=after(days=days))
    assert told(desk, "first_reply_time", "assignee", "group", "week") == [
        ("1", "10", "2026-03-02", 3600, 1),
        ("1", "10", "2026-03-09", 3600, 1),
        ("1", "20", "2026-03-02", 3600, 1),
        ("2", "10", "2026-03-02", 3600, 1),
    ]


def test_ids_of_two_helpdesks_are_never_one_group(desk: Desk) -> None:
    other = Desk("field", beside=desk)
    replied(desk, 1, 1, group_id=10)
    replied(other, 1, 3, group_id=10)
    assert told(desk, "first_reply_time", "group", beside=(other,)) == [
        ("field", "10", 10800, 1),
        ("support", "10", 3600, 1),
    ]
    assert told(desk, "first_reply_time", "channel", beside=(other,)) == [("email", 7200, 2)]
    assert told(desk, "tickets_created", "channel", beside=(other,)) == [("email", 2, 2)]


@pytest.mark.parametrize(
    ("aggregate", "limit"),
    [("median", None), ("p90", None), ("mean", None), ("within", Quantity(7200, "s"))],
)
def test_a_group_has_the_very_value_and_interval_it_has_alone(
    desk: Desk, aggregate: str, limit: Quantity | None
) -> None:
    desk.group(10, "Ten")
    for ticket_id in range(1, 30):
        replied(desk, ticket_id, ticket_id / 4, group_id=10 if ticket_id % 3 else 20)
    ten, _ = values(desk, "first_reply_time", "group", aggregate=aggregate, limit=limit)[::-1]
    alone = KpiTable(
        measure="first_reply_time", aggregate=aggregate, limit=limit, where={"group": ("Ten",)}
    )
    one = evaluate(attached(desk), "kpi", alone, MONTH, now=NOW, as_of=NOW)
    assert (one.n, one.k) == (ten.n, ten.k)
    assert (one.value, one.low, one.high) == pytest.approx((ten.value, ten.low, ten.high))


def test_means_of_many_rows_have_the_interval_of_the_bootstrap() -> None:
    numbers = np.random.default_rng(1).lognormal(0, 1, 400)
    centred = numbers - numbers.mean()
    plain = float(np.mean(centred**3) / np.mean(centred**2) ** 1.5)
    n = numbers.size
    corrected = plain * np.sqrt(n * (n - 1)) / (n - 2)
    found = by_estimates.expanded(n, float(numbers.mean()), float(numbers.std()), corrected)
    assert found == pytest.approx(mean_interval(numbers), rel=0.02)


def test_rates_are_pooled_in_each_group(desk: Desk) -> None:
    for ticket_id, (group, score) in enumerate([(10, "good"), (10, "bad"), (20, "good")], 1):
        desk.ticket(ticket_id, group_id=group)
        desk.rating(after(hours=5), score, ticket_id, rating_id=ticket_id)
    assert told(desk, "csat_pct", "group") == [("10", 0.5, 2), ("20", 1, 1)]


def test_a_ticket_solved_twice_in_a_week_counts_once_there(desk: Desk) -> None:
    desk.ticket()
    for day in (1, 3, 9):
        desk.status(after(days=day), "solved")
        desk.status(after(days=day + 1), "open")
    assert told(desk, "tickets_solved", "week") == [("2026-03-02", 1, 1), ("2026-03-09", 1, 1)]


def test_a_backlog_is_looked_at_at_the_end_of_every_bucket(desk: Desk) -> None:
    desk.ticket(1)
    desk.status(after(days=8), "solved", 1)
    desk.ticket(2, at=after(days=9))
    found = told(desk, "backlog", "week", period=Period(MONDAY, after(days=20)))
    assert found == [("2026-03-02", 1, 1), ("2026-03-09", 1, 1), ("2026-03-16", 1, 1)]
    assert told(desk, "backlog", "channel") == [("email", 1, 1)]


def test_days_and_months_are_those_of_the_zone(desk: Desk) -> None:
    replied(desk, 1, 1, at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    period = Period(MONDAY, after(days=90))
    for by, zone, label in (
        ("day", "UTC", "2026-03-31"),
        ("day", BERLIN, "2026-04-01"),
        ("month", "UTC", "2026-03"),
        ("month", BERLIN, "2026-04"),
    ):
        found = told(desk, "tickets_created", by, zone=zone, period=period)
        assert found == [(label, 1, 1)]


def test_an_hour_that_comes_twice_is_two_hours(desk: Desk) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for ticket_id, at in ((1, first), (2, first + timedelta(hours=1))):
        desk.ticket(ticket_id, at=at)
    period = Period(first - timedelta(days=1), first + timedelta(days=1))
    kpi, grouped = KpiTable(measure="tickets_created"), grouping(("hour",), BERLIN)
    desk.measure(forms=forms_for([kpi]))
    found = evaluate_by(
        attached(desk), "kpi", kpi, period, grouped, now=period.end, as_of=period.end
    )
    assert [one.by["hour"] for one in found] == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
    ]


def test_weeks_begin_on_the_day_that_was_set(desk: Desk) -> None:
    desk.ticket(1, at=after(days=5))  # a Saturday
    desk.ticket(2, at=after(days=6))
    assert told(desk, "tickets_created", "week") == [("2026-03-02", 2, 2)]
    assert told(desk, "tickets_created", "week", week_start="sunday") == [
        ("2026-03-01", 1, 1),
        ("2026-03-08", 1, 1),
    ]


def test_a_bucket_has_its_own_period_cut_to_the_whole(desk: Desk) -> None:
    replied(desk, 1, 1)
    (found,) = values(desk, "first_reply_time", "week")
    assert found.period == Period(MONDAY, datetime(2026, 3, 9, tzinfo=UTC))


def test_small_groups_are_flagged_and_counts_never(desk: Desk) -> None:
    for ticket_id in range(1, 14):
        replied(desk, ticket_id, 1, group_id=10 if ticket_id <= 10 else 20)
    large, small = values(desk, "first_reply_time", "group")
    assert "small_sample" not in large.flags
    assert "small_sample" in small.flags
    assert [one.flags for one in values(desk, "tickets_created", "group")] == [(), ()]


def test_the_best_does_not_stand_first(desk: Desk) -> None:
    replied(desk, 1, 9, assignee_id=AGENT)
    replied(desk, 2, 1, OTHER_AGENT, assignee_id=OTHER_AGENT)
    found = values(desk, "first_reply_time", "assignee")
    assert [one.names["assignee"] for one in found] == ["Ann", "Bob"]


def passed_on(desk: Desk) -> None:
    """Add a ticket that Ann solves in the group 10 and hands to Bob in 20 afterwards."""
    desk.ticket(assignee_id=OTHER_AGENT, group_id=20)
    desk.event("assignee", MONDAY, value=str(AGENT))
    desk.event("group", MONDAY, value="10")
    desk.status(after(hours=1), "solved")
    desk.event("assignee", after(hours=2), value=str(OTHER_AGENT), previous=str(AGENT))
    desk.event("group", after(hours=2), value="20", previous="10")


def test_credit_and_group_are_those_now_or_at_the_event(desk: Desk) -> None:
    passed_on(desk)
    by = ("assignee", "group")
    assert told(desk, "tickets_solved", *by) == [("2", "20", 1, 1)]
    at_event = {"credit": "assignee_at_event", "group_as_of": "event"}
    assert told(desk, "tickets_solved", *by, **at_event) == [("1", "10", 1, 1)]


def test_credit_for_replies_is_shared(desk: Desk) -> None:
    desk.ticket(assignee_id=AGENT)
    for hour, actor in enumerate((AGENT, AGENT, AGENT, OTHER_AGENT), 1):
        desk.comment(after(hours=hour), actor)
    desk.rating(after(hours=9), "good")
    options = {"credit": "replies"}
    assert [row[:2] for row in told(desk, "tickets_created", "assignee", **options)] == [
        ("1", 0.75),
        ("2", 0.25),
    ]
    assert told(desk, "csat_pct", "assignee", **options) == [("1", 1, 1), ("2", 1, 1)]
    assert told(desk, "first_reply_time", "assignee", **options) == [
        ("1", 3600, 1),
        ("2", 3600, 1),
    ]
    assert told(desk, "csat_pct", "channel", **options) == [("email", 1, 1)]


def test_a_ratio_is_divided_within_its_group(desk: Desk) -> None:
    for ticket_id, group in ((1, 10), (2, 10), (3, 20)):
        desk.ticket(ticket_id, group_id=group)
    desk.status(after(days=1), "solved", 1)
    found = told(desk, "solve_rate", "group")
    assert found == [("10", 0.5, 2), ("20", 0, 1)]


@pytest.mark.parametrize(
    ("by", "week_start", "words"),
    [
        (("colour",), "monday", "there are: helpdesk, group"),
        (("field.",), "monday", "field.ID"),
        (("week", "day"), "monday", "name one of them"),
        (("week",), "someday", "write monday"),
    ],
)
def test_what_cannot_be_grouped_by_is_refused(
    by: tuple[str, ...], week_start: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        grouping(by, "UTC", week_start)


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone Mars"):
        grouping(("week",), "Mars")


@given(
    st.sampled_from(["hour", "day", "week", "month"]),
    st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]),
    st.integers(0, 6),
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001  # made UTC below
)
def test_buckets_follow_each_other_without_gap_or_overlap(
    unit: str, zone: str, first_weekday: int, naive: datetime
) -> None:
    start = naive.replace(tzinfo=UTC)
    calendar = Calendar(zone, unit, first_weekday)
    span = timedelta(days=1 if unit == "hour" else 90)
    found = list(calendar.buckets(start, start + span))
    assert found[0].start <= start < found[0].end
    assert found[-1].start < start + span <= found[-1].end
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_dimension_that_is_named_twice_counts_once() -> None:
    assert grouping(("week", "group", "week")).by == ("week", "group")


def test_a_field_that_no_ticket_has_is_refused(desk: Desk) -> None:
    replied(desk, 1, 1, fields={"77": "a"})
    with pytest.raises(UsageError, match="no field that was read is 78"):
        told(desk, "first_reply_time", "field.78")


def test_a_field_goes_by_its_title_once_a_mapping_names_it(desk: Desk) -> None:
    replied(desk, 1, 1, fields={"77": "a"})
    kpi, grouped = KpiTable(measure="first_reply_time"), grouping(("field.Product area",))
    desk.measure(forms=forms_for([kpi]))
    con = attached(desk)
    lay_pins(con, {desk.name: {("field", "Product area"): "77"}})
    found = evaluate_by(con, "kpi", kpi, MONTH, grouped, now=NOW, as_of=NOW)
    assert [one.by for one in found] == [{"field.Product area": "a"}]
