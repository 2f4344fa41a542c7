"""What a digest asks people to do next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from connector.config.phrases import written
from connector.goals.digest import Entry, Facts, entry, words
from connector.goals.pyramid import FINAL
from connector.model.goal import GoalKind, GoalReport, GoalState, MilestoneReport

QUIET = timedelta(days=14)
"""How long an owner may say nothing."""
WAITS = frozenset({GoalState.NEEDS_BASELINE, GoalState.INSUFFICIENT_DATA})
RESTS = FINAL | {GoalState.NOT_STARTED, GoalState.PAUSED}


def to_do(facts: Facts) -> Iterator[Entry]:
    """Tell what to do next: what has a date first, what only takes a word last."""
    yield from _milestones(facts)
    yield from _lessons(facts)
    yield from _disagreements(facts)
    yield from _proposals(facts)
    yield from _not_judged(facts)
    yield from _old_data(facts)
    yield from _quiet(facts)


def _milestones(facts: Facts) -> Iterator[Entry]:
    for report in facts.goals:
        if report.outlook is None or report.status in FINAL:
            continue
        for milestone in report.outlook.milestones:
            text = _due(milestone)
            if text:
                yield entry(report, f"{text}{_whose(milestone, report)}", why=milestone.why)
        for problem in report.outlook.problems[:1]:
            yield entry(report, "needs another plan", why=problem)


def _due(milestone: MilestoneReport) -> str:
    name = f'the milestone "{milestone.name}"'
    return {
        "due_soon": f"has {name} due on {written(milestone.day)}",
        "missed": f"missed {name} of {written(milestone.day)}, so plan again what comes after it",
        "unreachable": f"can hardly reach {name} by {written(milestone.day)}",
    }.get(milestone.state, "")


def _whose(milestone: MilestoneReport, report: GoalReport) -> str:
    is_other = milestone.owner and milestone.owner != report.owner
    return f" ({milestone.owner} answers for it)" if is_other else ""


def _lessons(facts: Facts) -> Iterator[Entry]:
    known = {report.id: report for report in facts.reports}
    for ended in facts.ended:
        report = known.get(ended.goal)
        if report is not None and not facts.is_proposal(ended.goal):
            how = f"ended on {written(ended.day)}, {words(ended.status)}"
            text = f"{how}: write down what was learned with `connector close {ended.goal}`"
            yield entry(report, text)


def _disagreements(facts: Facts) -> Iterator[Entry]:
    for report in facts.goals:
        if report.disagrees:
            yield entry(report, "should be talked about", why=report.disagrees)


def _proposals(facts: Facts) -> Iterator[Entry]:
    for report in facts.reports:
        table = facts.tables.get(report.id)
        if table is None or not table.is_proposal:
            continue
        above = (facts.tables.get(parent) for parent in table.parents)
        owners = dict.fromkeys(one.owner for one in above if one is not None and one.owner)
        who = " or ".join(owners) or "somebody"
        text = f"was proposed by {table.proposed_by} and counts for nothing until {who} accepts it"
        yield entry(report, text)


def _not_judged(facts: Facts) -> Iterator[Entry]:
    for report in facts.goals:
        if report.status in WAITS:
            yield entry(report, "cannot be judged yet", why=report.why)


def _old_data(facts: Facts) -> Iterator[Entry]:
    stale = [report.title for report in facts.goals if "stale" in report.flags]
    if stale:
        yield Entry(
            text="Look whether the job still runs, since these rest on old data",
            why=", ".join(stale),
        )


def _quiet(facts: Facts) -> Iterator[Entry]:
    """Name, by owner, the goals that nobody said anything of for long."""
    silent: dict[str, list[str]] = {}
    for report in facts.goals:
        if _is_quiet(report, facts):
            silent.setdefault(report.owner, []).append(report.title)
    for owner, titles in silent.items():
        yield Entry(
            owner=owner,
            text=f"{owner} has not said for {QUIET.days} days or more how it goes with"
            f" {'this goal' if len(titles) == 1 else f'these {len(titles)} goals'}"
            " (`connector checkin GOAL --confidence 0 to 10`)",
            why=", ".join(titles),
        )


def _is_quiet(report: GoalReport, facts: Facts) -> bool:
    if report.kind == GoalKind.ANTI_GOAL or report.status in RESTS or report.for_whom:
        return False
    last = report.period.start if report.checkin is None else report.checkin.at
    return facts.now - last > QUIET
