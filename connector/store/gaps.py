"""Fills what a feed of events leaves out: a ticket that is not in the state its events end with.

An automation may close a ticket, or somebody delete it, without an event. Such a change is known
to have happened by the ticket's version, so it becomes a derived event of that version. A real
event that comes later takes its place, so nothing counts twice.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from connector.store.faults import store_errors
from connector.store.store import Store

FIRST_DERIVED_ID = 1 << 62
"""Ids from here on mark events that were derived; no helpdesk counts this far."""

DERIVED_UNTIL = "derived_until"

# Of the tickets that changed, and of those whose versions became complete: those with an event that
# was derived, and those that are not in the state their events end with. Mostly there is none.
SUSPECTS = f"""
create or replace temp table suspects as
with last as (
  select ticket_id, arg_max(value, ("at", event_id)) as value,
         bool_or(event_id >= {FIRST_DERIVED_ID}) as has_derived
  from events
  where kind = 'status' and ticket_id in (
    select ticket_id from changed
    union all
    select ticket_id from tickets where stamp >= $since and stamp < $until
  )
  group by ticket_id
)
select ticket_id from last left join tickets using (ticket_id)
where has_derived or status <> value
"""
STATUSES = f"""
create or replace temp table statuses as
select ticket_id, event_id, "at", value, event_id >= {FIRST_DERIVED_ID} as is_derived
from events where kind = 'status' and ticket_id in (select ticket_id from suspects)
"""

# A derived change is superseded when the real events up to its version lead to the same state or
# came after it, and when the next change leads there: then it is the same change, told late.
SUPERSEDED = f"""
create or replace temp table superseded as
with derived as (
  select *, make_timestamp(event_id - {FIRST_DERIVED_ID}) as stamp from statuses where is_derived
)
select d.ticket_id, d.event_id
from derived as d join statuses as s on s.ticket_id = d.ticket_id and s.event_id <> d.event_id
group by d.ticket_id, d.event_id, d."at", d.value, d.stamp
having arg_max(s.value, (s."at", s.event_id))
         filter (not s.is_derived and s."at" <= d.stamp) = d.value
    or max(s."at") filter (not s.is_derived and s."at" <= d.stamp) > d."at"
    or arg_min(s.value, (s."at", s.event_id)) filter (s."at" > d.stamp) = d.value
"""

# A change that no event tells: the ticket's version is newer than its last event of status, and
# all events up to that version are here.
MISSING = f"""
create or replace temp table missing as
with last as (
  select ticket_id, max("at") as "at", arg_max(value, ("at", event_id)) as value
  from statuses where (ticket_id, event_id) not in (from superseded)
  group by ticket_id
)
select t.ticket_id, {FIRST_DERIVED_ID} + epoch_us(t.stamp) as event_id,
       greatest(t.updated_at, last."at") as "at", t.status as value, last.value as previous
from tickets as t join last using (ticket_id)
where t.status <> last.value and t.stamp < $until and t.stamp >= last."at"
"""

DROP = """
delete from events
where (ticket_id, event_id) in (from superseded) and kind in ('status', 'deleted', 'restored')
"""
ADD = """
insert into events by name
select ticket_id, event_id, "at", 'status' as kind, value, previous, $read_at as read_at
from missing
union all by name
select ticket_id, event_id, "at", 'deleted' as kind, $read_at as read_at
from missing where value = 'deleted'
union all by name
select ticket_id, event_id, "at", 'restored' as kind, $read_at as read_at
from missing where previous = 'deleted'
"""
MARK = "insert into changed select ticket_id from superseded union select ticket_id from missing"
NOTHING_CHANGED = "select not exists (from changed)"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def fill_gaps(store: Store, *, until: datetime | None, read_at: datetime) -> int:
    """Derive the changes of status that no event up to `until` tells; return how many.

    Looks at tickets that changed and at those whose versions became complete since the last call.
    """
    naive = {"until": _naive(until or BEGINNING), "read_at": _naive(read_at)}
    con = store.connection
    with store_errors(store.path, duckdb.Error):
        since = _derived_until(store)
        if since == naive["until"] and con.execute(NOTHING_CHANGED).fetchone() == (True,):
            return 0
        superseded, missing = _find(con, since or _naive(BEGINNING), naive["until"])
    if superseded or missing:
        store.touch("events", "measures", is_noted=True)
    elif since == naive["until"]:
        return 0
    with store.transaction():
        if superseded or missing:
            con.execute(DROP)
            con.execute(ADD, {"read_at": naive["read_at"]})
            con.execute(MARK)
        if until is not None:
            con.execute("delete from meta where name = ?", [DERIVED_UNTIL])
            text = naive["until"].isoformat()
            con.execute("insert into meta values (?, ?)", [DERIVED_UNTIL, text])
    return missing


def _find(con: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> tuple[int, int]:
    """Fill `superseded` and `missing`; return how many rows each has, zeros if none was made."""
    con.execute(SUSPECTS, {"since": since, "until": until})
    if con.execute("select exists (from suspects)").fetchone() == (False,):
        return 0, 0
    for statement in (STATUSES, SUPERSEDED):
        con.execute(statement)
    con.execute(MISSING, {"until": until})
    ((superseded, missing),) = con.execute(
        "select (select count(*) from superseded), (select count(*) from missing)"
    ).fetchall()
    return int(superseded), int(missing)


def _derived_until(store: Store) -> datetime | None:
    rows = store.connection.execute(
        "select value from meta where name = ?", [DERIVED_UNTIL]
    ).fetchall()
    return datetime.fromisoformat(rows[0][0]) if rows else None


def _naive(aware: datetime) -> datetime:
    return aware.astimezone(UTC).replace(tzinfo=None)
