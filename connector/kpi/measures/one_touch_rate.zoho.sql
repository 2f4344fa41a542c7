-- id: one_touch_rate.zoho
-- title: One-touch rate, one response by staff
-- definition: Share of the solved tickets with exactly one response by staff, reopened or not.
-- source: Zoho Desk agent performance report: closed with one staff response
select
  t.ticket_id, (x.replies = 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
