-- id: solves_per_ticket.dbt
-- title: Solves per ticket, by the status solved
-- definition: How often the status of a solved ticket became solved. A ticket that was closed without
--   being solved has 0.
-- source: dbt_zendesk count_resolutions
with
-- a recovered ticket has for no time the status of before its deletion, where its recovery set another
stays as (
  select ticket_id, "at", event_id, status
  from m_states
  qualify until is distinct from "at"
    or lag(status) over (partition by ticket_id order by "at", event_id) is distinct from 'deleted'
),
steps as (
  select
    ticket_id, status, lag(status) over (partition by ticket_id order by "at", event_id) as before
  from stays
)
select
  t.ticket_id, case when r.ticket_id is not null then coalesce(s.solves, 0) end as value,
  case when not t.is_partial then coalesce(s.solves, 0) end as so_far,
  r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join (
  select ticket_id, count(*) as solves
  from steps
  where status = 'solved' and before is distinct from 'solved'
  group by ticket_id
) as s on s.ticket_id = t.ticket_id
