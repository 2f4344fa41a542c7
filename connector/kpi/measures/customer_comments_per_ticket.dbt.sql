-- id: customer_comments_per_ticket.dbt
-- title: Customer comments per ticket, the opening included
-- definition: Number of comments by customers on a solved ticket, the opening one included, and those
--   that were made private.
-- source: dbt_zendesk count_end_user_comments
select
  t.ticket_id, case when r.ticket_id is not null then x.all_customer_comments end as value,
  x.all_customer_comments as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
