-- id: reopen_rate
-- title: Reopen rate
-- definition: Share of the tickets first solved in the period that went from solved back to new, open,
--   pending or on hold within 14 days of that first solve. With ignore_quick a reopening does not count
--   if the ticket was solved again within 24 hours and nobody replied in between: a customer's thanks.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: F
-- lag: 14 d
-- starts: the first solve
-- stops: the first return to an unsolved status, at most 14 days later. A follow-up ticket is no
--   reopening
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: ignore_quick: yes_no = no
-- depends_on: tickets, states, solves, comments
-- source: own window over Zendesk's reopens; dbt_zendesk counts solves - 1 and misses a ticket
--   that was reopened and not yet solved again
with reopenings as (
  select s.ticket_id, s."at", s.event_id
  from m_states as s
  join m_solves as f on f.ticket_id = s.ticket_id and f.nth = 1
  where s.family = 'unsolved' and s.was = 'done' and s."at" <= f."at" + interval 14 days
),
quick as (
  select o.ticket_id, o.event_id
  from reopenings as o
  join m_solves as n
    on n.ticket_id = o.ticket_id and n."at" between o."at" and o."at" + interval 24 hours
    and (n."at", n.event_id) > (o."at", o.event_id)
  left join m_comments as c
    on c.ticket_id = o.ticket_id and c.is_reply and c."at" between o."at" and n."at"
  where $ignore_quick = 1
  group by o.ticket_id, o.event_id, n.nth
  having count(c.event_id) = 0
),
lasting as (
  select distinct ticket_id
  from reopenings
  where (ticket_id, event_id) not in (select (ticket_id, event_id) from quick)
)
select
  t.ticket_id,
  case when f.ticket_id is not null then (r.ticket_id is not null)::integer end as value,
  f.at, null::timestamp as until, f.actor_id, t.flags
from m_tickets as t
left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
left join lasting as r on r.ticket_id = t.ticket_id
where f.ticket_id is not null or t.is_partial
