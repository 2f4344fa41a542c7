-- How long a ticket stayed in each unsolved status: one row a stay, running while stopped_at is null,
-- dated by the last solve. Every ticket has one more row without a status and of no length, so that a
-- ticket that never was in a status stayed there for 0 s, and one with a partial trail has no value.
select
  t.ticket_id, s.status, s.started_at, s.stopped_at, l."at", l.actor_id, t.flags
from m_tickets as t
join (
  select ticket_id, status, "at" as started_at, until as stopped_at
  from m_states
  where family = 'unsolved'
    and ticket_id in (select ticket_id from m_tickets where not is_partial)
  union all
  select ticket_id, null as status, created_at as started_at, created_at as stopped_at from m_tickets
) as s on s.ticket_id = t.ticket_id
left join m_solves as l on l.ticket_id = t.ticket_id and l.is_last
