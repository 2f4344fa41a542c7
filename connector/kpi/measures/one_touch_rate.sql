-- id: one_touch_rate
-- title: One-touch rate
-- definition: Share of the solved tickets that took exactly one reply and were never reopened. A ticket
--   solved without any reply is not one-touch.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 .. 1
-- depends_on: tickets, states, solves, comments, resolved, touches
-- source: own definition; Zendesk publishes fewer than two replies and exactly one, see the variants
select
  t.ticket_id, (x.replies = 1 and r.reopens = 0)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
