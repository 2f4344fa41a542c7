"""Mapping files for lint, and what history says of their goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from connector.config.mapping import load_mappings
from connector.goals.lint import Finding, lint
from connector.goals.lint_look import Look, Past, Plan
from connector.kpi.catalogue import definitions
from connector.model.goal import GoalReport
from connector.model.series import DaySeries, SeriesKind
from tests.goals.cases import goal as table
from tests.goals.cases import judged, share

START, END = date(2026, 10, 1), date(2027, 1, 1)
TODAY = date(2026, 10, 15)
LONG_AGO = date(2026, 1, 1)
HISTORY_DAYS = 500
KPIS = """
[kpi.first_reply]
measure = "first_reply_time"
[kpi.in_time]
measure = "first_reply_time"
aggregate = "within"
limit = "4 h"
[kpi.csat]
measure = "csat_pct"
[kpi.csat_emea]
measure = "csat_pct"
where = { group = ["EMEA"] }
[kpi.csat_apac]
measure = "csat_pct"
where = { group = ["APAC"] }
[kpi.reopened]
measure = "reopen_rate"
[kpi.solved]
measure = "tickets_solved"
[kpi.handling]
measure = "handle_time"
settings = { field = "Minutes", unit_s = 60 }
[kpi.pending]
measure = "agent_wait_time"
[kpi.backlog]
measure = "backlog"
[objective.happy]
title = "Customers are happy"
level = "company"
owner = "Eve"
"""
COACHED = """
owner = "Ann"
why = "Customers ask for it"
business_effect = "Fewer cancellations"
endorsed_by = ["Bob"]
"""
PERIOD = "period = { start = 2026-10-01, end = 2027-01-01 }\n"


def goal(id_: str, kpi: str = "csat", body: str = "", *, target: str = '"90 %"') -> str:
    """Write a goal that a coach has nothing against, but for what is in `body`."""
    lines = [f"[goal.{id_}]", 'title = "Nine in ten are satisfied"', f'kpi = "{kpi}"']
    if "objective =" not in body:
        lines.append('objective = "happy"')
    if "baseline =" not in body:
        lines.append('baseline = "from_history"')
    keys = [line.partition(" =")[0] for line in body.splitlines()]
    lines += [one for one in COACHED.split("\n") if one and one.partition(" =")[0] not in keys]
    if "period =" not in body:
        lines.append(PERIOD)
    if "target =" not in body and "limit =" not in body:
        lines.append(f"target = {target}")
    return "\n".join([*lines, body, ""])


def guard(id_: str, protects: str, kpi: str = "reopened", body: str = "") -> str:
    """Write an anti-goal that a coach has nothing against, but for what is in `body`."""
    limit = "" if "limit =" in body else 'limit = "10 %"\n'
    title = "" if "title =" in body else 'title = "Solved tickets come back"\n'
    return (
        f'[goal.{id_}]\nkind = "anti_goal"\n{title}kpi = "{kpi}"\nowner = "Ann"\n{PERIOD}{limit}'
        f'category = "quality"\nprotects = [{protects}]\n{body}\n'
    )


def plan_of(folder: Path, text: str) -> tuple[Plan, Mapping[str, tuple[Path, int]]]:
    """Return what a file says, as lint looks at it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "goals.toml").write_text(KPIS + text, encoding="utf-8")
    known = definitions()
    found = load_mappings([folder], known)
    looks = {}
    for id_, one in found.goals.items():
        kpi = found.kpis.get(one.kpi)
        definition = kpi.definition_in(known) if kpi else None
        looks[id_] = Look(id=id_, goal=one, kpi=kpi, definition=definition)
    return Plan(looks=looks, objectives=found.objectives), found.origin


def findings(
    folder: Path, text: str, past: Mapping[str, Past] | None = None, *, today: date = LONG_AGO
) -> list[Finding]:
    """Return everything that lint says of a file, with the history of some goals."""
    plan, origin = plan_of(folder, text)
    looks = {
        id_: msgspec.structs.replace(look, past=(past or {}).get(id_))
        for id_, look in plan.looks.items()
    }
    return lint(msgspec.structs.replace(plan, looks=looks), origin, today)


def rules(found: Sequence[Finding], id_: str | None = None) -> set[str]:
    """Return the rules that fired, for one goal or for all."""
    return {one.rule for one in found if id_ in {None, one.id}}


def shares(*daily: float, n: int = 20, days: int = HISTORY_DAYS) -> DaySeries:
    """Return days of a share before TODAY; the values follow one another in stretches."""
    values = np.repeat(np.array(daily), -(-days // len(daily)))[-days:]
    ones = np.full(days, float(n))
    return DaySeries(
        kind=SeriesKind.SHARE,
        zone="UTC",
        first=TODAY - timedelta(days=days),
        n=ones,
        hits=ones * values,
        total=np.zeros(days),
    )


def levels(*values: float, days: int = HISTORY_DAYS) -> DaySeries:
    """Return days of a backlog before TODAY, in stretches."""
    found = shares(*values, days=days)
    return msgspec.structs.replace(found, kind=SeriesKind.LEVEL, total=found.hits / found.n)


def report(**changes: Any) -> GoalReport:
    """Return a goal as it was judged two weeks after its start."""
    known = judged(table(), share(84, 100))
    return msgspec.structs.replace(
        known, **{"baseline": 0.84, "status": "on_track", "flags": (), **changes}
    )


def past(series: DaySeries | None = None, **changes: Any) -> Past:
    """Return what was measured by TODAY; the changes are those of the report."""
    return Past(today=TODAY, report=report(**changes), series=series)
