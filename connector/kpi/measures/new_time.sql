-- id: new_time
-- title: Time as new
-- definition: Time that a ticket was new until the last time it was solved. 0 for a ticket that was created in
--   another status.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created as new
-- stops: the ticket is no longer new, summed up to the last solve
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: dbt_zendesk new_status_duration
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status = 'new'
