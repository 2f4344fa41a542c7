-- id: first_reply_time
-- title: First reply time
-- definition: Time from the creation of a ticket to the first reply: a public comment by a human
--   support user that is not part of the opening and not by the ticket's own requester.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: R
-- lag: 0 d
-- starts: the ticket is created
-- stops: the first reply; for tickets opened by staff the next reply, or the first public staff
--   comment when the opening was an internal note. Nothing pauses the clock
-- not_yet: no reply yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- settles_by: reply
-- depends_on: tickets, comments, schedules
-- source: Zendesk "About native Support time duration metrics" and "Calculating first reply time";
--   dated by the reply as in Gorgias and Plain, so a finished period no longer moves
select
  t.ticket_id, 1 as part, t.created_at as started_at, coalesce(r.at, t.still_at) as stopped_at, r.at,
  r.actor_id, t.flags
from m_tickets as t
left join (
  select ticket_id, min("at") as "at", arg_min(actor_id, ("at", event_id)) as actor_id
  from m_comments
  where is_reply
  group by ticket_id
) as r on r.ticket_id = t.ticket_id
