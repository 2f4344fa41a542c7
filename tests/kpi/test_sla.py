"""SLA targets: what ends, pauses and breaches them, recomputed from the events of a ticket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.config.mapping import KpiTable
from connector.config.measure_settings import setting_problems, setting_values
from connector.config.toml import Place
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.kpi.flags import Flag
from connector.kpi.forms import Form, form_of
from connector.kpi.hours import load_hours
from connector.kpi.measure import measure
from connector.model.kpi import Period
from tests.kpi.desk import ADMIN, AGENT, CUSTOMER, MONDAY, NOW, OTHER_AGENT, Desk, after, attached
from tests.laws import examples

REPLY, WORK, WAIT, RESOLUTION = (
    "reply_time", "agent_work_time", "requester_wait_time", "resolution_time",
)  # fmt: skip
ACHIEVED, BREACHED, OPEN = 1.0, 0.0, None
FRIDAY_4PM = after(days=4, hours=7)
NEXT_MONDAY_9AM = after(days=7)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def applied(
    desk: Desk, metric: str = REPLY, minutes: float | None = 60, at: datetime = MONDAY, **more: Any
) -> None:
    """Let the helpdesk apply a target to a clock of ticket 1."""
    ((number,),) = desk.con.execute("select count(*) from metric_events").fetchall()
    columns: dict[str, Any] = {
        "metric_event_id": number + 1, "ticket_id": 1, "type": "apply_sla", "instance": 1,
        "business_hours": False,
    }  # fmt: skip
    desk.insert("metric_events", at=at, metric=metric, target_minutes=minutes, **(columns | more))


def form(name: str = "sla_attainment", **chosen: str) -> Form:
    definition = definitions()[name]
    return Form(definition, setting_values(definition, chosen))


def outcomes(
    desk: Desk, name: str = "sla_attainment", now: datetime = NOW, **chosen: str
) -> list[tuple[float | None, datetime | None]]:
    """Measure at `now` and return (value, stamp) of each target."""
    one = form(name, **chosen)
    measure(desk.con, now=now, forms=[one], everything=True)
    return [(value, at) for value, at, _ in desk.rows(one.key)]


def test_a_reply_exactly_on_target_achieves_it(desk: Desk) -> None:
    desk.ticket()
    applied(desk)
    desk.comment(after(hours=1), AGENT)
    assert outcomes(desk) == [(ACHIEVED, after(hours=1))]


def test_a_second_more_breaches_it_at_the_instant_of_the_target(desk: Desk) -> None:
    desk.ticket()
    applied(desk)
    desk.comment(after(hours=1, seconds=1), AGENT)
    assert outcomes(desk) == [(BREACHED, after(hours=1))]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, (OPEN, None)), (1, (BREACHED, after(hours=1)))]
)
def test_a_target_of_an_open_ticket_is_breached_when_it_has_passed(
    desk: Desk, seconds: int, expected: tuple[float | None, datetime | None]
) -> None:
    desk.ticket()
    applied(desk)
    assert outcomes(desk, now=after(hours=1, seconds=seconds)) == [expected]


@pytest.mark.parametrize(
    ("actor", "visibility"),
    [(AGENT, "internal"), (CUSTOMER, "public"), (None, "public"), (77, "public")],
)
def test_what_is_no_reply_ends_no_reply_target(
    desk: Desk, actor: int | None, visibility: str
) -> None:
    desk.ticket()
    applied(desk)
    desk.comment(after(minutes=10), actor, is_public=visibility == "public")
    assert outcomes(desk, now=after(minutes=30)) == [(OPEN, None)]


def test_a_solve_without_a_reply_ends_a_reply_target(desk: Desk) -> None:
    desk.ticket()
    applied(desk)
    desk.status(after(minutes=59), "solved")
    desk.status(after(hours=5), "open")
    assert outcomes(desk) == [(ACHIEVED, after(minutes=59))]


def test_a_first_reply_counts_from_the_creation_however_late_its_target_came(desk: Desk) -> None:
    desk.ticket()
    applied(desk, at=after(minutes=50))
    desk.comment(after(minutes=61), AGENT)
    assert outcomes(desk) == [(BREACHED, after(minutes=60))]


def test_a_first_reply_keeps_the_target_it_had_first(desk: Desk) -> None:
    desk.ticket()
    applied(desk, minutes=60)
    applied(desk, minutes=10, at=after(minutes=5))
    desk.comment(after(minutes=30), AGENT)
    assert outcomes(desk) == [(ACHIEVED, after(minutes=30))]
    assert outcomes(desk, "sla_attainment.latest") == [(BREACHED, after(minutes=10))]


def test_the_next_reply_counts_from_its_target_on_to_the_next_reply(desk: Desk) -> None:
    desk.ticket()
    desk.comment(after(minutes=5), AGENT)
    desk.comment(after(hours=2), CUSTOMER)
    applied(desk, minutes=30, at=after(hours=2), instance=2)
    desk.comment(after(hours=2, minutes=31), AGENT)
    assert outcomes(desk, metric="next_reply_time") == [(BREACHED, after(hours=2, minutes=30))]
    assert outcomes(desk, metric="first_reply_time") == []


def test_a_reply_in_the_second_of_the_question_answers_it(desk: Desk) -> None:
    desk.ticket()
    desk.comment(after(minutes=5), AGENT)
    desk.comment(after(hours=2), CUSTOMER)
    desk.comment(after(hours=2), AGENT)
    applied(desk, at=after(hours=2), instance=2)
    assert outcomes(desk) == [(ACHIEVED, after(hours=2))]


def test_a_reply_in_the_second_before_the_question_does_not(desk: Desk) -> None:
    desk.ticket()
    desk.comment(after(minutes=5), AGENT)
    desk.comment(after(hours=2), AGENT)
    desk.comment(after(hours=2), CUSTOMER)
    applied(desk, at=after(hours=2), instance=2)
    desk.comment(after(hours=4), AGENT)
    assert outcomes(desk) == [(BREACHED, after(hours=3))]


PENDING_AND_HOLD = [(30, "pending"), (90, "open"), (100, "hold"), (160, "open"), (180, "solved")]


@pytest.mark.parametrize(
    ("metric", "used"), [(WAIT, 120), (WORK, 60), (RESOLUTION, 180), ("total_resolution_time", 180)]
)
def test_clocks_pause_by_what_they_measure(desk: Desk, metric: str, used: int) -> None:
    desk.ticket()
    for minutes, status in PENDING_AND_HOLD:
        desk.status(after(minutes=minutes), status)
    applied(desk, metric, minutes=used)
    assert outcomes(desk) == [(ACHIEVED, after(minutes=180))]
    desk.con.execute("update metric_events set target_minutes = target_minutes - 1")
    assert outcomes(desk) == [(BREACHED, after(minutes=179))]


def test_a_breach_comes_when_the_clock_goes_on_not_while_it_waits(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(minutes=60), "pending")
    desk.status(after(hours=5), "open")
    applied(desk, WORK, minutes=60)
    assert outcomes(desk, now=after(hours=4)) == [(OPEN, None)]
    assert outcomes(desk, now=after(hours=6)) == [(BREACHED, after(hours=5))]


def test_a_resolution_target_goes_on_when_the_ticket_is_reopened(desk: Desk) -> None:
    desk.ticket()
    applied(desk, RESOLUTION, minutes=60)
    desk.status(after(minutes=40), "solved")
    assert outcomes(desk, now=after(hours=9)) == [(ACHIEVED, after(minutes=40))]
    desk.status(after(hours=10), "open")
    assert outcomes(desk, now=after(hours=10, minutes=10)) == [(OPEN, None)]
    desk.status(after(hours=11), "solved")
    assert outcomes(desk) == [(BREACHED, after(hours=10, minutes=20))]


def test_a_change_of_priority_applies_another_target_that_counts_from_then(desk: Desk) -> None:
    desk.ticket()
    applied(desk, WORK, minutes=100)
    applied(desk, WORK, minutes=30, at=after(minutes=60))
    desk.status(after(minutes=95), "solved")
    assert outcomes(desk) == [(BREACHED, after(minutes=90)), (ACHIEVED, after(minutes=95))]
    assert outcomes(desk, "sla_attainment.latest") == [(BREACHED, after(minutes=90))]


def test_a_removed_policy_ends_its_target_unless_it_is_breached(desk: Desk) -> None:
    desk.ticket()
    applied(desk, WORK, minutes=60)
    applied(desk, WORK, minutes=None, at=after(minutes=30))
    assert outcomes(desk) == []
    desk.con.execute("update metric_events set target_minutes = 20 where target_minutes = 60")
    assert outcomes(desk) == [(BREACHED, after(minutes=20))]


def test_a_first_reply_has_the_target_that_comes_after_a_removal(desk: Desk) -> None:
    desk.ticket()
    applied(desk, minutes=60)
    applied(desk, minutes=None, at=after(minutes=10))
    applied(desk, minutes=30, at=after(minutes=20))
    desk.comment(after(minutes=40), AGENT)
    for name in ("sla_attainment", "sla_attainment.latest"):
        assert outcomes(desk, name) == [(BREACHED, after(minutes=30))]


def test_a_policy_without_a_told_target_has_the_one_for_the_priority_then_in_force(
    desk: Desk,
) -> None:
    for priority, minutes in (("normal", 100), ("urgent", 10)):
        desk.insert(
            "sla_policy_metrics", policy_id=5, metric=WORK, priority=priority,
            target_minutes=minutes, business_hours=False,
        )  # fmt: skip
    desk.ticket(priority="urgent")
    desk.event("priority", after(minutes=30), value="urgent", previous="normal")
    applied(desk, WORK, None, policy_id=5)
    applied(desk, WORK, None, at=after(minutes=30), policy_id=5)
    desk.status(after(minutes=50), "solved")
    assert outcomes(desk) == [(BREACHED, after(minutes=40)), (ACHIEVED, after(minutes=50))]


def test_a_ticket_without_a_priority_has_no_target_of_a_policy_by_priority(desk: Desk) -> None:
    desk.insert(
        "sla_policy_metrics", policy_id=5, metric=WORK, priority="low", target_minutes=1,
        business_hours=False,
    )  # fmt: skip
    desk.ticket(priority=None)
    applied(desk, WORK, None, policy_id=5)
    assert outcomes(desk) == []


def test_business_targets_count_open_hours_alone(desk: Desk) -> None:
    desk.schedule()
    desk.ticket(at=FRIDAY_4PM)
    applied(desk, minutes=90, at=FRIDAY_4PM, business_hours=True)
    breach = after(days=7, minutes=30)
    assert outcomes(desk, now=after(days=7, minutes=30)) == [(OPEN, None)]
    assert outcomes(desk, now=after(days=7, minutes=31)) == [(BREACHED, breach)]


def test_a_target_that_runs_out_at_closing_time_is_kept_until_it_opens_again(desk: Desk) -> None:
    desk.schedule()
    desk.ticket(at=FRIDAY_4PM)
    applied(desk, minutes=60, at=FRIDAY_4PM, business_hours=True)
    desk.comment(after(days=6), AGENT)
    assert outcomes(desk) == [(ACHIEVED, after(days=6))]
    desk.con.execute("delete from events where kind = 'comment' and actor_id = 1")
    assert outcomes(desk) == [(BREACHED, NEXT_MONDAY_9AM)]


def test_each_stretch_counts_under_the_schedule_then_in_force(desk: Desk) -> None:
    desk.schedule(50)
    desk.schedule(51, [(0, 7 * 1440)], is_default=False)
    desk.ticket()
    desk.event("schedule", MONDAY, value="50")
    desk.event("schedule", after(hours=10), value="51", previous="50")
    applied(desk, minutes=9 * 60, business_hours=True)
    assert outcomes(desk) == [(BREACHED, after(hours=11))]


def test_business_targets_without_business_hours_have_no_outcome(desk: Desk) -> None:
    desk.ticket()
    applied(desk, business_hours=True)
    desk.measure(forms=[form()])
    assert desk.rows("sla_attainment") == [(None, None, Flag.NO_SCHEDULE)]


def test_a_target_beyond_the_year_wakes_with_the_next(desk: Desk) -> None:
    desk.schedule(50, [(540, 541)])
    desk.ticket()
    applied(desk, minutes=1000, business_hours=True)
    desk.measure(forms=[form()])
    assert desk.con.execute("select until, wakes_at from measures").fetchall() == [
        (None, datetime(2027, 1, 1))  # noqa: DTZ001  # the store has times without a zone
    ]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("periodic_update_time", (BREACHED, after(minutes=65))), ("pausable_update_time", (1, None))],
)
def test_updates_run_from_comment_to_comment(
    desk: Desk, metric: str, expected: tuple[float, datetime | None]
) -> None:
    desk.ticket()
    desk.comment(after(minutes=5), AGENT)
    applied(desk, metric, minutes=60, at=after(minutes=5))
    desk.status(after(minutes=10), "pending")
    desk.comment(after(minutes=20), AGENT, is_public=False)
    desk.status(after(minutes=80), "open")
    desk.comment(after(minutes=90), OTHER_AGENT)
    value, at = expected
    assert outcomes(desk) == [(value, at or after(minutes=90))]


def test_the_overrun_is_what_passed_beyond_the_target(desk: Desk) -> None:
    desk.schedule()
    desk.ticket(at=FRIDAY_4PM)
    applied(desk, minutes=30, at=FRIDAY_4PM, business_hours=True)
    desk.comment(after(days=7, minutes=45), AGENT)
    breach = after(days=4, hours=7, minutes=30)
    assert outcomes(desk, "sla_breach_time") == [(75 * 60, breach)]
    assert outcomes(desk, "sla_breach_time", now=after(days=7)) == [(75 * 60, breach)]


def test_a_breached_target_that_still_runs_has_no_overrun_yet(desk: Desk) -> None:
    desk.ticket()
    applied(desk)
    assert outcomes(desk, "sla_breach_time") == [(None, after(hours=1))]


def test_one_breached_target_breaches_its_ticket_at_the_first_breach(desk: Desk) -> None:
    desk.ticket()
    applied(desk, REPLY, minutes=60)
    applied(desk, WORK, minutes=90)
    applied(desk, WAIT, minutes=80)
    desk.comment(after(minutes=10), ADMIN)
    now = after(minutes=30)
    assert outcomes(desk, "sla_ticket_attainment", now=now) == [(1, after(minutes=10))]
    assert outcomes(desk, "sla_ticket_attainment") == [(0, after(minutes=80))]


def test_tickets_with_a_partial_history_have_no_outcome(desk: Desk) -> None:
    desk.ticket(created_event=False)
    applied(desk)
    desk.measure(forms=[form()])
    assert desk.rows("sla_attainment") == [(None, None, Flag.PARTIAL_HISTORY)]


def test_what_still_runs_is_left_out_and_told_target_by_target(desk: Desk) -> None:
    desk.ticket()
    for metric, minutes in ((WORK, 70), (REPLY, 71), (WAIT, 72), (RESOLUTION, 500)):
        applied(desk, metric, minutes)
    kpi = KpiTable(measure="sla_attainment")
    now = after(minutes=11)
    measure(desk.con, now=now, forms=[form_of(kpi)], everything=True)
    period = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    found = evaluate(attached(desk), "sla", kpi, period, now=now, as_of=now)
    assert (found.value, found.n, found.left_out) == (
        None, 0, {"due within 1 h": 2, "still running": 2},
    )  # fmt: skip


def test_the_metric_is_one_of_known_words() -> None:
    place = Place("kpis.toml")
    (problem,) = setting_problems(definitions()["sla_attainment"], {"metric": "reply"}, place)
    assert "is none of the words it may be" in problem.message
    assert "first_reply_time" in str(problem.hint)


@settings(max_examples=examples(12, 30), deadline=None)
@given(
    openings=st.lists(st.integers(0, 7 * 96 - 1), min_size=2, max_size=12, unique=True),
    start=st.integers(0, 14 * 86_400),
    minutes=st.integers(0, 3000),
)
def test_a_business_target_is_due_when_a_second_more_would_be_too_much(
    openings: list[int], start: int, minutes: int
) -> None:
    edges = sorted(openings)
    weekly = [(a * 15, b * 15) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    desk = Desk().schedule(intervals=weekly, timezone="Europe/Berlin")
    at = after(seconds=start)
    desk.ticket(at=at)
    applied(desk, minutes=minutes, at=at, business_hours=True)
    measure(desk.con, now=at, forms=[form()], everything=True)
    ((until, wakes_at),) = desk.con.execute("select until, wakes_at from measures").fetchall()
    (hours,) = load_hours(desk.con, MONDAY, datetime(2027, 1, 2, tzinfo=UTC)).values()
    too_late = hours.add_open(at, minutes * 60 + 1)
    if too_late is None:
        assert until is None
    else:
        assert wakes_at.replace(tzinfo=UTC) == too_late
        assert until.replace(tzinfo=UTC) == too_late - timedelta(seconds=1)
