-- id: sla_attainment.latest
-- title: SLA attainment, latest target
-- definition: Targets achieved / (achieved + breached), counting for each run of a clock only the target that was
--   applied last: after a change of priority the new one alone, for a first reply from the creation on.
-- source: Zendesk's badges, which show the target for the priority of now
select
  s.ticket_id, s.outcome as value, s."at", s.due_at as until, null::bigint as actor_id, s.so_far, s.since,
  s.wakes_at, t.flags | s.flags as flags
from m_sla as s
join m_tickets as t on t.ticket_id = s.ticket_id
where ($metric = 'all' or s.metric = $metric) and s.is_latest
