-- Whose a ticket was over time: assignee and group from since until the next row. What a ticket had
-- before its first change is what that change says it replaced; without any change, what it has now.
-- A change in the second of an event counts for that event: who solves a ticket may take it with it.
with changes as (
  select
    e.ticket_id, e.kind, e.event_id, e."at",
    coalesce(v.key, try_cast(e.value as bigint)) as owner,
    coalesce(w.key, try_cast(e.previous as bigint)) as before
  from m_events as e
  left join $vendor_ids as v
    on v.id = e.value and v.kind = case e.kind when 'assignee' then 'person' else 'group' end
  left join $vendor_ids as w
    on w.id = e.previous and w.kind = case e.kind when 'assignee' then 'person' else 'group' end
  where e.kind in ('assignee', 'group')
),
starts as (
  select
    t.ticket_id, kind, -9223372036854775808 as event_id, t.created_at as "at",
    case
      when f.ticket_id is not null then f.before
      when kind = 'assignee' then t.assignee_id
      else t.group_id
    end as owner
  from m_tickets as t
  cross join (select unnest(['assignee', 'group']) as kind)
  left join (
    select ticket_id, kind, nullif(arg_min(coalesce(before, 0), ("at", event_id)), 0) as before
    from changes
    group by ticket_id, kind
  ) as f using (ticket_id, kind)
),
steps as (
  select ticket_id, kind, event_id, "at", owner from changes
  union all
  select ticket_id, kind, event_id, "at", owner from starts
),
-- the assignee (and the group) after each step: the newest of its kind; 0 stands for nobody
carried as (
  select
    ticket_id, "at", (event_id, kind) as place,
    last_value(case when kind = 'assignee' then coalesce(owner, 0) end ignore nulls) over w as assignee_id,
    last_value(case when kind = 'group' then coalesce(owner, 0) end ignore nulls) over w as group_id
  from steps
  window w as (partition by ticket_id order by "at", event_id, kind)
)
select
  ticket_id, "at" as since,
  nullif(arg_max(assignee_id, place), 0) as assignee_id,
  nullif(arg_max(group_id, place), 0) as group_id
from carried
group by ticket_id, "at"
