-- id: one_touch_rate.dbt
-- title: One-touch rate, public comments by staff
-- definition: Share of the solved tickets with exactly one public comment by staff, an opening by
--   staff included.
-- source: dbt_zendesk is_one_touch_resolution, which counts the opening of tickets that staff created
--   as a touch
select
  t.ticket_id, (x.public_staff_comments = 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
