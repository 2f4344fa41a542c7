-- id: full_resolution_time
-- title: Full resolution time
-- definition: Time from the creation of a ticket to the last time it was solved, waiting for the
--   customer included. A ticket that is open again has none until it is solved again.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket closed without being solved was solved when it was closed. With
--   autosolve_backdate a ticket that no human solved, straight from pending, stops when it became
--   pending; it is still dated by the solve
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- settles_by: resolution
-- settings: autosolve_backdate: yes_no = no
-- depends_on: tickets, states, solves, schedules
-- source: Zendesk "About native Support time duration metrics"; dbt_zendesk full_resolution; Plain takes
--   back the silent days before an automatic solve
with backdated as (
  select l.ticket_id, p."at"
  from m_solves as l
  join m_states as p
    on p.ticket_id = l.ticket_id and p.status = 'pending' and p.until = l."at"
  where $autosolve_backdate = 1 and l.is_last
    and not exists (
      from people
      where person_id = l.actor_id and not list_contains($not_human::bigint[], person_id)
    )
)
select
  t.ticket_id, 1 as part, t.created_at as started_at, coalesce(b."at", l."at", t.still_at) as stopped_at,
  l."at", l.actor_id, t.flags
from m_tickets as t
left join m_solves as l on l.ticket_id = t.ticket_id and l.is_last
left join backdated as b on b.ticket_id = t.ticket_id
