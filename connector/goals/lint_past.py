"""What the days before a goal say of its target: how often it was met, how often reached."""

from __future__ import annotations

from datetime import date

import msgspec

from connector.goals.grade import is_met
from connector.goals.lint_look import Look, Past
from connector.goals.realism import BLOCK, Windows, past_values, past_windows, pooled
from connector.goals.volume import expected_volume
from connector.model.kpi import Direction
from connector.model.series import DAY, DaySeries, SeriesKind

LEAST_STRETCHES = 3


class Share(msgspec.Struct, frozen=True):
    """Which share of past stretches of so many days; `independent` of them do not overlap.

    `last` tells whether the one right before the goal is among them.
    """

    share: float
    days: int
    independent: int
    last: bool = False


def met_before(look: Look) -> Share | None:
    """Return in how many stretches before it the target was met; None with too little history."""
    series, aim, direction = _series(look), look.aim, look.direction
    if series is None or aim is None or direction is None or look.past is None:
        return None
    days = _length(look) if series.kind is SeriesKind.COUNT else min(BLOCK, _length(look))
    found = past_values(series, _cut(look, look.past), days)
    if found.independent < LEAST_STRETCHES:
        return None
    if series.kind is SeriesKind.QUANTILE:
        aim, direction = series.q or 0.5, Direction.HIGHER
    share = found.share(aim, _sign(direction))
    if share is None:
        return None
    is_met_last = is_met(float(found.changes[-1]), aim, direction)
    return Share(share, days, found.independent, is_met_last)


def reached_before(look: Look) -> Share | None:
    """Return in how many stretches as long as its period the KPI changed as much as it has to."""
    series, needed, direction = _series(look), _needed(look), look.direction
    if series is None or needed is None or direction is None or look.past is None:
        return None
    found: Windows = past_windows(series, _cut(look, look.past), _length(look))
    sign = 1 if series.kind is SeriesKind.QUANTILE else _sign(direction)
    share = found.share(needed, sign)
    return None if share is None else Share(share, _length(look), found.independent)


def expected_n(series: DaySeries, start: date, end: date, today: date) -> float:
    """Return on how many tickets the value at the end of a period is going to rest."""
    known = series.until(today)
    so_far = float(known.since(start).until(end).n.sum())
    return so_far + expected_volume(known, max(today, start), end) if len(known) else so_far


def _needed(look: Look) -> float | None:
    """Return the change that is needed from before the start, in the terms of the days."""
    series, aim = _series(look), look.aim
    if series is None or aim is None or look.past is None:
        return None
    cut = _cut(look, look.past)
    before = series.until(cut)
    if series.kind is SeriesKind.COUNT:
        return aim
    if series.kind is SeriesKind.LEVEL:
        return aim - float(before.total[-1]) if len(before) else None
    if series.kind is SeriesKind.QUANTILE:
        so_far = pooled(before.since(cut - _length(look) * DAY))
        return None if so_far is None or series.q is None else series.q - so_far
    return None if look.baseline is None else aim - look.baseline


def _series(look: Look) -> DaySeries | None:
    return look.past.series if look.past and look.report else None


def _cut(look: Look, past: Past) -> date:
    return min(past.today, look.goal.period.start)


def _length(look: Look) -> int:
    return (look.goal.period.end - look.goal.period.start).days


def _sign(direction: Direction) -> int:
    return 1 if direction is Direction.HIGHER else -1
