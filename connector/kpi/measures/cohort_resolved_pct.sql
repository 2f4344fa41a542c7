-- id: cohort_resolved_pct
-- title: Resolved within days of creation
-- definition: Share of the tickets created in the period that were solved within the window after their
--   creation, by default 7 days. A ticket counts once its window is over, however early it was solved,
--   so that a period's newest tickets do not distort it.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: C
-- lag: 7 d
-- starts: the ticket is created
-- stops: the first solve, at most the window later
-- not_yet: the window after the creation is not over
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: window: duration = 7 d (1 d .. 90 d)
-- wakes: the window after the creation is over
-- depends_on: tickets, states, solves
-- source: own definition
with windows as (
  select *, created_at + to_seconds($window) as ends_at from m_tickets
)
select
  t.ticket_id,
  case when not t.is_partial and t.ends_at <= $now
    then (f."at" is not null and f."at" <= t.ends_at)::integer end as value,
  t.created_at as "at", f.actor_id,
  case when not t.is_partial and t.ends_at > $now then t.ends_at end as wakes_at, t.flags
from windows as t
left join m_solves as f on f.ticket_id = t.ticket_id and f.nth = 1
