"""Who may see the goals of people: they themselves, and the owners of the line above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from connector.goals.pyramid import Node

PERSON = "person"


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Report = TypeVar("Report", bound=_Identified)


class Sight(msgspec.Struct, frozen=True):
    """What a viewer does not see: ids, and how many of them serve each parent."""

    hidden: frozenset[str] = frozenset()
    counts: Mapping[str, int] = {}

    def of(self, reports: Iterable[Report]) -> list[Report]:
        """Return the reports that may be seen, in the order given: never one by value."""
        return [report for report in reports if report.id not in self.hidden]


ALL = Sight()
"""Sees everything: for what is kept, not for what is shown."""


def sight(nodes: Sequence[Node], viewer: str | None = None) -> Sight:
    """Return what somebody may not see: nobody named may see no goal of a person.

    A goal of a person may be seen by the one it is for, its owner, and the owners of whatever it
    serves, at any height.
    """
    known = {node.id: node for node in nodes}
    person_goals = (node for node in nodes if node.level == PERSON)
    hidden = [node for node in person_goals if not _may_see(viewer, node, known)]
    counts: dict[str, int] = {}
    for node in hidden:
        for parent in dict.fromkeys(node.parents):
            counts[parent] = counts.get(parent, 0) + 1
    return Sight(frozenset(node.id for node in hidden), counts)


def _may_see(viewer: str | None, node: Node, known: Mapping[str, Node]) -> bool:
    name = _folded(viewer or "")
    return bool(name) and name in {_folded(node.for_whom), *_line(node, known)}


def _line(node: Node, known: Mapping[str, Node]) -> set[str]:
    """Return the owners of a goal and of everything above it."""
    above, waiting = {node.id: node}, [node]
    while waiting:
        for parent in waiting.pop().parents:
            if parent in known and parent not in above:
                above[parent] = known[parent]
                waiting.append(known[parent])
    return {_folded(one.owner) for one in above.values()}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
