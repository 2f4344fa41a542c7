-- Exchanges: the oldest customer comment that nobody had answered, and the reply to it. Further
-- comments of customers do not start another one. A solve ends an exchange without a reply; one in the
-- second of a reply comes after it. replied_at is null while the customer still waits, which nobody
-- does in a ticket that is done or deleted. is_first: answered by the ticket's first reply, or waiting
-- for it. nth counts the exchanges of a ticket from 1.
with turns as (
  select ticket_id, "at", event_id, actor_id, 1 as kind from m_comments where is_public and is_customer
  union all
  select ticket_id, "at", event_id, actor_id, 2 as kind from m_comments where is_reply
  union all
  select ticket_id, "at", 9223372036854775807 as event_id, null as actor_id, 3 as kind from m_solves
),
-- the turns of a ticket cut behind each reply and each solve
rounds as (
  select
    ticket_id, "at", event_id, actor_id, kind,
    count(*) filter (kind > 1) over (
      partition by ticket_id order by "at", event_id rows between unbounded preceding and 1 preceding
    ) as nth_round,
    count(*) filter (kind = 2) over (
      partition by ticket_id order by "at", event_id rows between unbounded preceding and 1 preceding
    ) as replies_before
  from turns
),
found as (
  select
    ticket_id, nth_round, min("at") filter (kind = 1) as asked_at,
    max("at") filter (kind = 2) as replied_at,
    any_value(actor_id) filter (kind = 2) as actor_id,
    min(replies_before) = 0 as is_first,
    bool_or(kind = 3) as was_solved
  from rounds
  group by ticket_id, nth_round
)
select
  f.ticket_id, f.asked_at, f.replied_at, f.actor_id, f.is_first,
  row_number() over (partition by f.ticket_id order by f.nth_round) as nth
from found as f
join m_states as s on s.ticket_id = f.ticket_id and s.until is null
where f.asked_at is not null
  and (f.replied_at is not null or (not f.was_solved and s.family = 'unsolved'))
