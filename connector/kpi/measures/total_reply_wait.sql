-- id: total_reply_wait
-- title: Total wait for replies
-- definition: Time that customers waited for replies in a ticket: all exchanges summed, from the oldest
--   unanswered customer comment to the reply, the first one included. A ticket solved without any reply
--   to a customer has none.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: a public comment of a customer, all earlier ones being answered
-- stops: the next reply, summed up to the last solve
-- not_yet: not solved yet, or no reply
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, comments, states, solves, exchanges, schedules
-- source: dbt_zendesk total_reply_time, without waits that ended in a solve
select
  t.ticket_id, 1 as part, coalesce(x.asked_at, t.created_at) as started_at,
  case when x.ticket_id is null then t.created_at else x.replied_at end as stopped_at,
  case when x.ticket_id is not null then l."at" end as "at", l.actor_id, t.flags
from m_tickets as t
left join m_exchanges as x on x.ticket_id = t.ticket_id
left join m_solves as l on l.ticket_id = t.ticket_id and l.is_last
