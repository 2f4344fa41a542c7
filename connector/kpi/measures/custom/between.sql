-- The time between two instants of a ticket, of which either may be a date field: its day begins in
-- $timezone. Where the second comes before the first there is no value.
with dates as (
  select
    ticket_id,
    timezone('UTC', timezone($timezone, try_cast(fields[$start_field] as timestamp))) as starts,
    timezone('UTC', timezone($timezone, try_cast(fields[$stop_field] as timestamp))) as stops
  from tickets
  where ticket_id in (select ticket_id from m_chunk)
),
replies as (
  select ticket_id, min("at") as "at", arg_min(actor_id, ("at", event_id)) as actor_id
  from m_comments
  where is_reply and ($start = 'first_reply' or $stop = 'first_reply')
  group by ticket_id
),
instants as (
  select
    t.ticket_id, t.flags,
    case $start
      when 'created' then t.created_at when 'first_reply' then r.at
      when 'first_solved' then f.at when 'last_solved' then l.at else d.starts
    end as starts,
    case $stop
      when 'created' then t.created_at when 'first_reply' then r.at
      when 'first_solved' then f.at when 'last_solved' then l.at else d.stops
    end as stops,
    case $stop when 'first_reply' then r.actor_id when 'first_solved' then f.actor_id
      when 'last_solved' then l.actor_id end as actor_id,
    case $stamp
      when 'created' then t.created_at when 'first_solved' then f.at when 'last_solved' then l.at
    end as stamped
  from m_tickets as t
  left join dates as d on d.ticket_id = t.ticket_id
  left join replies as r on r.ticket_id = t.ticket_id
  left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
  left join m_solves as l on l.ticket_id = t.ticket_id and l.is_last
)
select
  ticket_id, 1 as part, starts as started_at,
  case when starts is not null then greatest(starts, stops) end as stopped_at,
  case when starts <= stops then case when $stamp = 'end' then stops else stamped end end as "at",
  actor_id, flags
from instants
