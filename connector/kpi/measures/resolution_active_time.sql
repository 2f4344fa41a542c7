-- id: resolution_active_time
-- title: Active resolution time
-- definition: Time that a ticket was new, open, pending or on hold between its creation and the last time it
--   was solved: the full resolution without the gaps it spent solved, closed or deleted.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; paused while the ticket is solved, closed or deleted
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: dbt_zendesk solve_time; the measure of Zendesk's SLA target "total resolution time"
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status in ('new', 'open', 'pending', 'hold')
