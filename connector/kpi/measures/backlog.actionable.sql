-- id: backlog.actionable
-- title: Actionable backlog
-- definition: Number of tickets that wait for staff or a third party (new, open, on hold) at the end
--   of the local day: the backlog without pending tickets.
-- starts: the ticket enters one of these statuses
-- stops: the ticket leaves them
-- source: own definition
select s.ticket_id, 1 as value, s."at", s.until, null::bigint as actor_id, t.flags
from m_states as s
join m_tickets as t on t.ticket_id = s.ticket_id
where s.status in ('new', 'open', 'hold') and (s.until is null or s.until > s."at")
