from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.goals.fold import holds_since, settled
from connector.goals.verdict import Verdict
from connector.model.goal import DayVerdict, GoalState

DAY = date(2026, 11, 1)
LADDER = ("off_track", "at_risk", "on_track")


def day(status: str, raw: str | None = None, *, after: int = 0) -> DayVerdict:
    return DayVerdict(
        day=DAY + timedelta(days=after), status=status, raw_status=raw or status, why=""
    )


def found(chance: float) -> Verdict:
    if chance >= 0.70:
        return Verdict(GoalState.ON_TRACK, "", chance=chance)
    state = GoalState.AT_RISK if chance >= 0.30 else GoalState.OFF_TRACK
    return Verdict(state, "", chance=chance)


def test_the_first_day_takes_its_own_verdict() -> None:
    assert settled(found(0.69), None) is GoalState.AT_RISK


def test_a_chance_that_grazes_the_line_does_not_turn_the_status() -> None:
    assert settled(found(0.66), day("on_track")) is GoalState.ON_TRACK
    assert settled(found(0.74), day("at_risk")) is GoalState.AT_RISK
    assert settled(found(0.26), day("at_risk")) is GoalState.AT_RISK
    assert settled(found(0.34), day("off_track")) is GoalState.OFF_TRACK


def test_a_chance_that_crosses_the_line_by_the_margin_turns_the_status_at_once() -> None:
    assert settled(found(0.65), day("on_track")) is GoalState.AT_RISK
    assert settled(found(0.75), day("at_risk")) is GoalState.ON_TRACK
    assert settled(found(0.25), day("at_risk")) is GoalState.OFF_TRACK
    assert settled(found(0.36), day("off_track")) is GoalState.AT_RISK


def test_a_chance_that_stays_across_for_two_days_turns_the_status() -> None:
    assert settled(found(0.68), day("on_track", "at_risk")) is GoalState.AT_RISK
    assert settled(found(0.71), day("at_risk", "on_track")) is GoalState.ON_TRACK


def test_two_days_on_different_sides_do_not_add_up() -> None:
    assert settled(found(0.28), day("at_risk", "on_track")) is GoalState.AT_RISK


def test_a_status_may_fall_two_steps_in_a_day() -> None:
    assert settled(found(0.05), day("on_track")) is GoalState.OFF_TRACK


def test_of_two_lines_each_has_to_be_crossed_by_the_margin() -> None:
    assert settled(found(0.28), day("on_track")) is GoalState.AT_RISK
    assert settled(found(0.28), day("at_risk", "off_track")) is GoalState.OFF_TRACK
    assert settled(found(0.72), day("off_track")) is GoalState.AT_RISK
    assert settled(found(0.28), day("on_track", "off_track")) is GoalState.OFF_TRACK


def test_a_verdict_without_a_chance_counts_at_once() -> None:
    verdict = Verdict(GoalState.AT_RISK, "by pace")
    assert settled(verdict, day("on_track")) is GoalState.AT_RISK


def test_a_status_that_was_none_of_the_three_gives_way_at_once() -> None:
    assert settled(found(0.69), day("insufficient_data")) is GoalState.AT_RISK


def test_a_status_holds_since_the_first_of_its_last_days_in_a_row() -> None:
    days = [day("at_risk"), day("on_track", after=1), day("at_risk", after=2)]
    assert holds_since([*days, day("at_risk", after=3)]) == DAY + timedelta(days=2)
    assert holds_since([]) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_three_days_on_one_side_always_settle_the_status(chances: list[float]) -> None:
    before = None
    for chance in [*chances, chances[-1], chances[-1]]:
        verdict = found(chance)
        status = settled(verdict, before)
        before = day(status.value, verdict.status.value)
    assert before is not None
    assert before.status == before.raw_status


@given(st.floats(0.66, 0.74), st.floats(0.66, 0.74), st.sampled_from(LADDER[1:]))
def test_jumping_to_and_fro_across_a_line_never_turns_the_status(
    one: float, other: float, start: str
) -> None:
    if (one >= 0.70) == (other >= 0.70):
        return
    before = day(start)
    for chance in (one, other, one, other):
        verdict = found(chance)
        status = settled(verdict, before)
        assert status.value == start
        before = day(status.value, verdict.status.value)
