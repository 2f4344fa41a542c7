-- id: backlog_age
-- title: Age of the backlog
-- definition: How long ago the unsolved tickets were created, at the end of the stretch looked at; now,
--   while it runs. A wave of new tickets lowers the median: show it beside the backlog. The share within
--   a limit is the share that is not older.
-- unit: s
-- family: age
-- clocks: calendar
-- aggregates: median, p90, within, p75, p95, mean
-- direction: lower
-- stamp: X
-- lag: 0 d
-- starts: the ticket is created
-- stops: the snapshot
-- not_yet: not in the backlog
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states
-- source: backlog ageing as in ticketboard.cc
select s.ticket_id, 1 as value, s."at", s.until, t.created_at as since, null::bigint as actor_id, t.flags
from m_states as s
join m_tickets as t on t.ticket_id = s.ticket_id
where s.family = 'unsolved' and (s.until is null or s.until > s."at")
