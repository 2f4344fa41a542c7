"""The feed of everything that happened, held in columns: six million updates are many objects."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

if TYPE_CHECKING:
    from connector.practice.world import Change, Comment, Created, Via

    Changes = tuple[Change | Comment | Created, ...]


class Audit(NamedTuple):
    """One update of one ticket."""

    at: int
    ticket_id: int
    author_id: int
    via: Via
    changes: Changes


_new = tuple.__new__  # much quicker than calling a named tuple's class


class Feed(Sequence[Audit]):
    """Audits by their place, in order of time once they are sorted."""

    __slots__ = ("_authors", "_changes", "_vias", "at", "ticket_ids")
    __hash__ = None  # type: ignore[assignment]  # it grows

    def __init__(self, audits: Iterable[Audit] = ()) -> None:
        """Begin with some audits."""
        self.at = array("q")
        self.ticket_ids = array("q")
        self._authors = array("q")
        self._vias: list[Via] = []
        self._changes: list[Changes] = []
        for audit in audits:
            self.append(audit)

    def __len__(self) -> int:
        """Return how many audits there are."""
        return len(self.at)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same happened."""
        return isinstance(other, Feed) and list(self) == list(other)

    @overload
    def __getitem__(self, place: int) -> Audit: ...
    @overload
    def __getitem__(self, place: slice) -> list[Audit]: ...
    def __getitem__(self, place: int | slice) -> Audit | list[Audit]:
        """Return the audit at a place, or those at several."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return _new(
            Audit,
            (
                self.at[place],
                self.ticket_ids[place],
                self._authors[place],
                self._vias[place],
                self._changes[place],
            ),
        )

    def __iter__(self) -> Iterator[Audit]:
        """Yield the audits by place."""
        columns = (self.at, self.ticket_ids, self._authors, self._vias, self._changes)
        return (_new(Audit, row) for row in zip(*columns, strict=True))

    def append(self, audit: Audit) -> None:
        """Add an audit behind all others."""
        self.add(*audit)

    def add(self, at: int, ticket_id: int, author_id: int, via: Via, changes: Changes) -> None:
        """Add an audit by its parts."""
        self.at.append(at)
        self.ticket_ids.append(ticket_id)
        self._authors.append(author_id)
        self._vias.append(via)
        self._changes.append(changes)

    def sort(self) -> None:
        """Bring the audits in order of time; those of one second stay as they came."""
        order = np.argsort(np.frombuffer(self.at, dtype=np.int64), kind="stable")
        self.at, self.ticket_ids, self._authors = (
            array("q", np.frombuffer(column, dtype=np.int64)[order].tobytes())
            for column in (self.at, self.ticket_ids, self._authors)
        )
        self._vias = _taken(self._vias, order)
        self._changes = _taken(self._changes, order)

    def extend(self, other: Feed) -> None:
        """Add all audits of another feed."""
        self.at.extend(other.at)
        self.ticket_ids.extend(other.ticket_ids)
        self._authors.extend(other._authors)
        self._vias.extend(other._vias)
        self._changes.extend(other._changes)

    def places(self, start: int, until: int) -> range:
        """Return the places of audits from one instant to another, both included."""
        return range(bisect_left(self.at, start), bisect_right(self.at, until))


def _taken(items: list[Any], order: np.ndarray[Any, np.dtype[np.int64]]) -> list[Any]:
    objects = np.fromiter(items, dtype=object, count=len(items))
    taken: list[Any] = objects[order].tolist()
    return taken
