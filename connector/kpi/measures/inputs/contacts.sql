-- Every ticket of the people whose tickets are at hand: what they came with before and after. Deleted,
-- merged and spam tickets and side conversations are no contacts.
select
  o.ticket_id, o.requester_id, date_trunc('second', o.created_at) as created_at, o.status, o.fields
from tickets as o
where o.requester_id in (select requester_id from m_tickets where requester_id is not null)
  and o.status <> 'deleted'
  and o.marks & ($MARK_MERGED | $MARK_SPAM | $MARK_CHILD) = 0
