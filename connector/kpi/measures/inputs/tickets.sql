-- The tickets at hand. flags are bits of connector.kpi.flags.Flag; is_partial says that the audit trail
-- starts after the creation, so what happened before it is unknown. still_at is when clocks stand still
-- that their event did not stop: no clock runs in a ticket that is done or deleted, or partly unknown.
with trails as (
  select ticket_id, bool_or(kind = 'created') as is_whole, bool_or(was_early) as was_early
  from m_events
  group by ticket_id
)
select
  t.ticket_id, t.status, t.requester_id, t.group_id, t.assignee_id,
  date_trunc('second', t.created_at) as created_at,
  not coalesce(e.is_whole, false) as is_partial,
  case when t.status in ('solved', 'closed', 'deleted') or not coalesce(e.is_whole, false)
    then date_trunc('second', t.created_at) end as still_at,
  case when coalesce(e.is_whole, false) then 0 else $PARTIAL_HISTORY end
  | case when coalesce(e.was_early, false) then $CLAMPED else 0 end
  | case when t.marks & $MARK_MERGED > 0 then $MERGED else 0 end
  | case when t.marks & $MARK_SPAM > 0 then $SPAM else 0 end
  | case when t.status = 'deleted' then $DELETED else 0 end
  | case when t.marks & $MARK_CHILD > 0 then $CHILD else 0 end
  | case when t.marks & $MARK_MESSAGING > 0 then $MESSAGING else 0 end as flags
from tickets as t
left join trails as e on e.ticket_id = t.ticket_id
where t.ticket_id between $low and $high
  and t.ticket_id in (select ticket_id from m_chunk)
