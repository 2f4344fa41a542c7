"""A published set that goals are judged over, and a folder with 200 goals about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec

from bench.published import AGENT, CREATED, SCHEMA, VALUES, publish_measures
from bench.stores import AGENTS, AGENTS_A_GROUP, CHANCE, OTHERS
from connector.store.published import Manifest, PublishedSet
from connector.store.schema import SCHEMA_VERSION

OURS = ("people", "groups", "schedules", "schedule_intervals", "measured")
MEASURED = sorted({"backlog", *(measure for measure, _ in VALUES)})
BACKLOG = f"""
select
  range as ticket_id, 'backlog' as measure, 'calendar' as clock, 1.0 as value, {CREATED} as "at",
  {CREATED} + to_seconds((exp(chance(range, 50) * 13))::bigint) as until,
  {AGENT} as actor_id, {AGENT} as assignee_id, {AGENT} // {AGENTS_A_GROUP} as group_id,
  1.0 as so_far, null::timestamp as since, null::timestamp as wakes_at, 0 as flags
from range(1, {{tickets}} + 1)
"""
EVENTS = f"""
select
  range as ticket_id, range * 16 + nth as event_id,
  {CREATED} + to_seconds((nth * 20_000 * chance(range, 51))::bigint) as "at", 'comment' as kind
