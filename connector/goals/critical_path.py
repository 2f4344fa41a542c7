"""The critical path: when each milestone has to begin at the latest, computed from the end.

Only the end and what waits for a milestone bound when it has to be finished. Its own date does
not: missing that is told by its state, and does not endanger the end by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter

import msgspec

from connector.goals.backward_plan import Milestone

TIGHT_BELOW = 0.10  # float as a share of the duration
ROUNDING = 1e-9


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """When a milestone may begin, as positions in working days.

    `earliest` is today, or when all it waits for can be finished; `latest` still keeps the end.
    """

    earliest: float
    latest: float
    work: float

    @property
    def float_days(self) -> float:
        """Return the working days it may slip without moving the end; negative: too late."""
        return self.latest - self.earliest

    @property
    def finished(self) -> float:
        """Return when it can be finished at the earliest."""
        return self.earliest + self.work

    @property
    def flag(self) -> str:
        """Return `infeasible`, `tight` or nothing."""
        if self.float_days < -ROUNDING:
            return "infeasible"
        return "tight" if self.float_days < TIGHT_BELOW * self.work else ""


def slots(
    milestones: Collection[Milestone], *, today: float, end: float, reached: Collection[str] = ()
) -> dict[str, Slot]:
    """Return the slot of each milestone; `today` and `end` are positions in working days.

    Reached milestones have no work left; names that nobody has are left out.
    """
    named = {milestone.name: milestone for milestone in milestones}
    work = {name: 0.0 if name in reached else named[name].work for name in named}
    before = {name: [n for n in named[name].depends_on if n in named] for name in named}
    order = tuple(TopologicalSorter(before).static_order())
    earliest: dict[str, float] = {}
    finish = dict.fromkeys(named, float(end))
    for name in order:
        earliest[name] = max((earliest[n] + work[n] for n in before[name]), default=float(today))
    for name in reversed(order):
        for earlier in before[name]:
            finish[earlier] = min(finish[earlier], finish[name] - work[name])
    return {
        name: Slot(earliest=earliest[name], latest=finish[name] - work[name], work=work[name])
        for name in named
    }


def critical_path(
    milestones: Collection[Milestone], found: Mapping[str, Slot], reached: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the chain with the least float, from what can begin today to the end.

    Where several have as little, the milestone that is due first decides. Without any work left
    there is none; reached milestones are not named.
    """
    if not any(slot.work for slot in found.values()):
        return ()
    least = min(slot.float_days for slot in found.values())
    due = sorted(milestones, key=lambda milestone: (milestone.day, milestone.name))
    critical = [m for m in due if found[m.name].float_days <= least + ROUNDING]
    begins = min(found[milestone.name].earliest for milestone in critical)
    path: list[str] = []
    step = _beginning_at(begins, critical, found)
    while step is not None:
        path.append(step.name)
        after = [m for m in critical if path[-1] in m.depends_on]
        step = _beginning_at(found[path[-1]].finished, after, found)
    return tuple(name for name in path if name not in reached)


def _beginning_at(
    position: float, milestones: Collection[Milestone], found: Mapping[str, Slot]
) -> Milestone | None:
    fitting = (m for m in milestones if abs(found[m.name].earliest - position) <= ROUNDING)
    return next(fitting, None)
