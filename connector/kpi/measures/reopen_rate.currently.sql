-- id: reopen_rate.currently
-- title: Reopen rate, by what the tickets are now
-- definition: Share of the tickets that are solved now and were ever reopened. A ticket that is open
--   again is not among them, so the value of a past period changes.
-- stamp: S
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- settings:
-- depends_on: tickets, states, solves, resolved
-- source: Zendesk: reopened tickets / solved tickets
select
  t.ticket_id, (r.reopens > 0)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
