-- id: agent_wait_time
-- title: Agent wait time
-- definition: Time that a ticket was pending until the last time it was solved: staff waited for the customer.
--   0 for a ticket that never was. Long pending can be parking.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: neutral
-- stamp: S
-- lag: 14 d
-- starts: the ticket becomes pending
-- stops: the ticket leaves pending, summed up to the last solve
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states, solves, stays, schedules
-- source: Zendesk "About native Support time duration metrics"; dbt_zendesk agent_wait_time
select ticket_id, 1 as part, started_at, stopped_at, "at", actor_id, flags
from m_stays
where status is null or status = 'pending'
