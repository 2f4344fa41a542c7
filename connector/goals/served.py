"""What serves one goal or objective: how much of its weight stands how, and in words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from connector.goals.pyramid import Node
from connector.goals.visibility import Sight
from connector.model.goal import Driver


class Served(msgspec.Struct, frozen=True):
    """Everything that serves one parent; nothing that is hidden is named.

    Proposals that nobody accepted count for nothing.
    """

    nodes: tuple[Node, ...]
    sight: Sight

    @property
    def proposals(self) -> tuple[Node, ...]:
        """Return what nobody has accepted yet."""
        return tuple(node for node in self.nodes if node.is_proposal)

    @property
    def counted(self) -> tuple[Node, ...]:
        """Return what counts, once it is judged."""
        return tuple(node for node in self.nodes if not node.is_proposal)

    @property
    def judged(self) -> tuple[Node, ...]:
        """Return what counts and has a status."""
        return tuple(node for node in self.counted if node.is_judged)

    @property
    def unjudged(self) -> tuple[Node, ...]:
        """Return what would count if it had a status."""
        return tuple(node for node in self.counted if not node.is_judged)

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """Return what counts and may be seen."""
        return tuple(
            Driver(node.id, node.title, node.status, node.grade, node.weight)
            for node in self.sight.of(self.counted)
        )

    @property
    def unseen(self) -> str:
        """Say how many goals of people serve it that may not be seen, "" for none."""
        count = len(self.nodes) - len(self.sight.of(self.nodes))
        return f"not shown: {_of_people(count)}" if count else ""

    def told(self, nodes: Iterable[Node]) -> str:
        """Name some of them with their status; those that are hidden are only counted."""
        nodes = list(nodes)
        seen = self.sight.of(nodes)
        rest = len(nodes) - len(seen)
        people = [_of_people(rest)] if rest else []
        return ", ".join([f"{node.title} ({_standing(node)})" for node in seen] + people)


def share_of(some: Iterable[Node], all_: Iterable[Node]) -> float:
    """Return the share of weight, free of the noise of adding up fractions."""
    whole = sum(node.weight for node in all_)
    return round(sum(node.weight for node in some) / whole, 9) if whole else 0.0


def _of_people(count: int) -> str:
    return f"{count} goal{'' if count == 1 else 's'} of people"


def _standing(node: Node) -> str:
    if node.is_proposal:
        return "a proposal"
    return node.status.replace("_", " ") or "not judged yet"
