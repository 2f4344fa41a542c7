"""Pyramids for the goal tests: short to write."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from connector.goals.objective import roll_up
from connector.goals.pyramid import Node
from connector.goals.visibility import ALL, Sight
from connector.model.goal import GoalReport, ObjectiveReport
from tests.goals.cases import MIN, goal, judged, value


def node(id_: str, status: str = "on_track", grade: float | None = 0.5, **more: Any) -> Node:
    """Return a key result that serves the objective `top`."""
    known: dict[str, Any] = {"kind": "key_result", "title": id_.upper(), "parents": ("top",)}
    return Node(id=id_, status=status, grade=grade, **{**known, **more})


def anti(id_: str, status: str = "safe", **more: Any) -> Node:
    return node(id_, status, None, **{"kind": "anti_goal", **more})


def ended(id_: str, grade: float | None, **more: Any) -> Node:
    """Return a key result whose period is over."""
    status = "achieved" if grade is None or grade >= 1 else "missed"
    return node(id_, **{"status": status, "grade": grade, "is_final": True, **more})


def objective(id_: str = "top", **more: Any) -> Node:
    return Node(id=id_, kind="objective", **{"title": id_.title(), **more})


def rolled(*nodes: Node, sight: Sight = ALL, **more: Any) -> ObjectiveReport:
    """Return the report of an objective over these."""
    (top, *_) = roll_up([objective(**more), *nodes], sight)
    return top


def report(**changes: Any) -> GoalReport:
    return replace(judged(goal(), value(70 * MIN)), **{"id": "top", **changes})
