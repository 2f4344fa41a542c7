"""The tickets that caused a breach: the bad side of a share, times past the limit, what counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connector.config.mapping import KpiTable, Quantity
from connector.kpi.culprits import Line, culprits
from connector.kpi.weights import Weight
from connector.model.kpi import Direction, Period
from tests.kpi.desk import AGENT, MONDAY, NOW, Desk, after, attached

MONTH = Period(MONDAY, after(days=30))
H = 3600.0
AT_MOST_4_H = Line(4 * H, Direction.LOWER)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def found(desk: Desk, kpi: KpiTable, line: Line, **options: Any) -> tuple[Weight, ...]:
    desk.measure_for(kpi)
    return culprits(attached(desk), kpi, MONTH, line, **{"as_of": NOW, **options})


def ids(weights: tuple[Weight, ...]) -> list[str]:
    return [one.id for one in weights]


def rated(desk: Desk, *ratings: tuple[datetime, str]) -> None:
    for ticket_id, (at, score) in enumerate(ratings, start=1):
        desk.ticket(ticket_id, at=at)
        desk.rating(at, score, ticket_id, rating_id=ticket_id)


def replied(desk: Desk, *hours: float) -> None:
    for ticket_id, late in enumerate(hours, start=1):
        desk.ticket(ticket_id)
        desk.comment(after(hours=late), AGENT, ticket_id)


def test_of_a_rate_the_misses_are_at_fault_newest_first(desk: Desk) -> None:
    rated(
        desk, (after(days=1), "bad"), (after(days=3), "bad"), (after(days=2), "good"),
        (after(days=2), "bad"), (after(days=31), "bad"),
    )  # fmt: skip
    kpi = KpiTable(measure="csat_pct")
    weights = found(desk, kpi, Line(0.85, Direction.HIGHER))
    assert ids(weights) == ["2", "4", "1"]
    assert weights[0] == Weight(helpdesk="support", id="2", value=0, at=after(days=3))


def test_of_a_rate_that_should_be_low_the_hits_are_at_fault(desk: Desk) -> None:
    for ticket_id in (1, 2):
        desk.ticket(ticket_id)
        desk.status(after(days=ticket_id), "solved", ticket_id)
    desk.status(after(days=3), "open", 1)
    kpi = KpiTable(measure="reopen_rate")
    assert ids(found(desk, kpi, Line(0.1, Direction.LOWER))) == ["1"]


def test_of_a_share_within_a_limit_those_past_it_are_at_fault_newest_first(desk: Desk) -> None:
    replied(desk, 9, 2, 3)
    kpi = KpiTable(measure="first_reply_time", aggregate="within", limit=Quantity(2 * H, "s"))
    assert ids(found(desk, kpi, Line(0.8, Direction.HIGHER))) == ["1", "3"]


def test_of_times_those_past_the_line_are_at_fault_heaviest_first(desk: Desk) -> None:
    replied(desk, 5, 4, 9, 1)
    weights = found(desk, KpiTable(measure="first_reply_time"), AT_MOST_4_H)
    assert [(one.id, one.value) for one in weights] == [("3", 9 * H), ("1", 5 * H)]


def test_a_ticket_is_named_once_by_its_heaviest_row(desk: Desk) -> None:
    desk.ticket()
    for start, late in ((0, 5), (10, 7), (20, 6)):
        if start:
            desk.comment(after(hours=start), 100)
        desk.comment(after(hours=start + late), AGENT)
    weights = found(desk, KpiTable(measure="next_reply_time"), AT_MOST_4_H)
    assert [one.value for one in weights] == [7 * H]


def test_no_more_are_named_than_asked_for(desk: Desk) -> None:
    replied(desk, *range(5, 25))
    kpi = KpiTable(measure="first_reply_time")
    assert ids(found(desk, kpi, AT_MOST_4_H, at_most=3)) == ["20", "19", "18"]
    assert len(found(desk, kpi, AT_MOST_4_H)) == 10


def test_of_counts_what_counted_is_at_fault_newest_first(desk: Desk) -> None:
    for ticket_id, day in ((1, 1), (2, 3), (3, 2), (4, 40)):
        desk.ticket(ticket_id, at=after(days=day))
    kpi = KpiTable(measure="tickets_created")
    assert ids(found(desk, kpi, Line(2, Direction.LOWER))) == ["2", "3", "1"]


def test_of_a_backlog_the_open_tickets_are_at_fault_newest_first(desk: Desk) -> None:
    desk.ticket(1, at=after(days=-9))
    desk.ticket(2, at=after(days=2))
    desk.ticket(3, at=after(days=3))
    desk.status(after(days=4), "solved", 3)
    kpi = KpiTable(measure="backlog")
    assert ids(found(desk, kpi, Line(1, Direction.LOWER))) == ["2", "1"]


def test_of_too_few_no_ticket_is_at_fault(desk: Desk) -> None:
    desk.ticket()
    desk.status(after(days=1), "solved")
    assert found(desk, KpiTable(measure="tickets_solved"), Line(5, Direction.HIGHER)) == ()


def test_only_what_was_known_then_is_named(desk: Desk) -> None:
    rated(desk, (after(days=1), "bad"), (after(days=3), "bad"))
    line = Line(0.85, Direction.HIGHER)
    assert ids(found(desk, KpiTable(measure="csat_pct"), line, as_of=after(days=2))) == ["1"]


def test_only_tickets_in_scope_are_named(desk: Desk) -> None:
    desk.group(7, "EMEA")
    rated(desk, (after(days=1), "bad"), (after(days=2), "bad"))
    desk.con.execute("update tickets set group_id = 7 where ticket_id = 1")
    kpi = KpiTable(measure="csat_pct", where={"group": ("EMEA",)})
    assert ids(found(desk, kpi, Line(0.85, Direction.HIGHER))) == ["1"]
