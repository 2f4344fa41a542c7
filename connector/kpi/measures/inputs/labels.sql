-- What the tickets at hand are labelled with now.
select ticket_id, tags, fields from tickets where ticket_id in (select ticket_id from m_chunk)
