-- id: one_touch_rate.freshworks
-- title: One-touch rate, the customer never had to write again
-- definition: Share of the solved tickets without a public comment by anybody but staff after the
--   opening one, however many replies they took. Who is unknown to the helpdesk is taken for a customer.
-- source: Freshworks' first contact resolution
select
  t.ticket_id, (x.outside_comments = 0)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
