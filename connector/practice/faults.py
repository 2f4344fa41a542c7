"""Faults to order: the next answers of a path go wrong in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("429", "409", "500", "503", "reset", "lost", "short", "html", "nonsense")
"""reset drops the connection before the request is served, lost after it; short cuts the body."""


@dataclass(slots=True)
class Fault:
    """A fault for the next `count` requests whose path contains `path`."""

    path: str
    kind: str
    count: int
    method: str = ""


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._coming: list[Fault] = []

    def fail_next(self, path: str, kind: str, count: int = 1, *, method: str = "") -> None:
        """Let the next requests of a path go wrong."""
        if kind not in KINDS:
            message = f"unknown fault {kind}; known: {', '.join(KINDS)}"
            raise ValueError(message)
        self._coming.append(Fault(path, kind, count, method))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._coming.clear()

    def take(self, method: str, path: str) -> str | None:
        """Return the fault due for a request, and use it up."""
        for fault in self._coming:
            if fault.path in path and fault.method in {"", method}:
                fault.count -= 1
                if fault.count <= 0:
                    self._coming.remove(fault)
                return fault.kind
        return None
