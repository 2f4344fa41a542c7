-- id: group_stations.distinct
-- title: Group stations, each once
-- definition: How many different groups a solved ticket was given to.
-- source: dbt_zendesk counts unique groups beside the repeats
select
  t.ticket_id, case when r.ticket_id is not null then coalesce(s.stations, 0) end as value,
  case when not t.is_partial then coalesce(s.stations, 0) end as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(distinct owner) as stations from m_stations where kind = 'group' group by ticket_id
) as s on s.ticket_id = t.ticket_id
