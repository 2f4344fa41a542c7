"""One goal over one quarter: what was said of it on each day, what was true, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
from goal_accuracy_facts import Facts, facts_of, is_met, is_red, looks
from goal_accuracy_project import GUARDED, goal_id, guard_id, serve_and_sync

from connector.model.goal import DayVerdict
from connector.practice.team_truth import KpiTruth, QuarterTruth, truth_of
from connector.practice.teams import LIMIT_S, Plan
from connector.store.goal_history import GoalHistory
from connector.store.state import State

ACHIEVED = "achieved"


@dataclass(frozen=True)
class Look:
    """What is said at the beginning of a day: by us, by the chance behind it, and by the naive.

    `share` is how much of the quarter is over, `gap` how far our value is from what was known then,
    in parts of the target; `guard` is what the anti-goal on the same KPI says, where there is one.
    """

    share: float
    status: str
    chance: float | None
    is_red: bool
    gap: float
    guard: str = ""


@dataclass(frozen=True)
class Watched:
    """A goal with all its looks; `met` is how it ended by the helpdesk's own tickets.

    `final` is how we say that it ended, `guard` how the anti-goal on the same KPI did.
    """

    team: str
    kpi: str
    quarter: int
    truth: QuarterTruth
    met: bool
    final: str
    gap: float
    looks: tuple[Look, ...]
    guard: str = ""

    @property
    def is_achieved(self) -> bool:
        """Tell how we say that it ended."""
        return self.final == ACHIEVED


def watched(plan: Plan, folder: Path) -> Iterator[Watched]:
    """Seed a year, have it synced once, and yield every goal of it."""
    truth = truth_of(plan)
    facts = facts_of(serve_and_sync(plan, truth, folder), LIMIT_S)
    state = State.open(folder / "var" / "state.sqlite")
    try:
        history = GoalHistory(state)
        for kpi in truth.kpis:
            for number, quarter in enumerate(kpi.quarters):
                said = _days(history, goal_id(kpi, number))
                guard = _days(history, guard_id(kpi, number)) if kpi.kpi in GUARDED else {}
                yield _watched(kpi, number, facts[kpi.team, kpi.kpi], _Said(quarter, said, guard))
    finally:
        state.close()


@dataclass(frozen=True)
class _Said:
    quarter: QuarterTruth
    days: Mapping[date, DayVerdict]
    guard: Mapping[date, DayVerdict]


def _days(history: GoalHistory, goal: str) -> dict[date, DayVerdict]:
    rows = history.days(goal)
    return {row.day: msgspec.json.decode(row.evaluation, type=DayVerdict) for row in rows}


def _watched(kpi: KpiTruth, number: int, facts: Facts, said: _Said) -> Watched:
    quarter = said.quarter
    last = said.days[max(said.days)]
    final = facts.so_far(kpi.kpi, (quarter.start, quarter.end), last.day)
    return Watched(
        kpi.team,
        kpi.kpi,
        number,
        quarter,
        met=is_met(final, quarter.target, kpi),
        final=last.status,
        gap=_gap(last.value, final, quarter),
        looks=tuple(_look(kpi, facts, said, day) for day in looks(quarter)),
        guard=said.guard[max(said.guard)].status if said.guard else "",
    )


def _look(kpi: KpiTruth, facts: Facts, said: _Said, day: date) -> Look:
    quarter, verdict = said.quarter, said.days[day]
    value = facts.so_far(kpi.kpi, (quarter.start, quarter.end), day)
    return Look(
        share=(day - quarter.start) / (quarter.end - quarter.start),
        status=verdict.status,
        chance=verdict.forecast.probability if verdict.forecast else None,
        is_red=is_red(value, kpi, quarter, day),
        gap=_gap(verdict.value, value, quarter),
        guard=said.guard[day].status if day in said.guard else "",
    )


def _gap(ours: float | None, theirs: float | None, quarter: QuarterTruth) -> float:
    if ours is None or theirs is None:
        return 0.0 if ours == theirs else 1.0
    return abs(ours - theirs) / quarter.target
