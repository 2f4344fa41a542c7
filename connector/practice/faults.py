"""Faults to order: the next answers of a path go wrong in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass

from connector.practice.routing import HTML, Answer

RETRY_AFTER_S = "1"
SERVER_ERRORS = ("500", "502", "503", "504")
KINDS = (
    "429",
    "429-bare",
    "403",
    "409",
    *SERVER_ERRORS,
    "503-bare",
    "reset",
    "lost",
    "short",
    "cut",
    "html",
    "slow",
    "nonsense",
)
"""429-bare and 503-bare have no header.

reset drops the connection before the request is served, lost after it.
short ends the connection in the middle of the body, cut sends half a document as if it were whole,
slow answers late.
"""


@dataclass(slots=True)
class Fault:
    """A fault for the next `count` requests of a path, after letting `after` of them pass.

    A path that begins with a slash is a prefix of the whole path; any other is a part of it.
    """

    path: str
    kind: str
    count: int
    method: str = ""
    after: int = 0
    seconds: float = 2.0

    def concerns(self, method: str, path: str) -> bool:
        """Tell whether a request is one of those that go wrong."""
        is_path = path.startswith(self.path) if self.path.startswith("/") else self.path in path
        return is_path and self.method in {"", method}

    def instead(self) -> Answer | None:
        """Return the answer that is given instead of the helpdesk's; None lets it answer."""
        said = {"error": "Unavailable", "description": "ordered by the control of the practice"}
        if self.kind in {"429", *SERVER_ERRORS}:
            return Answer(said, int(self.kind), headers={"Retry-After": RETRY_AFTER_S})
        instead = {
            "html": Answer(
                b"<html><body>Sorry, we are down for maintenance</body></html>", 200, HTML
            ),
            "nonsense": Answer({"unexpected": True}),
            "429-bare": Answer({"error": "TooManyRequests", "description": "Slow down"}, 429),
            "503-bare": Answer(said, 503),
            "403": Answer({"error": "Forbidden", "description": "You do not have access"}, 403),
            "409": Answer({"error": "DatabaseConflict", "description": "Database collision"}, 409),
        }
        return instead.get(self.kind)


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._coming: list[Fault] = []
        self.happened: list[str] = []

    def fail_next(
        self,
        path: str,
        kind: str,
        count: int = 1,
        *,
        method: str = "",
        after: int = 0,
        seconds: float = 2.0,
    ) -> None:
        """Let the next requests of a path go wrong; a slow answer takes so many seconds."""
        if kind not in KINDS:
            message = f"unknown fault {kind}; known: {', '.join(KINDS)}"
            raise ValueError(message)
        self._coming.append(Fault(path, kind, count, method, after, seconds))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._coming.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault due for a request, and use it up."""
        for fault in self._coming:
            if not fault.concerns(method, path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.count -= 1
            if fault.count <= 0:
                self._coming.remove(fault)
            self.happened.append(f"{fault.kind} {method} {path.partition('?')[0]}")
            return fault
        return None
