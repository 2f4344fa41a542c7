"""What a violated anti-goal does to the goals it protects: their status is capped, no grade is.

Only a running status is capped. A goal that is over keeps its verdict, since what the target asked
for was met or not; where a hard guard was broken it says so (`guard_broken`). A goal of which too
little is known, or that rests, keeps that: a cap is no news there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from connector.goals.visibility import PERSON
from connector.model.goal import GoalReport, GoalState

GUARD_BROKEN: Final = "guard_broken"
CAPS: Final = {True: GoalState.OFF_TRACK, False: GoalState.AT_RISK}
"""The best status that a hard and a soft anti-goal leave while they are violated."""

LADDER: Final = (GoalState.OFF_TRACK, GoalState.AT_RISK, GoalState.ON_TRACK)
"""The running states, from the worst."""


def capped(
    reports: Sequence[GoalReport],
    protects: Mapping[str, Sequence[str]],
    hard: Mapping[str, bool],
) -> list[GoalReport]:
    """Return the reports, in their order, with what violated anti-goals do to those they protect.

    `protects` says for an anti-goal's id which goals it guards, `hard` whether it is a hard one,
    which it is unless said otherwise. An anti-goal guards what happens at the same time.
    """
    broken = [one for one in reports if one.status == GoalState.VIOLATED]
    found = []
    for report in reports:
        guards = [
            one
            for one in broken
            if report.id in protects.get(one.id, ()) and _in_the_same_time(one, report)
        ]
        found.append(_under(report, guards, hard) if guards else report)
    return found


def _under(
    report: GoalReport, guards: Sequence[GoalReport], hard: Mapping[str, bool]
) -> GoalReport:
    status = GoalState(report.status)
    if status is GoalState.ACHIEVED:
        firm = [one for one in guards if hard.get(one.id, True)]
        return _doubted(report, firm) if firm else report
    if status not in LADDER:
        return report
    caps = [CAPS[hard.get(one.id, True)] for one in guards]
    lowest = min((status, *caps), key=LADDER.index)
    if lowest is status:
        return report
    told = f"{_spoken(status)} by itself ({report.why}), but {_names(guards, report)}"
    return msgspec.structs.replace(
        report,
        status=lowest.value,
        capped_by=tuple(one.id for one in guards),
        why=f"{told}: no better than {_spoken(lowest)}",
    )


def _doubted(report: GoalReport, guards: Sequence[GoalReport]) -> GoalReport:
    flags = tuple(dict.fromkeys((*report.flags, GUARD_BROKEN)))
    return msgspec.structs.replace(
        report, flags=flags, why=f"{report.why}; at a price: {_names(guards, report)}"
    )


def _names(guards: Iterable[GoalReport], report: GoalReport) -> str:
    titles = [f'"{one.title}"' if _may_name(one, report) else "of a person" for one in guards]
    if len(titles) == 1:
        return f"the anti-goal {titles[0]} is violated"
    return f"the anti-goals {', '.join(titles)} are violated"


def _may_name(guard: GoalReport, report: GoalReport) -> bool:
    """Tell whether whoever sees a goal may read how a guard of it stands: a person's is theirs."""
    if guard.level != PERSON:
        return True
    whose = [(one.level, one.for_whom or one.owner) for one in (guard, report)]
    return whose[0] == whose[1]


def _spoken(status: GoalState) -> str:
    return status.value.replace("_", " ")


def _in_the_same_time(guard: GoalReport, report: GoalReport) -> bool:
    """Tell whether a guard was broken while the goal ran, as far as one knows since when it is.

    The final verdict of a guard that ends with the goal or before it speaks of that time.
    """
    ours, theirs = report.period, guard.period
    if theirs.end <= ours.start or theirs.start >= ours.end:
        return False
    return theirs.end <= ours.end or guard.since is None or guard.since < ours.end
