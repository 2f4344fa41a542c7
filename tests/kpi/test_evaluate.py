"""KPIs over a period: what counts, what is left out and why, and when a value is provisional."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.config.mapping import KpiTable, Quantity
from connector.errors import UsageError
from connector.kpi.evaluate import evaluate, snapshots
from connector.model.kpi import KpiValue, Period
from connector.model.ticket import Mark
from tests.kpi.desk import AGENT, MONDAY, NOW, Desk, after, attached

WEEK = Period(MONDAY, after(days=7))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def value(desk: Desk, measure: str, **options: Any) -> KpiValue:
    """Measure, attach, and evaluate one KPI."""
    period = options.pop("period", WEEK)
    now = options.pop("now", NOW)
    as_of = options.pop("as_of", now)
    kpi = KpiTable(measure=measure, **options)
    desk.measure_for(kpi)
    return evaluate(attached(desk), "kpi", kpi, period, now=now, as_of=as_of)


def replied(desk: Desk, ticket_id: int, hours: float, **values: Any) -> None:
    desk.ticket(ticket_id, **values)
    desk.comment(values.get("at", MONDAY) + timedelta(hours=hours), AGENT, ticket_id)


def test_the_median_is_the_default_of_times(desk: Desk) -> None:
    for ticket_id, hours in ((1, 1), (2, 2), (3, 9)):
        replied(desk, ticket_id, hours)
    found = value(desk, "first_reply_time")
    assert (found.aggregate, found.value, found.n, found.unit) == ("median", 7200, 3, "s")


def test_within_is_a_ratio_that_includes_the_limit(desk: Desk) -> None:
    for ticket_id, hours in ((1, 1), (2, 2), (3, 9)):
        replied(desk, ticket_id, hours)
    found = value(desk, "first_reply_time", aggregate="within", limit=Quantity(7200, "s"))
    assert (found.k, found.n, found.unit) == (2, 3, "ratio")
    assert found.value == pytest.approx(2 / 3)


def test_a_value_belongs_to_the_period_of_its_stamp(desk: Desk) -> None:
    replied(desk, 1, 1, at=after(days=-1))
    replied(desk, 2, 48, at=after(days=-1))
    replied(desk, 3, 7 * 24, at=MONDAY)  # exactly at the end, which is outside
    assert value(desk, "first_reply_time").n == 1


def test_the_start_of_a_period_is_inside(desk: Desk) -> None:
    replied(desk, 1, 24, at=after(days=-1))
    assert value(desk, "first_reply_time").n == 1


def test_tickets_without_a_reply_are_counted_as_left_out(desk: Desk) -> None:
    replied(desk, 1, 1)
    desk.ticket(2)
    desk.ticket(3, at=after(days=-30))
    found = value(desk, "first_reply_time")
    assert found.left_out == {"no reply yet": 1}


def test_every_exclusion_is_named_and_counted(desk: Desk) -> None:
    marks = (Mark.MERGED, Mark.SPAM, Mark.CHILD, Mark.MESSAGING)
    for ticket_id, mark in enumerate(marks, start=1):
        replied(desk, ticket_id, 1, marks=int(mark))
    replied(desk, 8, 1, status="deleted")
    desk.ticket(9, created_event=False)
    found = value(desk, "first_reply_time")
    assert found.n == 0
    assert found.value is None
    assert found.left_out == dict.fromkeys(
        (
            "deleted",
            "merged into another ticket",
            "messaging, chat or voice",
            "partial history",
            "side conversations",
            "spam or suspended",
        ),
        1,
    )


def test_messaging_tickets_count_where_replies_do_not_matter(desk: Desk) -> None:
    desk.ticket(marks=int(Mark.MESSAGING))
    assert value(desk, "tickets_created").value == 1


def test_no_schedule_at_all_is_a_reason(desk: Desk) -> None:
    replied(desk, 1, 1)
    found = value(desk, "first_reply_time", clock="business")
    assert (found.value, found.left_out) == (None, {"no business hours in the helpdesk": 1})


def test_rates_are_pooled_with_their_interval(desk: Desk) -> None:
    for ticket_id, score in ((1, "good"), (2, "good"), (3, "bad")):
        desk.ticket(ticket_id)
        desk.rating(after(hours=5), score, ticket_id, rating_id=ticket_id)
    found = value(desk, "csat_pct")
    assert (found.k, found.n) == (2, 3)
    assert found.value == pytest.approx(2 / 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 2 / 3 < found.high


def test_a_ticket_solved_twice_in_a_period_counts_once(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(days=1), "solved")
    desk.status(after(days=2), "open")
    desk.status(after(days=3), "solved")
    assert value(desk, "tickets_solved").value == 1


def test_a_count_of_nothing_is_a_real_zero(desk: Desk) -> None:
    desk.ticket(at=after(days=-30))
    found = value(desk, "tickets_created")
    assert (found.value, found.n) == (0, 0)


def test_a_where_narrows_what_counts_and_what_is_left_out(desk: Desk) -> None:
    desk.group(10, "EMEA")
    replied(desk, 1, 1, group_id=10)
    replied(desk, 2, 5)
    desk.ticket(3, group_id=10)
    desk.ticket(4)
    found = value(desk, "first_reply_time", where={"group": ("EMEA",)})
    assert (found.value, found.n, found.left_out) == (3600, 1, {"no reply yet": 1})


def test_several_helpdesks_are_pooled_and_their_ids_kept_apart(desk: Desk) -> None:
    replied(desk, 1, 1)
    other = Desk("field", beside=desk)
    replied(other, 1, 3)
    desk.measure("first_reply_time")
    other.measure("first_reply_time")
    kpi = KpiTable(measure="first_reply_time")
    found = evaluate(attached(desk, other), "kpi", kpi, WEEK, now=NOW, as_of=NOW)
    assert (found.value, found.n) == (7200, 2)


def test_nothing_after_as_of_is_looked_at(desk: Desk) -> None:
    replied(desk, 1, 1)
    replied(desk, 2, 100)
    found = value(desk, "first_reply_time", now=after(hours=50))
    assert found.n == 1


def test_what_happened_at_as_of_counts(desk: Desk) -> None:
    replied(desk, 1, 1)
    assert value(desk, "first_reply_time", now=after(hours=1)).n == 1


@pytest.mark.parametrize(
    ("measure", "days", "is_provisional"),
    [
        ("tickets_created", 6.9, True),
        ("tickets_created", 7, False),
        ("reopen_rate", 20.9, True),
        ("reopen_rate", 21, False),
        ("csat_pct", 13.9, True),
        ("csat_pct", 14, False),
    ],
)
def test_a_value_is_provisional_until_its_lag_is_over(
    desk: Desk, measure: str, days: float, *, is_provisional: bool
) -> None:
    desk.ticket()
    found = value(desk, measure, now=after(days=days))
    assert ("provisional" in found.flags) is is_provisional


def test_old_data_keep_a_value_provisional(desk: Desk) -> None:
    desk.ticket()
    found = value(desk, "tickets_created", now=after(days=9), as_of=after(days=6))
    assert found.flags == ("provisional",)


def test_the_default_schedule_is_told(desk: Desk) -> None:
    desk.schedule()
    replied(desk, 1, 1)
    assert value(desk, "first_reply_time", clock="business").flags == ("default_schedule",)


def backlog_desk(desk: Desk) -> Desk:
    desk.ticket(1)
    desk.status(after(days=1), "solved", 1)
    desk.ticket(2, at=after(days=2))
    desk.ticket(3, at=after(days=2), marks=int(Mark.SPAM))
    return desk


def test_the_backlog_of_a_finished_period_is_the_one_at_its_end(desk: Desk) -> None:
    found = value(backlog_desk(desk), "backlog", period=Period(MONDAY, after(days=1.5)))
    assert (found.value, found.n) == (0, 0)
    assert value(desk, "backlog").value == 1


def test_the_backlog_of_a_running_period_is_the_one_now(desk: Desk) -> None:
    found = value(backlog_desk(desk), "backlog", now=after(hours=12))
    assert (found.value, found.flags) == (1, ("provisional",))


def test_spam_is_left_out_of_the_backlog_and_named(desk: Desk) -> None:
    assert value(backlog_desk(desk), "backlog").left_out == {"spam or suspended": 1}


def test_a_ticket_created_at_the_instant_is_not_yet_backlog_and_one_solved_then_still_is(
    desk: Desk,
) -> None:
    backlog_desk(desk).measure()
    instants = [MONDAY, after(seconds=1), after(days=1), after(days=1.5), after(days=3)]
    assert snapshots(attached(desk), KpiTable(measure="backlog"), instants) == [0, 1, 1, 0, 1]


def test_backlog_of_partial_trails_says_so(desk: Desk) -> None:
    desk.ticket(created_event=False)
    assert value(desk, "backlog").flags == ("partial_history",)


def test_snapshots_agree_with_the_backlog_at_each_period_end(desk: Desk) -> None:
    backlog_desk(desk).measure()
    ends = [after(days=days) for days in range(1, 6)]
    con, kpi = attached(desk), KpiTable(measure="backlog")
    each = [
        evaluate(con, "kpi", kpi, Period(MONDAY, end), now=NOW, as_of=NOW).value for end in ends
    ]
    assert snapshots(con, kpi, ends) == each


def test_a_measure_that_does_not_exist_is_said_so(desk: Desk) -> None:
    with pytest.raises(UsageError, match="first_repyl_time"):
        value(desk, "first_repyl_time")


def test_a_baseline_from_history_is_the_same_question_about_an_earlier_period(desk: Desk) -> None:
    replied(desk, 1, 3, at=after(days=-5))
    replied(desk, 2, 1)
    before = Period(after(days=-7), MONDAY)
    assert value(desk, "first_reply_time", period=before).value == 3 * 3600


def test_the_answer_carries_its_question(desk: Desk) -> None:
    replied(desk, 1, 1)
    found = value(desk, "first_reply_time", now=NOW)
    known: datetime = found.as_of
    assert (found.measure, found.clock, found.period, known) == (
        "first_reply_time",
        "calendar",
        WEEK,
        NOW,
    )
