-- Who was a human support user when: agents and admins, without the accounts configured as bots or to
-- be ignored, from since until the role changed. What is known of a role's past counts; before that, the
-- oldest one known. Somebody who is not listed is not staff: unknown and deleted users, automations,
-- customers.
with known as (
  select person_id, role, until from roles
  union all
  select person_id, role, 'infinity'::timestamp as until from people
),
terms as (
  select
    person_id, role,
    lag(until, 1, '-infinity'::timestamp) over (partition by person_id order by until) as since, until
  from known
)
select person_id, since, until
from terms
where role in ('admin', 'agent') and since < until
  and not list_contains($not_human::bigint[], person_id)
