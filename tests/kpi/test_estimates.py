"""Each family of measures, from rows that are written by hand to one number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connector.config.mapping import KpiTable, Quantity
from connector.kpi.aggregates import Estimate
from connector.kpi.ask import Question, ask
from connector.kpi.catalogue import definitions
from connector.kpi.estimates import answer, divided
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import Form
from connector.kpi.where import resolve
from connector.model.kpi import KpiValue, Period
from tests.kpi.desk import AGENT, MONDAY, NOW, OTHER_AGENT, Desk, after, attached

WEEK = Period(MONDAY, after(days=7))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def row(desk: Desk, ticket_id: int, number: float | None = 1, **columns: Any) -> None:
    """Add a row of the measure `made`; the ticket is made with it."""
    if not desk.con.execute("from tickets where ticket_id = ?", [ticket_id]).fetchall():
        desk.ticket(ticket_id)
    values: dict[str, Any] = {"at": after(hours=1), "flags": 0, "value": number} | columns
    desk.insert("measures", ticket_id=ticket_id, measure="made", clock="calendar", **values)


def found(desk: Desk, family: str, aggregate: str, **options: Any) -> Estimate:
    """Return the estimate over the week of rows of a family."""
    zone, end = options.pop("zone", "UTC"), options.pop("end", WEEK.end)
    definition = msgspec.structs.replace(
        definitions()["tickets_created"], id="made", family=family, aggregates=(aggregate,)
    )
    con = attached(desk)
    kpi = KpiTable(measure="tickets_created", aggregate=aggregate, **options)
    question = ask(kpi, resolve(kpi.where, con), WEEK.start, end, zone=zone)
    return answer(con, _made(question, Form(definition)))[0]


def _made(question: Question, form: Form) -> Question:
    return msgspec.structs.replace(question, form=form)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("mean", 4), ("median", 2), ("p50", 2), ("p75", 5.5), ("p90", 7.6), ("p95", 8.3), ("sum", 12)],
)
def test_numbers_become_one_in_every_way(desk: Desk, aggregate: str, expected: float) -> None:
    for ticket_id, number in ((1, 1), (2, 2), (3, 9)):
        row(desk, ticket_id, number)
    value = found(desk, "number", aggregate)
    assert value.value == pytest.approx(expected)
    assert value.n == 3


def test_numbers_within_a_limit_are_a_share(desk: Desk) -> None:
    for ticket_id in (1, 2, 3):
        row(desk, ticket_id, ticket_id)
    value = found(desk, "number", "within", limit=Quantity(2, "count"))
    assert (value.k, value.n) == (2, 3)


def test_a_sum_adds_up_and_has_no_interval(desk: Desk) -> None:
    for ticket_id, number in ((1, 1), (2, -3)):
        row(desk, ticket_id, number)
    value = found(desk, "sum", "sum")
    assert (value.value, value.n, value.low, value.high) == (-2, 2, None, None)


def test_a_sum_of_nothing_is_a_real_zero(desk: Desk) -> None:
    assert found(desk, "sum", "sum").value == 0


def test_an_age_is_told_at_the_end_of_the_stretch(desk: Desk) -> None:
    row(desk, 1, since=after(days=6))
    row(desk, 2, since=after(days=4))
    row(desk, 3, since=after(days=-3))
    value = found(desk, "age", "median")
    assert (value.value, value.n) == (timedelta(days=3).total_seconds(), 3)


def test_ages_are_of_what_spans_the_end(desk: Desk) -> None:
    row(desk, 1, since=after(days=1), until=after(days=2))
    row(desk, 2, since=after(days=1), at=after(days=8))
    row(desk, 3, since=after(days=6), until=after(days=9))
    value = found(desk, "age", "median")
    assert (value.value, value.n) == (timedelta(days=1).total_seconds(), 1)


def test_the_share_of_ages_up_to_a_limit_includes_it(desk: Desk) -> None:
    row(desk, 1, since=after(days=6))
    row(desk, 2, since=after(days=6, seconds=-1))
    value = found(desk, "age", "within", limit=Quantity(86400, "s"))
    assert (value.k, value.n) == (1, 2)


def test_the_promoter_score_matches_the_worked_example(desk: Desk) -> None:
    for ticket_id in range(80):
        row(desk, ticket_id, 1 if ticket_id < 40 else -1 if ticket_id < 56 else 0)
    value = found(desk, "nps", "nps")
    assert value.value == pytest.approx(30)
    assert value.low is not None
    assert value.high is not None
    assert (round(value.low), round(value.high)) == (13, 47)


def test_answers_that_all_agree_do_not_bound_the_score(desk: Desk) -> None:
    row(desk, 1, 1)
    value = found(desk, "nps", "nps")
    assert (value.value, value.low, value.high) == (100, None, None)


def test_staff_days_are_counted_once_a_person_and_local_day(desk: Desk) -> None:
    evening = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    for ticket_id, actor, at in (
        (1, AGENT, evening),
        (2, AGENT, evening + timedelta(hours=1)),
        (3, OTHER_AGENT, evening),
        (4, None, evening),
    ):
        row(desk, ticket_id, at=at, actor_id=actor)
    assert found(desk, "days", "count", zone="UTC").value == 3
    assert found(desk, "days", "count", zone="Europe/Berlin").value == 2


def test_a_local_day_over_the_switch_to_summer_time_is_one_day(desk: Desk) -> None:
    sunday = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # 00:30 in Berlin, before the switch
    for ticket_id, at in ((1, sunday), (2, datetime(2026, 3, 29, 21, 30, tzinfo=UTC))):
        row(desk, ticket_id, at=at, actor_id=AGENT)
    assert found(desk, "days", "count", zone="Europe/Berlin", end=after(days=40)).value == 1


def test_a_ratio_divides_totals() -> None:
    value = divided(Estimate(value=6, n=6), Estimate(value=4, n=4))
    assert (value.value, value.k, value.n, value.low) == (1.5, 6, 4, None)


def test_a_ratio_to_nothing_is_no_number() -> None:
    value = divided(Estimate(value=6, n=6), Estimate(value=0, n=0))
    assert (value.value, value.n) == (None, 0)


def test_imported_values_have_no_rows(desk: Desk) -> None:
    row(desk, 1)
    value = found(desk, "imported", "mean")
    assert (value.value, value.n) == (None, 0)


def credited(desk: Desk, measure: str, credit: str, **options: Any) -> KpiValue:
    kpi = KpiTable(measure=measure, credit=credit, where={"assignee": ("Ann",)}, **options)
    desk.measure_for(kpi)
    return evaluate(attached(desk), "kpi", kpi, WEEK, now=NOW, as_of=NOW)


def passed_on(desk: Desk, ticket_id: int = 1) -> None:
    """Add a ticket that Ann solves in an hour and hands to Bob afterwards."""
    desk.ticket(ticket_id, assignee_id=OTHER_AGENT)
    desk.event("assignee", MONDAY, ticket_id, value=str(AGENT))
    desk.status(after(hours=1), "solved", ticket_id)
    moved = {"value": str(OTHER_AGENT), "previous": str(AGENT)}
    desk.event("assignee", after(hours=2), ticket_id, **moved)


def test_credit_goes_to_the_assignee_now_or_to_the_one_at_the_event(desk: Desk) -> None:
    passed_on(desk)
    assert credited(desk, "first_resolution_time", "assignee").n == 0
    assert credited(desk, "first_resolution_time", "assignee_at_event").value == 3600


def test_a_group_is_the_one_now_or_the_one_at_the_event(desk: Desk) -> None:
    desk.group(10, "First").group(20, "Second")
    desk.ticket(group_id=20)
    desk.event("group", MONDAY, value="10")
    desk.status(after(hours=1), "solved")
    desk.event("group", after(hours=2), value="20", previous="10")
    desk.measure("tickets_solved")
    counts = {
        as_of: evaluate(
            attached(desk),
            "kpi",
            KpiTable(measure="tickets_solved", group_as_of=as_of, where={"group": ("First",)}),
            WEEK,
            now=NOW,
            as_of=NOW,
        ).value
        for as_of in ("now", "event")
    }
    assert counts == {"now": 0, "event": 1}


def shared(desk: Desk) -> None:
    """Ann writes 3 of 4 replies to a ticket rated good, and 1 of 2 to one rated bad."""
    for ticket_id, actors, score in (
        (1, (AGENT, AGENT, AGENT, OTHER_AGENT), "good"),
        (2, (AGENT, OTHER_AGENT), "bad"),
    ):
        desk.ticket(ticket_id)
        for hour, actor in enumerate(actors, 1):
            desk.comment(after(hours=hour * ticket_id), actor, ticket_id)
        desk.rating(after(hours=9), score, ticket_id, rating_id=ticket_id)


def test_credit_for_replies_pools_rates_by_the_shares(desk: Desk) -> None:
    shared(desk)
    value = credited(desk, "csat_pct", "replies")
    assert value.value == pytest.approx(0.75 / 1.25)
    assert value.n == 1


def test_credit_for_replies_counts_tickets_by_the_shares(desk: Desk) -> None:
    shared(desk)
    assert credited(desk, "tickets_created", "replies").value == pytest.approx(1.25)


def test_credit_for_replies_weighs_means_and_quantiles(desk: Desk) -> None:
    shared(desk)
    mean = credited(desk, "first_reply_time", "replies", aggregate="mean")
    assert mean.value == pytest.approx((0.75 * 3600 + 0.5 * 7200) / 1.25)
    median = credited(desk, "first_reply_time", "replies")
    assert median.value == pytest.approx(5400)
