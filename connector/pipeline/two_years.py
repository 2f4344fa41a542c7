"""The days of two years that a backward goal is planned from: read once a day, not in every run."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from connector.config.mapping import KpiTable
from connector.goals.evidence import Case
from connector.kpi.frozen import meaning
from connector.model.series import DAY, DaySeries, SeriesKind
from connector.pipeline.subject import Subject

if TYPE_CHECKING:
    from connector.model.series import Floats

HISTORY: Final = 730 * DAY
"""How far back one looks for changes as large as the one that is wanted."""


class _Days(msgspec.Struct, frozen=True, kw_only=True):
    """A series as it is kept."""

    kind: SeriesKind
    zone: str
    first: date
    n: list[float]
    hits: list[float]
    total: list[float]
    q: float | None = None


class _Kept(msgspec.Struct, frozen=True):
    """What was read, and what it was read about: it serves as long as that is the same."""

    about: str
    days: _Days | None


def two_years(subject: Subject, case: Case, kpi: KpiTable | None = None) -> DaySeries | None:
    """Return the days of the goal's KPI, or of another one, up to the present day.

    They are read anew where more is known of the time before this day than when they were read.
    """
    moment, end = subject.moment, min(subject.today, subject.end)
    if moment.is_past:
        return _read(subject, case, kpi, end)
    state, about = subject.job.state, _about(subject, case, kpi or subject.kpi, end)
    name = f"two_years:{subject.id}:{kpi.measure if kpi else ''}"
    text = state.get(name)
    kept = msgspec.json.decode(text, type=_Kept) if text else None
    if kept is not None and kept.about == about:
        return _as_series(kept.days)
    series = _read(subject, case, kpi, end)
    if moment.run:
        state.put(name, msgspec.json.encode(_Kept(about, _as_days(series))).decode())
    return series


def _read(subject: Subject, case: Case, kpi: KpiTable | None, end: date) -> DaySeries | None:
    return subject.daily(end - HISTORY, end, aim=case.aim, direction=case.direction, kpi=kpi)


def _about(subject: Subject, case: Case, kpi: KpiTable, end: date) -> str:
    """Return what the days depend on: the question, the day, and how much of the past is known."""
    shared, con, zone = subject.shared, subject.con, subject.zone
    known = (shared.known_since(con, zone), shared.known_before(con, end, zone))
    told = (meaning(kpi, zone), case.aim, case.direction, zone, end, *known)
    return "; ".join(map(str, told))


def _as_days(series: DaySeries | None) -> _Days | None:
    if series is None:
        return None
    return _Days(
        kind=series.kind,
        zone=series.zone,
        first=series.first,
        n=series.n.tolist(),
        hits=series.hits.tolist(),
        total=series.total.tolist(),
        q=series.q,
    )


def _as_series(days: _Days | None) -> DaySeries | None:
    if days is None:
        return None
    return DaySeries(
        kind=days.kind,
        zone=days.zone,
        first=days.first,
        n=_floats(days.n),
        hits=_floats(days.hits),
        total=_floats(days.total),
        q=days.q,
    )


def _floats(numbers: list[float]) -> Floats:
    return np.asarray(numbers, dtype=np.float64)
