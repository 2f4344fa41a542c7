-- id: unreplied_open
-- title: Unsolved without a reply
-- definition: Number of unsolved tickets (new, open, pending, on hold) that nobody has replied to yet,
--   at the end of the local day. A reply is what first_reply_time takes for one.
-- unit: count
-- family: snapshot
-- clocks: calendar
-- aggregates: count
-- direction: lower
-- stamp: X
-- lag: 0 d
-- starts: the ticket is created
-- stops: the first reply, or the ticket is solved, closed or deleted
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, states, comments
-- source: own definition; dbt_zendesk tests for fewer than 0 replies and so always finds none
select
  t.ticket_id, case when not t.is_partial then 1 end as value, s."at", least(s.until, r."at") as until,
  null::bigint as actor_id, t.flags
from m_tickets as t
join m_states as s
  on s.ticket_id = t.ticket_id and s.family = 'unsolved' and (s.until is null or s.until > s."at")
left join (
  select ticket_id, min("at") as "at" from m_comments where is_reply group by ticket_id
) as r on r.ticket_id = t.ticket_id
where r."at" is null or r."at" > s."at"
