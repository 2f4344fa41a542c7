"""Days in breach and clean streaks of anti-goals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connector.goals.streak import streak
from connector.model.goal import GoalState, Streak

STATES = st.lists(st.sampled_from([state.value for state in GoalState]))


def test_days_in_breach_and_with_a_warning_are_counted() -> None:
    days = ["safe", "warning", "violated", "violated", "warning", "safe", "safe"]
    assert streak(days) == Streak(days_violated=2, days_warning=2, clean_days=2)


def test_a_day_in_breach_ends_the_clean_streak() -> None:
    assert streak(["safe", "safe", "violated"]).clean_days == 0
    assert streak(["safe", "safe", "warning"]).clean_days == 0


def test_a_day_on_which_nothing_can_be_said_ends_nothing() -> None:
    days = ["insufficient_data", "warning", "safe", "paused", "insufficient_data", "safe"]
    assert streak(days) == Streak(days_violated=0, days_warning=1, clean_days=2)


def test_before_the_first_day_there_is_nothing() -> None:
    assert streak([]) == Streak()


@given(STATES)
def test_another_safe_day_lengthens_the_streak_by_one(days: list[str]) -> None:
    before, after = streak(days), streak([*days, "safe"])
    assert after.clean_days == before.clean_days + 1
    assert after.days_violated == before.days_violated


@given(STATES, STATES)
def test_days_add_up(first: list[str], second: list[str]) -> None:
    whole, one, other = streak([*first, *second]), streak(first), streak(second)
    assert whole.days_violated == one.days_violated + other.days_violated
    assert whole.days_warning == one.days_warning + other.days_warning
    assert other.clean_days <= whole.clean_days <= one.clean_days + other.clean_days
