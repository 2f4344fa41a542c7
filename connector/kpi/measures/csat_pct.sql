-- id: csat_pct
-- title: Customer satisfaction
-- definition: Good ratings / (good + bad ratings), counting the last rating of each ticket. A survey
--   that was only offered is not counted. On a scale of five points four and five are good, so a neutral
--   three is bad.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: V
-- lag: 7 d
-- starts: a survey is offered
-- stops: the customer's last vote on the ticket
-- not_yet: not rated
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- depends_on: tickets, ratings
-- source: Zendesk "Using customer satisfaction ratings"; dated by the vote as in Gorgias
select
  t.ticket_id, (arg_max(r.score, (r.at, r.vote_id)) = 'good')::integer as value,
  max(r.at) as "at", null::timestamp as until,
  nullif(arg_max(coalesce(r.actor_id, 0), (r.at, r.vote_id)), 0) as actor_id, t.flags
from m_tickets as t
join m_ratings as r on r.ticket_id = t.ticket_id
group by t.ticket_id, t.flags
