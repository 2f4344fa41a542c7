"""How the goals of the quarter stood on each day: the ordinary job, run once over all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec.structs import replace
from quiet_quarter_story import GROUPS, HOUR, START, Stage, Story

from connector.adapters.base import Adapter
from connector.cli.workspace import Workspace
from connector.goals.evidence import Case, Evidence
from connector.goals.guard import verdict
from connector.kpi.evaluate import evaluate
from connector.model.goal import DayVerdict, GoalReport
from connector.model.kpi import KpiValue
from connector.pipeline.dwelling import steadied
from connector.pipeline.job import Job
from connector.pipeline.run import RunRequest, run
from connector.pipeline.views import views
from connector.store.goal_history import GoalHistory
from connector.writeback.labels import field_specs
from connector.writeback.planner import Rules

SECRET = "MEMORY_TOKEN"  # noqa: S105  # the name of a variable
CONFIG = """
[[helpdesk]]
name = "memory"
kind = "memory"
[helpdesk.options]
account = "memory"
token = {{ env = "{secret}" }}
[writeback]
enabled = {writes}
max_share = 1.0
dwell = "{dwell}"
"""
MAPPING = """
[kpi.first_reply]
measure = "first_reply_time"
aggregate = "median"

[kpi.resolution]
measure = "first_resolution_time"
aggregate = "median"

[kpi.north_in_time]
measure = "first_reply_time"
aggregate = "within"
limit = "4 h"
where = {{ group = ["{group}"] }}

[kpi.backlog]
measure = "backlog"

[goal.faster_first_reply]
title = "Faster first reply"
kpi = "first_reply"
owner = "Lead"
period = {period}
baseline = "80 min"
target = "56 min"
ticket = {{ limit = "4 h", due_soon = "30 min" }}
show = {{ status = "at_once", tag = true }}

[goal.faster_resolution]
title = "Faster resolution"
kpi = "resolution"
owner = "Lead"
period = {period}
baseline = "14 h"
target = "10 h"
ticket = {{ limit = "120 h", due_soon = "4 h" }}
show = {{ status = "daily" }}

[goal.north_in_time]
title = "North answers in time"
kpi = "north_in_time"
owner = "Lead"
period = {period}
baseline = "80 %"
target = "87 %"
show = {{ status = "with_ticket" }}

[goal.{backlog}]
kind = "anti_goal"
title = "The backlog stays in hand"
kpi = "backlog"
owner = "Lead"
period = {period}
limit = {limit}
warning = {warning}
show = {{ status = "at_once" }}
"""
BACKLOG = "backlog_in_hand"
OF_NORTH = frozenset({"north_in_time"})
UNSOLVED = frozenset({"new", "open", "pending", "hold"})


class Present(Workspace):
    """The folder of the quarter at the helpdesk's own time, never really waiting."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        super().__init__(folder / "config.toml", {SECRET: "secret"})
        self._desk = stage.desk

    def now(self) -> datetime:  # type: ignore[override]  # the time of this folder's helpdesk
        return self._desk.now

    @staticmethod
    def sleep(seconds: float) -> None:
        del seconds


def workspace(
    folder: Path, stage: Stage, limits: tuple[int, int], *, writes: bool, dwell: str = "12 h"
) -> Present:
    """Write config and mapping as an admin would; `limits` are those of the backlog."""
    story = stage.story
    dates = f"{{ start = {START:%Y-%m-%d}, end = {story.end:%Y-%m-%d} }}"
    config = CONFIG.format(secret=SECRET, writes=str(writes).lower(), dwell=dwell)
    warning, limit = limits
    mapping = MAPPING.format(
        period=dates, group=GROUPS[0], backlog=BACKLOG, limit=limit, warning=warning
    )
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(config, "utf-8")
    (folder / "mappings" / "goals.toml").write_text(mapping, "utf-8")
    return Present(folder, stage)


