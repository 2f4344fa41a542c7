"""Serve a year of teams, and let the ordinary `connector sync` read it into a project of goals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golden_sync import TOKEN, sync

from connector.practice.server import PracticeServer
from connector.practice.team_seed import teams_world
from connector.practice.team_truth import KpiTruth, QuarterTruth, Truth
from connector.practice.teams import LEAD_IN, LIMIT_S, Plan, midnight
from connector.practice.world import World

CONFIG = """
[[helpdesk]]
name = "teams"
kind = "zendesk"

[helpdesk.options]
url = "{url}"
email = "goals@practice.example"
token = {{ env = "{token}" }}
history_since = {since:%Y-%m-%dT%H:%M:%SZ}

[helpdesk.limits]                   # nobody else uses this helpdesk
share_of_exports = 1.0
share_of_requests = 1.0
"""
MEASURES = {
    "first_reply": 'measure = "first_reply_time"\naggregate = "median"',
    "in_time": f'measure = "first_reply_time"\naggregate = "within"\nlimit = "{LIMIT_S // 60} min"',
    "satisfied": 'measure = "csat_pct"',
    "reopened": 'measure = "reopen_rate"',
    "contacts": 'measure = "tickets_created"',
}
KPI = """
[kpi.{team}_{kpi}]
{measure}
where = {{ group = ["{team}"] }}
"""
GOAL = """
[goal.{id}]
title = "{team}: {kpi}"
kpi = "{team}_{kpi}"
owner = "{team}"
period = {{ start = {start}, end = {end}, timezone = "{zone}" }}
baseline = {baseline}
target = {target}
why = "The truth of it is known"
"""
GUARD = """
[goal.{id}]
kind = "anti_goal"
title = "{team}: {kpi} does not get bad"
kpi = "{team}_{kpi}"
owner = "{team}"
period = {{ start = {start}, end = {end}, timezone = "{zone}" }}
baseline = {target}
limit = {baseline}
protects = ["{team}_first_reply_{number}"]
why = "Speed must not cost quality"
"""
"""A limit 20 % worse than the target, on what a team could pay for its speed with."""
GUARDED = {"satisfied", "reopened"}


def goal_id(kpi: KpiTruth, quarter: int) -> str:
    """Return the id of the goal for one KPI of a team in one quarter."""
    return f"{kpi.team}_{kpi.kpi}_{quarter + 1}"


def guard_id(kpi: KpiTruth, quarter: int) -> str:
    """Return the id of the anti-goal on the same."""
    return f"{goal_id(kpi, quarter)}_guard"


def serve_and_sync(plan: Plan, truth: Truth, folder: Path) -> World:
    """Seed the year, serve it, and have it read; return it for those who need no connector."""
    world = teams_world(plan)
    with PracticeServer(world, limits="generous") as server:
        since = midnight(plan.day(-LEAD_IN - 1))
        config = CONFIG.format(url=server.url, token=TOKEN, since=since)
        (folder / "config.toml").write_text(config, "utf-8")
        mappings = folder / "mappings"
        mappings.mkdir()
        (mappings / "teams.toml").write_text("".join(_tables(truth)), "utf-8")
        sync(folder)
    return world


def _tables(truth: Truth) -> Iterator[str]:
    for kpi in truth.kpis:
        yield KPI.format(team=kpi.team, kpi=kpi.kpi, measure=MEASURES[kpi.kpi])
        for number, quarter in enumerate(kpi.quarters):
            named = {"team": kpi.team, "kpi": kpi.kpi, "zone": truth.zone, "number": number + 1}
            dates = {"start": quarter.start, "end": quarter.end}
            row = named | dates | _aims(kpi, quarter)
            yield GOAL.format(id=goal_id(kpi, number), **row)
            if kpi.kpi in GUARDED:
                yield GUARD.format(id=guard_id(kpi, number), **row)


def _aims(kpi: KpiTruth, quarter: QuarterTruth) -> dict[str, str]:
    """Return baseline and target as a mapping has them, to the last digit."""
    numbers = {"baseline": quarter.baseline, "target": quarter.target}
    if kpi.kpi == "first_reply":
        return {name: f'"{number / 60:.10g} min"' for name, number in numbers.items()}
    if kpi.kpi == "contacts":
        return {name: f"{number:.10g}" for name, number in numbers.items()}
    return {name: f'"{100 * number:.10g} %"' for name, number in numbers.items()}
