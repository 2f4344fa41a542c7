-- id: first_resolution_time
-- title: First resolution time
-- definition: Time from the creation of a ticket to the first time it was solved. Ignores reopenings,
--   so it flatters; read it beside the reopen rate.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: F
-- lag: 0 d
-- starts: the ticket is created
-- stops: the first solve; a ticket closed without being solved was solved when it was closed
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- settles_by: resolution
-- depends_on: tickets, solves, schedules
-- source: Zendesk "About native Support time duration metrics"; dbt_zendesk first_resolution
select
  t.ticket_id, 1 as part, t.created_at as started_at, coalesce(s.at, t.still_at) as stopped_at, s.at,
  s.actor_id, t.flags
from m_tickets as t
left join m_solves as s on s.ticket_id = t.ticket_id and s.nth = 1
