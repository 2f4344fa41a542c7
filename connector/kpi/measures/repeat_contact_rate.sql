-- id: repeat_contact_rate
-- title: Repeat contact rate
-- definition: Share of the tickets first solved in the period that were followed by another ticket of
--   the same requester within the window after the first solve. A follow-up ticket is another ticket.
--   With the setting topic, the other ticket counts only if it has the same value in that field, or one
--   of the two has none.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: F
-- lag: 7 d
-- starts: the first solve
-- stops: the creation of the requester's next ticket, at most the window later, by default 7 days
-- not_yet: not solved yet, or no requester
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: window: duration = 7 d (1 d .. 30 d); topic?: field
-- depends_on: tickets, states, solves, contacts
-- source: windows in use run from 48 hours to 30 days; 7 days as in Call Centre Helper
with spans as (
  select
    t.ticket_id, t.requester_id, f."at", f.actor_id, f."at" + to_seconds($window) as until
  from m_tickets as t
  join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
),
-- the next ticket of the same requester: any, where this one has no topic, else one about the same, or
-- without a topic; with as-of joins, because some requesters are machines with very many tickets
topics as (
  select ticket_id, requester_id, created_at, fields[$topic] as topic from m_contacts
),
returned as (
  select s.ticket_id
  from spans as s
  join topics as o on o.ticket_id = s.ticket_id
  asof left join topics as a on a.requester_id = s.requester_id and a.created_at > s."at"
  asof left join topics as b
    on b.requester_id = s.requester_id and b.topic = o.topic and b.created_at > s."at"
  asof left join (select * from topics where topic is null) as c
    on c.requester_id = s.requester_id and c.created_at > s."at"
  where least(case when o.topic is null then a.created_at end, b.created_at, c.created_at) <= s.until
)
select
  t.ticket_id,
  case when s.ticket_id is not null and t.requester_id is not null
    then (r.ticket_id is not null)::integer end as value,
  s."at", s.actor_id, t.flags
from m_tickets as t
left join spans as s on s.ticket_id = t.ticket_id
left join returned as r on r.ticket_id = t.ticket_id
where s.ticket_id is not null or t.is_partial
