-- Which schedule was in force on a ticket, from at until the next one. The business clock starts when
-- the schedule is set if that happens within 5 s of creation (helpdesks apply it with their first
-- rules); otherwise the schedule it replaced, else the helpdesk's default, holds from creation on
-- (is_default). So it does where none was set or the one set is unknown. No rows where the helpdesk has
-- no schedules.
with known as (
  select
    s.schedule_id, arg_max(s.is_default, s.valid_from) as is_default,
    coalesce(any_value(v.id), s.schedule_id::varchar) as id
  from $schedules as s
  left join $vendor_ids as v on v.kind = 'schedule' and v.key = s.schedule_id
  group by s.schedule_id
),
usual as (
  select arg_min(schedule_id, (not is_default, schedule_id)) as schedule_id from known
),
switches as (
  select e.ticket_id, e.event_id, e.previous, k.schedule_id, e."at"
  from m_events as e
  join m_tickets as t on t.ticket_id = e.ticket_id
  left join known as k on k.id = e.value
  where e.kind = 'schedule'
),
steps as (
  select ticket_id, event_id, schedule_id, "at" from switches
  union all
  select t.ticket_id, -9223372036854775808 as event_id, k.schedule_id, t.created_at as "at"
  from m_tickets as t
  left join (
    select ticket_id, min("at") as "at", arg_min(coalesce(previous, ''), ("at", event_id)) as previous
    from switches
    group by ticket_id
  ) as f on f.ticket_id = t.ticket_id
  left join known as k on k.id = f.previous
  where f.ticket_id is null or f."at" > t.created_at + interval 5 seconds
),
periods as (
  select
    ticket_id, "at", schedule_id,
    lead("at", 1, 'infinity'::timestamp) over (partition by ticket_id order by "at", event_id) as until
  from steps
)
select
  p.ticket_id, p.at, p.until, min(p.at) over (partition by p.ticket_id) as first_at,
  coalesce(p.schedule_id, u.schedule_id) as schedule_id, p.schedule_id is null as is_default
from periods as p
cross join usual as u
where p.at < p.until and u.schedule_id is not null
