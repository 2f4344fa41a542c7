-- id: csat_mean
-- title: Satisfaction score
-- definition: Mean of the points, one to five, that customers gave, counting the last rating of each
--   ticket. Needs a survey with points: a rating that is only good or bad has none. Another KPI than
--   csat_pct, never to be compared with it.
-- unit: points
-- family: number
-- clocks: calendar
-- aggregates: mean, median
-- direction: higher
-- stamp: V
-- lag: 7 d
-- starts: a survey is offered
-- stops: the customer's last vote on the ticket
-- not_yet: the last rating has no points
-- excludes: merged, spam, deleted, child
-- range: 1 .. 5
-- depends_on: tickets, ratings
-- source: Intercom's conversation ratings and Zendesk's surveys with five choices
select
  t.ticket_id, nullif(arg_max(coalesce(r.points, 0), (r.at, r.vote_id)), 0) as value, max(r.at) as "at",
  nullif(arg_max(coalesce(r.actor_id, 0), (r.at, r.vote_id)), 0) as actor_id, t.flags
from m_tickets as t
join m_ratings as r on r.ticket_id = t.ticket_id
group by t.ticket_id, t.flags
