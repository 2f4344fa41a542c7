"""A published set with open tickets, goals that show on them, and what was shown already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from bench.goals import job_in
from bench.published import AGENT, CREATED, SCHEMA
from bench.stores import AGENTS, AGENTS_A_GROUP, CHANCE, OTHERS
from connector.model.page import TicketField
from connector.pipeline.job import Job
from connector.store.journal import Believed
from connector.store.published import RELATIONS, Manifest
from connector.store.schema import SCHEMA_VERSION
from connector.writeback.labels import field_specs
from connector.writeback.plan import Plan

DESK: Final = "support"
NOW: Final = datetime(2026, 1, 1, 9, tzinfo=UTC)
FIELDS: Final = {"status": "901", "outcome": "902", "note": "903"}
MEASURED: Final = ("backlog", "first_reply_time", "first_resolution_time", "tickets_created")
CONFIG: Final = """
[[helpdesk]]
name = "support"
kind = "memory"
[helpdesk.options]
account = "bench"
token = { env = "BENCH_TOKEN" }
[writeback]
enabled = true
max_share = 1.0
"""
PERIOD: Final = 'period = { start = 2025-12-01, end = 2026-03-01, timezone = "Europe/Berlin" }'
GOALS: Final = (
    (
        "reply",
        'measure = "first_reply_time"\nclock = "business"',
        (
            'baseline = "6 h"\ntarget = "4 h"\nticket = { limit = "4 h", due_soon = "1 h" }\n'
            'show = { status = "at_once", tag = true }'
        ),
    ),
    (
        "reply_in_time",
        'measure = "first_reply_time"\naggregate = "within"\nlimit = "8 h"',
        'baseline = "50 %"\ntarget = "80 %"\nticket = { limit = "8 h" }',
    ),
    (
        "resolved",
        'measure = "first_resolution_time"\nwhere = { group = ["Group 1", "Group 2"] }',
        'baseline = "6 h"\ntarget = "4 h"\nticket = { limit = "30 d" }',
    ),
    (
        "email",
        'measure = "tickets_created"\nwhere = { channel = ["email"] }',
        "baseline = 90000\ntarget = 100000",
    ),
    ("open", 'measure = "backlog"', 'kind = "anti_goal"\nlimit = 1000'),
)
"""What tickets show: three goals that each ticket has an outcome for, and two that it has none."""

OPEN: Final = "range > {tickets} - {open} * 5 // 4 and chance(range, 60) < 0.8"
"""The newest tickets, but for one in five."""
TICKETS: Final = f"""
select
  range::varchar as id, range as ticket_id, if({OPEN}, 'open', 'solved') as status,
  {CREATED} as created_at, {CREATED} as updated_at, {CREATED} as stamp,
  range // 4 as requester_id, {AGENT} as assignee_id, {AGENT} // {AGENTS_A_GROUP} as group_id,
  'email' as channel, 'normal' as priority, 0 as marks, []::varchar[] as tags,
  coalesce(s.fields, (map {{{{}}}})::map(varchar, varchar)) as fields
from range(1, {{tickets}} + 1) left join shown as s on s.id = range::varchar
"""
MEASURE: Final = f"""
select
  range as ticket_id, '{{measure}}' as measure, '{{clock}}' as clock,
  if({{waits}}, null, (exp(chance(range, 61) * 11))::bigint::double) as value,
  {CREATED} + to_seconds((chance(range, 61) * 300_000)::bigint) as "at",
  null::timestamp as until, {AGENT} as actor_id, {AGENT} as assignee_id,
  {AGENT} // {AGENTS_A_GROUP} as group_id, null::double as so_far, null::timestamp as since,
  null::timestamp as wakes_at, 0 as flags
