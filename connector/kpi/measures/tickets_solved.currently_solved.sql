-- id: tickets_solved.currently_solved
-- title: Tickets solved, by what they are now
-- definition: Number of tickets that are solved or closed now and were last solved in the period. A
--   ticket that is reopened later leaves a past period, so never use it for the goal of a period that is
--   over.
-- stamp: S
-- starts: the last solve
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- depends_on: tickets, states, solves, resolved
-- source: Zendesk "Solved tickets"
select
  t.ticket_id, case when r.ticket_id is not null then 1 end as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
