-- id: next_reply_time
-- title: Next reply time
-- definition: Time from the oldest customer comment that nobody had answered to the next reply, one
--   value an exchange. Further comments of the customer do not start the clock again. The exchange that
--   the first reply answers is first_reply_time, and one that ends in a solve without a reply has none.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: E
-- lag: 0 d
-- starts: a public comment of a customer, all earlier ones being answered
-- stops: the next reply; a reply is what first_reply_time takes for one
-- not_yet: no reply yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, comments, states, solves, exchanges, schedules
-- source: Zendesk "Defining SLA policies", next reply time; per exchange, so a talkative ticket weighs
--   more than in Intercom, which takes the median of each conversation first
select
  x.ticket_id, x.nth as part, x.asked_at as started_at, x.replied_at as stopped_at, x.replied_at as "at",
  x.actor_id, t.flags
from m_exchanges as x
join m_tickets as t on t.ticket_id = x.ticket_id
where not x.is_first
union all
select ticket_id, 1 as part, created_at as started_at, created_at as stopped_at, null as "at", null as actor_id, flags
from m_tickets
where is_partial
