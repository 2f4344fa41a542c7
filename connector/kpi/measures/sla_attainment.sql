-- id: sla_attainment
-- title: SLA attainment
-- definition: Targets achieved / (achieved + breached), one value a target that the helpdesk's SLA policies set.
--   Recomputed from the events of the ticket, not taken from the helpdesk's own breaches. A target is breached
--   from the instant on at which more than it has passed, even while the ticket is still open; exactly on target
--   is achieved. What is neither yet is left out. A target is the one for the priority at which it was applied: a
--   change of priority applies another one, which counts from then on beside it; a first reply has the target
--   that was applied first, and counts from the creation. The setting metric takes one kind of target alone.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: A
-- lag: 0 d
-- starts: the target is applied; for a first reply the ticket is created
-- stops: for replies the reply, for updates the next public comment by staff, or the first solve; for work, wait
--   and resolution the last solve. Wait pauses in pending, work in pending and on hold, pausable updates in
--   pending; they resume when the ticket is reopened. Business hours are those of the ticket's schedule
-- not_yet: still running
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settles_by: promise
-- settings: metric: choice = all (all | first_reply_time | next_reply_time | requester_wait_time |
--   agent_work_time | total_resolution_time | periodic_update_time | pausable_update_time)
-- wakes: a target that still runs is breached
-- depends_on: tickets, comments, states, solves, schedules, sla
-- source: Zendesk "Viewing and understanding SLA targets" and its metric events for what was applied when;
--   dbt_zendesk zendesk__sla_policies
select
  s.ticket_id, s.outcome as value, s."at", s.due_at as until, null::bigint as actor_id, s.so_far, s.since,
  s.wakes_at, t.flags | s.flags as flags
from m_sla as s
join m_tickets as t on t.ticket_id = s.ticket_id
where ($metric = 'all' or s.metric = $metric) and (s.metric <> 'first_reply_time' or s.nth = 1)
