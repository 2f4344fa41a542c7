-- id: customer_comments_per_ticket
-- title: Customer comments per ticket
-- definition: Number of public comments by customers on a solved ticket after the opening one: what it
--   cost the customer to be helped.
-- unit: count
-- family: number
-- clocks: calendar
-- aggregates: mean, median, p75, p90, p95, within
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, states, solves, comments, resolved, touches
-- source: own definition, after dbt_zendesk
select
  t.ticket_id, case when r.ticket_id is not null then x.customer_comments end as value,
  x.customer_comments as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
