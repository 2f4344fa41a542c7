-- id: tickets_created
-- title: Tickets created
-- definition: Number of tickets created in the period. A ticket deleted later leaves the count until
--   the period is frozen.
-- unit: count
-- family: count
-- clocks: calendar
-- aggregates: count
-- direction: neutral
-- stamp: C
-- lag: 0 d
-- starts: the ticket is created
-- stops: the ticket is created
-- excludes: merged, spam, deleted, child
-- range: 0 ..
-- depends_on: tickets
-- source: Freshdesk leaves out merged secondaries and spam, Zendesk deleted ones
select
  ticket_id, 1 as value, created_at as "at", null::timestamp as until, requester_id as actor_id, flags
from m_tickets
