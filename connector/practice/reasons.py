"""Why customers were not satisfied: the account's list of reasons, of which a rating has one."""

from __future__ import annotations

from typing import Final

NO_REASON: Final = 29_007_440_423_316
REASONS: Final = {
    NO_REASON: "No reason provided",
    NO_REASON + 4: "The issue took too long to resolve",
    NO_REASON + 8: "The issue was not resolved",
    NO_REASON + 12: "Some other reason",
}
"""What the list says, by the ids of its entries."""


def usual_reason(score: str, ticket_id: int) -> int:
    """Return what a customer chooses; a ticket's is always the same."""
    return list(REASONS)[ticket_id % len(REASONS)] if score == "bad" else NO_REASON
