"""What two notes of ours mean: dates and due times are no states."""

from __future__ import annotations

import pytest

from connector.writeback.note import is_same_state

DUE = "Quality. Goal due Mon 23 Nov 10:05 CET"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DUE, "Quality. Goal due Wed 25 Nov 10:05 CET"),
        ("Ziel. Antwort fällig Mo 23. Nov. 10:05 CET", "Ziel. Antwort rechtzeitig"),
        ("Quality: at risk as of 1 Nov", "Quality: at risk as of 2 Nov. Reply in time"),
    ],
)
def test_only_dates_and_due_times_differ(one: str, other: str) -> None:
    assert is_same_state(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DUE, "Quality: at risk as of 1 Nov"),
        (DUE, "Speed. Goal due Mon 23 Nov 10:05 CET"),
        (DUE, None),
        ("Written by a person. With a dot", "Written by a person. With two"),
    ],
)
def test_something_else_is_told(one: str, other: str | None) -> None:
    assert not is_same_state(one, other)
