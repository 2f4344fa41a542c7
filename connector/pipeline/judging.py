"""Step two of a run: KPIs and goals over the latest published sets, of one or more helpdesks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from connector.config.mapping import GoalTable, KpiTable
from connector.errors import MappingError, StoreError
from connector.goals.evidence import Evaluation, Evidence, baseline_of, baseline_period, max_age_s
from connector.goals.status import judge as judge_goal
from connector.kpi.elapsed import working_share
from connector.kpi.evaluate import evaluate
from connector.kpi.explain import KpiCard, explain_kpi
from connector.kpi.measure import measure
from connector.model.goal import GoalReport
from connector.model.kpi import KpiValue, Period
from connector.pipeline.job import Job
from connector.store.published import Manifest, PublishedSet, attach, latest
from connector.store.replay import replay

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RECENT = timedelta(days=28)


class Views:
    """Published sets of the helpdesks, attached in the combinations that goals need."""

    def __init__(
        self, sets: Sequence[PublishedSet], stack: ExitStack, as_of: datetime | None
    ) -> None:
        self._sets = {one.manifest.helpdesk: one for one in sets}
        self._stack = stack
        self._as_of = as_of
        self._open: dict[frozenset[str], DuckDBPyConnection] = {}

    def over(self, helpdesks: frozenset[str]) -> DuckDBPyConnection | None:
        """Return a connection over these helpdesks' sets; None when nothing was published yet."""
        published = helpdesks.intersection(self._sets)
        if not published:
            return None
        if published not in self._open:
            con = attach([self._sets[name] for name in sorted(published)])
            self._stack.callback(con.close)
            self._open[published] = con
        return self._open[published]

    def as_of(self, helpdesks: frozenset[str]) -> datetime:
        """Return the instant up to which all of these helpdesks were read, or the one asked for."""
        if self._as_of is not None:
            return self._as_of
        return min(one.as_of for one in self._manifests(helpdesks))

    def now(self, helpdesks: frozenset[str], clock: datetime) -> datetime:
        """Return the present by the helpdesks' own clocks, which the age of data is told from."""
        if self._as_of is not None:
            return self._as_of
        age_s = max(one.age_s(clock) for one in self._manifests(helpdesks))
        return self.as_of(helpdesks) + timedelta(seconds=age_s)

    def _manifests(self, helpdesks: frozenset[str]) -> list[Manifest]:
        return [self._sets[name].manifest for name in helpdesks.intersection(self._sets)]


class _Moment(NamedTuple):
    """Up to when the data reaches, and what time it is there."""

    as_of: datetime
    now: datetime


@contextmanager
def views(job: Job, as_of: datetime | None = None) -> Iterator[Views]:
    """Open the published sets; with `as_of`, cut back to what had happened by then."""
    found = [latest(job.folder(helpdesk.name)) for helpdesk in job.settings.helpdesk]
    sets = [one for one in found if one is not None]
    with ExitStack() as stack:
        if as_of is not None:
            scratch = Path(stack.enter_context(TemporaryDirectory(prefix="connector-")))
            sets = [
                replay(
                    one,
                    scratch / one.manifest.helpdesk,
                    as_of=as_of,
                    measure=lambda con: measure(con, now=as_of, everything=True),
                )
                for one in sets
            ]
        yield Views(sets, stack, as_of)


def goal_reports(job: Job, seen: Views) -> list[GoalReport]:
    """Judge every goal whose helpdesks have been read."""
    before = job.state.last_evaluations()
    reports = []
    for goal_id in job.mappings.goals:
        helpdesks = job.helpdesks_of("goal", goal_id)
        con = seen.over(helpdesks)
        if con is not None:
            moment = _Moment(seen.as_of(helpdesks), seen.now(helpdesks, job.clock()))
            reports.append(_judged(job, con, goal_id, before.get(goal_id), moment))
    return reports


def kpi_values(
    job: Job, seen: Views, *, start: datetime | None = None, end: datetime | None = None
) -> list[KpiValue]:
    """Evaluate every mapped KPI, by default over the 28 days up to the newest data."""
    values = []
    for kpi_id, kpi in job.mappings.kpis.items():
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        con = seen.over(helpdesks)
        if con is None:
            continue
        as_of = seen.as_of(helpdesks)
        last = end or as_of
        period = Period(start or last - RECENT, last)
        with placed(job, kpi_id):
            values.append(evaluate(con, kpi_id, kpi, period, now=as_of, as_of=as_of))
    return values


def period_of(goal: GoalTable) -> Period:
    """Return a goal's period as instants."""
    return Period(*goal.period.instants())


def _judged(
    job: Job, con: DuckDBPyConnection, goal_id: str, last: GoalReport | None, moment: _Moment
) -> GoalReport:
    as_of = moment.as_of
    goal = job.mappings.goals[goal_id]
    kpi = job.mappings.kpis[goal.kpi]
    definition = job.definitions[kpi.measure]
    period = period_of(goal)
    with placed(job, goal.kpi):
        value = evaluate(con, goal.kpi, kpi, period, now=as_of, as_of=as_of)
        before = _before(con, goal, kpi, as_of)
    evidence = Evidence(
        elapsed=working_share(con, period, as_of),
        baseline=baseline_of(goal, before, definition),
        history=() if last is None else (Evaluation(last.as_of, last.status),),
        max_age_s=max_age_s(job.settings.run.every_s),
    )
    return judge_goal(
        goal_id, goal, value, definition=definition, now=moment.now, evidence=evidence
    )


def _before(
    con: DuckDBPyConnection, goal: GoalTable, kpi: KpiTable, as_of: datetime
) -> KpiValue | None:
    """Measure the stretch before the period, for a goal whose baseline comes from there."""
    if goal.baseline not in {None, "from_history"}:
        return None
    period = baseline_period(period_of(goal))
    return evaluate(con, goal.kpi, kpi, period, now=as_of, as_of=min(as_of, period.end))


@contextmanager
def placed(job: Job, kpi_id: str) -> Iterator[None]:
    """Say where the KPI stands whose `where` names what no helpdesk has."""
    try:
        yield
    except MappingError as error:
        path, line = job.mappings.origin[f"kpi.{kpi_id}"]
        told = (
            replace(problem, file=str(path), line=line, key=f"kpi.{kpi_id}.{problem.key}")
            for problem in error.problems
        )
        raise MappingError(list(told)) from error


def require_published(job: Job) -> None:
    """Refuse to report on nothing: say that a sync comes first."""
    if all(latest(job.folder(helpdesk.name)) is None for helpdesk in job.settings.helpdesk):
        raise StoreError("nothing has been read yet; run `connector sync` first")


def explained(job: Job, kind: str, key: str) -> tuple[GoalReport | None, KpiCard]:
    """Return the card of a KPI or, for a goal, its report and the card of its KPI and period."""
    require_published(job)
    with views(job) as seen:
        helpdesks = job.helpdesks_of(kind, key)
        con = seen.over(helpdesks)
        if con is None:
            raise StoreError(f"the helpdesks of {key} have not been read; run `connector sync`")
        as_of = seen.as_of(helpdesks)
        if kind == "kpi":
            period = Period(as_of - RECENT, as_of)
            kpi = job.mappings.kpis[key]
            with placed(job, key):
                return None, explain_kpi(con, key, kpi, period, now=as_of, as_of=as_of)
        goal = job.mappings.goals[key]
        report = next(r for r in goal_reports(job, seen) if r.id == key)
        kpi = job.mappings.kpis[goal.kpi]
        card = explain_kpi(con, goal.kpi, kpi, period_of(goal), now=as_of, as_of=as_of)
        return report, card
