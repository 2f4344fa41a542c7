"""Synthetic stores, made by DuckDB itself: the same seed gives the same rows."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from connector.store.schema import SCHEMA_VERSION

START = "timestamp '2024-01-01'"
AGENTS = 500
AGENTS_A_GROUP = 20
SPAN_S = 2 * 365 * 86_400
SCHEMA = (files("connector.store") / "schema.sql").read_text(encoding="utf-8")

CHANCE = """
create or replace temp macro chance(id, salt) as
  (hash(id * 1_000_003 + salt * 7_919 + {seed}) % 1_000_000) / 1_000_000.0
"""
TICKETS = """
insert into tickets by name
select
  id as ticket_id, 'solved' as status, created_at,
  created_at + to_seconds((60 + -ln(1 - chance(id, 3)) * 200_000)::bigint) as updated_at,
  created_at as stamp, 1_000_000 + (chance(id, 1) * {tickets} / 4)::bigint as requester_id,
  agent as assignee_id, agent // {agents_a_group} as group_id,
  (chance(id, 4) * 5)::bigint as brand_id, (chance(id, 5) * 3)::bigint as form_id,
  ['email', 'web', 'api'][1 + (chance(id, 6) * 2.99)::int] as channel,
  ['low', 'normal', 'high', 'urgent'][1 + (chance(id, 7) * 3.99)::int] as priority,
  'question' as type, 0 as marks, [] as tags, created_at as read_at
from (
  select
    range as id, {start} + to_seconds((range * {span} / {tickets})::bigint) as created_at,
    (chance(range, 2) * {agents})::bigint as agent
  from range(1, {tickets} + 1)
)
"""
STEPS = """
create or replace temp table steps as
select * from (values
  (0, 'created', null, null, 0.0), (1, 'status', 'new', null, 0.0),
  (2, 'comment', null, null, 0.0), (3, 'group', 'GROUP', null, 0.0),
  (4, 'assignee', 'AGENT', null, 0.02), (5, 'status', 'open', 'new', 0.03),
  (6, 'comment', null, null, 0.2), (7, 'status', 'pending', 'open', 0.2),
  (8, 'comment', null, null, 0.5), (9, 'status', 'open', 'pending', 0.5),
  (10, 'comment', null, null, 0.9), (11, 'status', 'solved', 'open', 1.0)
) as s(nth, kind, value, previous, share)
"""
EVENTS = """
insert into events by name
select
  t.ticket_id, t.ticket_id * 16 + s.nth as event_id,
  t.created_at + to_seconds((epoch(t.updated_at - t.created_at) * s.share)::bigint) as "at",
  s.kind, if(s.nth in (2, 8), t.requester_id, t.assignee_id) as actor_id,
  if(s.kind = 'comment', true, null) as is_public,
  case s.value when 'GROUP' then t.group_id::varchar when 'AGENT' then t.assignee_id::varchar
    else s.value end as value,
  s.previous, t.created_at as read_at
from tickets as t cross join steps as s
order by "at"
"""
OTHERS = """
insert into people by name
  select range as person_id, 'agent' as role, 'Agent ' || range as name, true as active
  from range({agents} + 1);
insert into groups by name
  select range as group_id, 'Group ' || range as name, false as deleted
  from range({agents} // {agents_a_group} + 1);
insert into schedules by name
  select 1 as schedule_id, 'Hours' as name, 'Europe/Berlin' as timezone, true as is_default,
    timestamp '2020-01-01' as valid_from;
insert into schedule_intervals by name
  select 1 as schedule_id, timestamp '2020-01-01' as valid_from,
    range * 1440 + 540 as start_minute, range * 1440 + 1020 as end_minute
  from range(1, 6);
insert into ratings by name
  select ticket_id as rating_id, ticket_id, if(chance(ticket_id, 8) < 0.85, 'good', 'bad') as score,
    updated_at as offered_at, updated_at + interval 1 hour as rated_at, assignee_id, group_id,
    updated_at
  from tickets where chance(ticket_id, 9) < 0.3;
insert into meta values ('schema_version', '{schema_version}');
"""


def fill(path: Path, tickets: int, seed: int = 7) -> None:
    """Write a store with so many tickets and twelve times as many events, in order of time."""
    words = {
        "tickets": tickets,
        "seed": seed,
        "start": START,
        "span": SPAN_S,
        "agents": AGENTS,
        "agents_a_group": AGENTS_A_GROUP,
        "schema_version": SCHEMA_VERSION,
    }
    with duckdb.connect(path, config={"threads": 2, "memory_limit": "3GB"}) as con:
        con.execute(SCHEMA)
        for statement in (CHANCE, TICKETS, STEPS, EVENTS, OTHERS):
            con.execute(statement.format(**words))
