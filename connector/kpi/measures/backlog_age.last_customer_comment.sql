-- id: backlog_age.last_customer_comment
-- title: Age of the backlog since the customer last wrote
-- definition: How long ago customers last wrote a public comment on the unsolved tickets, the opening
--   included; where they never did, how long ago the ticket was created.
-- starts: the customer's latest public comment
-- depends_on: tickets, states, comments
-- source: own definition
with written as (
  select ticket_id, created_at as "at" from m_tickets where not is_partial
  union
  select ticket_id, "at" from m_comments where is_public and is_customer
),
waits as (
  select ticket_id, "at", lead("at") over (partition by ticket_id order by "at") as until from written
)
select
  t.ticket_id, case when w.ticket_id is not null then 1 end as value,
  greatest(s."at", w."at") as "at", least(s.until, w.until) as until, w."at" as since,
  null::bigint as actor_id, t.flags
from m_tickets as t
join m_states as s
  on s.ticket_id = t.ticket_id and s.family = 'unsolved' and (s.until is null or s.until > s."at")
left join waits as w
  on w.ticket_id = t.ticket_id
  and (w.until is null or w.until > s."at") and (s.until is null or w."at" < s.until)
