"""What the rest of the house asks published sets: rows to export, tickets to show goals on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connector.model.ticket import Ticket

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPORTS: Mapping[str, str] = {
    "tickets": """
select helpdesk, id, status, created_at, updated_at, requester_id, assignee_id, group_id,
       organization_id, brand_id, form_id, channel, priority, type, marks, tags, fields
from tickets order by helpdesk, ticket_id""",
    "events": """
select e.helpdesk, coalesce(v.id, e.ticket_id::varchar) as ticket, e.event_id, e."at", e.kind,
       e.actor_id, e.is_public, e.value, e.previous
from events as e
left join vendor_ids as v
  on v.helpdesk = e.helpdesk and v.kind = 'ticket' and v.key = e.ticket_id
order by e.helpdesk, e.ticket_id, e."at", e.event_id, e.kind""",
    "measures": """
select m.helpdesk, coalesce(v.id, m.ticket_id::varchar) as ticket, m.measure, m.clock, m.value,
       m."at", m.until, m.flags
from measures as m
left join vendor_ids as v
  on v.helpdesk = m.helpdesk and v.kind = 'ticket' and v.key = m.ticket_id
order by m.helpdesk, m.ticket_id, m.measure, m.clock, m."at", m.until""",
}
"""The tables that `connector export` can write from published sets, in a fixed order."""

TO_SHOW = """
select id, status, created_at, updated_at, stamp, marks, tags, fields
from tickets
where status in ('new', 'open')
   or status = 'solved' and (
        updated_at > ?
        or list_has_any(tags, ?)
        or len(list_filter(map_values(fields), lambda value: value <> '')) > 0
        or id in (select unnest(?)))
order by ticket_id
"""
UNSOLVED = "select count(*) from tickets where status in ('new', 'open', 'pending', 'hold')"
ROWS_AT_ONCE = 10_000


def exported(con: DuckDBPyConnection, table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table of `EXPORTS`, in its order; times are aware UTC."""
    cursor = con.execute(EXPORTS[table])
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        for row in rows:
            yield dict(zip(names, map(_aware, row), strict=True))


def person_keys(con: DuckDBPyConnection, ids: Sequence[str]) -> frozenset[int]:
    """Return the keys of people by the helpdesk's ids, in a connection to one helpdesk's rows."""
    rows = con.execute(
        "select key from vendor_ids where kind = 'person' and id in (select unnest(?::varchar[]))"
        " union select try_cast(id as bigint) from (select unnest(?::varchar[]) as id)",
        [list(ids), list(ids)],
    ).fetchall()
    return frozenset(key for (key,) in rows if key is not None)


def tickets_to_show(
    con: DuckDBPyConnection,
    *,
    solved_since: datetime | None,
    tags: Sequence[str],
    ids: Sequence[str],
) -> list[Ticket]:
    """Return the tickets that goals may have to be shown on.

    These are the new and open ones, and of the solved ones those solved since an instant (None:
    none), those with one of these tags or a value in a watched field, and those with these ids.
    """
    since = solved_since or datetime.max.replace(tzinfo=UTC)
    rows = con.execute(
        TO_SHOW, [since.astimezone(UTC).replace(tzinfo=None), list(tags), list(ids)]
    ).fetchall()
    return [_ticket(row) for row in rows]


def count_unsolved(con: DuckDBPyConnection) -> int:
    """Count the tickets that are neither solved nor gone."""
    (count,) = con.execute(UNSOLVED).fetchone() or (0,)
    return int(count)


def _ticket(row: tuple[Any, ...]) -> Ticket:
    id_, status, created_at, updated_at, stamp, marks, tags, fields = row
    return Ticket(
        id=id_,
        status=status,
        created_at=_aware(created_at),
        updated_at=_aware(updated_at),
        stamp=_aware(stamp),
        marks=marks,
        tags=tuple(tags or ()),
        fields=fields or {},
    )


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
