-- id: csat_response_rate
-- title: Survey response rate
-- definition: Share of the tickets for which a satisfaction survey was first offered in the period whose
--   customer rated. Ratings that come after the value is settled, 7 days after the period, count in
--   csat_pct only. An offer that is made again, after a reopening, is no second one.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: higher
-- stamp: O
-- lag: 7 d
-- starts: a survey is first offered
-- stops: the customer's first vote
-- not_yet: not offered
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- depends_on: tickets, ratings, offers
-- source: Trengo "How do we calculate the metrics": surveys answered / surveys offered, by offer
select
  t.ticket_id, (v.ticket_id is not null)::integer as value, o."at", t.assignee_id as actor_id, t.flags
from m_tickets as t
join m_offers as o on o.ticket_id = t.ticket_id
left join (select distinct ticket_id from m_ratings) as v on v.ticket_id = t.ticket_id
