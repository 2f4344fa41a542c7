"""Goals for each person or team: one goal of the mapping becomes many, each with its own KPI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from connector.config.mapping import GoalTable, KpiTable
from connector.kpi.where import resolve
from connector.pipeline.job import Job
from connector.pipeline.subject import placed, stopping
from connector.pipeline.views import Views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OF = "_of_"
"""Stands between the id of a goal and the id of whom it was made for."""

MEMBERS = {
    "group": """
select distinct t.helpdesk, coalesce(v.id, t.group_id::varchar) as id, g.name
from tickets as t join groups as g on g.helpdesk = t.helpdesk and g.group_id = t.group_id
left join vendor_ids as v on v.helpdesk = t.helpdesk and v.kind = 'group' and v.key = t.group_id
where {test} and not g.deleted and g.name is not null order by 3, 1, 2
""",
    "assignee": """
select distinct t.helpdesk, coalesce(v.id, t.assignee_id::varchar) as id, p.name
from tickets as t join people as p on p.helpdesk = t.helpdesk and p.person_id = t.assignee_id
left join vendor_ids as v on v.helpdesk = t.helpdesk and v.kind = 'person' and v.key = t.assignee_id
where {test} and p.active and p.role in ('admin', 'agent') and p.name is not null order by 3, 1, 2
""",
}
"""Who has tickets in scope: groups that exist, staff at work; by name."""


class Member(NamedTuple):
    """A person or a team with tickets that a goal counts."""

    helpdesk: str
    id: str
    name: str


def expanded(job: Job, seen: Views, stopped: list[str] | None = None) -> Job:
    """Return the job with a goal and a KPI for everybody whom a `for_each` means."""
    goals, kpis = dict(job.mappings.goals), dict(job.mappings.kpis)
    origin = dict(job.mappings.origin)
    members: dict[str, str] = {}
    for goal_id, goal in job.mappings.goals.items():
        helpdesks = job.helpdesks_of("goal", goal_id)
        con = seen.over(helpdesks)
        if goal.for_each is None or con is None:
            continue
        if goal.level == "person":  # over all of them it is nobody's own
            goals[goal_id] = goal.model_copy(update={"level": "team"})
        with stopping(f"goal {goal_id} is not made for each", stopped), placed(job, goal.kpi):
            for member in _members(con, goal, kpis[goal.kpi]):
                name = made_for(goal_id, member, is_alone=len(helpdesks) == 1)
                kpi_id = f"{goal.kpi}{OF}{name}"
                members[name] = member.name
                own = _goal(goal_id, goal, member, kpi_id)
                guarded = _guarded(job, goal, member)
                goals[name] = own.model_copy(update={"protects": guarded})
                kpis[kpi_id] = _kpi(kpis[goal.kpi], goal.for_each, member)
                origin[f"goal.{name}"] = origin[f"goal.{goal_id}"]
                origin[f"kpi.{kpi_id}"] = origin[f"kpi.{goal.kpi}"]
    if goals == job.mappings.goals:
        return job
    goals = {id_: _guarding(id_, goal, members) for id_, goal in goals.items()}
    made = msgspec.structs.replace(job.mappings, goals=goals, kpis=kpis, origin=origin)
    return replace(job, mappings=made, members=members)


def made_for(goal_id: str, member: Member, *, is_alone: bool) -> str:
    """Return the id of a goal for one person or team; it stays the same when they are renamed."""
    return f"{goal_id}{OF}{member.id if is_alone else f'{member.helpdesk}_{member.id}'}"


def _guarding(goal_id: str, goal: GoalTable, members: Mapping[str, str]) -> GoalTable:
    """Return an anti-goal over all with the goals of single ones among what it guards."""
    if not goal.protects or goal.for_each or goal_id in members:
        return goal
    made = (one for id_ in goal.protects for one in members if one.startswith(f"{id_}{OF}"))
    return goal.model_copy(update={"protects": (*goal.protects, *made)})


def _members(con: DuckDBPyConnection, goal: GoalTable, kpi: KpiTable) -> Iterator[Member]:
    test, params = resolve(kpi.where, con, zone=goal.period.timezone).condition("t")
    rows = con.execute(MEMBERS[goal.for_each or ""].format(test=test), params).fetchall()
    return (Member(*row) for row in rows)


def _goal(goal_id: str, goal: GoalTable, member: Member, kpi_id: str) -> GoalTable:
    """Return the goal of one member, with what is different for them."""
    own = goal.override.get(member.name) or goal.override.get(member.id)
    changes: dict[str, Any] = {} if own is None else own.model_dump(exclude={"reason"})
    named = {} if own is None else {name: getattr(own, name) for name in changes}
    level = "person" if goal.for_each == "assignee" else "team"
    return goal.model_copy(
        update={
            "title": f"{goal.title}: {member.name}",
            "kpi": kpi_id,
            "level": level,
            "objective": None,
            "serves": (goal_id,),
            "for_each": None,
            "override": {} if own is None else {member.name: own},
            **{name: value for name, value in named.items() if value is not None},
        }
    )


def _guarded(job: Job, goal: GoalTable, member: Member) -> tuple[str, ...]:
    """Return what the anti-goal of one member guards: what is the same member's.

    Whatever is one goal is guarded by the anti-goal over all of them: among many there is always
    somebody past a limit.
    """
    return tuple(
        made_for(id_, member, is_alone=len(job.helpdesks_of("goal", id_)) == 1)
        for id_ in goal.protects
        if id_ in job.mappings.goals and job.mappings.goals[id_].for_each == goal.for_each
    )


def _kpi(kpi: KpiTable, dimension: str, member: Member) -> KpiTable:
    where = {**kpi.where, dimension: (member.id,)}
    return kpi.model_copy(update={"where": where})
