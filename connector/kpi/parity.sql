-- What is known of the tickets whose figures differ (p_differing), for the rules that explain why.
-- Staff are people by the role that they have now, since that is what a helpdesk goes by.
create or replace temp table p_facts as
with mine as (
  select t.* from tickets as t
  where (t.helpdesk, t.ticket_id) in (select (helpdesk, ticket_id) from p_differing)
),
happened as (
  select e.*
  from events as e
  where (e.helpdesk, e.ticket_id) in (select (helpdesk, ticket_id) from p_differing)
),
spoken as (
  select
    e.helpdesk, e.ticket_id, e."at", e.actor_id, coalesce(e.is_public, false) as is_public,
    p.role in ('agent', 'admin') as is_staff,
    e.actor_id = t.requester_id as is_requester,
    list_contains($bots::bigint[], e.actor_id) as is_bot,
    e."at" <= t.created_at + interval 1 second as is_at_once,
    row_number() over (
      partition by e.helpdesk, e.ticket_id order by e."at", e.event_id
    ) as nth
  from happened as e
  join mine as t on t.helpdesk = e.helpdesk and t.ticket_id = e.ticket_id
  left join people as p on p.helpdesk = e.helpdesk and p.person_id = e.actor_id
  where e.kind = 'comment'
),
comments as (
  select
    helpdesk, ticket_id,
    count(*) filter (is_public and is_staff and is_requester and nth > 1) as by_requester,
    count(*) filter (is_public and is_staff and is_bot and nth > 1) as by_bot,
    count(*) filter (is_public and is_staff and is_at_once and nth > 1) as at_once,
    count(*) filter (is_public and nth > 1 and not coalesce(is_staff, false)
                     and not coalesce(is_requester, false)) as by_others,
    coalesce(bool_or(is_staff and is_public) filter (nth = 1), false) as is_opened_by_staff
  from spoken
  group by helpdesk, ticket_id
),
trail as (
  select
    helpdesk, ticket_id, max("at") as last_at,
    count(*) filter (kind = 'schedule') as switches,
    count(*) filter (kind in ('deleted', 'restored')) as deletions,
    count(*) filter (kind = 'status') as stretches
  from happened
  group by helpdesk, ticket_id
),
edits as (
  select helpdesk, max(valid_from) as last_at, count(distinct valid_from) as versions
  from schedules group by helpdesk
)
select
  t.helpdesk, t.ticket_id, t.status, t.marks,
  t.status in ('new', 'open', 'pending', 'hold') as is_unsolved,
  coalesce(c.by_requester, 0) as by_requester, coalesce(c.by_bot, 0) as by_bot,
  coalesce(c.at_once, 0) as at_once, coalesce(c.by_others, 0) as by_others,
  coalesce(c.is_opened_by_staff, false) as is_opened_by_staff,
  coalesce(h.switches, 0) as switches, coalesce(h.deletions, 0) as deletions,
  coalesce(h.stretches, 0) + 1 as stretches,
  coalesce(h.last_at > t.updated_at + interval 1 second, false) as is_behind,
  coalesce(x.versions > 1 and x.last_at > t.created_at, false) as is_edited
from mine as t
left join comments as c on c.helpdesk = t.helpdesk and c.ticket_id = t.ticket_id
left join trail as h on h.helpdesk = t.helpdesk and h.ticket_id = t.ticket_id
left join edits as x on x.helpdesk = t.helpdesk
