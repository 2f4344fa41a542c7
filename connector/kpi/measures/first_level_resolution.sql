-- id: first_level_resolution
-- title: First-level resolution
-- definition: Share of the solved tickets that never were with a group of a higher tier before they were
--   last solved. A measure of cost, not of first contact resolution. The setting tiers names the groups
--   of the higher tiers.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: S
-- lag: 14 d
-- starts: the ticket is created
-- stops: the last solve; a ticket that is open again has none until it is solved again
-- not_yet: not solved yet, or no tiers are set
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: tiers: groups
-- depends_on: tickets, states, solves, resolved, stations, teams
-- source: MetricNet, first level resolution
with higher as (
  select g.group_id
  from m_teams as g
  join (select lower(unnest($tiers)) as name) as n on n.name in (g.name, g.id)
),
escalated as (
  select distinct s.ticket_id
  from m_stations as s
  join m_resolved as r on r.ticket_id = s.ticket_id and s."at" <= r."at"
  where s.kind = 'group' and s.owner in (select group_id from higher)
)
select
  t.ticket_id,
  case when r.ticket_id is not null and len($tiers) > 0 then (e.ticket_id is null)::integer end as value,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join escalated as e on e.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
