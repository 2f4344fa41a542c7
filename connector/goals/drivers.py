"""What drives a goal that has a KPI of its own: shown beside it, and never blended into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from connector.goals.objective import stood
from connector.goals.pyramid import Node, children
from connector.goals.served import Served
from connector.goals.visibility import ALL, Sight
from connector.model.goal import Driver, GoalReport

DISAGREE = "drivers_disagree"


class Drivers(msgspec.Struct, frozen=True):
    """The goals that serve one; `flag` is set where they contradict it, `why` says how."""

    drivers: tuple[Driver, ...]
    flag: str = ""
    why: str = ""


def drivers_of(nodes: Sequence[Node], sight: Sight = ALL) -> dict[str, Drivers]:
    """Return what drives each goal that something serves."""
    known = {node.id: node for node in stood(nodes)}
    serving = children(nodes)
    return {
        node.id: _drivers(node, Served(tuple(known[id_] for id_ in serving[node.id]), sight))
        for node in nodes
        if node.id in serving and not node.is_objective
    }


def with_drivers(
    reports: Iterable[GoalReport], nodes: Sequence[Node], sight: Sight = ALL
) -> list[GoalReport]:
    """Return the reports that may be seen, with what drives them."""
    found = drivers_of(nodes, sight)
    return [_with(report, found.get(report.id)) for report in sight.of(reports)]


def _drivers(node: Node, served: Served) -> Drivers:
    contradiction = _contradiction(node, served.judged)
    proposed = f"proposals wait: {served.told(served.proposals)}" if served.proposals else ""
    return Drivers(
        served.drivers,
        DISAGREE if contradiction else "",
        "; ".join(filter(None, (contradiction, proposed, served.unseen))),
    )


def _contradiction(node: Node, judged: Sequence[Node]) -> str:
    if not judged:
        return ""
    stands = node.status.replace("_", " ")
    if node.is_red and all(one.is_green for one in judged):
        return f"everything that serves it is well, yet it is {stands}: something else drives it"
    if node.is_green and all(one.is_red for one in judged):
        return f"everything that serves it is off track, yet it is {stands}: is it what drives it?"
    return ""


def _with(report: GoalReport, found: Drivers | None) -> GoalReport:
    if found is None:
        return report
    flags = tuple(dict.fromkeys((*report.flags, *filter(None, (found.flag,)))))
    why = "; ".join(filter(None, (report.why, found.why)))
    return msgspec.structs.replace(report, drivers=found.drivers, flags=flags, why=why)
