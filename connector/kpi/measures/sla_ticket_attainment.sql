-- id: sla_ticket_attainment
-- title: SLA attainment of tickets
-- definition: Tickets without a breached target / tickets with at least one target whose outcome is known. What
--   the targets are, and when they are breached, is as for sla_attainment.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: A
-- lag: 0 d
-- starts: the first target is applied
-- stops: the first breach, or else the last target that was achieved
-- not_yet: still running
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: metric: choice = all (all | first_reply_time | next_reply_time | requester_wait_time |
--   agent_work_time | total_resolution_time | periodic_update_time | pausable_update_time)
-- wakes: a target that still runs is breached
-- depends_on: tickets, comments, states, solves, schedules, sla
-- source: Zendesk Explore counts policies (tickets) beside targets; the two differ by design
select
  s.ticket_id, min(s.outcome) as value,
  coalesce(min(s."at") filter (s.outcome = 0), max(s."at")) as "at",
  min(s.due_at) filter (s.outcome is null) as until, null::bigint as actor_id, min(s.wakes_at) as wakes_at,
  any_value(t.flags) | bit_or(s.flags) as flags
from m_sla as s
join m_tickets as t on t.ticket_id = s.ticket_id
where ($metric = 'all' or s.metric = $metric) and (s.metric <> 'first_reply_time' or s.nth = 1)
group by s.ticket_id
