-- id: fcr_system
-- title: First contact resolution, measured in the helpdesk
-- definition: Share of the tickets first solved in the period after which the customer had no reason
--   to come back: no public comment by a customer after the opening one, no reopening and no new ticket
--   by the same requester until the window after the first solve is over. With the setting topic, a new
--   ticket counts only if it has the same value in that field, or one of the two has none. Tickets with
--   the tag unresolvable are not for the desk to resolve, and do not count. Never mix it with
--   fcr_survey.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: F
-- lag: 7 d
-- starts: the ticket is created
-- stops: the window after the first solve is over, by default 7 days; until then the value may fall
-- not_yet: not solved yet, no requester, or not for the desk to resolve
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 .. 1
-- settings: window: duration = 7 d (1 d .. 30 d); topic?: field; unresolvable?: tag
-- depends_on: tickets, states, solves, comments, contacts, labels
-- source: Freshworks (no customer interaction after the opening one); window as in Call Centre Helper;
--   exclusion as in SQM
with spans as (
  select
    t.ticket_id, t.requester_id, f."at", f.event_id, f.actor_id,
    f."at" + to_seconds($window) as until
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
),
came_back as (
  select s.ticket_id
  from spans as s
  join m_comments as c on c.ticket_id = s.ticket_id
  where c.is_public and c.is_customer and c.nth > 1 and c."at" <= s.until
  union
  select s.ticket_id
  from spans as s
  join m_states as x on x.ticket_id = s.ticket_id
  where x.family = 'unsolved' and x.was = 'done' and x."at" <= s.until
  union
  select ticket_id from returned
)
select
  t.ticket_id,
  case
    when s.ticket_id is null or t.requester_id is null then null
    when $unresolvable <> '' and list_contains(l.tags, $unresolvable) then null
    else (c.ticket_id is null)::integer
  end as value,
  s."at", s.actor_id, t.flags
from m_tickets as t
left join m_labels as l on l.ticket_id = t.ticket_id
left join spans as s on s.ticket_id = t.ticket_id
left join came_back as c on c.ticket_id = t.ticket_id
where s.ticket_id is not null or t.is_partial
