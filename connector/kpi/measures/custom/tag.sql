-- Whether a ticket carries a tag, over all tickets or those that were solved. Tags count as they are now.
select
  t.ticket_id,
  case when s.at is not null then coalesce(list_contains(w.tags, $tag), false)::integer end as value,
  s.at, s.actor_id, t.flags
from m_tickets as t
join tickets as w on w.ticket_id = t.ticket_id
left join (
  select ticket_id, created_at as "at", null::bigint as actor_id
  from m_tickets
  where $stamp = 'created'
  union all
  select ticket_id, "at", actor_id
  from m_solves
  where ($stamp = 'first_solved' and nth = 1) or ($stamp = 'last_solved' and is_last)
) as s on s.ticket_id = t.ticket_id
