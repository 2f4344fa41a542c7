-- id: comments_per_ticket.staff
-- title: Staff comments per ticket
-- definition: Number of comments by staff on a solved ticket, public ones and internal notes, an
--   opening by staff included.
-- source: dbt_zendesk count_agent_comments
select
  t.ticket_id, case when r.ticket_id is not null then x.staff_comments end as value, x.staff_comments as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
