"""A KPI day by day: what forecasts, realism and the goal's own history are told from."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DAY = timedelta(days=1)


class SeriesKind(StrEnum):
    """What the days of a series hold, and so how they pool into one value.

    `SHARE`: hits of n. `QUANTILE`: n, and as hits those at the aim or on its better side. `MEAN`:
    total of n. `SCORE`: total (-1, 0, 1) of n, times 100. `RATIO`: one amount (total) over another
    (n). `COUNT`: totals that add up. `LEVEL`: the total at the end of each day; it does not pool.
    """

    SHARE = "share"
    QUANTILE = "quantile"
    MEAN = "mean"
    SCORE = "score"
    RATIO = "ratio"
    COUNT = "count"
    LEVEL = "level"


class DaySeries(msgspec.Struct, frozen=True, kw_only=True):
    """Whole local days, one after another without gaps; the arrays are of one length.

    `first` is the date of the first day in the IANA zone `zone`; `q` is the quantile (0.5 for a
    median) where `kind` says so.
    """

    kind: SeriesKind
    zone: str
    first: date
    n: Floats
    hits: Floats
    total: Floats
    q: float | None = None

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.n)

    @property
    def end(self) -> date:
        """Return the first date after the series."""
        return self.first + len(self) * DAY

    def until(self, day: date) -> Self:
        """Return the days before a date."""
        return self._cut(0, self._place(day))

    def since(self, day: date) -> Self:
        """Return the days from a date on."""
        return self._cut(self._place(day), len(self))

    def _place(self, day: date) -> int:
        return min(max((day - self.first).days, 0), len(self))

    def _cut(self, start: int, stop: int) -> Self:
        return msgspec.structs.replace(
            self,
            first=self.first + start * DAY,
            n=self.n[start:stop],
            hits=self.hits[start:stop],
            total=self.total[start:stop],
        )
