"""What to make a goal of: slices of KPIs that got worse than they were, measured by their past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from connector.config.mapping import KpiTable
from connector.config.scale import scale_of
from connector.config.where import Condition
from connector.config.zones import midnight
from connector.errors import UsageError
from connector.goals.lint_measures import ACTIVITY
from connector.goals.suggest import MOST_STRETCHES, STRETCH_DAYS, Fall, Slice, worst
from connector.kpi.by import SMALL, GroupValue, evaluate_by
from connector.kpi.by_rows import grouping
from connector.kpi.forms import definition_of
from connector.kpi.series import known_since
from connector.model.kpi import Direction, Family, KpiValue, Period
from connector.pipeline.evaluating import is_imported
from connector.pipeline.job import Job
from connector.pipeline.subject import placed, stopping
from connector.pipeline.views import Views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STRETCH: Final = timedelta(days=STRETCH_DAYS)
USUAL: Final = ("group", "channel", "tag")
ALLOWED: Final = (*USUAL, "priority", "type", "brand", "form")
"""What slices are told apart by. Never by person: nobody is ranked."""

FAMILIES: Final = frozenset(
    {Family.TIME, Family.NUMBER, Family.RATE, Family.SNAPSHOT, Family.AGE, Family.NPS}
)
"""What does not just grow and shrink with the number of tickets."""

Sliced = Mapping[str, KpiValue]
"""The values of a stretch, by the name of the slice."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where to look: KPIs (none: all), what to tell tickets apart by, and how many to return."""

    kpis: tuple[str, ...] = ()
    by: tuple[str, ...] = USUAL
    top: int = 3


class _Known(NamedTuple):
    """What was read, and up to when."""

    con: DuckDBPyConnection
    as_of: datetime


class Looked(msgspec.Struct, frozen=True):
    """What was found, and among how many slices."""

    falls: tuple[Fall, ...]
    slices: int


def search(job: Job, seen: Views, wanted: Search, stopped: list[str]) -> Looked:
    """Find the slices that got worse beyond noise; a KPI with wrong names is said in `stopped`."""
    _check(job, wanted)
    slices: list[Slice] = []
    for kpi_id in wanted.kpis or job.mappings.kpis:
        con = seen.over(job.helpdesks_of("kpi", kpi_id))
        if con is None or not _can_be_sliced(job, kpi_id):
            continue
        known = _Known(con, seen.as_of(job.helpdesks_of("kpi", kpi_id)))
        with stopping(f"KPI {kpi_id} is not looked at", stopped), placed(job, kpi_id):
            for dimension in wanted.by:
                slices += _slices(job, known, kpi_id, dimension)
    new = [one for one in slices if not _has_goal(job, one)]
    return Looked(tuple(worst(new, wanted.top)), len(new))


def narrowed(kpi: KpiTable, dimension: str, name: str) -> KpiTable:
    """Return a KPI of one slice alone."""
    where: dict[str, Condition] = {**kpi.where, dimension: (name,)}
    return kpi.model_copy(update={"where": where})


def stretches(con: DuckDBPyConnection, as_of: datetime, lag: timedelta) -> tuple[Period, ...]:
    """Return the last stretch of which everything is settled, and those before it."""
    since, end = known_since(con, "UTC"), midnight((as_of - lag).date(), "UTC")
    first = midnight(since or date.max, "UTC")
    ends = (end - i * STRETCH for i in range(MOST_STRETCHES + 1))
    return tuple(Period(one - STRETCH, one) for one in ends if one - STRETCH >= first)


def lag_of(job: Job, kpi: KpiTable) -> timedelta:
    """Return how long a value of a KPI goes on changing."""
    return timedelta(seconds=definition_of(kpi, job.definitions).lag_s)


def direction_of(job: Job, kpi: KpiTable) -> Direction:
    """Return which way is better."""
    return Direction(scale_of(kpi, definition_of(kpi, job.definitions)).direction)


