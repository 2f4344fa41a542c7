"""Frozen values on paper: since when, and what has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.model.kpi import Version


def said_frozen(versions: Sequence[Version], unit: str, clock: str) -> str:
    """Say since when a value is frozen and what it became since; "" while it is not frozen."""
    from connector.config.quantity import format_quantity

    if not versions:
        return ""
    first, last = versions[0], versions[-1]
    why = f" ({first.reason})" if first.reason else ""
    told = f"frozen on {day(first.frozen_at)}{why}"
    if last is first:
        return told
    reasons = "; ".join(dict.fromkeys(one.reason for one in versions[1:]))
    return f"{told}; since then: {format_quantity(last.value, unit, clock=clock)} ({reasons})"
