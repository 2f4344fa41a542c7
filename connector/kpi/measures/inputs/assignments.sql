-- Whom a ticket was given to (kind assignee) and which group (kind group), each time; owner is null where
-- it was taken away. The first row of a kind, at the creation, is what the first change says it replaced;
-- without any change, what the ticket has now.
with changes as (
  select
    e.ticket_id, e.kind, e.event_id, e."at",
    coalesce(v.key, try_cast(e.value as bigint)) as owner,
    coalesce(w.key, try_cast(e.previous as bigint)) as previous
  from m_events as e
  left join $vendor_ids as v
    on v.id = e.value and v.kind = case e.kind when 'assignee' then 'person' else 'group' end
  left join $vendor_ids as w
    on w.id = e.previous and w.kind = case e.kind when 'assignee' then 'person' else 'group' end
  where e.kind in ('assignee', 'group')
),
starts as (
  select
    t.ticket_id, k.kind, -9223372036854775808 as event_id, t.created_at as "at",
    case
      when f.ticket_id is not null then nullif(f.previous, 0)
      when k.kind = 'assignee' then t.assignee_id
      else t.group_id
    end as owner
  from m_tickets as t
  cross join (select unnest(['assignee', 'group']) as kind) as k
  left join (
    select ticket_id, kind, arg_min(coalesce(previous, 0), ("at", event_id)) as previous
    from changes
    group by ticket_id, kind
  ) as f on f.ticket_id = t.ticket_id and f.kind = k.kind
)
select ticket_id, kind, event_id, "at", owner from changes
union all
select ticket_id, kind, event_id, "at", owner from starts
