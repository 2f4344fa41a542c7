-- id: reply_share
-- title: Share of the replies
-- definition: Of all replies to a ticket, the share of each staff member who replied. With
--   credit = "replies" a ticket counts for everybody who replied, by this share.
-- unit: ratio
-- family: number
-- clocks: calendar
-- aggregates: mean, median, p75, p90, p95, within
-- direction: neutral
-- stamp: R
-- lag: 0 d
-- starts: the first reply
-- stops: the latest reply; a reply is what first_reply_time takes for one
-- not_yet: no reply yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 .. 1
-- depends_on: tickets, comments
-- source: own definition
with replies as (
  select ticket_id, actor_id, count(*) as replies, min("at") as "at"
  from m_comments
  where is_reply
  group by ticket_id, actor_id
)
select
  r.ticket_id, r.replies / sum(r.replies) over (partition by r.ticket_id) as value,
  min(r."at") over (partition by r.ticket_id) as "at", r.actor_id, t.flags
from replies as r
join m_tickets as t on t.ticket_id = r.ticket_id
