-- id: full_resolution_time
-- title: Full resolution time
-- definition: Time from the creation of a ticket to the last time it was solved, waiting for the
--   customer included. A ticket that is open again has none until it is solved again.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p90, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket closed without being solved was solved when it was closed
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- settles_by: resolution
-- depends_on: tickets, states, solves, schedules
-- source: Zendesk "About native Support time duration metrics"; dbt_zendesk full_resolution
with last_solves as (
  select ticket_id, max("at") as "at", arg_max(actor_id, nth) as actor_id
  from m_solves
  where ticket_id in (select ticket_id from m_states where until is null and family = 'done')
  group by ticket_id
)
select
  t.ticket_id, 1 as part, t.created_at as started_at, s.at as stopped_at, s.at, s.actor_id, t.flags
from m_tickets as t
left join last_solves as s on s.ticket_id = t.ticket_id
