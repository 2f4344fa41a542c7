-- id: repeat_contact_rate
-- title: Repeat contact rate
-- definition: Share of the tickets first solved in the period that were followed by another ticket of the
--   same requester within the window after the first solve. A follow-up ticket is another ticket. With
--   the setting topic, the other ticket counts only if it has the same value in that field, or one of
--   the two has none.
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
with repeated as (
  select distinct f.ticket_id
  from m_solves as f
  join m_contacts as o on o.ticket_id = f.ticket_id
  join m_contacts as n
    on n.requester_id = o.requester_id and n.ticket_id <> f.ticket_id
    and n.created_at > f."at" and n.created_at <= f."at" + to_seconds($window)
  where f.nth = 1 and coalesce(n.fields[$topic] = o.fields[$topic], true)
)
select
  t.ticket_id,
  case when f.ticket_id is not null and t.requester_id is not null
    then (r.ticket_id is not null)::integer end as value,
  f."at", f.actor_id, t.flags
from m_tickets as t
left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
left join repeated as r on r.ticket_id = t.ticket_id
where f.ticket_id is not null or t.is_partial
