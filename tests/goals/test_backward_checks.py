"""What is wrong with a plan: an example that is told, and one beside it that is not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connector.goals.backward_checks import problems
from connector.model.kpi import Direction
from connector.model.series import SeriesKind
from tests.goals.backward_cases import DAY, END, START, TODAY, known, milestone, plan, series

SOON, LATER = date(2026, 11, 13), date(2026, 11, 30)


def test_a_sound_plan_has_no_problems() -> None:
    made = plan(
        milestone("a", SOON, value=350.0, duration=5),
        milestone("b", LATER, done=False, duration=11, depends_on=("a",)),
        milestone("c", END - DAY),
        review=END + DAY,
    )
    assert problems(made, known(380)) == ()


@pytest.mark.parametrize(
    ("day", "outside"), [(START - DAY, True), (START, False), (END, False), (END + DAY, True)]
)
def test_a_milestone_lies_inside_the_period(day: date, *, outside: bool) -> None:
    found = problems(plan(milestone("a", day, done=False)), known(380))
    assert [text.endswith("lies outside of the goal's period") for text in found] == [
        True
    ] * outside


def test_dates_increase() -> None:
    made = plan(milestone("b", LATER, done=False), milestone("a", SOON, done=False))
    assert problems(made, known(380)) == (
        "'a' (13 Nov 2026) follows 'b' (30 Nov 2026) and is not later",
    )


def test_a_milestone_has_time_for_its_work_after_what_it_waits_for() -> None:
    first = milestone("a", SOON, done=False)
    fits = milestone("b", LATER, done=False, duration=11, depends_on=("a", "gone"))
    lacks = milestone("b", LATER, done=False, duration=12, depends_on=("a",))
    assert problems(plan(first, fits), known(380)) == ()
    assert problems(plan(first, lacks), known(380)) == (
        "'b' (30 Nov 2026) takes 12 working days after 'a' (13 Nov 2026), and its date leaves 11",
    )


def test_nothing_is_due_before_what_it_waits_for_over_a_weekend_either() -> None:
    sunday = milestone("a", SOON + 2 * DAY, done=False)
    saturday = milestone("b", SOON + DAY, done=False, depends_on=("a",))
    assert len(problems(plan(sunday, saturday), known(380))) == 2


@pytest.mark.parametrize(
    ("review", "told"),
    [
        (LATER, False),
        (LATER + DAY, True),
        (LATER + 14 * DAY, True),
        (LATER + 15 * DAY, False),
        (None, False),
    ],
)
def test_a_value_is_final_before_the_review(review: date | None, *, told: bool) -> None:
    made = plan(milestone("a", LATER, value=300.0), lag_days=14, review=review)
    assert bool(problems(made, known(380))) is told


def test_the_value_at_the_end_is_final_before_the_review() -> None:
    (told,) = problems(plan(lag_days=14, review=END), known(380))
    assert told == "the value at the end is final on 15 Jan 2027, after the review on 1 Jan 2027"
    assert problems(plan(lag_days=14, review=END + 14 * DAY), known(380)) == ()
    assert problems(plan(lag_days=14, review=END - DAY), known(380)) == ()


def test_the_review_waits_for_no_flag() -> None:
    made = plan(milestone("a", LATER, done=False), lag_days=14, review=LATER + DAY)
    assert problems(made, known(380)) == ()


def shares(a_day: float) -> dict[str, Any]:
    days = series(SeriesKind.SHARE, n=[a_day] * 60, hits=[a_day * 0.85] * 60)
    return {"series": days}


def test_a_step_of_a_share_has_to_be_wider_than_its_interval() -> None:
    made = plan(
        milestone("a", SOON, value=0.86),
        unit="ratio",
        baseline=0.84,
        target=0.90,
        direction=Direction.HIGHER,
    )
    assert problems(made, known(0.84, **shares(30))) == ()
    (told,) = problems(made, known(0.84, **shares(15)))
    assert told == (
        "the step until 'a' (84 % to 86 %) rests on about 660 tickets: "
        "they tell a share to 2.7 points only"
    )
    assert len(problems(made, known(0.84, **shares(0)))) == 2


def test_a_step_that_is_none_or_takes_no_time_is_not_told() -> None:
    made = plan(
        milestone("a", SOON, value=0.84),
        milestone("b", END - DAY, value=0.89),
        unit="ratio",
        baseline=0.84,
        target=0.90,
        direction=Direction.HIGHER,
    )
    assert problems(made, known(0.84, **shares(30))) == ()


def test_tickets_of_the_last_eight_weeks_tell_how_many_to_expect() -> None:
    n = [1000.0] * 100 + [15.0] * 56
    days = series(SeriesKind.SHARE, n=n, hits=n)
    made = plan(unit="ratio", baseline=0.89, target=0.90, direction=Direction.HIGHER)
    (told,) = problems(made, known(0.89, series=days))
    assert "rests on about 1380 tickets" in told


def test_steps_that_are_over_are_not_told() -> None:
    made = plan(
        milestone("a", TODAY - DAY, value=0.85),
        unit="ratio",
        baseline=0.84,
        target=0.90,
        direction=Direction.HIGHER,
    )
    assert problems(made, known(0.85, **shares(15))) == ()


@pytest.mark.parametrize(
    ("kind", "q", "least"),
    [
        (SeriesKind.QUANTILE, 0.5, 10),
        (SeriesKind.QUANTILE, 0.9, 50),
        (SeriesKind.MEAN, None, 50),
        (SeriesKind.SCORE, None, 30),
    ],
)
def test_a_step_of_another_value_rests_on_as_many_tickets_as_its_kind_needs(
    kind: SeriesKind, q: float | None, least: int
) -> None:
    made = plan(start=TODAY, end=TODAY + 10 * DAY)
    few, enough = (
        problems(made, known(380, series=series(kind, n=[n / 10] * 60, total=[1] * 60, q=q)))
        for n in (least - 1, least)
    )
    assert [f"needs {least}" in text for text in few] == [True]
    assert [text for text in enough if "needs" in text] == []


def test_counts_and_levels_need_no_tickets() -> None:
    days = series(SeriesKind.LEVEL, total=[380] * 30)
    assert problems(plan(), known(380, series=days)) == ()


def flows(coming: float, going: list[float]) -> dict[str, Any]:
    return {
        "inflow": series(SeriesKind.COUNT, total=[coming / 7] * 70),
        "solves": series(SeriesKind.COUNT, total=[week / 7 for week in going for _ in range(7)]),
    }


def test_a_backlog_needs_no_more_solves_than_the_best_tenth_of_past_weeks_had() -> None:
    weeks = [100.0] * 8 + [110.0, 130.0, 110.0]
    # 60 days are left: 60 tickets less are 7 a week
    assert problems(plan(), known(260, **flows(103, weeks))) == ()
    (told,) = problems(plan(), known(260, **flows(104, weeks)))
    assert told == (
        "111 solves a week are needed (104 come in, the backlog has to fall by 60 in 60 days), "
        "and nine of ten past weeks had at most 110"
    )


def test_what_comes_in_is_told_from_the_last_eight_weeks() -> None:
    facts = flows(0, [100.0] * 11)
    facts["inflow"] = series(SeriesKind.COUNT, total=[500 / 7] * 70 + [90 / 7] * 56)
    assert problems(plan(), known(260, **facts)) == ()
    facts["inflow"] = series(SeriesKind.COUNT, total=[0] * 70 + [500 / 7] * 56)
    assert "500 come in" in problems(plan(), known(260, **facts))[0]


def test_too_few_weeks_or_another_direction_say_nothing_of_solves() -> None:
    assert problems(plan(), known(260, **flows(500, [100.0] * 7))) == ()
    up = plan(direction=Direction.HIGHER)
    assert problems(up, known(260, **flows(500, [100.0] * 9))) == ()
    assert problems(plan(), known(260, **flows(500, [100.0] * 8))) != ()
