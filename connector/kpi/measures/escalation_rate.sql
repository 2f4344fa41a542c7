-- id: escalation_rate
-- title: Escalation rate
-- definition: Share of the tickets created in the period that were escalated at any time, each counted
--   once. What an escalation is has to be set, as one or more of three: a move to a group of a higher
--   tier (tiers, from lower to higher; the first group of a ticket is no move), a tag that the ticket
--   has (tag), or a raised priority (by_priority; the first priority is no raise).
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: C
-- lag: 0 d
-- starts: the ticket is created
-- stops: the first escalation
-- not_yet: none of the settings tiers, tag and by_priority says what an escalation is
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: tiers?: groups; tag?: tag; by_priority?: yes_no
-- needs_one_of: tiers, tag, by_priority
-- depends_on: tickets, events, stations, teams, labels
-- source: own definition; no vendor has a standard
with tiers as (
  select g.group_id, max(n.rank) as rank
  from m_teams as g
  join (
    select lower(unnest($tiers)) as name, generate_subscripts($tiers, 1) as rank
  ) as n on n.name in (g.name, g.id)
  group by g.group_id
),
priorities as (
  select
    ticket_id, list_position(['low', 'normal', 'high', 'urgent'], value) as rank,
    list_position(
      ['low', 'normal', 'high', 'urgent'],
      coalesce(previous, lag(value) over (partition by ticket_id order by "at", event_id))
    ) as before
  from m_events
  where kind = 'priority'
),
escalated as (
  select s.ticket_id
  from m_stations as s
  join tiers as n on n.group_id = s.owner
  left join tiers as b on b.group_id = s.before
  where s.kind = 'group' and s.before is not null and n.rank > coalesce(b.rank, 0)
  union
  select ticket_id from m_labels where $tag <> '' and list_contains(tags, $tag)
  union
  select ticket_id from priorities where $by_priority = 1 and before > 0 and rank > before
)
select
  t.ticket_id,
  case when not t.is_partial and (len($tiers) > 0 or $tag <> '' or $by_priority = 1)
    then (e.ticket_id is not null)::integer end as value,
  t.created_at as "at", t.requester_id as actor_id, t.flags
from m_tickets as t
left join escalated as e on e.ticket_id = t.ticket_id
