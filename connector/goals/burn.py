"""Budgets of bad events: how fast an anti-goal uses its own up, and when to speak (5.6).

A share of bad events is allowed; over the period that is a budget of so many of them. Alerts are
set in shares of the budget, because a rate of use can never exceed one over the allowed share.
"""

from __future__ import annotations

from typing import Final

from connector.model.budget import BurnCounts, Tally
from connector.model.goal import Burn
from connector.model.kpi import Direction

FAST_SHARE: Final = 0.10
FAST_DAYS: Final = 1
SLOW_SHARE: Final = 0.25
SLOW_DAYS: Final = 5
SLOW_FROM_DAYS: Final = 30
"""Business days of a period from which on a slow alert says more than a period at its limit."""

LEAST_BAD: Final = 3
MOST_OF_TOP: Final = 0.7
"""No alert asks for more than this share of the fastest burn there can be."""

LEVELS: Final = ("", "slow", "fast", "exhausted")
"""Alerts, from none to the worst."""

ROUNDING: Final = 1e-9


def allowed_share(limit: float, direction: Direction) -> float:
    """Return the share of events that may be bad: all beyond a least share, or a most share."""
    return 1 - limit if direction is Direction.HIGHER else limit


def fast_burn(allowed: float, days: float) -> float:
    """Return the burn over one business day from which on the fast alert speaks."""
    return _capped(FAST_SHARE * days / FAST_DAYS, allowed)


def slow_burn(allowed: float, days: float) -> float | None:
    """Return the burn over five business days for the slow alert; None in a short period.

    There five days at the allowed rate are a quarter of the budget, and it would always speak.
    """
    if days < SLOW_FROM_DAYS:
        return None
    return _capped(SLOW_SHARE * days / SLOW_DAYS, allowed)


def burn(counts: BurnCounts, *, allowed: float, expected: float, days: float) -> Burn:
    """Tell how much of a budget is gone, and whether that is too fast.

    `allowed` is the share of events that may be bad, `expected` how many events the whole period
    will see, `days` its business days. Where nothing is allowed, each bad event is a whole budget.
    """
    budget = max(allowed * expected, 0.0)
    unit = budget or 1.0
    return Burn(
        budget=budget,
        bad=counts.period.bad,
        consumed=counts.period.bad / unit,
        burn=_rate(counts.day, allowed),
        fast=counts.day.bad / unit,
        slow=counts.week.bad / unit,
        alert=_alert(counts, unit=unit, allowed=allowed, days=days),
    )


def _alert(counts: BurnCounts, *, unit: float, allowed: float, days: float) -> str:
    if _reaches(counts.period, unit):
        return "exhausted"
    days = max(days, ROUNDING)
    fast = fast_burn(allowed, days) * FAST_DAYS / days
    if _reaches(counts.day, fast * unit) and _still_burning(counts.hours, allowed):
        return "fast"
    slow = slow_burn(allowed, days)
    if slow is None or not _reaches(counts.week, slow * SLOW_DAYS / days * unit):
        return ""
    return "slow" if _still_burning(counts.day, allowed) else ""


def _reaches(window: Tally, bad: float) -> bool:
    """Tell whether a window used up so much of the budget, by more than a few events."""
    return window.bad >= LEAST_BAD and window.bad >= bad - ROUNDING


def _still_burning(recent: Tally, allowed: float) -> bool:
    """Tell whether the budget is being used up at its own rate or faster, by any bad event.

    The short window only ends an alert whose cause is over. It holds a handful of events, so the
    rate of the long window asked of it as well would be a coin toss; a burn of 1 is not.
    """
    return recent.bad > 0 and recent.bad >= allowed * recent.events - ROUNDING


def _rate(window: Tally, allowed: float) -> float | None:
    """Return the burn of a window: its share of bad events, in units of the allowed share."""
    if not window.events or allowed <= 0:
        return None
    return window.bad / window.events / allowed


def _capped(threshold: float, allowed: float) -> float:
    return min(threshold, MOST_OF_TOP / allowed) if allowed > 0 else threshold
