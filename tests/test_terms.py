"""The terms of a goal: what days that no run saw are judged by, and what is told of a change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from connector.config.quantity import Quantity
from connector.pipeline.goal_past import versions_told
from connector.pipeline.terms import GoalVersions, Step, Terms
from connector.store.goal_history import GoalVersionRow
from tests.goals.cases import goal

STEPS = (
    Step("first", date(2026, 10, 31), Quantity(80.0, "count")),
    Step("rest", date(2026, 12, 1)),
)
TERMS = Terms(
    target=Quantity(50.0, "count"),
    baseline=Quantity(100.0, "count"),
    start=date(2026, 10, 1),
    end=date(2027, 1, 1),
    timezone="UTC",
    pace="phased",
    milestones=STEPS,
)
EASED = msgspec.structs.replace(
    TERMS, milestones=(Step("first", date(2026, 10, 31), Quantity(90.0, "count")), STEPS[1])
)


def row(version: int, terms: Terms, at: datetime) -> GoalVersionRow:
    return GoalVersionRow(
        version=version,
        valid_from=at,
        fingerprint=terms.fingerprint,
        definition=msgspec.json.encode(terms).decode(),
    )


OCTOBER, NOVEMBER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
ROWS = (row(1, TERMS, OCTOBER), row(2, EASED, NOVEMBER))


def test_a_day_has_the_milestones_of_its_time() -> None:
    versions = GoalVersions(ROWS, EASED)
    _, then = versions.at(datetime(2026, 10, 20, tzinfo=UTC))
    steps = then.applied_to(goal(target=40, kind="backward")).milestones
    assert [(one.name, one.date, one.value) for one in steps] == [
        ("first", date(2026, 10, 31), Quantity(80.0, "count")),
        ("rest", date(2026, 12, 1), None),
    ]
    assert versions.at(NOVEMBER)[0] == 2


def test_a_changed_milestone_is_told_with_its_value() -> None:
    _, second = versions_told(ROWS, "calendar")
    (change,) = second.changes
    assert change.before == "first at 80 on 2026-10-31, rest on 2026-12-01"
    assert change.after == "first at 90 on 2026-10-31, rest on 2026-12-01"
