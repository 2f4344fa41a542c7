-- id: backlog
-- title: Backlog
-- definition: Number of unsolved tickets (new, open, pending, on hold) at the end of the local day.
--   While the period runs it is the number now. Rebuilt from events, so any past instant can be asked.
--   Tickets older than the audit trail are taken as unsolved since their creation.
-- unit: count
-- family: snapshot
-- clocks: calendar
-- aggregates: count
-- direction: lower
-- stamp: X
-- lag: 0 d
-- starts: the ticket enters an unsolved status
-- stops: the ticket is solved, closed or deleted
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets, states
-- source: Zendesk's backlog data set snapshots around the 23rd hour; dbt_zendesk takes the last status
--   of the UTC day
with turns as (
  select ticket_id, "at", event_id, family, lag(family) over later as before
  from m_states
  window later as (partition by ticket_id order by "at", event_id)
),
spans as (
  select ticket_id, family, "at", lead("at") over (partition by ticket_id order by "at", event_id) as until
  from turns
  where before is distinct from family
)
select s.ticket_id, 1 as value, s.at, s.until, null::bigint as actor_id, t.flags
from spans as s
join m_tickets as t on t.ticket_id = s.ticket_id
where s.family = 'unsolved' and (s.until is null or s.until > s.at)
