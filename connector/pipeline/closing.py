"""Periods that are over: how each goal ended is kept once, as soon as its value is final."""

from __future__ import annotations

from datetime import datetime

from connector.goals.pyramid import Node
from connector.model.goal import GoalReport
from connector.model.kpi import Period
from connector.pipeline.rolling import Judged
from connector.store.goal_history import Closing, GoalHistory


def close_over(judged: Judged, now: datetime) -> None:
    """Keep how every goal and objective ended whose period is over and settled.

    What was kept of a period stays as it is, so this may be done as often as wanted.
    """
    history = GoalHistory(judged.job.state)
    known = history.ends()
    reports = {report.id: report for report in judged.alone}
    for node in judged.nodes:
        period = node.period
        if period is None or not node.is_final or now < period.end:
            continue
        if (node.id, period.end) not in known:
            history.close(_closing(node, period, reports.get(node.id), now))


def _closing(node: Node, period: Period, report: GoalReport | None, now: datetime) -> Closing:
    return Closing(
        goal=node.id,
        start=period.start,
        end=period.end,
        closed_at=now,
        value=None if report is None else report.value,
        grade=node.grade,
        status=node.status,
    )
