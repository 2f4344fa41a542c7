-- id: multi_touch_rate.dbt
-- title: Multi-touch rate, public comments by staff
-- definition: Share of the solved tickets with more than two public comments by staff, an opening by
--   staff included.
-- source: dbt_zendesk is_multi_touch_resolution
select
  t.ticket_id, (x.public_staff_comments > 2)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
