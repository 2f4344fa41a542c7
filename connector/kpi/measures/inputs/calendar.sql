-- Elapsed seconds of the segments, summed by ticket and part; null while one of them still runs.
select
  ticket_id, measure, 'calendar' as clock,
  case when bool_and(stopped_at is not null) then sum(epoch(stopped_at) - epoch(started_at)) end as value,
  any_value("at") as "at", null::timestamp as until, any_value(actor_id) as actor_id, bit_or(flags) as flags
from m_segments
group by measure, ticket_id, part
