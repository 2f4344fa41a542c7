-- id: reassignment_rate
-- title: Reassignment rate
-- definition: Share of the solved tickets that were ever assigned and had more than one assignee
--   station. From A to B and back to A is a reassignment.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is assigned
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet, or never assigned
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- depends_on: tickets, states, solves, resolved, stations
-- source: Zendesk "Metrics and attributes for Zendesk Support"
select
  t.ticket_id, (s.stations > 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(*) as stations from m_stations where kind = 'assignee' group by ticket_id
) as s on s.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
