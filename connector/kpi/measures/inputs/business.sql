-- Seconds of the segments inside business hours, each stretch under the schedule then in force.
-- With F(t) the open seconds of a schedule up to t, a stretch from a to b has F(b) - F(a): two as-of
-- joins on m_hours, no day counting. Where the KPI says "at_event", all of it counts under the
-- schedule in force when the clock's event came, and under the newest while it has not come. Null
-- while running, and where the helpdesk has no schedules.
with stretches as (
  select
    s.measure, s.ticket_id, s.part, p.schedule_id, p.is_default,
    epoch(case when s.is_at_event then s.started_at else greatest(s.started_at, p.at) end)::bigint as a,
    epoch(case when s.is_at_event then s.stopped_at else least(s.stopped_at, p.until) end)::bigint as b
  from m_segments as s
  join m_schedules as p
    on p.ticket_id = s.ticket_id
    and case
      when s.is_at_event
        then (p.at <= s.at or s.at is null or p.at = p.first_at)
          and p.until > coalesce(s.at, timestamp '9999-01-01') and s.started_at < s.stopped_at
      else p.at < s.stopped_at and p.until > s.started_at
    end
),
opened as (
  select
    x.measure, x.ticket_id, x.part,
    sum(coalesce(f.open_before + least(x.b - f.opens_at, f.length), 0)
        - coalesce(g.open_before + least(x.a - g.opens_at, g.length), 0)) as value,
    bool_or(x.is_default) as is_default
  from stretches as x
  asof left join m_hours as f on f.schedule_id = x.schedule_id and f.opens_at <= x.b
  asof left join m_hours as g on g.schedule_id = x.schedule_id and g.opens_at <= x.a
  group by all
),
whole as (
  select
    measure, ticket_id, part, bool_and(stopped_at is not null and "at" is not null) as has_stopped,
    max(started_at) filter (stopped_at is null) as since,
    any_value("at") as "at", any_value(actor_id) as actor_id, bit_or(flags) as flags
  from m_segments
  group by measure, ticket_id, part
)
select
  w.ticket_id, w.measure, 'business' as clock,
  case when w.has_stopped and (select count(*) from m_schedules) > 0 then coalesce(o.value, 0) end as value,
  coalesce(o.value, 0) as so_far, w.since, w.at, w.actor_id,
  w.flags
  | case when (select count(*) from m_schedules) = 0 then $NO_SCHEDULE else 0 end
  | case when coalesce(o.is_default, false) then $DEFAULT_SCHEDULE else 0 end as flags
from whole as w
left join opened as o
  on o.measure = w.measure and o.ticket_id = w.ticket_id and o.part = w.part
