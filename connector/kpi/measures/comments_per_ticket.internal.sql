-- id: comments_per_ticket.internal
-- title: Internal notes per ticket
-- definition: Number of internal notes on a solved ticket by people whom the helpdesk knows.
-- source: dbt_zendesk count_internal_comments
select
  t.ticket_id, case when r.ticket_id is not null then x.notes end as value, x.notes as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
