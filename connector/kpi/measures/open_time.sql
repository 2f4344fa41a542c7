-- id: open_time
-- title: Time as open
-- definition: Time that a ticket was open until the last time it was solved. 0 for a ticket that never was.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket becomes open
-- stops: the ticket leaves open, summed up to the last solve
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: dbt_zendesk open_status_duration
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status = 'open'
