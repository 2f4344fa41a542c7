"""Where a goal starts: as written, else what was measured before its period, once and for all."""

from __future__ import annotations

import msgspec

from connector.goals.evidence import baseline_of, baseline_period
from connector.kpi.evaluate import value_alone
from connector.kpi.frozen import meaning, remembered
from connector.model.kpi import KpiValue
from connector.pipeline.freezing import frozen
from connector.pipeline.subject import Subject
from connector.store.versions import Versions


def baseline(subject: Subject) -> float | None:
    """Return the goal's baseline; None as long as the time before it says too little.

    A measured one is frozen, so that what is found out later does not move it.
    """
    if subject.goal.baseline in {None, "from_history"}:
        return baseline_of(subject.goal, _before(subject), subject.definition)
    return baseline_of(subject.goal, None, subject.definition)


def _before(subject: Subject) -> KpiValue:
    """Return what was frozen of the stretch of the same length before the period; else measure."""
    period, zone, kpi = baseline_period(subject.period), subject.zone, subject.kpi
    as_of = subject.moment.as_of
    book = Versions(subject.job.state, subject.goal.kpi, meaning(kpi, zone), period)
    if kept := book.kept(until=as_of):
        return remembered(subject.goal.kpi, kpi, period, as_of, kept)
    until = min(as_of, period.end)
    found = value_alone(subject.con, subject.goal.kpi, kpi, period, as_of=until, zone=zone)
    found = msgspec.structs.replace(found, as_of=as_of)
    return frozen(subject.job, subject.con, kpi, found, zone=zone, keep=bool(subject.moment.run))
