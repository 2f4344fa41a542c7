"""Where a goal starts: as written, else what was measured before its period, once and for all."""

from __future__ import annotations

import msgspec

from connector.goals.evidence import baseline_of, baseline_period
from connector.kpi.evaluate import evaluate
from connector.model.kpi import KpiValue
from connector.pipeline.freezing import frozen
from connector.pipeline.subject import Subject


def baseline(subject: Subject) -> float | None:
    """Return the goal's baseline; None as long as the time before it says too little.

    A measured one is frozen, so that what is found out later does not move it.
    """
    if subject.goal.baseline in {None, "from_history"}:
        return baseline_of(subject.goal, _before(subject), subject.definition)
    return baseline_of(subject.goal, None, subject.definition)


def _before(subject: Subject) -> KpiValue:
    """Measure the stretch of the same length before the period."""
    period, zone, kpi = baseline_period(subject.period), subject.zone, subject.kpi
    as_of = subject.moment.as_of
    until = min(as_of, period.end)
    found = evaluate(subject.con, subject.goal.kpi, kpi, period, now=as_of, as_of=until, zone=zone)
    found = msgspec.structs.replace(found, as_of=as_of)
    return frozen(subject.job, subject.con, kpi, found, zone=zone, keep=bool(subject.moment.run))
