"""Volume and backlog: what is counted when, what spans an instant, and what ratios divide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.config.mapping import KpiTable
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate, snapshots
from connector.kpi.forms import forms_for
from connector.kpi.measure import measure
from connector.model.kpi import KpiValue, Period
from connector.model.ticket import Mark
from tests.kpi.desk import AGENT, BOT, CUSTOMER, MONDAY, NOW, OTHER_AGENT, Desk, after, attached
from tests.laws import examples

HOUR, DAY = 3600.0, 86_400.0
WEEK = Period(MONDAY - timedelta(hours=9), after(days=7, hours=-9))
OTHER_CUSTOMER = 101
Row = tuple[Any, ...]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def measured(desk: Desk, *kpis: KpiTable, now: datetime = NOW, everything: bool = True) -> int:
    return measure(desk.con, now=now, forms=forms_for(kpis), everything=everything)


def value(desk: Desk, kpi: KpiTable, period: Period = WEEK) -> KpiValue:
    measured(desk, kpi)
    return evaluate(attached(desk), "kpi", kpi, period, now=NOW, as_of=NOW)


def at_end(desk: Desk, kpi: KpiTable, **times: float) -> float | None:
    """Return a KPI over the stretch that ends so long after Monday, 09:00."""
    return value(desk, kpi, Period(MONDAY - timedelta(days=1), after(**times))).value


def solved(desk: Desk, ticket_id: int = 1, **ticket: Any) -> Desk:
    at = ticket.setdefault("at", after())
    desk.ticket(ticket_id, **ticket)
    desk.status(at + timedelta(days=1), "solved", ticket_id, actor_id=AGENT)
    return desk


class TestSolved:
    @pytest.fixture
    def twice(self, desk: Desk) -> Desk:
        """Three tickets: solved twice in the week, open again, and solved once."""
        solved(desk)
        desk.status(after(days=2), "open")
        desk.status(after(days=3), "solved", actor_id=AGENT)
        solved(desk, 2)
        desk.status(after(days=2), "open", 2)
        return solved(desk, 3)

    @pytest.mark.parametrize(
        ("variant", "expected"), [(None, 3), ("currently_solved", 2), ("every_close", 4)]
    )
    def test_each_formula_counts_its_own(
        self, twice: Desk, variant: str | None, expected: int
    ) -> None:
        assert value(twice, KpiTable(measure="tickets_solved", variant=variant)).value == expected

    def test_what_is_solved_now_leaves_a_past_period_later(self, desk: Desk) -> None:
        now, events = (
            KpiTable(measure="tickets_solved", variant=name) for name in ("currently_solved", None)
        )
        solved(desk)
        assert value(desk, now).value == value(desk, events).value == 1
        desk.status(after(days=30), "open")
        assert value(desk, now).value == 0
        assert value(desk, events).value == 1

    def test_the_solve_rate_may_exceed_one(self, desk: Desk) -> None:
        solved(desk, 1, at=after(days=-7))
        solved(desk, 2)
        desk.status(after(days=1, hours=1), "solved", 1)
        desk.ticket(3, at=after(days=-20))
        desk.status(after(days=2), "solved", 3)
        found = value(desk, KpiTable(measure="solve_rate"))
        assert (found.value, found.n) == (2, 1)

    def test_a_solve_rate_without_new_tickets_is_not_there(self, desk: Desk) -> None:
        solved(desk, at=after(days=-7))
        desk.status(after(days=1), "solved")
        assert value(desk, KpiTable(measure="solve_rate")).value is None

    def test_a_ticket_deleted_later_leaves_the_created(self, desk: Desk) -> None:
        kpi = KpiTable(measure="tickets_created")
        desk.ticket()
        assert value(desk, kpi).value == 1
        desk.con.execute("update tickets set status = 'deleted'")
        found = value(desk, kpi)
        assert (found.value, found.left_out) == (0, {"deleted": 1})


class TestCohort:
    KPI = KpiTable(measure="cohort_resolved_pct")

    @pytest.mark.parametrize(("hours", "expected"), [(7 * 24, 1), (7 * 24 + 1, 0)])
    def test_the_solve_has_to_come_within_the_window(
        self, desk: Desk, hours: float, expected: int
    ) -> None:
        desk.ticket()
        desk.status(after(hours=hours), "solved")
        assert desk.value("cohort_resolved_pct") == expected

    def test_an_unsolved_ticket_counts_as_not_resolved(self, desk: Desk) -> None:
        desk.ticket()
        assert desk.value("cohort_resolved_pct") == 0

    def test_it_has_no_value_before_the_window_is_over_and_wakes_then(self, desk: Desk) -> None:
        desk.ticket()
        desk.status(after(hours=1), "solved")
        measured(desk, self.KPI, now=after(days=6))
        assert desk.rows("cohort_resolved_pct")[0][0] is None
        assert measured(desk, self.KPI, now=after(days=6.5), everything=False) == 0
        assert measured(desk, self.KPI, now=after(days=7), everything=False) == 1
        assert desk.rows("cohort_resolved_pct") == [(1, MONDAY, 0)]
        assert measured(desk, self.KPI, now=after(days=9), everything=False) == 0


class TestBacklog:
    @pytest.mark.parametrize(
        ("status", "all_", "actionable", "without_hold"),
        [
            ("new", 1, 1, 1),
            ("open", 1, 1, 1),
            ("pending", 1, 0, 1),
            ("hold", 1, 1, 0),
            ("solved", 0, 0, 0),
            ("closed", 0, 0, 0),
        ],
    )
    def test_variants_leave_out_who_waits_elsewhere(
        self, desk: Desk, status: str, all_: int, actionable: int, without_hold: int
    ) -> None:
        desk.ticket()
        desk.status(after(hours=1), status)
        found = [
            at_end(desk, KpiTable(measure="backlog", variant=variant), days=1)
            for variant in (None, "actionable", "without_hold")
        ]
        assert found == [all_, actionable, without_hold]

    def test_a_ticket_that_changes_between_its_statuses_counts_once(self, desk: Desk) -> None:
        desk.ticket()
        for hour, status in enumerate(("open", "hold", "open", "pending"), 1):
            desk.status(after(hours=hour), status)
        kpi = KpiTable(measure="backlog", variant="actionable")
        measured(desk, kpi)
        instants = [after(hours=hours) for hours in (0, 1, 2, 3.5, 4, 5)]
        assert snapshots(attached(desk), kpi, instants) == [0, 1, 1, 1, 1, 0]

    def test_its_age_runs_from_the_creation_to_the_end_looked_at(self, desk: Desk) -> None:
        desk.ticket(1)
        desk.ticket(2, at=after(days=1))
        solved(desk, 3)
        age = KpiTable(measure="backlog_age")
        assert at_end(desk, age, days=3) == 2.5 * DAY
        assert value(desk, age, Period(MONDAY, after(days=3))).n == 2

    def test_a_reopened_ticket_is_as_old_as_before(self, desk: Desk) -> None:
        solved(desk)
        desk.status(after(days=5), "open")
        kpi = KpiTable(measure="backlog_age")
        assert at_end(desk, kpi, days=4) is None
        assert at_end(desk, kpi, days=6) == 6 * DAY

    @pytest.mark.parametrize(("days", "age"), [(1, DAY), (3, DAY), (4, 2 * DAY)])
    def test_since_the_customer_last_wrote_it_starts_again(
        self, desk: Desk, days: float, age: float
    ) -> None:
        desk.ticket()
        desk.comment(after(days=1, hours=2), AGENT)
        desk.comment(after(days=1, hours=3), CUSTOMER, is_public=False)
        desk.comment(after(days=2), CUSTOMER)
        kpi = KpiTable(measure="backlog_age", variant="last_customer_comment")
        assert at_end(desk, kpi, days=days) == age

    def test_where_no_customer_wrote_it_is_the_age_of_the_ticket(self, desk: Desk) -> None:
        desk.ticket(opening=AGENT)
        kpi = KpiTable(measure="backlog_age", variant="last_customer_comment")
        assert at_end(desk, kpi, days=3) == 3 * DAY

    def test_a_ticket_waits_for_a_reply_until_it_has_one(self, desk: Desk) -> None:
        desk.ticket(1)
        desk.comment(after(hours=2), AGENT)
        desk.ticket(2)
        desk.comment(after(hours=1), AGENT, 2, is_public=False)
        desk.ticket(3)
        desk.status(after(hours=3), "solved", 3)
        desk.ticket(4, marks=int(Mark.MESSAGING))
        kpi = KpiTable(measure="unreplied_open")
        measured(desk, kpi)
        instants = [after(hours=hours) for hours in (1, 2.5, 4)]
        assert snapshots(attached(desk), kpi, instants) == [3, 2, 1]

    def test_a_reply_stays_one_after_a_reopening(self, desk: Desk) -> None:
        solved(desk)
        desk.comment(after(hours=5), AGENT)
        desk.status(after(days=3), "open")
        assert at_end(desk, KpiTable(measure="unreplied_open"), days=4) == 0


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["open", "pending", "hold", "solved", "closed", "deleted", "restored"]),
    ),
    max_size=6,
)


def happened(desk: Desk, ticket_id: int, steps: Sequence[tuple[int, str]]) -> list[tuple[int, int]]:
    """Let a ticket live; return when deletions took it from the backlog (1) and back (-1)."""
    desk.ticket(ticket_id)
    minute, status, is_deleted, gone = 0, "new", False, []
    for wait, step in steps:
        minute += wait
        if step in {"deleted", "restored"}:
            if is_deleted == (step == "deleted"):
                continue
            is_deleted = not is_deleted
            desk.event(step, after(minutes=minute), ticket_id)
            if status not in {"solved", "closed"}:
                gone.append((minute, 1 if is_deleted else -1))
        elif not is_deleted:
            status = step
            desk.status(after(minutes=minute), status, ticket_id)
    if is_deleted:
        desk.con.execute("update tickets set status = 'deleted' where ticket_id = ?", [ticket_id])
    return [] if is_deleted else gone


@given(st.lists(STEPS, min_size=1, max_size=4), st.integers(-1, 20), st.integers(0, 20))
@settings(max_examples=examples(5, 12), deadline=None)
def test_the_backlog_grows_by_the_net_flow_minus_the_deleted(
    histories: list[list[tuple[int, str]]], first: int, minutes: int
) -> None:
    desk = Desk()
    gone = [one for nth, steps in enumerate(histories) for one in happened(desk, nth, steps)]
    backlog, flow = KpiTable(measure="backlog"), KpiTable(measure="net_flow")
    measured(desk, backlog, flow)
    con = attached(desk)
    start, end = after(minutes=first), after(minutes=first + minutes)
    before, later = snapshots(con, backlog, [start, end])
    grown = evaluate(con, "kpi", flow, Period(start, end), now=NOW, as_of=NOW).value
    deleted = sum(sign for minute, sign in gone if first <= minute < first + minutes)
    assert grown is not None
    assert later == before + grown - deleted


class TestStaff:
    KPI = KpiTable(measure="tickets_per_staff_day")

    def test_solves_are_divided_by_the_days_of_everybody_at_work(self, desk: Desk) -> None:
        for ticket_id in (1, 2, 3):
            solved(desk, ticket_id)
        desk.comment(after(hours=1), AGENT)
        desk.comment(after(hours=2), AGENT)
        desk.comment(after(hours=3), OTHER_AGENT, is_public=False)
        found = value(desk, self.KPI)
        assert (found.value, found.n) == (1, 3)  # Ann on two days, Bob on one

    def test_days_are_local_ones(self, desk: Desk) -> None:
        solved(desk)
        desk.comment(datetime(2026, 3, 2, 22, 30, tzinfo=UTC), OTHER_AGENT)
        desk.comment(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), OTHER_AGENT)
        measured(desk, self.KPI)
        con = attached(desk)
        days = [
            evaluate(con, "kpi", self.KPI, WEEK, now=NOW, as_of=NOW, zone=zone).n
            for zone in ("UTC", "Europe/Berlin")
        ]
        assert days == [2, 3]

    def test_customers_automations_and_bots_are_not_at_work(self, desk: Desk) -> None:
        solved(desk)
        for actor in (CUSTOMER, None, BOT):
            desk.comment(after(hours=1), actor)
        forms = forms_for([self.KPI])
        measure(desk.con, now=NOW, forms=forms, bots=frozenset({BOT}), everything=True)
        actors = desk.con.execute(
            "select distinct actor_id from measures where measure = 'staff_days'"
        ).fetchall()
        assert actors == [(AGENT,)]


class TestAutomation:
    @pytest.fixture
    def automated(self, desk: Desk) -> Desk:
        desk.ticket()
        desk.comment(after(hours=1), BOT)
        desk.status(after(hours=2), "solved", actor_id=BOT)
        return desk

    def rate(self, desk: Desk, **options: Any) -> float | None:
        kpi = KpiTable(measure="automation_rate", **options)
        bots = frozenset({BOT})
        (form,) = forms_for([kpi])
        measure(desk.con, now=NOW, forms=[form], bots=bots, everything=True)
        ((found, _, _),) = desk.rows(form.key)
        return found

    def test_a_ticket_that_nobody_touched_is_automated(self, automated: Desk) -> None:
        assert self.rate(automated) == 1

    def test_a_bot_that_is_not_listed_is_staff(self, automated: Desk) -> None:
        assert automated.value("automation_rate") == 0

    @pytest.mark.parametrize("kind", ["comment", "assignee", "priority"])
    def test_whatever_staff_do_before_the_solve_is_a_touch(
        self, automated: Desk, kind: str
    ) -> None:
        automated.event(kind, after(hours=1), actor_id=AGENT, is_public=False)
        assert self.rate(automated) == 0

    def test_what_staff_do_later_is_none(self, automated: Desk) -> None:
        automated.event("comment", after(hours=3), actor_id=AGENT, is_public=False)
        assert self.rate(automated) == 1

    @pytest.mark.parametrize(("days", "expected"), [(7, 0), (7.1, 1)])
    def test_whoever_comes_back_was_not_helped(
        self, automated: Desk, days: float, expected: int
    ) -> None:
        automated.ticket(2, at=after(hours=2, days=days))
        assert self.rate(automated) == expected
        assert self.rate(automated, settings={"window": "30 d"}) == 0

    def test_a_reopened_ticket_is_not_automated(self, automated: Desk) -> None:
        automated.status(after(days=3), "open")
        assert self.rate(automated) == 0


@pytest.mark.parametrize(
    ("kpi", "numerator", "denominator"),
    [
        ("contact_rate", "tickets_created", "active_customers"),
        ("cost_per_ticket", "support_cost", "tickets_created"),
        ("cost_per_ticket.resolved", "support_cost", "tickets_solved"),
    ],
)
def test_ratios_with_an_imported_side_name_it(kpi: str, numerator: str, denominator: str) -> None:
    known = definitions()
    assert (known[kpi].numerator, known[kpi].denominator) == (numerator, denominator)
    families = {known[name].family for name in (numerator, denominator)}
    assert families == {"imported", "count"}


def test_a_ratio_without_its_imported_side_has_no_value(desk: Desk) -> None:
    desk.ticket()
    assert value(desk, KpiTable(measure="contact_rate")).value is None


CONTACTS = [
    KpiTable(measure="fcr_system"),
    KpiTable(measure="repeat_contact_rate", settings={"window": "3 d"}),
    KpiTable(measure="automation_rate"),
    KpiTable(measure="cohort_resolved_pct"),
    KpiTable(measure="reopen_rate"),
]


def rows(desk: Desk) -> list[Row]:
    return desk.con.execute("from measures order by all").fetchall()


def test_a_new_ticket_changes_what_the_requesters_earlier_one_says(desk: Desk) -> None:
    solved(desk)
    solved(desk, 2, requester_id=OTHER_CUSTOMER)
    measured(desk, *CONTACTS)
    assert desk.rows("fcr_system")[0][0] == 1
    desk.ticket(3, at=after(days=3))
    desk.insert("changed", ticket_id=3)
    assert measured(desk, *CONTACTS, everything=False) == 2
    assert desk.rows("fcr_system")[0][0] == 0
    assert desk.rows("fcr_system", 2)[0][0] == 1


def test_a_new_ticket_that_turns_out_to_be_spam_changes_it_back(desk: Desk) -> None:
    solved(desk)
    desk.ticket(2, at=after(days=3))
    measured(desk, *CONTACTS)
    desk.con.execute("update tickets set marks = 2 where ticket_id = 2")
    desk.insert("changed", ticket_id=2)
    measured(desk, *CONTACTS, everything=False)
    assert desk.rows("fcr_system")[0][0] == 1


LIVES = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(0, 12),
        st.sampled_from([CUSTOMER, OTHER_CUSTOMER]),
        st.sampled_from(["solved", "open", "closed", "deleted"]),
    ),
    min_size=1,
    max_size=8,
)


def lived(desk: Desk, life: tuple[int, int, int, str]) -> int:
    """Create a ticket, or change the status of one that is there; return its id."""
    ticket_id, days, requester, status = life
    found = desk.con.execute(
        "select updated_at from tickets where ticket_id = ?", [ticket_id]
    ).fetchall()
    if not found:
        desk.ticket(ticket_id, at=after(days=days), requester_id=requester)
        return ticket_id
    at = found[0][0].replace(tzinfo=UTC) + timedelta(days=days)
    if status == "deleted":
        desk.event("deleted", at, ticket_id)
        desk.con.execute(
            "update tickets set status = 'deleted', updated_at = ? where ticket_id = ?",
            [at.replace(tzinfo=None), ticket_id],
        )
    else:
        desk.status(at, status, ticket_id, actor_id=AGENT)
    return ticket_id


@given(LIVES, LIVES, st.integers(0, 20))
@settings(max_examples=examples(5, 12), deadline=None)
def test_measuring_what_is_due_gives_the_same_as_measuring_everything(
    before: list[tuple[int, int, int, str]], then: list[tuple[int, int, int, str]], days: int
) -> None:
    desk = Desk()
    for life in before:
        lived(desk, life)
    measured(desk, *CONTACTS, now=after(days=10))
    for life in then:
        desk.insert("changed", ticket_id=lived(desk, life))
    measured(desk, *CONTACTS, now=after(days=10 + days), everything=False)
    found = rows(desk)
    measured(desk, *CONTACTS, now=after(days=10 + days))
    assert found == rows(desk)
