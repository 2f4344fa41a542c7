-- id: assignee_stations
-- title: Assignee stations
-- definition: How often a solved ticket was given to somebody, repeats counted; back to the same one is
--   one more. Taking it away is no station. A ticket that nobody ever had has 0.
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
-- depends_on: tickets, states, solves, resolved, stations
-- source: Zendesk ticket metrics "assignee_stations"; dbt_zendesk assignee_stations_count
select
  t.ticket_id, case when r.ticket_id is not null then coalesce(s.stations, 0) end as value,
  case when not t.is_partial then coalesce(s.stations, 0) end as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(*) as stations from m_stations where kind = 'assignee' group by ticket_id
) as s on s.ticket_id = t.ticket_id
