-- Solve events: the instants at which a ticket went from unsolved to done. A ticket that was closed
-- without being solved was solved then; solved to closed is no second solve. nth counts from 1.
select
  s.ticket_id, s.at, s.event_id, s.actor_id,
  row_number() over (partition by s.ticket_id order by s.at, s.event_id) as nth
from m_states as s
join m_tickets as t on t.ticket_id = s.ticket_id
where s.family = 'done' and coalesce(s.was, 'unsolved') = 'unsolved' and not t.is_partial
