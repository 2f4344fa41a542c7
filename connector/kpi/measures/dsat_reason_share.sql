-- id: dsat_reason_share
-- title: Share of a reason for dissatisfaction
-- definition: Of the tickets whose last rating is bad, those for which the customer chose one of some
--   reasons. The setting reasons lists them by the ids that the helpdesk gives them. A bad rating without a
--   reason counts as one with another reason.
-- unit: ratio
-- family: rate
-- clocks: calendar
-- aggregates: rate
-- direction: lower
-- stamp: V
-- lag: 7 d
-- starts: a survey is offered
-- stops: the customer's last vote on the ticket
-- not_yet: not rated, or the last rating is good, or no reasons are set
-- excludes: merged, spam, deleted, child
-- range: 0 .. 1
-- settings: reasons: names
-- depends_on: tickets, ratings
-- source: Zendesk "Using customer satisfaction ratings"; dated by the vote as in Gorgias
with last_votes as (
  select
    ticket_id, max("at") as "at", arg_max(score, ("at", vote_id)) as score,
    arg_max(coalesce(reason, ''), ("at", vote_id)) as reason,
    nullif(arg_max(coalesce(actor_id, 0), ("at", vote_id)), 0) as actor_id
  from m_ratings
  group by ticket_id
)
select
  t.ticket_id, case when len($reasons) > 0 then list_contains($reasons, v.reason)::integer end as value,
  v."at", v.actor_id, t.flags
from m_tickets as t
join last_votes as v on v.ticket_id = t.ticket_id
where v.score = 'bad'
