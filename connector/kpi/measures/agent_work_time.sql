-- id: agent_work_time
-- title: Agent work time
-- definition: Time that a ticket was new or open until the last time it was solved: it lay with staff. A measure
--   of the queue, not of effort.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; paused while the ticket is pending, on hold, solved, closed or deleted
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: Zendesk's SLA metric of this name, which pauses in pending and on hold; dbt_zendesk agent_work_time
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status in ('new', 'open')
