-- id: time_to_first_assignment
-- title: Time to first assignment
-- definition: Time from the creation of a ticket to its first assignee. A ticket that was assigned when
--   it was created took 0 s.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: E
-- lag: 0 d
-- starts: the ticket is created
-- stops: an assignee is set for the first time; a group alone is no assignee
-- not_yet: never assigned
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, owners, schedules
-- source: dbt_zendesk unassigned duration, which may come out negative where the history is older than
--   the ticket; ours starts at the creation
with firsts as (
  select o.ticket_id, min(o.since) as "at"
  from m_owners as o
  where o.assignee_id is not null
  group by o.ticket_id
),
actors as (
  select f.ticket_id, arg_min(e.actor_id, e.event_id) as actor_id
  from firsts as f
  join m_events as e on e.ticket_id = f.ticket_id and e."at" = f."at" and e.kind = 'assignee'
  group by f.ticket_id
)
select
  t.ticket_id, 1 as part, t.created_at as started_at, coalesce(f."at", t.still_at) as stopped_at,
  f."at", a.actor_id, t.flags
from m_tickets as t
left join firsts as f on f.ticket_id = t.ticket_id and not t.is_partial
left join actors as a on a.ticket_id = f.ticket_id
