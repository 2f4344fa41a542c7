"""Grades: how far a value has come from its baseline to its target; value only, no opinion."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from connector.model.kpi import Direction, MeasureDefinition

GREEN_FROM = 0.70
YELLOW_FROM = 0.40
SUCCEEDS_FROM = {"committed": 1.0, "aspirational": 0.7}


class Band(StrEnum):
    """Colours of a grade, as the literature draws them."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def raw_progress(value: float, *, baseline: float, target: float) -> float:
    """Return the share of the way from baseline to target; works in both directions.

    Target and baseline must differ: a goal that keeps a value where it is has `maintained`.
    """
    return (value - baseline) / (target - baseline) + 0.0  # which makes 0 of -0


def grade(raw: float) -> float:
    """Return the raw progress as a grade between 0 and 1, to two decimals."""
    return round(min(max(raw, 0.0), 1.0), 2)


def band(graded: float) -> Band:
    """Return the colour of a grade."""
    if graded >= GREEN_FROM:
        return Band.GREEN
    return Band.YELLOW if graded >= YELLOW_FROM else Band.RED


def succeeds(graded: float, commitment: str) -> bool:
    """Tell whether a final grade is enough: all of it where committed, 0.7 where aspirational."""
    return graded >= SUCCEEDS_FROM[commitment]


def maintained(
    sub_periods: Sequence[float | None], *, limit: float, direction: Direction
) -> float | None:
    """Return the share of completed sub-periods inside the limit; None before the first one.

    A sub-period without a value (nobody wrote) says nothing and is left out.
    """
    known = [value for value in sub_periods if value is not None]
    if not known:
        return None
    return sum(is_met(value, limit, direction) for value in known) / len(known)


def is_met(value: float, target: float, direction: Direction) -> bool:
    """Tell whether a value is at the target or on its better side."""
    return value >= target if direction is Direction.HIGHER else value <= target


def better_side(
    definition: MeasureDefinition, aggregate: str, *, baseline: float | None, target: float
) -> Direction:
    """Return which way is better for this KPI.

    A share within a limit is better when higher, whatever the measure; a neutral measure is better
    in the direction in which the goal points, and lower when the goal has no baseline.
    """
    if aggregate == "within":
        return Direction.HIGHER
    direction = Direction(definition.direction)
    if direction is not Direction.NEUTRAL:
        return direction
    points_up = baseline is not None and target > baseline
    return Direction.HIGHER if points_up else Direction.LOWER
