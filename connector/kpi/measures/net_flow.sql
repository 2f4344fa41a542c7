-- id: net_flow
-- title: Net flow
-- definition: Tickets created, minus solves, plus reopenings: by how much the backlog grew in the
--   period, but for tickets that were deleted and recovered. Deleted tickets leave all three.
-- unit: count
-- family: sum
-- clocks: calendar
-- aggregates: sum
-- direction: lower
-- stamp: E
-- lag: 0 d
-- starts: the ticket is created or reopened
-- stops: the ticket is solved
-- excludes: merged, spam, deleted, child
-- range: ..
-- depends_on: tickets, states, solves
-- source: own definition
with steps as (
  select ticket_id, 1 as value, "at", null::bigint as actor_id from m_states where was is null
  union all
  select ticket_id, -1 as value, "at", actor_id from m_solves
  union all
  select ticket_id, 1 as value, "at", actor_id from m_states where family = 'unsolved' and was = 'done'
)
select t.ticket_id, case when not t.is_partial then s.value end as value, s."at", s.actor_id, t.flags
from m_tickets as t
join steps as s on s.ticket_id = t.ticket_id
