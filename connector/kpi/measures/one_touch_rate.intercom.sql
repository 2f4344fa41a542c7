-- id: one_touch_rate.intercom
-- title: One-touch rate, closed once by one teammate
-- definition: Share of the solved tickets that were solved once and in which one member of staff took
--   part, with a public comment or a note.
-- source: as Intercom counts conversations: closed once, one participating teammate
select
  t.ticket_id, (r.solves = 1 and x.helpers = 1)::integer as value, r."at", r.actor_id, t.flags
from m_tickets as t
left join m_resolved as r on r.ticket_id = t.ticket_id
left join m_touches as x on x.ticket_id = t.ticket_id
where r.ticket_id is not null or t.is_partial
