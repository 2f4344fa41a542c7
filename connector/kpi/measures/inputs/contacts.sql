-- What the people whose tickets are at hand came with since the oldest of these. Deleted, merged and spam
-- tickets and side conversations are no contacts.
select
  o.ticket_id, o.requester_id, date_trunc('second', o.created_at) as created_at, o.status, o.fields
from tickets as o
where o.requester_id in (select requester_id from m_tickets where requester_id is not null)
  and o.created_at >= (select min(created_at) from m_tickets)
  and o.status <> 'deleted'
  and o.marks & ($MARK_MERGED | $MARK_SPAM | $MARK_CHILD) = 0
