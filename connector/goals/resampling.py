"""Days ahead, drawn from days of the past: many futures at once, the same for the same input.

Every future draws twice. First it draws which past it has (days of the real one, with repetition),
then its days from that past. A single draw would take the mean of four weeks for the truth and
promise far too much about the weeks to come; drawing the past too carries that doubt. A drawn past
has one day fewer than the real one: so its mean spreads as widely as means of such days do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from connector.goals.volume import WEEK, weekdays
from connector.model.series import DaySeries

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

DRAWS: Final = 2_000
FUTURES: Final = np.arange(DRAWS)
BLOCK_DAYS: Final = 4
QUIET_BELOW: Final = 0.5


def quiet_weekdays(series: DaySeries) -> Places:
    """Return for each weekday 1 where its mean n is less than half of a day's mean, else 0.

    Four weeks have each weekday four times, too few to draw from: a draw among four understates
    the spread by a quarter. So days are drawn among all busy weekdays, or among all quiet ones.
    """
    which = weekdays(series.first, len(series))
    days = np.bincount(which, minlength=WEEK)
    means = np.bincount(which, weights=series.n, minlength=WEEK) / np.maximum(days, 1)
    quiet: Places = ((means < QUIET_BELOW * series.n.mean()) & (days > 0)).astype(np.intp)
    return quiet


def widened(amounts: Floats, which: Places) -> Floats:
    """Return amounts spread about the mean of their class as widely as a class so small hides.

    Eight Mondays vary less about their own mean than Mondays do about theirs, by an eighth.
    """
    days = np.maximum(np.bincount(which), 1)
    means = (np.bincount(which, weights=amounts) / days)[which]
    hidden = np.sqrt(days / np.maximum(days - 1, 1))[which]
    found: Floats = means + (amounts - means) * hidden
    return found


def draw_days(
    amounts: Floats, past: Places, ahead: Places, generator: np.random.Generator
) -> Floats:
    """Return an amount of past days for each day ahead (rows) in each of 2,000 futures (columns).

    `past` and `ahead` say of which class each day is; a day is drawn among those of its class, or
    among all where its class has no past.
    """
    drawn = np.empty((len(ahead), DRAWS))
    for rows, places in _blocks(past, ahead, generator):
        drawn[rows] = amounts.take(places)
    return drawn


def draw_sums(
    amounts: Sequence[Floats], past: Places, ahead: Places, generator: np.random.Generator
) -> list[Floats]:
    """Return for each of some amounts of past days their sum over the days ahead, in each future.

    All amounts of a future come from the same days.
    """
    sums = [np.zeros(DRAWS) for _ in amounts]
    for _, places in _blocks(past, ahead, generator):
        for which, amount in enumerate(amounts):
            sums[which] += amount.take(places).sum(axis=0)
    return sums


def _blocks(
    past: Places, ahead: Places, generator: np.random.Generator
) -> Iterator[tuple[Places, Places]]:
    """Give a few days ahead at a time, so that what is worked on stays near the processor."""
    for kind in np.unique(ahead):
        among = np.flatnonzero(past == kind)
        if not len(among):
            among = np.arange(len(past))
        size = max(len(among) - 1, 1)
        pasts = among.take(_places(len(among), size, generator))
        rows = np.flatnonzero(ahead == kind)
        for start in range(0, len(rows), BLOCK_DAYS):
            block = rows[start : start + BLOCK_DAYS]
            inside = _places(size, len(block), generator)
            inside *= DRAWS
            inside += FUTURES
            yield block, pasts.take(inside)


def _places(below: int, rows: int, generator: np.random.Generator) -> Places:
    return generator.integers(0, below, (rows, DRAWS), dtype=np.uint16).astype(np.intp)
