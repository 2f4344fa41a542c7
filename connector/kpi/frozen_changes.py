"""What made a frozen value another one later: the tickets behind it, then and now."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.ask import Question, ask, counted, in_stretch, last_instant, naive, part
from connector.kpi.estimates import value_of
from connector.kpi.flags import MARKS, Flag
from connector.kpi.forms import Form, definition_of, form_of, parts_of
from connector.kpi.where import resolve
from connector.model.kpi import Family, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_MEMBERS: Final = 100_000
"""A value that rests on more tickets is kept without them."""

Members = dict[str, dict[str, tuple[list[int], list[float]]]]
"""Tickets behind a value: form, helpdesk, ids in order, and for each its sum and its rows."""

UNCHANGED: Final = "no ticket changed: it is computed otherwise now"
IMPORTED: Final = "imported anew"
TOO_MANY: Final = f"tickets changed; more than {MOST_MEMBERS:,} are not told apart"

CHANGES: Final = """
with gone as (
  select unnest(?::varchar[]) as helpdesk, unnest(?::bigint[]) as ticket_id
),
later as (
  select helpdesk, ticket_id,
    bool_or(kind = 'restored') as is_restored,
    bool_or(kind = 'status' and value in ('new', 'open', 'pending', 'hold')
            and previous in ('solved', 'closed')) as is_reopened
  from events
  where "at" > ? and (helpdesk, ticket_id) in (select (helpdesk, ticket_id) from gone)
  group by helpdesk, ticket_id
),
rated as (
  select distinct helpdesk, ticket_id from ratings where greatest(rated_at, updated_at) > ?
)
select
  case
    when t.ticket_id is null then 'no longer there'
    when t.status = 'deleted' then 'deleted'
    when t.marks & {merged} > 0 then 'merged'
    when t.marks & {spam} > 0 then 'marked as spam'
    when not coalesce({scope}, false) then 'no longer selected'
    when l.is_restored then 'restored'
    when l.is_reopened then 'reopened'
    when {by_rating} and r.ticket_id is not null then 'rated late'
    when l.ticket_id is not null or t.updated_at > ? then 'changed'
    else 'read late'
  end as reason,
  count(*) as tickets
from gone as g
left join tickets as t on t.helpdesk = g.helpdesk and t.ticket_id = g.ticket_id
left join later as l on l.helpdesk = g.helpdesk and l.ticket_id = g.ticket_id
left join rated as r on r.helpdesk = g.helpdesk and r.ticket_id = g.ticket_id
group by 1 order by 2 desc, 1
"""


def members(
    con: DuckDBPyConnection, kpi: KpiTable, period: Period, as_of: datetime, zone: str = "UTC"
) -> bytes | None:
    """Return the tickets behind a value, packed; None where they are too many."""
    scope = resolve(kpi.where, con, zone=zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=zone)
    found = {form.key: _members(con, part(question, form)) for form in _measured(question.form)}
    count = sum(len(ids) for desks in found.values() for ids, _ in desks.values())
    return zlib.compress(msgspec.msgpack.encode(found)) if count <= MOST_MEMBERS else None


def reason(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    before: bytes | None,
    after: bytes | None,
    since: datetime,
) -> str:
    """Say which tickets' changes since an instant made a value another one."""
    if before is None or after is None:
        return TOO_MANY
    then, now = _entries(before), _entries(after)
    changed = {key[1:] for key in then.keys() | now.keys() if then.get(key) != now.get(key)}
    if not changed:
        return IMPORTED if _has_imports(form_of(kpi)) else UNCHANGED
    counts = _changes(con, sorted(changed), kpi, since)
    (number, what), *rest = counts
    noun = "ticket" if number == 1 else "tickets"
    return ", ".join((f"{number:,} {noun} {what}", *(f"{n:,} {other}" for n, other in rest)))


def _members(
    con: DuckDBPyConnection, question: Question
) -> dict[str, tuple[list[int], list[float]]]:
    (source, params), (test, more) = counted(question), in_stretch(question)
    rows = con.execute(
        f"select m.helpdesk, m.ticket_id, sum({value_of(question)})::double, count(*)"
        f" from {source} and {test} group by all order by 1, 2",
        [*params, *more],
    ).fetchall()
    found: dict[str, tuple[list[int], list[float]]] = {}
    for helpdesk, ticket, total, count in rows:
        ids, amounts = found.setdefault(helpdesk, ([], []))
        ids.append(ticket)
        amounts += (total, count)
    return found


def _measured(form: Form) -> tuple[Form, ...]:
    """Return the forms that have rows of tickets: itself, or the parts of a ratio."""
    forms = parts_of(form) if form.definition.family == Family.RATIO else (form,)
    return tuple(one for one in forms if one.definition.family != Family.IMPORTED)


def _has_imports(form: Form) -> bool:
    forms = parts_of(form) if form.definition.family == Family.RATIO else (form,)
    return any(one.definition.family == Family.IMPORTED for one in forms)


def _entries(packed: bytes) -> dict[tuple[str, str, int], tuple[float, float]]:
    found = msgspec.msgpack.decode(zlib.decompress(packed), type=Members)
    return {
        (form, helpdesk, ticket): (round(amounts[2 * place], 6), amounts[2 * place + 1])
        for form, desks in found.items()
        for helpdesk, (ids, amounts) in desks.items()
        for place, ticket in enumerate(ids)
    }


def _changes(
    con: DuckDBPyConnection, keys: Sequence[tuple[str, int]], kpi: KpiTable, since: datetime
) -> list[tuple[int, str]]:
    """Count tickets by what became of them since an instant."""
    condition, params = resolve(kpi.where, con).condition("t")
    query = CHANGES.format(
        merged=MARKS[Flag.MERGED].value,
        spam=MARKS[Flag.SPAM].value,
        scope=condition,
        by_rating="ratings" in definition_of(kpi).depends_on,
    )
    helpdesks, tickets = [key[0] for key in keys], [key[1] for key in keys]
    at = naive(since)
    rows = con.execute(query, [helpdesks, tickets, at, at, *params, at]).fetchall()
    return [(count, why) for why, count in rows]
