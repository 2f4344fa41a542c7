-- id: one_touch_rate.first_response
-- title: One-touch rate, solved with the first response
-- definition: Share of the solved tickets that had exactly one reply by the time they were first solved,
--   a reply in the second of the solve included. What comes later does not matter.
-- source: an older answer in Freshworks' forum: resolved with the first response
select
  t.ticket_id, (count(c.event_id) = 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
join m_resolved as r on r.ticket_id = t.ticket_id
join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
left join m_comments as c
  on c.ticket_id = t.ticket_id and c."at" <= f."at" and c.nth > 1
  and c.is_public and c.is_staff and not c.is_requester
group by t.ticket_id, r."at", r.actor_id, t.flags
union all
select ticket_id, null as value, null as "at", null as actor_id, flags from m_tickets where is_partial