from range(1, {{tickets}} + 1), (select unnest(range(12)) as nth)
union all by name select * from events
"""
CONFIG = """
[[helpdesk]]
name = "support"
kind = "memory"
[helpdesk.options]
account = "bench"
token = { env = "BENCH_TOKEN" }
"""
PERIOD = 'period = { start = 2025-11-05, end = 2026-02-04, timezone = "Europe/Berlin" }'
MIX = (
    ("reply", 20, 'measure = "first_reply_time"', "from_history", "10 min"),
    ("reply_p90", 20, 'measure = "first_reply_time"\naggregate = "p90"', "9 h", "8 h"),
    (
        "resolved",
        20,
        'measure = "full_resolution_time"\nclock = "business"',
        "from_history",
        "3 min",
    ),
    (
        "resolved_p90",
        10,
        'measure = "full_resolution_time"\naggregate = "p90"',
        "from_history",
        "4 h",
    ),
    (
        "in_time",
        20,
        'measure = "first_reply_time"\naggregate = "within"\nlimit = "4 h"',
        "from_history",
        "90 %",
    ),
    ("liked", 10, 'measure = "csat_pct"', "from_history", "90 %"),
    ("disliked", 10, 'measure = "csat_pct"', "85 %", "85 %"),
    ("at_once", 10, 'measure = "one_touch_rate"', "from_history", "35 %"),
    ("created", 5, 'measure = "tickets_created"', "5000", "4000"),
    ("solved", 5, 'measure = "tickets_solved"', "4000", "5000"),
    ("open", 5, 'measure = "backlog"', "100", "50"),
)
"""Kinds of goals, each about so many groups: their KPI, baseline and target."""

ANTI = (
    ("piled_up", 5, 'measure = "backlog"', 'limit = "200"'),
    (
        "waits",
        3,
        'measure = "first_reply_time"\naggregate = "p90"',
        'limit = "12 h"\nwindow = "28 d"',
    ),
    (
        "late",
        5,
        'measure = "first_reply_time"\naggregate = "within"\nlimit = "4 h"',
        'limit = "80 %"\nmode = "budget"',
    ),
)
STEPS = """
[[goal.{name}.milestones]]
name = "half way"
date = 2025-12-22
value = "{half}"
duration = 20
[[goal.{name}.milestones]]
name = "nearly there"
date = 2026-01-19
value = "{nearly}"
depends_on = ["half way"]
"""
BACKWARD = (
    ("plan_reply", 'measure = "first_reply_time"', "12 min", "9 min", "10 min", "9.5 min"),
    ("plan_liked", 'measure = "csat_pct"', "85 %", "90 %", "87 %", "89 %"),
    ("plan_open", 'measure = "backlog"', "3000", "1500", "2000", "1700"),
)
EACH = (
    ("each_reply", 'measure = "first_reply_time"', "from_history", "10 min"),
    ("each_liked", 'measure = "csat_pct"', "from_history", "90 %"),
)


def mapping(each: int) -> str:
    """Return goals of at most so many groups a kind, of all, and those made for each group."""
    parts = (_by_group(each), _anti(each), _backward(), _for_each(each))
    return "\n".join(one for part in parts for one in part)


def publish_goals(folder: Path, tickets: int) -> PublishedSet:
    """Write a set with events, names, hours and a backlog; one that is there is used again."""
    plain = publish_measures(folder, tickets)
    files = dict(plain.manifest.files)
    files["measures"] = (*files["measures"], "backlog.parquet")
    manifest = msgspec.structs.replace(plain.manifest, files=files)
    if not (folder / "goals").exists():
        _write(folder, tickets)
        (folder / "goals").touch()
    return PublishedSet(folder, manifest)


def lay_out(home: Path, published: PublishedSet, each: int) -> None:
    """Write a config, mappings, and the set where a run looks for it."""
    (home / "mappings").mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(CONFIG, "utf-8")
    (home / "mappings" / "goals.toml").write_text(mapping(each), "utf-8")
    sets = home / "var" / "support" / "published"
    sets.mkdir(parents=True, exist_ok=True)
    if not (sets / "bench").exists():
        (sets / "bench").symlink_to(published.path, target_is_directory=True)
    (sets / "CURRENT").write_text("bench", "utf-8")


def reach(published: PublishedSet, until: datetime) -> None:
    """Let the set say that it was read up to an instant."""
    manifest: Manifest = msgspec.structs.replace(
        published.manifest, through=until, read_at=until, schema_version=SCHEMA_VERSION
    )
    (published.path / "manifest.json").write_bytes(msgspec.json.encode(manifest))


def _by_group(each: int) -> Iterator[str]:
    for kind, groups, kpi, baseline, target in MIX:
        for group in range(min(groups, each)):
            yield _kpi(f"{kind}_{group}", kpi, [group])
            yield _goal(f"{kind}_{group}", f'baseline = "{baseline}"\ntarget = "{target}"')


def _anti(each: int) -> Iterator[str]:
    for kind, groups, kpi, limits in ANTI:
        for group in range(min(groups, each)):
            yield _kpi(f"{kind}_{group}", kpi, [group])
            yield _goal(f"{kind}_{group}", f'kind = "anti_goal"\n{limits}')


def _backward() -> Iterator[str]:
    for name, kpi, baseline, target, half, nearly in BACKWARD:
        yield _kpi(name, kpi)
        terms = f'kind = "backward"\nbaseline = "{baseline}"\ntarget = "{target}"'
        yield _goal(name, terms) + STEPS.format(name=name, half=half, nearly=nearly)


def _for_each(each: int) -> Iterator[str]:
    groups = () if each > 1 else (0,)  # of all groups, or of one
    for name, kpi, baseline, target in EACH:
        yield _kpi(name, kpi, groups)
        terms = f'baseline = "{baseline}"\ntarget = "{target}"\nfor_each = "group"\nlevel = "team"'
        yield _goal(name, terms)


def _kpi(name: str, kpi: str, groups: Iterable[int] = ()) -> str:
    named = ", ".join(f'"Group {group}"' for group in groups)
    where = f"where = {{ group = [{named}] }}\n" if named else ""
    return f"[kpi.{name}]\n{kpi}\n{where}"


def _goal(name: str, terms: str) -> str:
    return f'[goal.{name}]\ntitle = "{name}"\nkpi = "{name}"\nowner = "Lead"\n{PERIOD}\n{terms}\n'


def _write(folder: Path, tickets: int, seed: int = 7) -> None:
    words = {
        "agents": AGENTS,
        "agents_a_group": AGENTS_A_GROUP,
        "schema_version": SCHEMA_VERSION,
    }
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        con.execute(SCHEMA)
        con.execute(CHANCE.format(seed=seed))
        con.execute(OTHERS.format(**words))
        con.executemany("insert into measured values (?, '')", [(name,) for name in MEASURED])
        queries = {relation: f"from {relation}" for relation in OURS}
        queries["backlog"] = BACKLOG.format(tickets=tickets)
        queries["events"] = EVENTS.format(tickets=tickets)
        for name, query in queries.items():
            path = folder / f"{name}.parquet"
            con.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")
