-- id: csat_response_rate.in_time
-- title: Survey response rate, within 7 days
-- definition: Share of the tickets for which a satisfaction survey was first offered in the period whose
--   customer rated within 7 days of that offer, so that every ticket has had as long to be rated.
-- stops: the customer's first vote, at most 7 days later
-- source: own definition
select
  t.ticket_id, (v."at" is not null)::integer as value, o."at", t.assignee_id as actor_id, t.flags
from m_tickets as t
join m_offers as o on o.ticket_id = t.ticket_id
left join (select ticket_id, min("at") as "at" from m_ratings group by ticket_id) as v
  on v.ticket_id = t.ticket_id and v."at" <= o."at" + interval 7 days
