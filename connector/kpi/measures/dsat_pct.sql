-- id: dsat_pct
-- title: Customer dissatisfaction
-- definition: Bad ratings / (good + bad ratings), counting the last rating of each ticket: what csat_pct
--   lacks to 100 %. On a scale of five points, one to three are bad.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
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
  t.ticket_id, (arg_max(r.score, (r.at, r.vote_id)) = 'bad')::integer as value, max(r.at) as "at",
  nullif(arg_max(coalesce(r.actor_id, 0), (r.at, r.vote_id)), 0) as actor_id, t.flags
from m_tickets as t
join m_ratings as r on r.ticket_id = t.ticket_id
group by t.ticket_id, t.flags
