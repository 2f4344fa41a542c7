"""What is shown of a value that was frozen."""

from __future__ import annotations

from datetime import UTC, datetime

from connector.kpi.frozen import as_frozen
from connector.model.kpi import KpiValue, Period, Version

THEN, NOW = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
VALUE = KpiValue(
    id="created",
    measure="tickets_created",
    clock="calendar",
    aggregate="count",
    unit="count",
    value=7,
    n=7,
    where={},
    period=Period(datetime(2026, 9, 1, tzinfo=UTC), THEN),
    as_of=NOW,
    left_out={"deleted": 3},
)


def version(number: int, n: int) -> Version:
    return Version(
        version=number, value=n, n=n, k=None, low=None, high=None,
        frozen_at=THEN, as_of=THEN, reason="",
    )  # fmt: skip


def test_what_is_left_out_now_does_not_stand_beside_an_older_n() -> None:
    found = as_frozen(VALUE, (version(1, 9), version(2, 7)))
    assert (found.n, found.left_out) == (9, {})


def test_a_value_that_is_as_it_was_frozen_says_what_it_leaves_out() -> None:
    found = as_frozen(VALUE, (version(1, 7),))
    assert (found.n, found.left_out) == (7, {"deleted": 3})
