"""What is wrong with the plan of a backward goal, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import msgspec
import numpy as np

from connector.config.phrases import written
from connector.goals.backward_plan import Known, Milestone, Plan
from connector.goals.critical_path import Slot
from connector.goals.milestones import planned
from connector.goals.realism import Windows
from connector.goals.sample import LEAST_N, wilson
from connector.model.kpi import Direction
from connector.model.series import DAY, DaySeries, SeriesKind

RECENT_DAYS = 56
WEEK_DAYS = 7
LEAST_WEEKS = 8
PAST_WEEKS = 104
HIGH_RATE = 0.90
MEDIAN = 0.5


class Reach(msgspec.Struct, frozen=True):
    """How much is needed until the end, in which direction and how many days, and past windows."""

    needed: float | None
    sign: int
    days: int
    windows: Windows

    @property
    def share(self) -> float | None:
        """Return the share of past windows that changed enough."""
        return None if self.needed is None else self.windows.share(self.needed, self.sign)

    @property
    def is_beyond(self) -> bool:
        """Tell whether no past window changed enough."""
        return self.needed is not None and self.windows.exceeded_by(self.needed, self.sign)


def problems(plan: Plan, known: Known) -> tuple[str, ...]:
    """Return what is wrong with the plan, whatever its milestones have come to."""
    found = (*dates(plan), *order(plan), *review(plan), *steps(plan, known), *flow(plan, known))
    return tuple(found)


def dates(plan: Plan) -> Iterator[str]:
    """Find milestones outside of the period, and dates that do not increase."""
    for milestone in plan.milestones:
        if not plan.start <= milestone.day <= plan.end:
            yield f"{_told(milestone)} lies outside of the goal's period"
    for earlier, later in pairwise(plan.milestones):
        if later.day <= earlier.day:
            yield f"{_told(later)} follows {_told(earlier)} and is not later"


def order(plan: Plan) -> Iterator[str]:
    """Find milestones whose dates leave no time for their work after what they wait for."""
    named = {milestone.name: milestone for milestone in plan.milestones}
    for milestone in plan.milestones:
        for earlier in (named[name] for name in milestone.depends_on if name in named):
            between = plan.calendar.count(plan.due(earlier), plan.due(milestone))
            if between < milestone.work or milestone.day < earlier.day:
                yield (
                    f"{_told(milestone)} takes {milestone.work:g} working days after "
                    f"{_told(earlier)}, and its date leaves {max(between, 0)}"
                )


def review(plan: Plan) -> Iterator[str]:
    """Find values of milestones and of the end that are final only after the review."""
    if plan.review and plan.end <= plan.review < plan.settled_end:
        yield (
            f"the value at the end is final on {written(plan.settled_end)}, "
            f"after the review on {written(plan.review)}"
        )
    for milestone in planned(plan):
        final = plan.settled(milestone)
        if plan.review and milestone.value is not None and milestone.day < plan.review < final:
            yield (
                f"the value of {_told(milestone)} is final on {written(final)}, "
                f"after the review on {written(plan.review)}"
            )


def steps(plan: Plan, known: Known) -> Iterator[str]:
    """Find steps between milestones that too few tickets would show (kpi-reference 5.4)."""
    recent = known.series and known.series.until(known.today).since(known.today - RECENT_DAYS * DAY)
    if not recent or plan.origin is None:
        return
    a_day = float(np.mean(recent.n))
    valued = sorted(
        (plan.due(m), m.value, f"until {m.name!r}")
        for m in planned(plan)
        if m.value is not None and plan.due(m) < plan.end
    )
    points = ((plan.start, plan.origin, ""), *valued, (plan.end, plan.target, "until the end"))
    for (begin, from_, _), (due, to, where) in pairwise(points):
        n = int(a_day * (due - begin).days)
        unseen = _unseen(recent, n, from_, to) if due > known.today else ""
        if unseen:
            step = f"{plan.amount(from_)} to {plan.amount(to)}"
            yield f"the step {where} ({step}) rests on about {n} tickets: {unseen}"


def flow(plan: Plan, known: Known) -> Iterator[str]:
    """Find a backlog that needs more solves a week than the best tenth of past weeks had."""
    left = (plan.end - known.today).days
    inflow, solves = (_weeks(each, known) for each in (known.inflow, known.solves))
    is_backlog = plan.direction == Direction.LOWER and known.current is not None
    if not is_backlog or left < 1 or not len(inflow) or len(solves) < LEAST_WEEKS:
        return
    coming = float(np.mean(inflow[: RECENT_DAYS // WEEK_DAYS]))
    down = (known.current or 0.0) - plan.target
    needed = coming + down / left * WEEK_DAYS
    most = float(np.quantile(solves, HIGH_RATE))
    if needed > most:
        yield (
            f"{needed:.0f} solves a week are needed ({coming:.0f} come in, the backlog has to "
            f"fall by {down:.0f} in {left} days), and nine of ten past weeks had at most {most:.0f}"
        )


def chain(plan: Plan, found: Mapping[str, Slot], path: tuple[str, ...]) -> Iterator[str]:
    """Tell that the critical path takes more working days than are left."""
    if path and found[path[0]].flag == "infeasible":
        work = sum(found[name].work for name in path)
        last = found[path[0]].latest
        yield (
            f"{' → '.join(path)} takes {work:g} working days up to the end: its latest start was "
            f"{written(plan.calendar.at(last))}"
        )


def reach(found: Reach) -> Iterator[str]:
    """Tell that no past window changed as much as is needed until the end."""
    if found.is_beyond:
        yield (
            f"none of {len(found.windows.changes)} past windows of {found.days} days changed as "
            "much as is needed until the end"
        )


def _unseen(recent: DaySeries, n: int, from_: float, to: float) -> str:
    """Say why so many tickets would not show a step; nothing where they would."""
    if recent.kind is SeriesKind.SHARE and from_ != to:
        middle = min(max((from_ + to) / 2, 0.0), 1.0)
        width = wilson(round(middle * n), n).half_width if n else 1.0
        wide = f"they tell a share to {width * 100:.1f} points only"
        return wide if width > abs(to - from_) else ""
    quantile = "median" if recent.q == MEDIAN else "p90"
    name = {"quantile": quantile, "mean": "mean", "score": "nps"}.get(recent.kind, "")
    least = LEAST_N.get(name, 0)
    return f"a {name} needs {least}" if n < least else ""


def _weeks(series: DaySeries | None, known: Known) -> list[float]:
    """Return the totals of past weeks, counted back from today; the last one is first."""
    if series is None:
        return []
    totals = series.until(known.today).total[::-1][: PAST_WEEKS * WEEK_DAYS]
    whole = len(totals) // WEEK_DAYS * WEEK_DAYS
    return [float(week) for week in totals[:whole].reshape(-1, WEEK_DAYS).sum(axis=1)]


def _told(milestone: Milestone) -> str:
    return f"{milestone.name!r} ({written(milestone.day)})"
