"""Accounts that answer faster than people can: bots that nobody has listed as such yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

    from duckdb import DuckDBPyConnection

FAST_S: Final = 15
"""Nobody reads and answers within so many seconds, ticket after ticket."""
MANY: Final = 20
"""Tickets answered before an account is suspected: a few fast answers are chance."""

QUERY: Final = """
with comments as (
  select
    e.helpdesk, e.ticket_id, e.actor_id, e."at", coalesce(e.is_public, false) as is_public,
    p.role in ('admin', 'agent') and e.actor_id is distinct from t.requester_id as is_staff,
    row_number() over written as nth
  from events as e
  join tickets as t on t.helpdesk = e.helpdesk and t.ticket_id = e.ticket_id
  left join people as p on p.helpdesk = e.helpdesk and p.person_id = e.actor_id
  where e.kind = 'comment'
  window written as (partition by e.helpdesk, e.ticket_id order by e."at", e.event_id)
),
waited as (
  select
    *,
    max("at") filter (is_public and not coalesce(is_staff, false)) over (
      partition by helpdesk, ticket_id order by nth rows between unbounded preceding and 1 preceding
    ) as asked_at
  from comments
),
answers as (
  select helpdesk, ticket_id, actor_id, arg_min(epoch("at") - epoch(asked_at), nth) as seconds
  from waited
  where is_public and is_staff and asked_at is not null
  group by helpdesk, ticket_id, actor_id
)
select
  a.helpdesk, a.actor_id, coalesce(any_value(v.id), a.actor_id::varchar), any_value(p.name),
  count(*), median(a.seconds)
from answers as a
join people as p on p.helpdesk = a.helpdesk and p.person_id = a.actor_id
left join vendor_ids as v on v.helpdesk = a.helpdesk and v.kind = 'person' and v.key = a.actor_id
where not list_contains($known::bigint[], a.actor_id)
group by a.helpdesk, a.actor_id
having count(*) >= $many and median(a.seconds) <= $fast
order by 5 desc, 2
"""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the median seconds of its first answers, over so many tickets."""

    helpdesk: str
    id: str
    name: str | None
    tickets: int
    median_s: float


def suspects(con: DuckDBPyConnection, *, known: Collection[int] = ()) -> tuple[Suspect, ...]:
    """Return staff accounts of the attached sets whose answers are too fast for a human.

    An answer is an account's first public comment after one by a customer, in each ticket; the
    second of creation counts, since that is how an automatic receipt looks. `known` are the keys of
    accounts that are listed already.
    """
    rows = con.execute(QUERY, {"known": list(known), "many": MANY, "fast": FAST_S}).fetchall()
    return tuple(
        Suspect(helpdesk=helpdesk, id=vendor_id, name=name, tickets=tickets, median_s=median)
        for helpdesk, _, vendor_id, name, tickets, median in rows
    )
