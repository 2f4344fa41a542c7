-- id: sla_breach_time
-- title: SLA overrun
-- definition: By how much breached targets were missed: the time on the clock of the target at its completion,
--   less the target. In open hours where the target counts business hours. A target that is breached and still
--   runs has none yet.
-- unit: s
-- family: number
-- clocks: calendar
-- aggregates: median, p75, p90, p95, mean, within
-- direction: lower
-- stamp: A
-- lag: 0 d
-- starts: the target is breached
-- stops: what the target waited for comes after all
-- not_yet: breached and not completed yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- settings: metric: choice = all (all | first_reply_time | next_reply_time | requester_wait_time |
--   agent_work_time | total_resolution_time | periodic_update_time | pausable_update_time)
-- wakes: a target that still runs is breached
-- depends_on: tickets, comments, states, solves, schedules, sla
-- source: Zendesk "Alternate SLA metrics" recipe, the overrun of breached targets
select
  s.ticket_id, case when s.ended_at is not null then s.elapsed - s.target end as value, s."at",
  null::bigint as actor_id, s.wakes_at, t.flags | s.flags as flags
from m_sla as s
join m_tickets as t on t.ticket_id = s.ticket_id
where ($metric = 'all' or s.metric = $metric) and (s.metric <> 'first_reply_time' or s.nth = 1)
  and (s.outcome = 0 or s.wakes_at is not null)
