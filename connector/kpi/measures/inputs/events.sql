-- Events of the tickets at hand, in whole seconds and never before their ticket's creation.
-- was_early marks times that had to be moved (clock skew, out-of-order imports).
select
  e.ticket_id, e.event_id, e.kind, e.actor_id, e.is_public, e.value, e.previous,
  date_trunc('second', greatest(e.at, t.created_at)) as "at",
  date_trunc('second', e.at) < date_trunc('second', t.created_at) as was_early
from events as e
join tickets as t on t.ticket_id = e.ticket_id
where e.ticket_id between $low and $high
  and t.ticket_id between $low and $high
  and e.ticket_id in (select ticket_id from m_chunk)
