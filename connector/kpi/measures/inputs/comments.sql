-- Comments with their place in the ticket. A reply is a public comment by staff that is not part of
-- the opening (the first comment, and what staff wrote in the second of creation) and not by the
-- requester, whatever their role. is_staff goes by the role at the time of the comment. is_customer:
-- by the requester, or by somebody known who was not staff; unknown and deleted users are neither, nor
-- are accounts configured as bots (is_bot) or to be ignored. Tickets with a partial trail have none:
-- their opening is unknown.
with placed as (
  select
    e.ticket_id, e.event_id, e.at, e.actor_id, t.created_at,
    coalesce(e.is_public, false) as is_public,
    e.actor_id is not null and e.actor_id is not distinct from t.requester_id as is_requester,
    s.person_id is not null as is_staff,
    p.person_id is not null as is_known,
    coalesce(list_contains($not_human::bigint[], e.actor_id), false) as is_no_human,
    coalesce(list_contains($bots::bigint[], e.actor_id), false) as is_bot,
    row_number() over (partition by e.ticket_id order by e.at, e.event_id) as nth
  from m_events as e
  join m_tickets as t on t.ticket_id = e.ticket_id
  left join m_staff as s on s.person_id = e.actor_id and s.since <= e.at and e.at < s.until
  left join people as p on p.person_id = e.actor_id
  where e.kind = 'comment' and not t.is_partial
)
select
  ticket_id, event_id, "at", actor_id, nth, is_public, is_staff, is_requester, is_bot,
  not is_no_human and (is_requester or (is_known and not is_staff)) as is_customer,
  is_public and is_staff and not is_requester and nth > 1 and "at" > created_at as is_reply
from placed
