-- id: one_touch_rate.under_two
-- title: One-touch rate, fewer than two replies
-- definition: Share of the solved tickets that took fewer than two replies: tickets solved without any
--   reply count, and so do reopened ones.
-- source: Zendesk "How are one-touch resolutions calculated", the older formula
select
  t.ticket_id, (x.replies < 2)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
