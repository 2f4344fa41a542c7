-- How each target stands. elapsed: the seconds on its clock, open ones where it counts business hours, up to
-- now while it runs; so_far: the part that is over, with since from when it runs. due_at: the instant at
-- which more than the target has passed or, if nothing stops the clock, will have; null while it is paused.
-- outcome: 1 for a target achieved, exactly on target included; 0 from the breach on, even while the clock
-- still runs; null while neither is known, without business hours to count, and with a partial trail. "at": when it became known. wakes_at: when time alone will
-- change this row, at the latest with the year, which is as far as business hours are laid out.
with stretches as (
  select r.ticket_id, r.part, r.started_at, r.stopped_at, null::bigint as schedule_id, false as is_default
  from m_sla_runs as r
  join m_sla_targets as x on x.ticket_id = r.ticket_id and x.part = r.part and not x.is_business
  union all
  select
    r.ticket_id, r.part, greatest(r.started_at, p."at") as started_at,
    least(r.stopped_at, nullif(p.until, 'infinity'::timestamp)) as stopped_at, p.schedule_id, p.is_default
  from m_sla_runs as r
  join m_sla_targets as x on x.ticket_id = r.ticket_id and x.part = r.part and x.is_business
  join m_schedules as p
    on p.ticket_id = r.ticket_id and p.until > r.started_at
    and p."at" <= coalesce(r.stopped_at, 'infinity'::timestamp)
),
edges as (
  select
    *, epoch(started_at)::bigint as a,
    epoch(coalesce(stopped_at, greatest(started_at, $now)))::bigint as b
  from stretches
),
-- open_at: the open seconds of the schedule up to the start of a stretch
opened as (
  select
    x.ticket_id, x.part, x.a, x.stopped_at, x.schedule_id, x.is_default,
    coalesce(g.open_before + least(x.a - g.opens_at, g.length), 0) as open_at,
    case when x.schedule_id is null then x.b - x.a
      else coalesce(f.open_before + least(x.b - f.opens_at, f.length), 0)
        - coalesce(g.open_before + least(x.a - g.opens_at, g.length), 0)
    end as seconds
  from edges as x
  asof left join m_hours as f on f.schedule_id = x.schedule_id and f.opens_at <= x.b
  asof left join m_hours as g on g.schedule_id = x.schedule_id and g.opens_at <= x.a
),
counted as (
  select
    *, coalesce(sum(seconds) over (
      partition by ticket_id, part order by a, stopped_at nulls last
      rows between unbounded preceding and 1 preceding
    ), 0)::bigint as before
  from opened
),
-- the stretch in which the target runs out: in it, more than the target passes
crossing as (
  select
    c.ticket_id, c.part, min(c.a) as a, arg_min(x.target - c.before, c.a) as remaining,
    arg_min(c.stopped_at is not null, c.a) as is_over, arg_min(c.open_at, c.a) as open_at, arg_min(coalesce(c.schedule_id, 0), c.a) as schedule_id
  from counted as c
  join m_sla_targets as x on x.ticket_id = c.ticket_id and x.part = c.part
  where c.before + c.seconds > x.target or c.stopped_at is null
  group by c.ticket_id, c.part
),
due as (
  select
    c.ticket_id, c.part, c.is_over,
    case
      when c.schedule_id = 0 then make_timestamp((c.a + c.remaining) * 1000000)
      when c.open_at + c.remaining - h.open_before < h.length
        then make_timestamp((h.opens_at + c.open_at + c.remaining - h.open_before) * 1000000)
    end as due_at
  from crossing as c
  asof left join m_hours as h
    on h.schedule_id = c.schedule_id and h.open_before <= c.open_at + c.remaining
),
clocks as (
  select
    r.ticket_id, r.part, max(r.started_at) filter (r.stopped_at is null) as since,
    any_value(r.ended_at) as ended_at
  from m_sla_runs as r
  group by r.ticket_id, r.part
),
totals as (
  select
    ticket_id, part, sum(seconds) as elapsed, sum(seconds) filter (stopped_at is not null) as so_far,
    bool_or(is_default) as is_default
  from counted
  group by ticket_id, part
),
standing as (
  select
    x.*, d.due_at, coalesce(n.elapsed, 0) as elapsed, coalesce(n.so_far, 0) as so_far, c.since as runs_since,
    c.ended_at, coalesce(n.is_default, false) as is_default,
    x.is_business and not h.is_any as has_no_hours, x.is_partial or (x.is_business and not h.is_any) as is_unknown,
    coalesce(d.is_over or d.due_at + interval 1 second <= $now, false) as is_breached
  from m_sla_targets as x
  cross join (select count(*) > 0 as is_any from m_schedules) as h
  left join clocks as c on c.ticket_id = x.ticket_id and c.part = x.part
  left join totals as n on n.ticket_id = x.ticket_id and n.part = x.part
  left join due as d on d.ticket_id = x.ticket_id and d.part = x.part
)
select
  ticket_id, part, metric, "at" as applied_at, target, is_business, nth, is_latest, elapsed, so_far,
  case when not is_unknown then runs_since end as since, case when not is_unknown then due_at end as due_at, ended_at,
  case when is_unknown then null when is_breached then 0 when ended_at is not null then 1 end as outcome,
  case when is_unknown then null when is_breached then due_at else ended_at end as "at",
  case
    when runs_since is null or is_breached or is_unknown then null
    when due_at is not null then due_at + interval 1 second
    else date_trunc('year', $now) + interval 1 year
  end as wakes_at,
  case when has_no_hours then $NO_SCHEDULE else 0 end
  | case when is_default then $DEFAULT_SCHEDULE else 0 end as flags
from standing
where removed_at is null or is_breached or ended_at <= removed_at
