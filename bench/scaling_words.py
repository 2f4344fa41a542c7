"""Numbers in the words of the tables."""

from __future__ import annotations

from math import inf

from bench.scaling_model import HOUR_S

THOUSAND_MILLIONS, MILLION = 1e9, 1e6
DAYS_FROM_H = 72


def span_said(seconds: float) -> str:
    """Return a time in minutes, hours or days."""
    if seconds == inf:
        return "not told"
    if seconds < HOUR_S:
        return f"{seconds / 60:,.1f} min"
    hours = seconds / HOUR_S
    return f"{hours:,.1f} h" if hours < DAYS_FROM_H else f"{hours / 24:,.0f} days"


def count_said(tickets: float) -> str:
    """Return a number of tickets, rounded where it is large."""
    if tickets >= THOUSAND_MILLIONS:
        return "over 1,000 million"
    return f"{tickets / MILLION:,.1f} million" if tickets >= MILLION else f"{tickets:,.0f}"


def size_said(size: float) -> str:
    """Return bytes as MB or GB."""
    return f"{size / 1e9:,.1f} GB" if size >= THOUSAND_MILLIONS else f"{size / 1e6:,.0f} MB"
