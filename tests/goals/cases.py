"""Goals, KPI values and measures that the goal tests share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connector.config.mapping import GoalTable
from connector.goals.evidence import Evidence
from connector.goals.status import judge
from connector.model.goal import GoalReport
from connector.model.kpi import KpiValue, MeasureDefinition, Period

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
MIDDLE = START + (END - START) / 2
MIN = 60.0


def definition(**changes: Any) -> MeasureDefinition:
    values: dict[str, Any] = {
        "id": "first_reply_time",
        "title": "First reply time",
        "definition": "created to first reply",
        "unit": "s",
        "family": "time",
        "clocks": ("calendar", "business"),
        "aggregates": ("median", "within", "p90", "mean"),
        "direction": "lower",
        "stamp": "R",
        "lag_s": 0,
        "source": "Z1",
    }
    return MeasureDefinition(**{**values, **changes})


CSAT = definition(id="csat_pct", unit="ratio", family="rate", direction="higher", lag_s=604_800)
REOPENED = definition(id="reopen_rate", unit="ratio", family="rate", lag_s=1_209_600)
SOLVED = definition(id="tickets_solved", unit="count", family="count", direction="higher")
BACKLOG = definition(id="backlog", unit="count", family="snapshot")


def value(number: float | None, **changes: Any) -> KpiValue:
    values: dict[str, Any] = {
        "id": "kpi",
        "measure": "first_reply_time",
        "clock": "calendar",
        "aggregate": "median",
        "unit": "s",
        "value": number,
        "n": 100,
        "where": {},
        "period": Period(START, END),
        "as_of": changes.pop("as_of", MIDDLE),
    }
    return KpiValue(**{**values, **changes})


def share(k: int, n: int, **changes: Any) -> KpiValue:
    return value(k / n, k=k, n=n, unit="ratio", aggregate="share", **changes)


def count(number: float, **changes: Any) -> KpiValue:
    return value(number, n=int(number), unit="count", aggregate="count", **changes)


def goal(**changes: Any) -> GoalTable:
    values: dict[str, Any] = {
        "title": "Faster first reply",
        "kpi": "kpi",
        "target": "60 min",
        "owner": "support lead",
        "period": {"start": "2026-10-01", "end": "2027-01-01"},
    }
    return GoalTable.model_validate({**values, **changes})


def anti_goal(**changes: Any) -> GoalTable:
    return goal(kind="anti_goal", title="Not at the cost of quality", target=None, **changes)


def judged(
    table: GoalTable,
    measured: KpiValue,
    *,
    measure: MeasureDefinition | None = None,
    now: datetime | None = None,
    **evidence: Any,
) -> GoalReport:
    return judge(
        "faster",
        table,
        measured,
        definition=measure or definition(),
        now=now or measured.as_of + timedelta(minutes=1),
        evidence=Evidence(**{"elapsed": 0.5, "baseline": 95 * MIN, **evidence}),
    )
