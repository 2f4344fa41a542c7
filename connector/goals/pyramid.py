"""The pyramid: what serves what, over any depth; several parents for one goal are fine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import msgspec

from connector.config.mapping import GoalTable, ObjectiveTable
from connector.errors import MappingError, Problem
from connector.goals.grade import succeeds
from connector.model.goal import GoalKind, GoalReport, GoalState
from connector.model.kpi import Period

OBJECTIVE = "objective"
UNJUDGED = frozenset(
    {
        "",
        GoalState.INSUFFICIENT_DATA,
        GoalState.NEEDS_BASELINE,
        GoalState.NOT_STARTED,
        GoalState.PAUSED,
    }
)
GREEN = frozenset({GoalState.ON_TRACK, GoalState.ACHIEVED, GoalState.SAFE})
YELLOW = frozenset({GoalState.AT_RISK, GoalState.WARNING})
RED = frozenset({GoalState.OFF_TRACK, GoalState.MISSED, GoalState.VIOLATED})
FINAL = frozenset({GoalState.ACHIEVED, GoalState.MISSED})


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A goal or objective in its place, and how it stands by itself.

    `kind` is "objective" or that of a goal. An objective has no status before it is rolled up.
    `parents` are what it serves; `for_whom` is the person or group that it was made for. `is_final`
    says that its period is over and its value settled.
    """

    id: str
    kind: str
    title: str
    level: str = "team"
    owner: str = ""
    for_whom: str = ""
    parents: tuple[str, ...] = ()
    weight: float = 1.0
    critical: bool = False
    commitment: str = "committed"
    is_proposal: bool = False
    period: Period | None = None
    status: str = ""
    grade: float | None = None
    is_final: bool = False

    @property
    def is_objective(self) -> bool:
        """Tell whether it has no value of its own and stands as what serves it does."""
        return self.kind == OBJECTIVE

    @property
    def is_anti_goal(self) -> bool:
        """Tell whether it is a bad outcome to stay away from."""
        return self.kind == GoalKind.ANTI_GOAL

    @property
    def is_judged(self) -> bool:
        """Tell whether there is a status to count."""
        return self.status not in UNJUDGED

    @property
    def is_red(self) -> bool:
        """Tell whether it is off its way; an aspirational goal that came far enough is not.

        A committed one that was missed is, even where its grade is 1 by rounding.
        """
        if self.status != GoalState.MISSED or self.commitment == "committed":
            return self.status in RED
        return self.grade is None or not succeeds(self.grade, self.commitment)

    @property
    def is_green(self) -> bool:
        """Tell whether all is well with it."""
        return self.is_judged and self.status not in YELLOW and not self.is_red

    @property
    def counted_grade(self) -> float | None:
        """Return what counts in a mean: a target that was met is 1 whatever the way there was."""
        if self.is_anti_goal:
            return None
        return 1.0 if self.grade is None and self.status == GoalState.ACHIEVED else self.grade


def nodes_of(
    objectives: Mapping[str, ObjectiveTable],
    goals: Mapping[str, GoalTable],
    reports: Iterable[GoalReport],
) -> list[Node]:
    """Return every objective and goal as written, with how the goals were judged.

    Where the goal that others were made from by `for_each` is judged itself, over all of them, they
    drive it: what it serves counts its pooled value, not the mean of theirs.
    """
    judged = {report.id: report for report in reports}
    nodes = [_objective(id_, table) for id_, table in objectives.items()]
    for id_, table in goals.items():
        node = _goal(id_, table, judged.get(id_))
        pool = template_of(id_, goals)
        is_pooled = pool is not None and pool in judged
        nodes.append(msgspec.structs.replace(node, parents=(pool,)) if is_pooled else node)
    return nodes


def template_of(id_: str, goals: Mapping[str, GoalTable]) -> str | None:
    """Return the goal with `for_each` that an id was made from: `GOAL_of_ID`."""
    templates = (
        one
        for one, table in goals.items()
        if table.for_each is not None and id_.startswith(f"{one}_of_") and id_ != f"{one}_of_"
    )
    return max(templates, key=len, default=None)


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """Return everything after what serves it; a circle is a mistake in the mapping."""
    known = {node.id: node for node in nodes}
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(known, ()))
    for node in known.values():
        for parent in node.parents:
            sorter.add(parent, node.id)
    try:
        return [known[id_] for id_ in sorter.static_order() if id_ in known]
    except CycleError as error:
        circle = " serves ".join(error.args[1])
        raise MappingError([Problem(f"goals serve each other in a circle: {circle}")]) from error


def children(nodes: Iterable[Node]) -> dict[str, list[str]]:
    """Return the ids of what serves each parent, in the order given."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        for parent in dict.fromkeys(node.parents):
            found.setdefault(parent, []).append(node.id)
    return found


def _objective(id_: str, table: ObjectiveTable) -> Node:
    return Node(
        id=id_,
        kind=OBJECTIVE,
        title=table.title,
        level=table.level,
        owner=table.owner or "",
        parents=table.parents,
        weight=table.weight,
        critical=table.critical,
        commitment=table.commitment,
        is_proposal=table.is_proposal,
        period=None if table.period is None else Period(*table.period.instants()),
    )


def _goal(id_: str, table: GoalTable, report: GoalReport | None) -> Node:
    return Node(
        id=id_,
        kind=table.kind,
        title=table.title,
        level=table.level,
        owner=table.owner,
        for_whom="" if report is None else report.for_whom,
        parents=table.parents,
        weight=table.weight,
        critical=table.critical,
        commitment=table.commitment,
        is_proposal=table.is_proposal,
        period=Period(*table.period.instants()),
        status="" if report is None else report.status,
        grade=None if report is None else report.grade,
        is_final=report is not None and _is_final(report),
    )


def _is_final(report: GoalReport) -> bool:
    is_settled = report.as_of >= report.period.end and "provisional" not in report.flags
    return report.status in FINAL or (report.kind == GoalKind.ANTI_GOAL and is_settled)
