-- id: multi_touch_rate
-- title: Multi-touch rate
-- definition: Share of the solved tickets that took more than two replies.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: neutral
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 .. 1
-- depends_on: tickets, states, solves, comments, resolved, touches
-- source: dbt_zendesk has the same split, counting the opening of tickets that staff created
select
  t.ticket_id, (x.replies > 2)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
