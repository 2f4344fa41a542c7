-- A numeric ticket field, dated by the ticket's creation or by a solve. What is no number is no value.
select
  t.ticket_id,
  case when s.at is not null then w.number * $factor end as value,
  s.at, s.actor_id, t.flags
from m_tickets as t
left join (
  select ticket_id, try_cast(fields[$field] as double) as number
  from tickets
  where ticket_id in (select ticket_id from m_chunk)
) as w on w.ticket_id = t.ticket_id
left join (
  select ticket_id, created_at as "at", null::bigint as actor_id
  from m_tickets
  where $stamp = 'created'
  union all
  select ticket_id, "at", actor_id
  from m_solves
  where ($stamp = 'first_solved' and nth = 1) or ($stamp = 'last_solved' and is_last)
) as s on s.ticket_id = t.ticket_id
