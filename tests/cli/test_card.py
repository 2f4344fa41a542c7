"""The card of a KPI as it is printed, and the numbers behind its words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.console import Console

from connector.cli.explaining import print_card
from connector.cli.measures import said_n
from connector.config.mapping import KpiTable
from connector.kpi.card import KpiCard, explain_kpi
from connector.kpi.catalogue import definitions
from connector.kpi.forms import forms_for
from connector.model.kpi import Period
from tests.kpi.desk import AGENT, MONDAY, Desk, after, attached

MONTH = Period(MONDAY, after(days=30))
NOW = datetime(2026, 4, 3, tzinfo=UTC)


@pytest.fixture
def desk() -> Desk:
    desk = Desk().schedule()
    for ticket_id in range(1, 6):
        desk.ticket(ticket_id, marks=1 if ticket_id == 5 else 0)
        if ticket_id < 4:
            desk.comment(after(hours=ticket_id), AGENT, ticket_id)
            desk.status(after(hours=ticket_id + 1), "solved", ticket_id)
    return desk


def card(desk: Desk, **kpi: object) -> KpiCard:
    table = KpiTable.model_validate(kpi)
    desk.measure(forms=forms_for([table]))
    return explain_kpi(attached(desk), "mine", table, MONTH, now=NOW, as_of=NOW)


def printed(one: KpiCard, width: int = 120) -> str:
    out = Console(width=width)
    with out.capture() as shown:
        print_card(one, out=out)
    return " ".join(shown.get().split())


def test_a_card_counts_what_is_left_out_by_reason(desk: Desk) -> None:
    one = card(desk, measure="first_reply_time", clock="business")
    assert one.excluded["merged into another ticket"] == 1
    assert one.excluded["deleted"] == 0
    assert one.waiting == {"no reply yet": 1}
    said = printed(one)
    assert "2 left out: 1 merged into another ticket, 1 no reply yet" in said
    assert "never counts 1 merged into another ticket, 0 deleted" in said


def test_a_card_says_clock_schedule_credit_and_group(desk: Desk) -> None:
    said = printed(
        card(
            desk,
            measure="first_reply_time",
            clock="business",
            schedule="at_event",
            credit="assignee_at_event",
            group_as_of="event",
        )
    )
    assert "all of it under the schedule in force at the event" in said
    assert "credit the assignee when it happened" in said
    assert "group the group when it happened" in said


def test_a_card_says_settings_variant_and_minimum(desk: Desk) -> None:
    one = card(desk, measure="fcr_system", settings={"window": "3 d"})
    assert "window 3 d (set here)" in printed(one)
    assert one.minimum_n == 20
    variant = card(desk, measure="one_touch_rate", variant="freshworks")
    said = printed(variant)
    assert "variant freshworks" in said
    assert variant.definition.source in said
    assert "a goal is judged from 20 on" in said


def test_a_card_says_until_when_it_is_provisional(desk: Desk) -> None:
    assert "provisional until 2026-04-15" in printed(card(desk, measure="reopen_rate"))
    assert "provisional no: it settled" in printed(card(desk, measure="first_reply_time"))


@pytest.mark.parametrize(
    ("measure", "heaviest"),
    [
        ("replies_per_ticket", ["1", "2", "3"]),
        ("backlog_age", ["4"]),
        ("solve_rate", ["3", "2", "1"]),
        ("net_flow", ["1", "2", "3", "4"]),
        ("staff_days", ["3", "2", "1"]),
        ("nps", []),
    ],
)
def test_every_family_names_the_tickets_that_weigh_most(
    desk: Desk, measure: str, heaviest: list[str]
) -> None:
    assert [one.id for one in card(desk, measure=measure).heaviest][: len(heaviest)] == heaviest


@pytest.mark.parametrize("width", [80, 120])
def test_a_card_fits_the_terminal(desk: Desk, width: int) -> None:
    out = Console(width=width)
    with out.capture() as shown:
        print_card(card(desk, measure="first_reply_time", clock="business"), out=out)
    assert max(map(len, shown.get().splitlines())) <= width


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("first_reply_time", "3 tickets"),
        ("net_flow", "3 events"),
        ("sla_attainment.latest", "3 targets"),
        ("sla_ticket_attainment", "3 tickets"),
        ("next_reply_time", "3 exchanges"),
        ("next_reply_time.per_ticket", "3 tickets"),
        ("ces.pct", "3 answers"),
        ("tickets_per_staff_day", "3 staff days"),
        ("contact_rate", "3 customers"),
        ("deflection_rate", "3 cases"),
    ],
)
def test_n_is_said_in_what_it_counts(measure: str, said: str) -> None:
    assert said_n(definitions()[measure], 3) == said


def test_more_within_a_limit_is_better_whatever_the_measure(desk: Desk) -> None:
    within = card(desk, measure="first_reply_time", aggregate="within", limit="4 h")
    assert "better higher" in printed(within)
    assert "better lower" in printed(card(desk, measure="first_reply_time"))
