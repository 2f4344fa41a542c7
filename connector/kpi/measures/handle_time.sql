-- id: handle_time
-- title: Handle time
-- definition: Work that staff logged on a ticket, from a ticket field that a time-tracking app or staff
--   themselves fill in, counted once the ticket is solved. A ticket without a number in the field has
--   none and is named as left out; read the share of tickets that have one beside it.
-- unit: s
-- family: number
-- clocks: calendar
-- aggregates: mean, median, p75, p90, p95, within
-- direction: lower
-- stamp: S
-- lag: 14 d
-- starts: work is logged
-- stops: the last solve; the field counts as it is now, all staff together
-- not_yet: no work logged, or not solved yet
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- settings: field: field; unit_s: number = 1 (1 .. 86400)
-- depends_on: tickets, states, solves
-- source: MetricNet: touch time, never elapsed time; Genesys adds talk, hold and after-contact work;
--   unit_s is the length in seconds of what the field counts (60 for minutes)
select
  t.ticket_id,
  case when l.ticket_id is not null and w.logged >= 0 then w.logged * $unit_s end as value,
  l."at", l.actor_id, t.flags
from m_tickets as t
left join m_solves as l on l.ticket_id = t.ticket_id and l.is_last
left join (
  select ticket_id, try_cast(fields[$field] as double) as logged
  from tickets
  where ticket_id in (select ticket_id from m_chunk)
) as w on w.ticket_id = t.ticket_id
