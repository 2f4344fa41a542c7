-- id: staff_days
-- title: Staff days
-- definition: Local days on which a member of staff did something to a ticket, summed over all of them:
--   a comment, a note, or a change of status, assignee, group, priority or type.
-- unit: count
-- family: days
-- clocks: calendar
-- aggregates: count
-- direction: neutral
-- stamp: E
-- lag: 0 d
-- starts: somebody does something to a ticket
-- stops: the local day ends
-- excludes: spam
-- range: 0 ..
-- depends_on: events, tickets, staff
-- source: own definition
select
  t.ticket_id, 1 as value, min(e."at") as "at", e.actor_id, t.flags
from m_events as e
join m_staff as s on s.person_id = e.actor_id and s.since <= e."at" and e."at" < s.until
join m_tickets as t on t.ticket_id = e.ticket_id
where not e.was_early
group by t.ticket_id, e.actor_id, time_bucket(interval 15 minutes, e."at"), t.flags
