-- Stations: every time a ticket was given to somebody (kind assignee) or to a group (kind group), repeats
-- included; taking it away from somebody is none. nth counts a ticket's stations of a kind from 1, before
-- is whose it was at the station before. Whoever had a ticket before its first change, or always, was its
-- first station. Tickets with a partial trail have none.
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
),
steps as (
  select ticket_id, kind, event_id, "at", owner from changes where owner is not null
  union all
  select ticket_id, kind, event_id, "at", owner from starts where owner is not null
)
select
  s.ticket_id, s.kind, s."at", s.owner,
  row_number() over later as nth,
  lag(s.owner) over later as before
from steps as s
where s.ticket_id in (select ticket_id from m_tickets where not is_partial)
window later as (partition by s.ticket_id, s.kind order by s."at", s.event_id)
