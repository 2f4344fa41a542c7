"""Ticket statuses: the six that every account has, and those an admin adds to a category."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = ("new", "open", "pending", "hold", "solved", "closed")
STATUS_IDS = {name: 28_000_000_000_100 + place for place, name in enumerate(CATEGORIES)}


@dataclass(frozen=True, slots=True)
class CustomStatus:
    """A status that agents choose; reports and rules see the category it belongs to."""

    id: int
    category: str
    label: str
    created_at: int = 0
    default: bool = False


def usual_statuses() -> dict[int, CustomStatus]:
    """Return the statuses that every account has; closed cannot be chosen."""
    return {
        number: CustomStatus(number, name, name.title(), default=True)
        for name, number in STATUS_IDS.items()
        if name != "closed"
    }
