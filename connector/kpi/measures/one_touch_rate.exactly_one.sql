-- id: one_touch_rate.exactly_one
-- title: One-touch rate, exactly one reply
-- definition: Share of the solved tickets that took exactly one reply, reopened or not.
-- source: Zendesk "How are one-touch resolutions calculated", the later text
select
  t.ticket_id, (x.replies = 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
