-- id: requester_wait_time
-- title: Requester wait time
-- definition: Time that a ticket was new, open or on hold until the last time it was solved: the customer waited
--   for somebody else.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; paused while the ticket is pending, solved, closed or deleted
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: Zendesk "About native Support time duration metrics"; dbt_zendesk requester_wait_time
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status in ('new', 'open', 'hold')
