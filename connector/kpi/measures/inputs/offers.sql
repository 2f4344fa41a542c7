-- Tickets for which a survey was offered, and when first. From the helpdesk's ratings, and from the audit
-- trail for tickets that have none there. A vote of which no offer is known was offered when it was given.
with listed as (
  select ticket_id, date_trunc('second', min(coalesce(offered_at, rated_at, updated_at))) as "at"
  from ratings
  where ticket_id in (select ticket_id from m_chunk)
  group by ticket_id
)
select ticket_id, "at" from listed
union all
select e.ticket_id, min(e."at") as "at"
from m_events as e
where e.kind = 'rating' and e.value in ('offered', 'good', 'bad')
  and e.ticket_id not in (select ticket_id from listed)
group by e.ticket_id
