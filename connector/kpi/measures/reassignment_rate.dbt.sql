-- id: reassignment_rate.dbt
-- title: Reassignment rate, first and last assignee
-- definition: Share of the solved tickets that were ever assigned and whose last assignee is not their
--   first. From A to B and back to A is none.
-- source: dbt_zendesk compares first_assignee_id and last_assignee_id
select
  t.ticket_id, (s.first_owner <> s.last_owner)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, arg_min(owner, nth) as first_owner, arg_max(owner, nth) as last_owner
  from m_stations
  where kind = 'assignee'
  group by ticket_id
) as s on s.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
