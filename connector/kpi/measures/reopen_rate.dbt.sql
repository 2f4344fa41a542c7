-- id: reopen_rate.dbt
-- title: Reopen rate, solves - 1
-- definition: Share of the tickets first solved in the period that were solved more than once. Misses a
--   ticket that was reopened and is not solved again.
-- stops: the second solve, whenever it comes
-- settings:
-- depends_on: tickets, states, solves
-- source: dbt_zendesk count_reopens
select
  t.ticket_id, case when f.ticket_id is not null then (s.ticket_id is not null)::integer end as value,
  f."at", f.actor_id, t.flags
from m_tickets as t
left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
left join m_solves as s on s.ticket_id = t.ticket_id and s.nth = 2
where f.ticket_id is not null or t.is_partial
