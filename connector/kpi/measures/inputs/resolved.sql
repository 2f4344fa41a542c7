-- Tickets that are done now: their last solve, how often they were solved, and how often reopened.
select
  l.ticket_id, l."at", l.actor_id, s.solves, coalesce(r.reopens, 0) as reopens
from m_solves as l
join (select ticket_id, count(*) as solves from m_solves group by ticket_id) as s
  on s.ticket_id = l.ticket_id
left join (
  select ticket_id, count(*) as reopens
  from m_states
  where family = 'unsolved' and was = 'done'
  group by ticket_id
) as r on r.ticket_id = l.ticket_id
where l.is_last
