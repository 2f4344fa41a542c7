-- id: sla_attainment.created
-- title: SLA attainment by creation
-- definition: SLA attainment of the tickets created in the period. What is still running is left out, so the value
--   moves until all of it is over.
-- stamp: C
-- lag: 14 d
-- source: stamped like the creation dates that Zendesk Explore offers for its SLA attributes
select
  s.ticket_id, s.outcome as value, t.created_at as "at", s.due_at as until, null::bigint as actor_id,
  s.so_far, s.since, s.wakes_at, t.flags | s.flags as flags
from m_sla as s
join m_tickets as t on t.ticket_id = s.ticket_id
where ($metric = 'all' or s.metric = $metric) and (s.metric <> 'first_reply_time' or s.nth = 1)
