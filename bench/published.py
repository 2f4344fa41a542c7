"""A published set with the measures of many tickets, made by DuckDB itself."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import duckdb

from bench.stores import AGENTS, AGENTS_A_GROUP, CHANCE, SPAN_S, START
from connector.store.published import RELATIONS, Manifest, PublishedSet
from connector.store.schema import SCHEMA_VERSION

SCHEMA = (files("connector.store") / "schema.sql").read_text(encoding="utf-8")
CREATED = f"{START} + to_seconds((range * {SPAN_S} / {{tickets}})::bigint)"
AGENT_OF = "(chance(range, 2) * {agents})::bigint"
AGENT = AGENT_OF.format(agents=AGENTS)
TICKETS = f"""
select
  range::varchar as id, range as ticket_id, 'solved' as status, {CREATED} as created_at,
  {CREATED} as updated_at, {CREATED} as stamp, range // 4 as requester_id,
  {AGENT} as assignee_id, {AGENT} // {AGENTS_A_GROUP} as group_id, 'email' as channel,
  'normal' as priority, 0 as marks, []::varchar[] as tags,
  (map {{{{}}}})::map(varchar, varchar) as fields
from range(1, {{tickets}} + 1)
"""
TIMES = ("first_reply_time", "first_resolution_time", "full_resolution_time")
LONG = "(exp(chance(range, {salt}) * 11))::bigint::double"
VALUES = {
    **{(name, clock): LONG for name in TIMES for clock in ("calendar", "business")},
    ("requester_wait_time", "calendar"): LONG,
    ("requester_wait_time", "business"): LONG,
    ("replies_per_ticket", "calendar"): "(chance(range, {salt}) * 6)::bigint::double",
    ("csat_pct", "calendar"): "(chance(range, {salt}) < 0.85)::int::double",
    ("reopen_rate", "calendar"): "(chance(range, {salt}) < 0.08)::int::double",
    ("one_touch_rate", "calendar"): "(chance(range, {salt}) < 0.3)::int::double",
    ("tickets_created", "calendar"): "1.0",
    ("tickets_solved", "calendar"): "1.0",
}
MEASURES = f"""
select
  range as ticket_id, '{{measure}}' as measure, '{{clock}}' as clock, {{value}} as value,
  {CREATED} + to_seconds((chance(range, {{salt}}) * 300_000)::bigint) as "at",
  null::timestamp as until, {AGENT} as actor_id, {AGENT} as assignee_id,
  {AGENT} // {AGENTS_A_GROUP} as group_id, {{value}} as so_far, null::timestamp as since,
  null::timestamp as wakes_at, 0 as flags
from range(1, {{tickets}} + 1) where {{kept}}
"""
RATED = "chance(range, 9) < 0.3"


def publish_measures(folder: Path, tickets: int, agents: int = AGENTS) -> PublishedSet:
    """Write a set with every measure of the twelve KPIs; one that is there is used again.

    So many agents share the tickets.
    """
    names: dict[str, tuple[str, ...]] = {
        relation: (f"{relation}.parquet",) for relation in RELATIONS
    }
    names["measures"] = tuple(f"measures_{i:02}.parquet" for i in range(len(VALUES)))
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, names, tickets, agents)
        (folder / "done").touch()
    manifest = Manifest(
        helpdesk="support",
        run="bench",
        through=datetime(2026, 2, 1, tzinfo=UTC),
        read_at=datetime(2026, 2, 1, tzinfo=UTC),
        schema_version=SCHEMA_VERSION,
        counts={},
        files=names,
        generations={},
    )
    return PublishedSet(folder, manifest)


def _write(folder: Path, names: dict[str, tuple[str, ...]], tickets: int, agents: int) -> None:
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        con.execute(SCHEMA)
        con.execute(CHANCE.format(seed=7))
        for relation in RELATIONS:
            if relation not in {"tickets", "measures"}:
                _copy(con, f"from {relation}", folder / names[relation][0])
        own = AGENT_OF.format(agents=agents)
        tickets_of = TICKETS.format(tickets=tickets).replace(AGENT, own)
        _copy(con, tickets_of, folder / names["tickets"][0])
        for salt, ((measure, clock), value) in enumerate(VALUES.items(), 20):
            query = MEASURES.format(
                measure=measure,
                clock=clock,
                value=value.format(salt=salt),
                salt=salt,
                tickets=tickets,
                kept=RATED if measure == "csat_pct" else "true",
            )
            _copy(con, query.replace(AGENT, own), folder / names["measures"][salt - 20])


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    con.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")
