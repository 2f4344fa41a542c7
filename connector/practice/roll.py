"""People in order of their last update; the order is kept for as long as nobody was updated."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import attrgetter

from connector.practice.directory import Directory, User

Place = tuple[int, int]
_updated_at = attrgetter("updated_at")


@dataclass(slots=True)
class Roll:
    """The order of everybody in a directory."""

    directory: Directory
    _stamps: list[int] = field(default_factory=list)
    _order: list[Place] = field(default_factory=list)

    def after(self, place: Place, until: int, most: int) -> list[User]:
        """Return the people after a place, up to an instant, and no more than so many."""
        users = self.directory.users
        stamps = list(map(_updated_at, users.values()))
        if stamps != self._stamps:
            self._stamps = stamps
            self._order = sorted(zip(stamps, users, strict=True))
        begin = bisect_right(self._order, place)
        end = bisect_right(self._order, (until, 2**63), begin, min(begin + most, len(users)))
        return [users[number] for _, number in self._order[begin:end]]
