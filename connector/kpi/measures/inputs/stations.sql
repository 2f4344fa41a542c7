-- Stations: every time a ticket was given to somebody (kind assignee) or to a group (kind group), repeats
-- included; taking it away from somebody is none. nth counts a ticket's stations of a kind from 1, before
-- is whose it was at the station before. Whoever had a ticket before its first change, or always, was its
-- first station. Tickets with a partial trail have none.
select
  s.ticket_id, s.kind, s."at", s.owner,
  row_number() over later as nth,
  lag(s.owner) over later as before
from m_assignments as s
where s.owner is not null and s.ticket_id in (select ticket_id from m_tickets where not is_partial)
window later as (partition by s.ticket_id, s.kind order by s."at", s.event_id)
