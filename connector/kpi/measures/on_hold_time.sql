-- id: on_hold_time
-- title: On-hold time
-- definition: Time that a ticket was on hold until the last time it was solved: it waited for a third party.
--   0 for a ticket that never was.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is put on hold
-- stops: the ticket is taken off hold, summed up to the last solve
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: Zendesk "About native Support time duration metrics" (the status is "hold" in its API, "On-hold" on
--   screen); dbt_zendesk on_hold_time
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status = 'hold'
