-- id: one_touch_rate.messaging
-- title: One-touch rate, never put off
-- definition: Share of the solved tickets that were replied to, however often, and never were pending,
--   on hold or reopened.
-- source: Zendesk "Messaging metrics and attributes", the formula of its messaging data set
select
  t.ticket_id,
  (x.replies > 0 and r.reopens = 0 and p.ticket_id is null)::integer as value,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
left join (
  select distinct ticket_id from m_states where status in ('pending', 'hold')
) as p on p.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
