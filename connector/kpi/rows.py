"""The rows of measures for a range of tickets: the inputs that they read, and what they yield.

The SQL of a measure reads relations `m_*` that hold only the tickets at hand (`measures/inputs`),
so the cost grows with the tickets that changed and not with the store, and the same SQL serves all
of them, a range at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from connector.kpi import catalogue
from connector.kpi.flags import SQL_WORDS
from connector.kpi.forms import Form
from connector.model.kpi import Family

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INPUTS: Final[dict[str, tuple[str, ...]]] = {
    "events": (),
    "tickets": ("events",),
    "staff": (),
    "assignments": ("tickets", "events"),
    "owners": ("assignments",),
    "comments": ("tickets", "staff"),
    "states": ("tickets",),
    "solves": ("states",),
    "stays": ("states", "solves"),
    "exchanges": ("comments", "states", "solves"),
    "ratings": ("events",),
    "schedules": ("tickets",),
    "contacts": ("tickets",),
    "resolved": ("states", "solves"),
    "touches": ("tickets", "comments"),
    "stations": ("tickets", "assignments"),
    "labels": (),
    "teams": (),
    "offers": ("events",),
    "sla_targets": ("tickets", "events"),
    "sla_runs": ("sla_targets", "comments", "states", "solves", "exchanges"),
    "sla": ("sla_runs", "schedules"),
}
"""The relations that measures read as `m_NAME`, in the order in which they are made, and what each
of them reads itself."""

ALWAYS: Final = ("events", "tickets", "owners")
CLOCKS: Final = ("calendar", "business")
SEGMENTS: Final = """
create or replace temp table m_segments (
  measure varchar, is_at_event boolean, ticket_id bigint, part bigint, started_at timestamp,
  stopped_at timestamp, "at" timestamp, actor_id bigint, flags integer)
"""
OWNED: Final = """
insert into measures by name
select r.*, {named} o.assignee_id, o.group_id
from ({query}) as r
asof left join m_owners as o
  on o.ticket_id = r.ticket_id and o.since <= coalesce(r."at", timestamp '9999-01-01')
"""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a measuring run knows: the forms, the present, and who does not count as staff."""

    forms: Sequence[Form]
    now: datetime
    not_human: tuple[int, ...] = ()
    bots: tuple[int, ...] = ()

    def fingerprint(self, form: Form) -> str:
        """Return what changes when the rows of a form would, whatever happens to tickets."""
        texts = (catalogue.input_text(name) for name in needed([form]))
        return form.fingerprint(*texts, *map(str, self.not_human), "bots", *map(str, self.bots))


def needed(forms: Iterable[Form]) -> tuple[str, ...]:
    """Return the inputs of some measures, in the order in which they are made."""
    wanted = set(ALWAYS)
    for form in forms:
        wanted |= INPUTS.keys() & set(form.definition.depends_on)
        if form.definition.family == Family.TIME:
            wanted.add("schedules")
    for name in reversed(INPUTS):
        if name in wanted:
            wanted |= set(INPUTS[name])
    return tuple(name for name in INPUTS if name in wanted)


def measure_range(con: DuckDBPyConnection, low: int, high: int, run: Run) -> None:
    """Measure the tickets of `m_todo` between two ids; business hours are in `m_hours`."""
    naive = run.now.astimezone(UTC).replace(tzinfo=None)
    bound = {
        **SQL_WORDS,
        "low": low,
        "high": high,
        "not_human": list(run.not_human),
        "bots": list(run.bots),
        "schedules": "schedules",
        "vendor_ids": "vendor_ids",
        "now": f"timestamp '{naive.isoformat(sep=' ')}'",
    }
    con.execute(
        "create or replace temp table m_chunk as"
        " select ticket_id from m_todo where ticket_id between ? and ?",
        [low, high],
    )
    for name in needed(run.forms):
        query = catalogue.input_sql(name, **bound)
        con.execute(f"create or replace temp table m_{name} as {query}")
    con.execute(SEGMENTS)
    for form in run.forms:
        _run(con, form, catalogue.fill(form.query, bound))
    if any(form.definition.family == Family.TIME for form in run.forms):
        for clock in CLOCKS:
            query = catalogue.input_sql(clock, **bound)
            con.execute(OWNED.format(named="", query=query))


def _run(con: DuckDBPyConnection, form: Form, query: str) -> None:
    """Run one measure: times yield segments for the clocks to count, the others yield values."""
    key = form.key.replace("'", "''")
    if form.definition.family == Family.TIME:
        columns = 'ticket_id, part, started_at, stopped_at, "at", actor_id, flags'
        con.execute(
            f"insert into m_segments select '{key}', {form.is_at_event}, {columns} from ({query})"
        )
        return
    con.execute(OWNED.format(named=f"'{key}' as measure, 'calendar' as clock,", query=query))
