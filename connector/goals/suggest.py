"""Suggestions: which slice of a KPI got worse beyond noise, and what it could get back to.

A slice (the tickets of a group, of a channel, with a tag) is compared with itself: its last
stretch with the stretches before it. How far it is off is told in spreads: the larger one of how
much the earlier stretches differ and of what chance alone does to the last one. It has to be so far
off that noise alone suggests anything, among all slices that were looked at, once in twenty times.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log, sqrt
from statistics import NormalDist, fmean, stdev
from typing import Final

import msgspec

from connector.model.kpi import Direction, KpiValue, Unit

STRETCH_DAYS: Final = 28
LEAST_STRETCHES: Final = 6
MOST_STRETCHES: Final = 12
NOISE: Final = 0.05
"""How likely noise alone suggests anything at all."""

Z95: Final = NormalDist().inv_cdf(0.975)
SHORT_S: Final = 180.0
HOURS_FROM_S: Final = 3 * 3600.0
WHOLE_FROM: Final = 20.0
LEAST_SHARE: Final = 0.01


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI of some of its tickets: its last stretch and the ones before it, newest first."""

    kpi: str
    measure: str
    dimension: str
    name: str
    direction: Direction
    recent: KpiValue
    past: tuple[KpiValue, ...]


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """A slice that got worse: from what it usually is, by how many spreads, and what is noise."""

    of: Slice
    usual: float
    excess: float
    least: float


class Amount(msgspec.Struct, frozen=True):
    """A value as it is written into a file, and as it is meant there."""

    number: float
    text: str


def worst(slices: Sequence[Slice], top: int) -> list[Fall]:
    """Return the slices that got worse beyond noise, worst first.

    Each stands once for a measure, and slices that hold the same tickets stand once.
    """
    told = [(excess, one) for one in slices if (excess := excess_of(one)) is not None]
    found: list[Fall] = []
    seen: set[tuple[object, ...]] = set()
    for excess, one in sorted(told, key=lambda pair: (-pair[0], pair[1].kpi, pair[1].name)):
        least = least_excess(len(told), len(one.past))
        named = (one.measure, one.dimension, one.name)
        alike = (one.kpi, one.recent.value, one.recent.n)  # the same tickets by another name
        if excess >= least and not seen & {named, alike}:
            seen |= {named, alike}
            found.append(Fall(of=one, usual=usual(one), excess=excess, least=least))
    return found[:top]


def excess_of(one: Slice) -> float | None:
    """Return by how many spreads the last stretch is worse; None where that cannot be told."""
    if len(one.past) < LEAST_STRETCHES:
        return None
    earlier = [_scaled(one, value.value) for value in one.past]
    spread = max(stdev(earlier), _noise(one)) * sqrt(1 + 1 / len(earlier))
    if not spread:
        return None
    return _sign(one.direction) * (_scaled(one, one.recent.value) - fmean(earlier)) / spread


def least_excess(compared: int, stretches: int) -> float:
    """Return how many spreads are beyond noise, of so many slices that were looked at.

    The quantile of Student's t, by the expansion of Cornish and Fisher.
    """
    z, free = NormalDist().inv_cdf(1 - NOISE / max(compared, 1)), stretches - 1
    terms = (
        z,
        (z**3 + z) / (4 * free),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3),
    )
    return sum(terms)


def usual(one: Slice) -> float:
    """Return what the slice was in the middle one of its earlier stretches."""
    return _best_first(one)[len(one.past) // 2]


def reached(one: Slice) -> tuple[float, float]:
    """Return levels that the slice had before: in its best quarter of stretches, and in half."""
    values = _best_first(one)
    return values[len(values) // 4], values[len(values) // 2]


def met_in(one: Slice, target: float) -> int:
    """Return in how many of the earlier stretches a value was reached."""
    sign = _sign(one.direction)
    return sum(sign * (value.value or 0.0) <= sign * target for value in one.past)


def poorest(one: Slice) -> float:
    """Return the worst that the slice was, the last stretch included."""
    values = [value.value or 0.0 for value in (*one.past, one.recent)]
    return max(values) if one.direction is Direction.LOWER else min(values)


def written(number: float, unit: str, *, up: bool) -> Amount:
    """Write a value for a file, rounded up or down to what people would write."""
    rounded = ceil if up else floor
    if unit == Unit.SECONDS:
        size, name = (1, "s") if number < SHORT_S else (60, "min")
        if number < HOURS_FROM_S:
            count = max(rounded(round(number / size, 6)), 1)
            return Amount(float(count * size), f'"{count} {name}"')
        tenths = rounded(round(number / 360, 6))
        return Amount(tenths * 360.0, f'"{tenths / 10:g} h"')
    if unit == Unit.RATIO:
        per_mille = rounded(round(number * 1000, 6))
        return Amount(per_mille / 1000, f'"{per_mille / 10:g} %"')
    if number >= WHOLE_FROM:
        whole = rounded(round(number, 6))
        return Amount(float(whole), str(whole))
    tenths = rounded(round(number * 10, 6))
    return Amount(tenths / 10, f"{tenths / 10:g}")


def limit_of(one: Slice) -> Amount:
    """Return the limit of a guard: the worst that was, and never all or nothing of a share."""
    number = poorest(one)
    if one.recent.unit == Unit.RATIO:
        number = min(max(number, LEAST_SHARE), 1 - LEAST_SHARE)
    return written(number, one.recent.unit, up=one.direction is Direction.LOWER)


def _best_first(one: Slice) -> list[float]:
    values = [value.value or 0.0 for value in one.past]
    return sorted(values, reverse=one.direction is Direction.HIGHER)


def _scaled(one: Slice, value: float | None) -> float:
    """Return a value on the scale on which chance is even: times by their logarithm."""
    return log(max(value or 0.0, 1.0)) if one.recent.unit == Unit.SECONDS else value or 0.0


def _noise(one: Slice) -> float:
    """Return the standard error of the last stretch."""
    recent = one.recent
    if recent.low is None or recent.high is None:
        return sqrt(max(recent.value or 0.0, 1.0)) if recent.unit == Unit.COUNT else 0.0
    return (_scaled(one, recent.high) - _scaled(one, recent.low)) / (2 * Z95)


def _sign(direction: Direction) -> int:
    return 1 if direction is Direction.LOWER else -1
