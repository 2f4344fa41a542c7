"""Objectives: graded and judged by what serves them, bottom up (kpi-reference 5.2 and 5.8)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connector.goals.grade import SUCCEEDS_FROM, band, succeeds
from connector.goals.pyramid import YELLOW, Node, children, in_order
from connector.goals.served import Served, share_of
from connector.goals.visibility import ALL, Sight
from connector.goals.wording import percent
from connector.model.goal import GoalState, ObjectiveReport

MISSING_ABOVE = 0.50
OFF_FROM = 0.50
AT_RISK_FROM = 0.25
RESTING = {
    GoalState.NOT_STARTED: "nothing that serves it has started",
    GoalState.PAUSED: "everything that serves it is paused",
}


class _Standing(msgspec.Struct, frozen=True):
    status: GoalState
    reason: str
    grade: float | None = None
    is_final: bool = False


def roll_up(nodes: Sequence[Node], sight: Sight = ALL) -> list[ObjectiveReport]:
    """Judge every objective by what serves it, in the order given.

    What is hidden counts like everything else, but is not named.
    """
    rolled = {node.id: node for node in stood(nodes)}
    serving = children(nodes)
    reports = []
    for node in sight.of(nodes):
        if node.is_objective:
            below = tuple(rolled[id_] for id_ in serving.get(node.id, ()))
            reports.append(_report(node, Served(below, sight)))
    return reports


def stood(nodes: Sequence[Node]) -> list[Node]:
    """Return the same nodes with objectives as they stand by what serves them."""
    known, serving = {node.id: node for node in nodes}, children(nodes)
    for node in in_order(nodes):
        if node.is_objective:
            below = tuple(known[id_] for id_ in serving.get(node.id, ()))
            found = _standing(node, Served(below, ALL))
            known[node.id] = msgspec.structs.replace(
                node, status=found.status.value, grade=found.grade, is_final=found.is_final
            )
    return [known[node.id] for node in nodes]


def _report(node: Node, served: Served) -> ObjectiveReport:
    found = _standing(node, served)
    silent = (*served.unjudged, *served.proposals)
    return ObjectiveReport(
        id=node.id,
        title=node.title,
        level=node.level,
        owner=node.owner,
        period=node.period,
        commitment=node.commitment,
        grade=found.grade,
        band="" if found.grade is None else band(found.grade).value,
        status=found.status.value,
        drivers=served.drivers,
        left_out=tuple(one.id for one in served.sight.of(silent)),
        parents=node.parents,
        why="; ".join(filter(None, (found.reason, *_remarks(served, found.grade)))),
    )


def _standing(node: Node, served: Served) -> _Standing:
    counted = served.counted
    if not counted:
        told = "only proposals serve it" if served.proposals else "nothing serves it yet"
        return _Standing(GoalState.INSUFFICIENT_DATA, told)
    for status, words in RESTING.items():
        if all(one.status == status for one in counted):
            return _Standing(status, words)
    grade = _mean(served.judged)
    if all(one.is_final for one in counted):
        return _finished(node, served, grade)
    missing = share_of(served.unjudged, counted)
    if missing <= MISSING_ABOVE:
        return _Standing(*_running(served), grade)
    critical = _critical(served)
    if critical:  # whatever the rest turns out to be
        return _Standing(GoalState.OFF_TRACK, critical)
    told = f"{percent(missing)} of the weight cannot be judged"
    return _Standing(GoalState.INSUFFICIENT_DATA, told)


def _mean(judged: Sequence[Node]) -> float | None:
    graded = [(one.weight, one.counted_grade) for one in judged]
    known = [(weight, grade) for weight, grade in graded if grade is not None]
    if not known:
        return None
    return round(sum(w * g for w, g in known) / sum(w for w, _ in known), 2)


def _running(served: Served) -> tuple[GoalState, str]:
    critical = _critical(served)
    if critical:
        return GoalState.OFF_TRACK, critical
    red = [one for one in served.judged if one.is_red]
    off = share_of(red, served.judged)
    if off >= OFF_FROM:
        return GoalState.OFF_TRACK, f"{percent(off)} of the weight is off track: {served.told(red)}"
    worrying = [one for one in served.judged if one.is_red or one.status in YELLOW]
    share = share_of(worrying, served.judged)
    told = f"{percent(share)} of the weight is off track or at risk: {served.told(worrying)}"
    if share >= AT_RISK_FROM:
        return GoalState.AT_RISK, told
    calm = "nothing that serves it is off track or at risk"
    return GoalState.ON_TRACK, f"only {told}" if worrying else calm


def _critical(served: Served) -> str:
    red = [one for one in served.judged if one.critical and one.is_red]
    return f"critical and off its way: {served.told(red)}" if red else ""


def _finished(node: Node, served: Served, grade: float | None) -> _Standing:
    """Say how an objective ended, once everything that serves it has."""
    reason = _failure(node, served, grade)
    if reason:
        return _Standing(GoalState.MISSED, f"everything has ended: {reason}", grade, is_final=True)
    needed = f"{node.commitment} objectives succeed at {SUCCEEDS_FROM[node.commitment]:.2f}"
    told = needed if grade is not None else "no limit was passed"
    return _Standing(GoalState.ACHIEVED, f"everything has ended: {told}", grade, is_final=True)


def _failure(node: Node, served: Served, grade: float | None) -> str:
    critical = _critical(served)
    if critical:
        return critical
    broken = [one for one in served.judged if one.is_anti_goal and one.is_red]
    if share_of(broken, served.judged) >= OFF_FROM:
        return f"limits that hold at least half of the weight were passed: {served.told(broken)}"
    if grade is not None and not succeeds(grade, node.commitment):
        needed = SUCCEEDS_FROM[node.commitment]
        return f"{node.commitment} objectives succeed at {needed:.2f} only"
    missed = [one for one in served.judged if one.status == GoalState.MISSED]
    is_strict = node.commitment == "committed"
    missed = [one for one in missed if is_strict or one.grade is None]
    return f"not all of it was reached: {served.told(missed)}" if missed else ""


def _remarks(served: Served, grade: float | None) -> tuple[str, ...]:
    """Say what the grade is made of, and what is not in it."""
    graded = [one for one in served.judged if one.counted_grade is not None]
    anti = [one for one in served.judged if one.is_anti_goal]
    open_ = [one for one in served.judged if one not in graded and one not in anti]
    silent = (*served.unjudged, *served.proposals)
    return (
        f"grade {grade:.2f} is the weighted mean of {len(graded)}" if grade is not None else "",
        f"without a grade so far: {served.told(open_)}" if open_ else "",
        f"anti-goals count for the status, not for the grade: {served.told(anti)}" if anti else "",
        f"left out: {served.told(silent)}" if silent else "",
        served.unseen,
    )
