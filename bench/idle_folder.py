"""A folder whose helpdesk was read to its end: a store of many tickets, a config and goals."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.kpis import KPIS
from bench.serving.started import EMAIL
from bench.stores import fill
from connector.store.schema import SCHEMA_VERSION

NAME = "support"
OPEN_ONE_IN = 400
"""So few tickets are still open: 2,500 of a million."""

CONFIG = """
[[helpdesk]]
name = "support"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "BENCH_TOKEN" }}
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
"""
SINCE = "2025-07-01"
UNTIL = "2027-07-01"
PERIOD = f'period = {{ start = {SINCE}, end = {UNTIL}, timezone = "Europe/Berlin" }}'
GOALS = {
    "reply_median": 'baseline = "60 min"\ntarget = "30 min"',
    "reply_within": 'baseline = "60 %"\ntarget = "90 %"',
    "csat": 'baseline = "80 %"\ntarget = "90 %"',
    "reopened": 'kind = "anti_goal"\nlimit = "12 %"',
}
OPENED = """
insert into changed select ticket_id from tickets where ticket_id % {one_in} = 0;
update tickets set status = 'open' where ticket_id % {one_in} = 0;
delete from events where ticket_id % {one_in} = 0 and kind = 'status' and value = 'solved';
insert into meta values ('fence', '0');
insert into cursors select stream, {cursor}, false, timestamp '{now}', timestamp '{now}', 1, '{{}}'
from (select unnest(['tickets', 'events', 'people', 'groups', 'schedules', 'ratings', 'sla'])
  as stream)
"""
AGAIN = """
update cursors set read_at = timestamp '{now}', through = timestamp '{now}' - interval 2 minute
"""


def laid_out(folder: Path, tickets: int, name: str = "idle") -> Path:
    """Return the folder of a store with so many tickets; one that is there is used again."""
    home = folder / f"{name}-{tickets}-{SCHEMA_VERSION}"
    store = home / "var" / NAME / "store.duckdb"
    if not (home / "filled").exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        store.unlink(missing_ok=True)
        _make(store, folder / f"store-{SCHEMA_VERSION}-{tickets}.duckdb", tickets)
        _run(store, OPENED.format(one_in=OPEN_ONE_IN, cursor=_cursor(), now=_now()))
        (home / "filled").touch()
    _run(store, AGAIN.format(now=_now()))
    (home / "mappings").mkdir(exist_ok=True)
    (home / "mappings" / "goals.toml").write_text(mapping(), "utf-8")
    return home


def address(home: Path, url: str) -> None:
    """Write the config for a helpdesk at this address."""
    (home / "config.toml").write_text(CONFIG.format(url=url, email=EMAIL), "utf-8")


def mapping() -> str:
    """Return the twelve KPIs of the benches, and goals about some of them."""
    kpis = [_kpi(name) for name in KPIS]
    goals = [
        f'[goal.{name}]\ntitle = "{name}"\nkpi = "{name}"\nowner = "Lead"\n{PERIOD}\n{terms}\n'
        for name, terms in GOALS.items()
    ]
    return "\n".join([*kpis, *goals])


def _kpi(name: str) -> str:
    kpi = KPIS[name]
    lines = [f"[kpi.{name}]", f'measure = "{kpi.measure}"']
    lines += [f'clock = "{kpi.clock}"'] if "clock" in kpi.model_fields_set else []
    lines += [f'aggregate = "{kpi.aggregate}"'] if "aggregate" in kpi.model_fields_set else []
    lines += [f'limit = "{kpi.limit.number:.0f} s"'] if kpi.limit else []
    return "\n".join(lines) + "\n"


def _make(store: Path, other: Path, tickets: int) -> None:
    """Make a store, from the one that another area has measured already where that is there."""
    if other.exists():
        shutil.copyfile(other, store)
    else:
        fill(store, tickets)


def _cursor() -> str:
    """Return the SQL of a cursor: where each stream of the helpdesk ended."""
    now = int(datetime.now(tz=UTC).timestamp())
    return (
        "case stream when 'sla' then null when 'ratings' then null"
        f" when 'events' then '{now}' else '{now}:' end"
    )


def _now() -> str:
    return datetime.now(tz=UTC).replace(tzinfo=None).isoformat(sep=" ")


def _run(store: Path, statements: str) -> None:
    with duckdb.connect(store, config={"threads": 2, "memory_limit": "2GB"}) as con:
        con.execute(statements)
