-- Votes: answers to satisfaction surveys, offers left out. From the helpdesk's ratings, and from the
-- audit trail for tickets that have none there. points: one to five, where the survey has them;
-- reason: the id of one for a bad vote, where the customer chose one.
with listed as (
  select
    ticket_id, score, points, reason, rating_id as vote_id, assignee_id as actor_id,
    date_trunc('second', coalesce(rated_at, updated_at, offered_at)) as "at"
  from ratings
  where score in ('good', 'bad') and ticket_id in (select ticket_id from m_chunk)
)
select ticket_id, score, points, reason, vote_id, actor_id, "at" from listed
union all
select
  e.ticket_id, e.value as score, null::integer as points, null::varchar as reason, e.event_id as vote_id,
  null::bigint as actor_id, e.at
from m_events as e
where e.kind = 'rating' and e.value in ('good', 'bad')
  and e.ticket_id not in (select ticket_id from listed)
