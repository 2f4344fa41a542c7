"""Circles among things that name each other, such as goals that serve each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


def circles(edges: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Return circles, each with its first name again at the end; names of one begin no other.

    What is found does not depend on the order of names: a circle begins with the first of its
    names in the alphabet, and is the shortest one there.
    """
    found: list[tuple[str, ...]] = []
    for name in sorted(edges):
        if any(name in circle for circle in found):
            continue
        circle = _back_to(name, edges)
        if circle:
            found.append(circle)
    return found


def _back_to(start: str, edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the shortest way from a name back to it; empty if there is none."""
    seen: set[str] = set()
    ways: deque[tuple[str, ...]] = deque([(start,)])
    while ways:
        way = ways.popleft()
        for name in sorted(edges.get(way[-1], ())):
            if name == start:
                return (*way, name)
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