def _check(job: Job, wanted: Search) -> None:
    unknown = [name for name in wanted.kpis if name not in job.mappings.kpis]
    if unknown:
        known = ", ".join(job.mappings.kpis)
        raise UsageError(f"no KPI is called {unknown[0]}; the mappings have {known}")
    for name in wanted.by:
        if name not in ALLOWED:
            why = "persons are never ranked" if name == "assignee" else "no goal is made for it"
            raise UsageError(f"--by {name}: {why}; there are: {', '.join(ALLOWED)}")


def _can_be_sliced(job: Job, kpi_id: str) -> bool:
    kpi = job.mappings.kpis[kpi_id]
    if is_imported(job, kpi) or kpi.measure in ACTIVITY or "assignee" in kpi.where:
        return False
    users = [goal.level for goal in job.mappings.goals.values() if goal.kpi == kpi_id]
    is_of_person = bool(users) and set(users) == {"person"}
    family = definition_of(kpi, job.definitions).family
    has_side = direction_of(job, kpi) is not Direction.NEUTRAL
    return family in FAMILIES and has_side and not is_of_person


def _slices(job: Job, known: _Known, kpi_id: str, dimension: str) -> Iterator[Slice]:
    """Yield the slices of a KPI that are large enough; one it names already is no slice of it."""
    kpi = job.mappings.kpis[kpi_id]
    if dimension in kpi.where:
        return
    periods = stretches(known.con, known.as_of, lag_of(job, kpi))
    found = [_values(job, known, kpi_id, dimension, period) for period in periods]
    for name, recent in found[0].items() if found else ():
        past = tuple(values[name] for values in found[1:] if name in values)
        yield Slice(
            kpi=kpi_id,
            measure=kpi.measure,
            dimension=dimension,
            name=name,
            direction=direction_of(job, kpi),
            recent=recent,
            past=past,
        )


def _values(job: Job, known: _Known, kpi_id: str, dimension: str, period: Period) -> Sliced:
    kpi, grouped = job.mappings.kpis[kpi_id], grouping((dimension,))
    as_of = known.as_of
    told = evaluate_by(known.con, kpi_id, kpi, period, grouped, now=as_of, as_of=as_of)
    own = job.settings.writeback.tag_prefix
    named = [(_name(one, dimension), one) for one in told]
    names = [name for name, _ in named]
    return {
        name: one
        for name, one in named
        if name is not None
        and names.count(name) == 1  # of two helpdesks: a where could not tell them apart
        and one.value is not None
        and SMALL not in one.flags
        and not (dimension == "tag" and name.startswith(own))
    }


def _name(one: GroupValue, dimension: str) -> str | None:
    return one.names.get(dimension) or one.by[dimension]


def _has_goal(job: Job, one: Slice) -> bool:
    """Tell whether somebody has a goal on just these tickets already."""
    where = narrowed(job.mappings.kpis[one.kpi], one.dimension, one.name).where
    for goal in _running(job, one.recent.period.end.date()):
        kpi = job.mappings.kpis.get(goal)
        if kpi is not None and kpi.measure == one.measure and dict(kpi.where) == dict(where):
            return True
    return False


def _running(job: Job, day: date) -> Iterable[str]:
    return (goal.kpi for goal in job.mappings.goals.values() if goal.period.end > day)


def with_kpis(job: Job, found: Mapping[str, tuple[KpiTable, str]]) -> Job:
    """Return a job that measures more KPIs, each as if it stood beside another one."""
    origin = dict(job.mappings.origin)
    origin |= {f"kpi.{name}": origin[f"kpi.{beside}"] for name, (_, beside) in found.items()}
    kpis = {**job.mappings.kpis, **{name: kpi for name, (kpi, _) in found.items()}}
    return replace(job, mappings=msgspec.structs.replace(job.mappings, kpis=kpis, origin=origin))
