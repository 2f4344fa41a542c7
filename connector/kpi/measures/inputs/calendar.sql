-- Elapsed seconds of the segments, summed by ticket and part. While one of them still runs, or what
-- dates the value has not come yet, there is no value: so_far has the part that is over, and since
-- says since when the clock runs.
select
  ticket_id, measure, 'calendar' as clock,
  case when bool_and(stopped_at is not null and "at" is not null)
    then sum(epoch(stopped_at) - epoch(started_at)) end as value,
  coalesce(sum(epoch(stopped_at) - epoch(started_at)), 0) as so_far,
  max(started_at) filter (stopped_at is null) as since,
  any_value("at") as "at", any_value(actor_id) as actor_id, bit_or(flags) as flags
from m_segments
group by measure, ticket_id, part
