-- id: comments_per_ticket
-- title: Comments per ticket
-- definition: Number of comments on a solved ticket, public ones and internal notes, by staff and
--   customers. Automations, unknown and deleted users do not count.
-- unit: count
-- family: number
-- clocks: calendar
-- aggregates: mean, median, p75, p90, p95, within
-- direction: neutral
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, states, solves, comments, resolved, touches
-- source: dbt_zendesk total_comments
select
  t.ticket_id, case when r.ticket_id is not null then x.comments end as value, x.comments as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
