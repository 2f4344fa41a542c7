-- id: reopen_rate
-- title: Reopen rate
-- definition: Share of the tickets first solved in the period that went from solved back to new, open,
--   pending or on hold within 14 days of that first solve.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: F
-- lag: 14 d
-- starts: the first solve
-- stops: the first return to an unsolved status, at most 14 days later. A follow-up ticket is no reopening
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- depends_on: tickets, states, solves
-- source: own window over Zendesk's reopens; dbt_zendesk counts solves - 1 and misses a ticket
--   that was reopened and not yet solved again
with reopenings as (
  select f.ticket_id, min(s.at) as "at"
  from m_solves as f
  join m_states as s
    on s.ticket_id = f.ticket_id and s.family = 'unsolved' and s.was = 'done'
    and (s.at, s.event_id) > (f.at, f.event_id) and s.at <= f.at + interval 14 days
  where f.nth = 1
  group by f.ticket_id
)
select
  t.ticket_id,
  case when f.ticket_id is not null then (r.ticket_id is not null)::integer end as value,
  f.at, null::timestamp as until, f.actor_id, t.flags
from m_tickets as t
left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
left join reopenings as r on r.ticket_id = t.ticket_id
where f.ticket_id is not null or t.is_partial