def backlog_limits(story: Story, shares: tuple[float, float] = (0.80, 0.95)) -> tuple[int, int]:
    """Return a warning line and a limit that the backlog passes in these shares of the hours."""
    level, at, levels = 0, START, []
    status: dict[int, str] = {}
    for step in story.steps():
        while at <= step.at:
            levels.append(level)
            at += HOUR
        level += (step.status in UNSOLVED) - (status.get(step.ticket, "") in UNSOLVED)
        status[step.ticket] = step.status
    levels.sort()
    warning, limit = (levels[int(len(levels) * share)] for share in shares)
    return warning, max(limit, warning + 1)


@dataclass(frozen=True)
class Verdicts:
    """What was said of each goal: on each day, and of the backlog at each instant."""

    job: Job
    reports: Mapping[str, GoalReport]
    days: Mapping[str, Mapping[date, DayVerdict]]
    backlog: KpiValue

    def at(self, now: datetime, unsolved: int) -> list[GoalReport]:
        """Return every goal as a run would judge it, and as tickets are to show it."""
        found = []
        for id_, report in self.reports.items():
            status = self._status(id_, now, unsolved)
            found.append(replace(report, status=status, as_of=now, why=""))
        return found

    def changes(self) -> dict[str, int]:
        """Return how often each goal's status changed from one day to the next."""
        said = {goal: [one.status for one in days.values()] for goal, days in self.days.items()}
        return {goal: sum(a != b for a, b in pairwise(all_)) for goal, all_ in said.items()}

    def steady(self, reports: list[GoalReport]) -> list[GoalReport]:
        """Return them with the statuses that tickets show; what was said before is in the state."""
        goals = self.job.mappings.goals
        return [steadied(self.job, goals[one.id], one) for one in reports]

    def _status(self, id_: str, now: datetime, unsolved: int) -> str:
        said = self.days[id_].get(now.date())
        if id_ != BACKLOG:
            return said.status if said else "not_started"
        value = replace(self.backlog, value=float(unsolved), n=unsolved, as_of=now)
        evidence = Evidence(elapsed=0.5, forecast=said.forecast if said else None)
        goal = self.job.mappings.goals[BACKLOG]
        definition = self.job.mappings.kpis[goal.kpi].definition_in(self.job.definitions)
        case = Case(goal=goal, value=value, definition=definition, evidence=evidence, now=now)
        return verdict(case).status.value


def judged_quarter(
    folder: Path, story: Story, limits: tuple[int, int], dwell: str = "12 h"
) -> Verdicts:
    """Let the whole story happen, read it with one run that writes nothing, return the verdicts."""
    stage = Stage(story)
    stage.until(story.end)
    place = workspace(folder, stage, limits, writes=False, dwell=dwell)
    job = place.job()
    result = run(job, RunRequest())
    problems = [
        *result.report.problems,
        *(one.error for one in result.report.helpdesks if one.error),
    ]
    if problems:
        raise SystemExit("\n".join(problems))
    history = GoalHistory(job.state)
    days = {
        goal: {
            row.day: msgspec.json.decode(row.evaluation, type=DayVerdict)
            for row in history.days(goal)
        }
        for goal in job.mappings.goals
    }
    reports = {one.id: one for one in result.report.goals}
    with views(job, None) as seen:
        con = seen.over(frozenset({"memory"}))
        if con is None:
            raise SystemExit("nothing was published")
        kpi = job.mappings.kpis["backlog"]
        period = reports[BACKLOG].period
        backlog = evaluate(con, "backlog", kpi, period, now=story.end, as_of=story.end)
    return Verdicts(job, reports, days, backlog)


def set_up(job: Job) -> tuple[Adapter, Rules]:
    """Create our fields in the helpdesk as it is now, and return what the planner goes by."""
    helpdesk, settings = job.helpdesks()[0], job.settings.writeback
    adapter = job.open_adapter(helpdesk)
    plan = adapter.plan_fields(field_specs(settings.tag_prefix, settings.labels))
    job.state.save_fields(helpdesk.name, adapter.apply_fields(plan))
    adapter.close()
    rules = Rules(
        prefix=settings.tag_prefix,
        language=settings.labels,
        max_share=settings.max_share,
        fields=job.state.fields(helpdesk.name),
        goals=frozenset(job.mappings.goals),
    )
    return job.open_adapter(helpdesk), rules
