"""Realism: whether a KPI ever changed as much in the past as it has to until the end.

The reference class are all past windows as long as the time that is left, over up to 24 months.
What changed in a window depends on what the days hold:

- a level (backlog): its end less its start;
- a count: the total of the window, since a count begins at nothing;
- all that pools (shares, quantiles, means, scores, ratios): the value over the last 28 days of the
  window (all of a shorter one) less the value over the 28 days before it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from connector.model.series import DAY, DaySeries, SeriesKind

if TYPE_CHECKING:
    import numpy.typing as npt

    from connector.model.series import Floats

    Places = npt.NDArray[np.int64]

PAST_DAYS = 731  # 24 months
BLOCK = 28  # days that are pooled before a window and at its end
LEAST_INDEPENDENT = 2
CLASSES = ((0.50, "realistic"), (0.20, "stretch"), (0.05, "aggressive"), (0.0, "unrealistic"))
ROUNDING = 1e-9

FLOW_DAYS = 56
LEAST_FLOW_DAYS = 14
RUNS = 2_000
SEED = 20_261_001
WEEK_DAYS = 7


class Windows(msgspec.Struct, frozen=True):
    """What changed, or what was, in each past window; `independent` of them do not overlap."""

    changes: Floats
    independent: int

    @property
    def tell(self) -> bool:
        """Tell whether there are enough of them to say anything."""
        return self.independent >= LEAST_INDEPENDENT

    def share(self, needed: float, sign: int) -> float | None:
        """Return the share with a change at least as large as needed; `sign` 1 is upwards."""
        if not self.tell:
            return None
        slack = ROUNDING * max(abs(needed), 1.0)
        return float(np.mean(sign * self.changes >= sign * needed - slack))

    def exceeded_by(self, needed: float, sign: int) -> bool:
        """Tell whether more is needed than the best of them changed; what is there needs none."""
        return sign * needed > 0 and self.share(needed, sign) == 0.0

    def best(self, sign: int) -> float:
        """Return the largest change in that direction."""
        return sign * float(np.max(sign * self.changes))


def realism(share: float | None) -> str:
    """Return the class of a share of past windows."""
    if share is None:
        return "unknown"
    return next(name for least, name in CLASSES if share >= least)


def past_windows(series: DaySeries | None, today: date, days: int) -> Windows:
    """Return what changed in the past windows of so many days that ended before today."""
    none = Windows(np.array([]), 0)
    if series is None or days < 1:
        return none
    past = series.since(today - PAST_DAYS * DAY).until(today)
    lead = {SeriesKind.LEVEL: 1, SeriesKind.COUNT: 0}.get(past.kind, BLOCK)
    starts = np.arange(lead, len(past) - days + 1)
    if not len(starts):
        return none
    changes = _changes(past, starts, days)
    told = np.isfinite(changes)
    return Windows(changes[told], _independent(starts[told], days))


def past_values(series: DaySeries | None, today: date, days: int) -> Windows:
    """Return the value over each past window of so many days; of a level, at its end."""
    none = Windows(np.array([]), 0)
    if series is None or days < 1:
        return none
    past = series.since(today - PAST_DAYS * DAY).until(today)
    starts = np.arange(0, len(past) - days + 1)
    if not len(starts):
        return none
    if past.kind is SeriesKind.LEVEL:
        values = past.total[starts + days - 1]
    elif past.kind is SeriesKind.COUNT:
        values = _sums(past.total, starts, days)
    else:
        values = _blocks(past, starts, days)
    told = np.isfinite(values)
    return Windows(values[told], _independent(starts[told], days))


def pooled(series: DaySeries) -> float | None:
    """Return the one value of all days that pool; None where they hold nothing."""
    found = float(_blocks(series, np.array([0]), len(series))[0]) if len(series) else np.nan
    return found if np.isfinite(found) else None


def simulated(
    series: DaySeries, current: float, target: float, sign: int, end: date
) -> float | None:
    """Return the share of runs in which a level is at the target at the end, or past it.

    Each day left draws its net flow from the days of its weekday in the last eight weeks. None
    with less than two weeks of history.
    """
    levels = series.total[-FLOW_DAYS - 1 :]
    flows = np.diff(levels)
    left = (end - series.end).days
    if series.kind is not SeriesKind.LEVEL or len(flows) < LEAST_FLOW_DAYS or left < 1:
        return None
    weekdays = (np.arange(len(flows)) - len(flows) + series.end.weekday()) % WEEK_DAYS
    ahead = Counter((series.end + timedelta(days=n)).weekday() for n in range(left))
    random = np.random.default_rng(SEED)
    final = np.full(RUNS, float(current))
    for weekday, times in sorted(ahead.items()):
        final += random.choice(flows[weekdays == weekday], (RUNS, times)).sum(axis=1)
    slack = ROUNDING * max(abs(target), 1.0)
    return float(np.mean(sign * final >= sign * target - slack))


def _changes(past: DaySeries, starts: Places, days: int) -> Floats:
    if past.kind is SeriesKind.LEVEL:
        return past.total[starts + days - 1] - past.total[starts - 1]
    if past.kind is SeriesKind.COUNT:
        return _sums(past.total, starts, days)
    width = min(BLOCK, days)
    return _blocks(past, starts + days - width, width) - _blocks(past, starts - BLOCK, BLOCK)


def _blocks(past: DaySeries, starts: Places, width: int) -> Floats:
    """Return the pooled value of each block of days; not a number where it holds nothing."""
    hit = past.kind in {SeriesKind.SHARE, SeriesKind.QUANTILE}
    over, of = (_sums(each, starts, width) for each in (past.hits if hit else past.total, past.n))
    scale = 100.0 if past.kind is SeriesKind.SCORE else 1.0
    values: Floats = np.divide(over, of, out=np.full(len(starts), np.nan), where=of > 0)
    return scale * values


def _sums(values: Floats, starts: Places, width: int) -> Floats:
    until: Floats = np.concatenate(([0.0], np.cumsum(np.nan_to_num(values))))
    return until[starts + width] - until[starts]


def _independent(starts: Places, days: int) -> int:
    """Return how many windows fit one after another."""
    found, free = 0, 0
    for start in starts.tolist():
        if start >= free:
            found, free = found + 1, start + days
    return found
