-- The status of every ticket over time: one row a change, from at until the next one (null: still so).
-- family is unsolved, done or deleted; was is the family before, deletions apart (null at creation).
-- The first row is the status at creation: what the first change says it replaced, else new; where the
-- trail is partial and shows no change, the status the ticket has now.
with changes as (
  select
    ticket_id, "at", event_id, actor_id, previous,
    case kind when 'status' then value when 'deleted' then 'deleted' end as status
  from m_events
  where kind in ('status', 'deleted', 'restored')
),
firsts as (
  select ticket_id, arg_min(coalesce(previous, ''), ("at", event_id)) as previous
  from changes
  where status is not null
  group by ticket_id
),
starts as (
  select
    t.ticket_id, t.created_at as "at", -9223372036854775808 as event_id, null::bigint as actor_id,
    case
      when nullif(nullif(f.previous, ''), 'deleted') is not null then f.previous
      when f.ticket_id is null and t.is_partial and t.status <> 'deleted' then t.status
      else 'new'
    end as status
  from m_tickets as t
  left join firsts as f on f.ticket_id = t.ticket_id
),
steps as (
  select ticket_id, "at", event_id, actor_id, status from starts
  union all
  select ticket_id, "at", event_id, actor_id, status from changes
),
filled as (
  select
    ticket_id, "at", event_id, actor_id,
    coalesce(status, last_value(nullif(status, 'deleted') ignore nulls) over earlier) as status,
    last_value(nullif(status, 'deleted') ignore nulls) over earlier as was
  from steps
  window earlier as (
    partition by ticket_id order by "at", event_id rows between unbounded preceding and 1 preceding
  )
)
select
  ticket_id, "at", event_id, actor_id, status,
  lead("at") over (partition by ticket_id order by "at", event_id) as until,
  family(status) as family,
  family(was) as was
from filled
