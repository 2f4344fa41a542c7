"""Lint by what was measured: every rule has an example that fires and one that must not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from connector.goals.lint_look import Past
from connector.goals.lint_past import expected_n
from connector.model.goal import Outlook
from connector.model.series import SeriesKind
from tests.goals.lint_cases import START, TODAY, findings, goal, guard, levels, past, rules, shares

GOAL = goal("g")
BROKEN = goal("fast", "first_reply", target='"60 min"') + guard("g", '"fast"')
BACKWARD = goal("g", body='kind = "backward"')
PERSON = goal("g", body='level = "person"')
STEADY = shares(0.84)
UPS = shares(*[0.80, 0.95] * 9)
"""Changes of 15 points, both ways, every four weeks."""
FEW = shares(0.84, n=0)
OUTLOOK = Outlook(realism="stretch", share=0.3, windows=100, independent=4)
INFEASIBLE = Outlook(realism="unrealistic", flags=("infeasible",), problems=("5 days are missing",))


def rare(share: float) -> Outlook:
    return Outlook(realism="aggressive", share=share, windows=100, independent=4)


CASES: dict[str, tuple[tuple[str, Past], tuple[str, Past]]] = {
    "no_baseline": (
        (GOAL, past(STEADY, baseline=None)),
        (GOAL, past(STEADY)),
    ),
    "target_on_wrong_side": (
        (GOAL, past(STEADY, baseline=0.93)),
        (GOAL, past(STEADY, baseline=0.84)),
    ),
    "limit_broken_already": (
        (BROKEN, past(shares(0.14), baseline=0.14)),
        (BROKEN, past(shares(0.07), baseline=0.07)),
    ),
    "too_easy": (
        (GOAL, past(shares(0.93, 0.85, 0.93, 0.93), baseline=0.85)),
        (GOAL, past(STEADY)),
    ),
    "too_hard": (
        (GOAL, past(STEADY)),
        (GOAL, past(UPS, baseline=0.84)),
    ),
    "committed_but_aggressive": (
        (BACKWARD, past(STEADY, outlook=rare(0.1))),
        (BACKWARD + 'commitment = "aspirational"', past(STEADY, outlook=rare(0.1))),
    ),
    "unrealistic_timeline": (
        (BACKWARD, past(STEADY, outlook=INFEASIBLE)),
        (BACKWARD, past(STEADY, outlook=OUTLOOK)),
    ),
    "small_sample": (
        (PERSON, Past(today=TODAY, series=FEW)),
        (PERSON, Past(today=TODAY, series=STEADY)),
    ),
    "stale_data": (
        (GOAL, past(STEADY, flags=("stale",))),
        (GOAL, past(STEADY, flags=("provisional",))),
    ),
}
HISTORY_RULES = set(CASES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_on_what_it_is_for(rule: str, tmp_path: Path) -> None:
    text, known = CASES[rule][0]
    found = [one for one in findings(tmp_path, text, {"g": known}) if one.rule == rule]
    assert [one.id for one in found] == ["g"]
    assert any(letter.isdigit() for letter in found[0].why)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_silent_on_what_is_right(rule: str, tmp_path: Path) -> None:
    text, known = CASES[rule][1]
    assert rule not in rules(findings(tmp_path, text, {"g": known}))


@pytest.mark.parametrize("rule", sorted(CASES.keys() - {"no_baseline"}))
def test_a_rule_says_nothing_before_a_sync(rule: str, tmp_path: Path) -> None:
    for text, _ in CASES[rule]:
        assert rule not in rules(findings(tmp_path, text))


def test_numbers_stand_in_the_reason(tmp_path: Path) -> None:
    found = findings(tmp_path, GOAL, {"g": past(STEADY, baseline=0.93)})
    (why,) = (one.why for one in found if one.rule == "target_on_wrong_side")
    assert "90 %" in why
    assert "93 %" in why


def test_a_written_baseline_is_checked_elsewhere(tmp_path: Path) -> None:
    text = goal("g", body='baseline = "84 %"')
    found = findings(tmp_path, text, {"g": past(STEADY, baseline=0.93)})
    assert "target_on_wrong_side" not in rules(found)


def test_a_goal_that_keeps_a_level_is_not_too_easy(tmp_path: Path) -> None:
    known = past(shares(0.93, 0.85, 0.93, 0.93), baseline=0.85)
    text = goal("g", body='pace = "maintain"')
    assert "too_easy" not in rules(findings(tmp_path, text, {"g": known}))


def test_a_way_back_to_where_it_was_is_neither_too_easy_nor_too_hard(tmp_path: Path) -> None:
    fell = past(shares(0.93, 0.93, 0.93, 0.93, 0.80), baseline=0.80)
    found = rules(findings(tmp_path, GOAL, {"g": fell}))
    assert not found & {"too_easy", "too_hard"}


def test_short_histories_say_nothing_of_easy_and_hard(tmp_path: Path) -> None:
    for series in (shares(0.95, days=80), shares(0.5, days=80)):
        found = rules(findings(tmp_path, GOAL, {"g": past(series)}))
        assert not found & {"too_easy", "too_hard"}


def test_only_the_time_before_the_goal_counts_against_it(tmp_path: Path) -> None:
    won = msgspec.structs.replace(STEADY, hits=STEADY.hits.copy())
    won.hits[won.first.toordinal() and (START - won.first).days :] = won.n[0]
    assert "too_easy" not in rules(findings(tmp_path, GOAL, {"g": past(won)}))


def test_the_times_of_a_median_are_met_where_half_of_them_are(tmp_path: Path) -> None:
    text = goal("g", "first_reply", target='"60 min"')
    for met, fires in ((0.55, True), (0.45, False)):
        series = msgspec.structs.replace(shares(met), kind=SeriesKind.QUANTILE, q=0.5)
        found = findings(tmp_path, text, {"g": past(series, baseline=4_000.0)})
        assert ("too_easy" in rules(found)) is fires


def test_a_backlog_is_judged_by_where_it_stood(tmp_path: Path) -> None:
    text = goal("g", "backlog", "target = 200")
    easy = past(levels(150, 250, 150, 150), baseline=250.0)
    hard = past(levels(400), baseline=400.0)
    assert "too_easy" in rules(findings(tmp_path, text, {"g": easy}))
    assert "too_hard" in rules(findings(tmp_path, text, {"g": hard}))


def test_a_long_way_that_the_past_had_rarely_is_not_for_a_commitment(tmp_path: Path) -> None:
    outlook = past(STEADY, outlook=rare(0.07))
    found = findings(tmp_path, BACKWARD, {"g": outlook})
    (why,) = (one.why for one in found if one.rule == "committed_but_aggressive")
    assert "7 %" in why


def test_goals_for_each_are_counted_and_not_named(tmp_path: Path) -> None:
    text = goal("g", body='for_each = "assignee"\nlevel = "person"')
    known = Past(today=TODAY, series=STEADY, members=(STEADY, FEW, FEW))
    found = [one for one in findings(tmp_path, text, {"g": known}) if one.rule == "small_sample"]
    assert [one.why.partition(" expect")[0] for one in found] == [
        "2 of the 3 goals that for_each makes"
    ]


def test_tickets_to_come_are_those_of_the_last_weeks() -> None:
    assert expected_n(shares(0.9, n=2), START, date(2026, 10, 29), TODAY) == pytest.approx(56)
    before = expected_n(shares(0.9, n=2), date(2026, 11, 1), date(2026, 11, 11), TODAY)
    assert before == pytest.approx(20)
