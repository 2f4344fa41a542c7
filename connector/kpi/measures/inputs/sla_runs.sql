-- While the clock of each target of m_sla_targets runs: one row a stretch, running while stopped_at is
-- null. ended_at is the instant at which the clock was stopped for good, null while it may go on.
-- Replies end at the first reply or the first solve, updates at the next public comment by staff or the
-- first solve; pausable ones wait while the ticket is pending. Work, wait and resolution count the stays
-- in their statuses, end at the last solve, and go on when the ticket is reopened.
with replies as (
  select x.ticket_id, x.part, min(r."at") as "at"
  from m_sla_targets as x
  join m_comments as r on r.ticket_id = x.ticket_id and r.is_reply
  where x.metric in ('first_reply_time', 'next_reply_time')
    and (
      r."at" > x.since
      or (r."at" = x.since and exists (
        from m_exchanges as e
        where e.ticket_id = x.ticket_id and e.asked_at = x.since and e.replied_at = x.since
      ))
    )
  group by x.ticket_id, x.part
),
updates as (
  select x.ticket_id, x.part, min(r."at") as "at"
  from m_sla_targets as x
  join m_comments as r
    on r.ticket_id = x.ticket_id and r.is_public and r.is_staff and not r.is_requester and r."at" > x.since
  where x.metric in ('periodic_update_time', 'pausable_update_time')
  group by x.ticket_id, x.part
),
-- the first instant from since on at which the ticket is done once its second is over
solved as (
  select x.ticket_id, x.part, min(greatest(s."at", x.since)) as "at"
  from m_sla_targets as x
  join m_states as s
    on s.ticket_id = x.ticket_id and s.family = 'done' and coalesce(s.until, 'infinity'::timestamp) > x.since
  group by x.ticket_id, x.part
),
spoken as (
  select
    x.ticket_id, x.part, x.metric, x.since, least(r."at", u."at", s."at") as ended_at,
    least(r."at", u."at", s."at", x.removed_at) as stopped_at
  from m_sla_targets as x
  left join replies as r on r.ticket_id = x.ticket_id and r.part = x.part
  left join updates as u on u.ticket_id = x.ticket_id and u.part = x.part
  left join solved as s on s.ticket_id = x.ticket_id and s.part = x.part
  where x.metric in ('first_reply_time', 'next_reply_time', 'periodic_update_time', 'pausable_update_time')
),
stayed as (
  select
    x.ticket_id, x.part, x.since, greatest(s."at", x.since) as started_at, least(s.until, x.removed_at) as stopped_at
  from m_sla_targets as x
  join m_states as s on s.ticket_id = x.ticket_id and coalesce(s.until, 'infinity'::timestamp) >= x.since
  where list_contains(
    case x.metric
      when 'requester_wait_time' then ['new', 'open', 'hold']
      when 'agent_work_time' then ['new', 'open']
      when 'total_resolution_time' then ['new', 'open', 'pending', 'hold']
      else []
    end, s.status
  )
  union all
  -- of no length, so that a target whose clock never ran has none of its time used
  select ticket_id, part, since, since as started_at, since as stopped_at
  from m_sla_targets
  where metric in ('requester_wait_time', 'agent_work_time', 'total_resolution_time')
)
select s.ticket_id, s.part, s.started_at, s.stopped_at, l."at" as ended_at
from stayed as s
left join m_solves as l on l.ticket_id = s.ticket_id and l.is_last and l."at" >= s.since
where s.stopped_at is null or s.started_at <= s.stopped_at
union all
-- the clock of an update that waits in pending
select
  p.ticket_id, p.part, greatest(s."at", p.since) as started_at, least(s.until, p.stopped_at) as stopped_at,
  p.ended_at
from spoken as p
join m_states as s on s.ticket_id = p.ticket_id and s.status <> 'pending'
where p.metric = 'pausable_update_time'
  and coalesce(s.until, 'infinity'::timestamp) >= p.since
  and s."at" <= coalesce(p.stopped_at, 'infinity'::timestamp)
union all
select p.ticket_id, p.part, p.since as started_at, p.stopped_at, p.ended_at
from spoken as p
where p.metric <> 'pausable_update_time'
