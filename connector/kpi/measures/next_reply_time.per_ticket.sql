-- id: next_reply_time.per_ticket
-- title: Next reply time, median of each ticket
-- definition: For each ticket the median of its next reply times, so that every ticket weighs the same;
--   dated by its latest reply. By the calendar only.
-- family: number
-- clocks: calendar
-- aggregates: median, p75, p90, p95, mean
-- source: Intercom's median_time_to_reply of a conversation
select
  t.ticket_id, median(epoch(x.replied_at) - epoch(x.asked_at)) as value, max(x.replied_at) as "at",
  arg_max(x.actor_id, x.nth) as actor_id, t.flags
from m_tickets as t
left join m_exchanges as x on x.ticket_id = t.ticket_id and not x.is_first and x.replied_at is not null
group by t.ticket_id, t.flags
having count(x.ticket_id) > 0 or t.flags & $PARTIAL_HISTORY > 0
