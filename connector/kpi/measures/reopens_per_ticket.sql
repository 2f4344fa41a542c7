-- id: reopens_per_ticket
-- title: Reopens per ticket
-- definition: How often a solved ticket went from solved or closed back to new, open, pending or on
--   hold. A follow-up ticket is no reopening.
-- unit: count
-- family: number
-- clocks: calendar
-- aggregates: mean, median, p75, p90, p95, within
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the first solve
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, resolved
-- source: Zendesk ticket metrics "reopens"
select
  t.ticket_id, case when r.ticket_id is not null then r.reopens end as value,
  case when not t.is_partial then coalesce(s.reopens, 0) end as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(*) as reopens
  from m_states
  where family = 'unsolved' and was = 'done'
  group by ticket_id
) as s on s.ticket_id = t.ticket_id
