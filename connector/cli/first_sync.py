"""How far a first sync is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import day, many

if TYPE_CHECKING:
    from connector.model.run import FirstSync

MINUTE_S = 60.0


def how_far(first: FirstSync) -> str:
    """Return what was read so far, of how much, and up to when."""
    if not first.rows:
        return "all tickets, and no events yet" if first.stream == "events" else "no tickets yet"
    noun = first.stream.removesuffix("s")
    total = "" if first.expected is None else f" of about {first.expected:,}"
    through = "" if first.through is None else f", through {day(first.through)}"
    return f"{many(first.rows, noun)}{total}{through}"


def how_long(first: FirstSync) -> str:
    """Return about how long the rest takes; empty if unknown."""
    from connector.config.quantity import format_quantity

    if first.left_s is None:
        return ""
    minutes = max(1, round(first.left_s / MINUTE_S))
    then = ", then their events" if first.stream == "tickets" else ""
    left = format_quantity(minutes * MINUTE_S, "s")
    return f"about {left} more at the pace the limits allow{then}"
