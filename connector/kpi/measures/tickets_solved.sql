-- id: tickets_solved
-- title: Tickets solved
-- definition: Number of distinct tickets with a solve event in the period. A ticket that was reopened
--   and solved again counts once in a period, and once in each period it was solved in.
-- unit: count
-- family: count
-- clocks: calendar
-- aggregates: count
-- direction: higher
-- stamp: E
-- lag: 0 d
-- starts: the solve
-- stops: the solve; a ticket closed without being solved was solved when it was closed
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, solves
-- source: Zendesk "Metrics and attributes for Zendesk Support"; by event, because the current-state
--   variant loses reopened tickets after the fact
select
  t.ticket_id, case when s.ticket_id is not null then 1 end as value,
  s.at, null::timestamp as until, s.actor_id, t.flags
from m_tickets as t
left join m_solves as s on s.ticket_id = t.ticket_id
where s.ticket_id is not null or t.is_partial
