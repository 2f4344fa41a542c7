-- Targets that the helpdesk's SLAs set for the tickets at hand: one row each time one was applied, with the
-- instant at which it applied, and since when its clock counts (a first reply always from the creation on).
-- The minutes come from the step that applied it; where that names only a policy, from the policy, by the
-- priority in force at that instant. A step without either takes the target away: it counts until
-- removed_at. part tells targets of a ticket apart. nth counts what was applied to one run of a clock, from 1
-- again after a removal; is_latest says that nothing was applied to it later.
with told as (
  select
    ticket_id, metric_event_id, date_trunc('second', "at") as "at", coalesce(instance, 1) as instance,
    case
      when metric = 'reply_time' and coalesce(instance, 1) <= 1 then 'first_reply_time'
      when metric = 'reply_time' then 'next_reply_time'
      when metric = 'resolution_time' then 'total_resolution_time'
      else metric
    end as metric,
    policy_id, target_minutes, business_hours
  from metric_events
  where type in ('apply_sla', 'apply_group_sla')
    and ticket_id between $low and $high
    and ticket_id in (select ticket_id from m_chunk)
),
-- the priority in force, for the tickets whose steps leave the minutes to the policy
priorities as (
  select e.ticket_id, e."at", arg_max(coalesce(e.value, ''), e.event_id) as priority
  from m_events as e
  where e.kind = 'priority' and e.ticket_id in (select ticket_id from told where target_minutes is null)
  group by e.ticket_id, e."at"
  union all
  select
    t.ticket_id, '-infinity'::timestamp as "at",
    coalesce(case when e.ticket_id is null then t.priority else e.previous end, '') as priority
  from tickets as t
  left join (
    select ticket_id, arg_min(coalesce(previous, ''), ("at", event_id)) as previous
    from m_events
    where kind = 'priority'
    group by ticket_id
  ) as e on e.ticket_id = t.ticket_id
  where t.ticket_id between $low and $high
    and t.ticket_id in (select ticket_id from told where target_minutes is null)
),
promised as (
  select
    ticket_id, metric_event_id, "at", instance, metric, target_minutes as minutes,
    coalesce(business_hours, false) as is_business
  from told
  where target_minutes is not null
  union all
  select
    a.ticket_id, a.metric_event_id, a."at", a.instance, a.metric, p.target_minutes as minutes,
    coalesce(a.business_hours, p.business_hours, false) as is_business
  from (
    select t.*, nullif(x.priority, '') as priority
    from told as t
    asof left join priorities as x on x.ticket_id = t.ticket_id and x."at" <= t."at"
    where t.target_minutes is null
  ) as a
  left join sla_policy_metrics as p
    on p.policy_id = a.policy_id and p.metric = a.metric
    and (p.priority is null or p.priority = a.priority)
),
-- of what one second applied to one clock, the last holds
final as (
  select ticket_id, metric, instance, "at", max(metric_event_id) as id,
    arg_max(coalesce(minutes, -1), metric_event_id) as minutes,
    arg_max(is_business, metric_event_id) as is_business
  from promised
  group by ticket_id, metric, instance, "at"
),
ended as (
  select
    *,
    min("at") filter (minutes < 0) over later as removed_at,
    count(*) filter (minutes < 0) over so_far as removals,
    max("at") filter (minutes >= 0) over clock as last_at
  from final
  window
    clock as (partition by ticket_id, metric, instance),
    so_far as (partition by ticket_id, metric, instance order by "at" rows unbounded preceding),
    later as (
      partition by ticket_id, metric, instance order by "at"
      rows between 1 following and unbounded following
    )
)
select
  e.ticket_id, e.metric, e."at", e.id as part,
  case when e.metric = 'first_reply_time' then t.created_at else greatest(e."at", t.created_at) end as since,
  round(least(e.minutes * 60, 1e10))::bigint as target, e.is_business, e.removed_at, t.is_partial,
  row_number() over (
    partition by e.ticket_id, e.metric, e.instance, e.removals order by e."at"
  ) as nth,
  e."at" = e.last_at as is_latest
from ended as e
join m_tickets as t on t.ticket_id = e.ticket_id
where e.minutes >= 0
  and e.metric in (
    'first_reply_time', 'next_reply_time', 'requester_wait_time', 'agent_work_time',
    'total_resolution_time', 'periodic_update_time', 'pausable_update_time'
  )
