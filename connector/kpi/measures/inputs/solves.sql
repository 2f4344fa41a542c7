-- Solve events: the instants at which a ticket went from unsolved to done. A ticket that was closed
-- without being solved was solved then; solved to closed is no second solve. nth counts from 1. is_last:
-- the ticket is still done since this solve; one that is open again, or deleted, has no last solve.
select
  s.ticket_id, s.at, s.event_id, s.actor_id,
  row_number() over (partition by s.ticket_id order by s.at, s.event_id) as nth,
  d.ticket_id is not null
  and row_number() over (partition by s.ticket_id order by s.at desc, s.event_id desc) = 1 as is_last
from m_states as s
join m_tickets as t on t.ticket_id = s.ticket_id
left join (select ticket_id from m_states where until is null and family = 'done') as d
  on d.ticket_id = s.ticket_id
where s.family = 'done' and coalesce(s.was, 'unsolved') = 'unsolved' and not t.is_partial
