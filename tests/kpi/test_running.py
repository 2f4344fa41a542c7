"""Clocks that run: what time alone changes is measured again when its time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.config.mapping import KpiTable
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.kpi.explain import TicketMeasure, explain_ticket
from connector.kpi.forms import Form, form_of, usual_form, usual_forms
from connector.kpi.measure import is_due, measure
from connector.model.kpi import KpiValue, Period
from tests.kpi.desk import AGENT, CUSTOMER, MONDAY, Desk, after, attached
from tests.laws import examples

KPI = KpiTable(measure="sla_attainment")
FORMS = [form_of(KPI)]
WAKING = [
    usual_form(one)
    for one in definitions().values()
    if one.wakes and not one.variant_of and not any(s.default == "" for s in one.settings.values())
]
MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
DUE, BREACHED = after(hours=1), after(hours=1, seconds=1)
CLOCKS = ("reply_time", "requester_wait_time", "agent_work_time", "resolution_time")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    for ticket_id in (1, 2):
        desk.ticket(ticket_id)
        desk.insert("changed", ticket_id=ticket_id)
    apply_target(desk, 1, "reply_time", 60)
    return desk


def apply_target(desk: Desk, ticket_id: int, metric: str, minutes: int, **more: Any) -> None:
    columns: dict[str, Any] = {
        "metric_event_id": ticket_id, "at": MONDAY, "type": "apply_sla", "instance": 1,
        "business_hours": False,
    }  # fmt: skip
    desk.insert(
        "metric_events", ticket_id=ticket_id, metric=metric, target_minutes=minutes,
        **(columns | more),
    )  # fmt: skip


def run(desk: Desk, now: datetime, forms: Sequence[Form] = FORMS) -> int:
    """Measure what is due, as a run does."""
    return measure(desk.con, now=now, forms=forms)


def value(desk: Desk, now: datetime) -> KpiValue:
    return evaluate(attached(desk), "sla", KPI, MARCH, now=now, as_of=now)


def test_a_breach_needs_no_change_in_the_helpdesk(desk: Desk) -> None:
    run(desk, MONDAY)
    assert value(desk, DUE).value is None
    run(desk, BREACHED)
    found = value(desk, BREACHED)
    assert (found.value, found.n) == (0, 1)
    assert desk.rows("sla_attainment") == [(0, DUE, 0)]


def test_only_the_tickets_that_time_changes_are_measured_again(desk: Desk) -> None:
    assert run(desk, MONDAY) == 2
    assert run(desk, BREACHED) == 1


def test_nothing_is_due_before_the_breach_or_after_it(desk: Desk) -> None:
    run(desk, MONDAY)
    assert not is_due(desk.con, now=DUE, forms=FORMS)
    assert is_due(desk.con, now=BREACHED, forms=FORMS)
    run(desk, BREACHED)
    assert not is_due(desk.con, now=BREACHED + timedelta(days=9), forms=FORMS)


def test_a_paused_target_wakes_nobody(desk: Desk) -> None:
    apply_target(desk, 2, "agent_work_time", 600)
    desk.status(after(minutes=5), "pending", 2)
    run(desk, after(minutes=10))
    assert not is_due(desk.con, now=DUE, forms=FORMS)
    assert run(desk, after(days=2)) == 1


def measured(desk: Desk, ticket_id: int, forms: Sequence[Form], now: datetime) -> TicketMeasure:
    measure(desk.con, now=now, forms=forms, everything=True)
    (found,) = explain_ticket(attached(desk), "support", str(ticket_id)).measures
    return found


def test_a_ticket_tells_which_clock_runs_and_when_it_is_due(desk: Desk) -> None:
    found = measured(desk, 1, FORMS, after(minutes=10))
    assert found.is_running
    assert (found.value, found.so_far, found.since) == (None, 0, MONDAY)
    assert (found.until, found.wakes_at) == (DUE, BREACHED)


def test_a_ticket_tells_the_part_of_a_clock_that_is_over(desk: Desk) -> None:
    desk.status(after(minutes=20), "pending", 2)
    desk.status(after(minutes=50), "open", 2)
    apply_target(desk, 2, "agent_work_time", 60)
    found = measured(desk, 2, FORMS, DUE)
    assert (found.so_far, found.since) == (20 * 60, after(minutes=50))
    assert found.until == after(minutes=90)
    desk.status(after(minutes=80), "pending", 2)
    found = measured(desk, 2, FORMS, after(minutes=85))
    assert not found.is_running
    assert (found.so_far, found.since, found.wakes_at) == (50 * 60, None, None)


STATUSES = ("open", "pending", "hold", "solved")
MINUTES = st.integers(0, 3 * 1440)
HAPPENINGS = st.tuples(
    MINUTES, st.integers(1, 3), st.sampled_from(("reply", "question", *STATUSES))
)
TARGETS = st.tuples(
    MINUTES, st.integers(1, 3), st.sampled_from(CLOCKS), st.integers(0, 600), st.booleans()
)
MOMENTS = st.lists(st.tuples(MINUTES, st.integers(0, 59)), min_size=1, max_size=4)


def fill(desk: Desk, low: float, high: float, happenings: list[Any], targets: list[Any]) -> None:
    """Let happen what does between two minutes, and mark the tickets that it happens to."""
    for minute, ticket_id, what in happenings:
        if low < minute <= high:
            at = after(minutes=minute)
            if what in STATUSES:
                desk.status(at, what, ticket_id)
            else:
                desk.comment(at, AGENT if what == "reply" else CUSTOMER, ticket_id)
            desk.insert("changed", ticket_id=ticket_id)
    for nth, (minute, ticket_id, metric, target, business) in enumerate(targets):
        if low < minute <= high:
            apply_target(
                desk, ticket_id, metric, target, at=after(minutes=minute), metric_event_id=nth,
                instance=1 + nth % 2, business_hours=business,
            )  # fmt: skip
            desk.insert("changed", ticket_id=ticket_id)


def rows(desk: Desk) -> list[Any]:
    return desk.con.execute("from measures order by all").fetchall()


@settings(max_examples=examples(5, 12), deadline=None)
@given(
    happenings=st.lists(HAPPENINGS, max_size=12).map(sorted),
    targets=st.lists(TARGETS, min_size=1, max_size=6).map(sorted),
    moments=MOMENTS.map(sorted),
)
@example(happenings=[], targets=[(5, 1, "agent_work_time", 30, False)], moments=[(10, 0), (600, 0)])
def test_measuring_now_and_then_is_measuring_all_at_the_end(
    happenings: list[Any], targets: list[Any], moments: list[tuple[int, int]]
) -> None:
    desk = Desk().schedule()
    for ticket_id in (1, 2, 3):
        desk.ticket(ticket_id)
        desk.insert("changed", ticket_id=ticket_id)
    before = -1
    for minute, second in moments:
        fill(desk, before, minute, happenings, targets)
        run(desk, after(minutes=minute, seconds=second), WAKING)
        before = minute
    found = rows(desk)
    measure(desk.con, now=after(minutes=minute, seconds=second), forms=WAKING, everything=True)
    assert found == rows(desk)


@pytest.mark.parametrize("one", usual_forms(), ids=lambda form: form.key)
def test_a_measure_says_what_time_changes_if_time_changes_it(one: Form) -> None:
    assert bool(one.definition.wakes) == ("wakes_at" in one.query)
