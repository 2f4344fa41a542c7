-- id: reopen_rate.events
-- title: Reopen rate, of solve events
-- definition: Share of the solve events of the period that a reopening undid, at any later time. A
--   ticket counts as often as it was solved.
-- stamp: E
-- starts: a solve
-- stops: the return to an unsolved status that follows it
-- settings:
-- depends_on: tickets, states, solves
-- source: reopen events / solve events
with reopenings as (
  select ticket_id, row_number() over (partition by ticket_id order by "at", event_id) as nth
  from m_states
  where family = 'unsolved' and was = 'done'
)
select
  t.ticket_id, case when s.ticket_id is not null then (r.ticket_id is not null)::integer end as value,
  s."at", s.actor_id, t.flags
from m_tickets as t
left join m_solves as s on s.ticket_id = t.ticket_id
left join reopenings as r on r.ticket_id = s.ticket_id and r.nth = s.nth
where s.ticket_id is not null or t.is_partial
