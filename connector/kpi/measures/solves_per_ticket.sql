-- id: solves_per_ticket
-- title: Solves per ticket
-- definition: How often a solved ticket was solved: once, and once more for every time that it was
--   reopened. A ticket closed without being solved was solved when it was closed.
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
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, resolved
-- source: dbt_zendesk count_resolutions, which leaves out tickets closed without being solved
select
  t.ticket_id, case when r.ticket_id is not null then s.solves end as value,
  case when not t.is_partial then coalesce(s.solves, 0) end as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(*) as solves from m_solves group by ticket_id
) as s on s.ticket_id = t.ticket_id
