"""Step three of a run, first half: what each ticket of one helpdesk should show, and the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from connector.adapters.base import Capabilities
from connector.config.settings import HelpdeskTable
from connector.errors import MappingError, SettingsError
from connector.kpi.standing import standings
from connector.kpi.where import resolve
from connector.model.goal import GoalReport
from connector.model.ticket import Ticket
from connector.pipeline.dwelling import steadied
from connector.pipeline.expanding import OF
from connector.pipeline.job import Job
from connector.store.journal import Believed
from connector.store.reading import count_unsolved, tickets_to_show
from connector.store.waiting import deferred, written_often
from connector.writeback.labels import may_show, membership
from connector.writeback.note import Membership
from connector.writeback.plan import Plan, plan
from connector.writeback.planner import Known, Rules, TicketView

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def planned(
    job: Job,
    helpdesk: HelpdeskTable,
    con: DuckDBPyConnection,
    *,
    goals: Sequence[GoalReport],
    capabilities: Capabilities,
    approved: frozenset[tuple[str, str]],
    as_of: datetime,
) -> Plan:
    """Plan what to write to one helpdesk; `con` is attached to its published set alone."""
    known = _known(job, helpdesk.name, con, approved, as_of)
    goals_here = job.mappings_of(helpdesk).goals
    rules = Rules(
        prefix=job.settings.writeback.tag_prefix,
        language=job.settings.writeback.labels,
        people=job.settings.writeback.people == "on",
        max_share=job.settings.writeback.max_share,
        batch=capabilities.write_batch,
        batch_requests=capabilities.batch_requests,
        fields=job.state.fields(helpdesk.name),
        goals=frozenset(goals_here),
        stores_labels=capabilities.stores_labels,
        families=frozenset(f"{id_}{OF}" for id_, goal in goals_here.items() if goal.for_each),
    )
    members, turns_at = _memberships(job, helpdesk, con, goals=goals, as_of=as_of)
    tickets = _tickets(job, helpdesk.name, con, own=known.own)
    allowed = _allowed(job, con)
    views = [
        TicketView(ticket, tuple(members.get(ticket.id, ())))
        for ticket in tickets
        if allowed is None or ticket.id in allowed or ticket.id in known.own
    ]
    found = plan(views, helpdesk=helpdesk.name, rules=rules, known=known, now=as_of)
    return msgspec.structs.replace(found, turns_at=turns_at)


def daily_instant(job: Job, as_of: datetime) -> datetime:
    """Return the last instant at which goals with a daily status were due to show it."""
    at = job.settings.writeback.daily_at
    today = as_of.astimezone(UTC).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today <= as_of else today - DAY


def _known(
    job: Job,
    helpdesk: str,
    con: DuckDBPyConnection,
    approved: frozenset[tuple[str, str]],
    as_of: datetime,
) -> Known:
    state, most = job.state, job.settings.writeback.max_writes_per_hour
    last = state.last_daily(helpdesk)
    often = written_often(state, helpdesk, since=job.clock() - HOUR, most=most)
    return Known(
        open_tickets=count_unsolved(con),
        own=state.believed(helpdesk),
        parked={t: r.stamp for t, r in state.refusals(helpdesk).items() if r.is_parked},
        in_flight=frozenset(
            intent.ticket_id for open_ in state.open_batches(helpdesk) for intent in open_.intents
        ),
        approved=approved,
        resting=frozenset(often),
        deferred=deferred(state, helpdesk),
        is_daily_run=last is None or last < daily_instant(job, as_of),
    )


def _memberships(
    job: Job,
    helpdesk: HelpdeskTable,
    con: DuckDBPyConnection,
    *,
    goals: Sequence[GoalReport],
    as_of: datetime,
) -> tuple[Mapping[str, list[Membership]], datetime | None]:
    """Return, for each ticket, the goals it counts for and how it stands with each.

    Beside it the first instant at which time alone may change how one stands.
    """
    mappings = job.mappings_of(helpdesk)
    people = job.settings.writeback.people == "on"
    found: defaultdict[str, list[Membership]] = defaultdict(list)
    turns: set[datetime] = set()
    for report in goals:
        goal = mappings.goals.get(report.id)
        if goal is None or not goal.kpi:
            continue
        kpi = job.mappings.kpis[goal.kpi]
        definition = kpi.definition_in(job.definitions)
        if not may_show(goal, definition, people=people):
            continue
        is_own = goal.ticket != "sla"  # else the helpdesk shows its own due time already
        scope = resolve(kpi.where, con, zone=goal.period.timezone)
        steady = steadied(job, goal, report)
        for standing in standings(con, kpi, goal.ticket, now=as_of, scope=scope):
            turns |= {standing.turns_at} if standing.turns_at else set()
            found[standing.id].append(
                membership(
                    goal,
                    steady,
                    settles_by=definition.settles_by,
                    outcome=standing.state,
                    due_at=standing.due_at if is_own else None,
                )
            )
    return found, min(turns, default=None)


def _tickets(
    job: Job, helpdesk: str, con: DuckDBPyConnection, *, own: Mapping[str, Believed]
) -> list[Ticket]:
    """Load the tickets that may have to be written: open ones, and solved ones that show ours."""
    seen = job.state.get(f"shown:{helpdesk}")
    since = datetime.fromisoformat(seen) if seen else None
    tags = sorted({tag for one in own.values() for tag in one.tags})
    return tickets_to_show(con, solved_since=since, tags=tags, ids=list(own))


def _allowed(job: Job, con: DuckDBPyConnection) -> frozenset[str] | None:
    """Return the tickets of the pilot, None when everything may be written."""
    only = job.settings.writeback.only
    if not only:
        return None
    try:
        scope = resolve(only, con)
    except MappingError as error:
        told = (
            replace(problem, key=problem.key.replace("where", "writeback.only"))
            for problem in error.problems
        )
        raise SettingsError(list(told)) from error
    test, params = scope.condition("t")
    rows = con.execute(f"select t.id from tickets as t where {test}", params).fetchall()
    return frozenset(id_ for (id_,) in rows)
