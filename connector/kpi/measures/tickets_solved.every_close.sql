-- id: tickets_solved.every_close
-- title: Solves
-- definition: Number of solve events in the period: a ticket that was reopened and solved again counts
--   again.
-- family: sum
-- aggregates: sum
-- source: Intercom counts every close of a conversation, unless "new closed" is chosen
select
  t.ticket_id, case when s.ticket_id is not null then 1 end as value, s."at", s.actor_id, t.flags
from m_tickets as t
left join m_solves as s on s.ticket_id = t.ticket_id
where s.ticket_id is not null or t.is_partial
