-- id: csat_pct
-- title: Customer satisfaction
-- definition: Good ratings / (good + bad ratings), counting the last rating of each ticket. A survey
--   that was only offered is not counted.
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
  max(r.at) as "at", null::timestamp as until, arg_max(r.actor_id, (r.at, r.vote_id)) as actor_id, t.flags
from m_tickets as t
join m_ratings as r on r.ticket_id = t.ticket_id
group by t.ticket_id, t.flags
