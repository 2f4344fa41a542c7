-- How often a ticket was written to, and by how many; one row for every ticket whose trail is whole.
-- The requester is never staff, whatever their role. replies are all public comments by staff but the
-- opening comment: one in the second of creation stops no clock, but the customer was written to.
-- customer_comments come after the opening comment, all_customer_comments include it and what was made
-- private, as public_staff_comments include an opening by staff. comments are by people whom the
-- helpdesk knows: automations, unknown and deleted users do not count. outside_comments are public ones
-- after the opening by whoever is not staff, unknown users included.
with spoken as (
  select *, is_staff and not is_requester as is_helper from m_comments
)
select
  t.ticket_id,
  count(*) filter (c.is_public and c.is_helper and c.nth > 1) as replies,
  count(*) filter (c.is_public and c.is_customer and c.nth > 1) as customer_comments,
  count(*) filter (
    c.is_public and c.nth > 1 and c.actor_id is not null and not c.is_helper
    and not list_contains($not_human::bigint[], c.actor_id)
  ) as outside_comments,
  count(*) filter (c.is_customer) as all_customer_comments,
  count(*) filter (c.is_public and c.is_helper) as public_staff_comments,
  count(*) filter (c.is_helper) as staff_comments,
  count(*) filter (not c.is_public and (c.is_helper or c.is_customer)) as notes,
  count(*) filter (c.is_helper or c.is_customer) as comments,
  count(distinct c.actor_id) filter (c.is_helper) as helpers
from m_tickets as t
left join spoken as c on c.ticket_id = t.ticket_id
where not t.is_partial
group by t.ticket_id