from range(1, {{tickets}} + 1)
"""
WAITS: Final = {
    ("first_reply_time", "calendar"): f"{OPEN} and chance(range, 62) < 0.4",
    ("first_reply_time", "business"): f"{OPEN} and chance(range, 62) < 0.4",
    ("first_resolution_time", "calendar"): OPEN,
}
SHOWN: Final = """
insert into shown
select id, map_from_entries(list_filter(
  [('901', status), ('902', outcome), ('903', note)], lambda one: one[2] is not null))
from (select unnest(?::varchar[]) as id, unnest(?::varchar[]) as status,
  unnest(?::varchar[]) as outcome, unnest(?::varchar[]) as note)
"""


def publish_open(folder: Path, tickets: int, unsolved: int, plan: Plan | None = None) -> None:
    """Write a set in which a plan was carried out; one that is there is used again."""
    if (folder / "manifest.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"tickets": tickets, "open": unsolved}
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        con.execute(SCHEMA)
        con.execute(CHANCE.format(seed=7))
        con.execute(
            OTHERS.format(
                agents=AGENTS, agents_a_group=AGENTS_A_GROUP, schema_version=SCHEMA_VERSION
            )
        )
        con.executemany("insert into measured values (?, '')", [(name,) for name in MEASURED])
        con.execute("create temp table shown (id varchar, fields map(varchar, varchar))")
        if plan is not None and plan.changes:
            con.execute(SHOWN, _shown(plan))
        queries = {relation: f"from {relation}" for relation in RELATIONS}
        queries["tickets"] = TICKETS.format(**sizes)
        queries["measures"] = " union all by name ".join(
            MEASURE.format(measure=measure, clock=clock, waits=waits, **sizes).format(**sizes)
            for (measure, clock), waits in WAITS.items()
        )
        for name, query in queries.items():
            path = folder / f"{name}.parquet"
            con.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")
    (folder / "manifest.json").write_bytes(msgspec.json.encode(_manifest()))


def job_over(home: Path, published: Path, plan: Plan | None = None) -> Job:
    """Wire a job over a set; what a plan wrote is believed to be shown."""
    (home / "mappings").mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(CONFIG, "utf-8")
    (home / "mappings" / "goals.toml").write_text("\n".join(_mapping()), "utf-8")
    sets = home / "var" / DESK / "published"
    sets.mkdir(parents=True, exist_ok=True)
    if not (sets / "bench").exists():
        (sets / "bench").symlink_to(published.resolve(), target_is_directory=True)
    (sets / "CURRENT").write_text("bench", "utf-8")
    job = job_in(home, "state", NOW)
    job.state.save_fields(DESK, _fields())
    if plan is not None:
        job.state.believe(DESK, _beliefs(plan))
    return job


def _mapping() -> Sequence[str]:
    return [
        f'[kpi.{name}]\n{kpi}\n[goal.{name}]\ntitle = "{name}"\nkpi = "{name}"\nowner = "Lead"\n'
        f"{PERIOD}\n{terms}\n"
        for name, kpi, terms in GOALS
    ]


def _fields() -> list[TicketField]:
    specs = field_specs("goal_", "en")
    return [
        TicketField(role=one.role, id=FIELDS[one.role], title=one.title, options=one.options)
        for one in specs
    ]


def _beliefs(plan: Plan) -> dict[str, Believed]:
    return {
        one.change.ticket_id: Believed(
            at=NOW, fields=one.change.fields, tags=frozenset(one.change.add_tags)
        )
        for one in plan.changes
    }


def _shown(plan: Plan) -> list[list[str | None]]:
    changes = [one.change for one in plan.changes]
    return [
        [one.ticket_id for one in changes],
        *([one.fields.get(id_) for one in changes] for id_ in FIELDS.values()),
    ]


def _manifest() -> Manifest:
    return Manifest(
        helpdesk=DESK,
        run="bench",
        through=NOW,
        read_at=NOW,
        schema_version=SCHEMA_VERSION,
        counts={},
        files={relation: (f"{relation}.parquet",) for relation in RELATIONS},
        generations={},
    )
