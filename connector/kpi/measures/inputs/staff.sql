-- Who was a human support user when: agents and admins, without the accounts configured as bots or to
-- be ignored. Somebody who is not listed is not staff: unknown and deleted users, automations, customers.
select person_id, '-infinity'::timestamp as since, 'infinity'::timestamp as until
from people
where role in ('admin', 'agent')
  and not list_contains($not_human::bigint[], person_id)
