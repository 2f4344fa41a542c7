-- id: automation_rate
-- title: Automation rate
-- definition: Share of the tickets first solved in the period that no member of staff had touched by
--   then, and that were neither reopened nor followed by another ticket of the same requester within the
--   window, by default 7 days. A touch is anything that somebody of the staff other than the requester
--   did to the ticket. Bots have to be listed as such, else they are taken for staff.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: F
-- lag: 7 d
-- starts: the ticket is created
-- stops: the window after the first solve is over; until then the value may fall
-- not_yet: not solved yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 .. 1
-- settings: window: duration = 7 d (1 d .. 30 d)
-- depends_on: tickets, events, staff, states, solves, contacts
-- source: own definition
with spans as (
  select
    t.ticket_id, t.requester_id, f."at", f.event_id, f.actor_id, f."at" + to_seconds($window) as until
  from m_tickets as t
  join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
),
not_automated as (
  select s.ticket_id
  from spans as s
  join m_events as e on e.ticket_id = s.ticket_id and e."at" <= s."at"
  join m_staff as p on p.person_id = e.actor_id and p.since <= e."at" and e."at" < p.until
  where e.actor_id is distinct from s.requester_id
  union
  select s.ticket_id
  from spans as s
  join m_states as x on x.ticket_id = s.ticket_id
  where x.family = 'unsolved' and x.was = 'done' and x."at" <= s.until
  union
  select s.ticket_id
  from spans as s
  asof join m_contacts as n on n.requester_id = s.requester_id and n.created_at > s."at"
  where n.created_at <= s.until
)
select
  t.ticket_id, case when s.ticket_id is not null then (n.ticket_id is null)::integer end as value,
  s."at", s.actor_id, t.flags
from m_tickets as t
left join spans as s on s.ticket_id = t.ticket_id
left join not_automated as n on n.ticket_id = t.ticket_id
where s.ticket_id is not null or t.is_partial
