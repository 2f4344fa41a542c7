-- A published set cut back to an instant ($as_of), as far as events reach: what happened later is
-- not there yet. Attributes without events (tags, mapped fields) stay as of the last read.

create temp table folded as
select ticket_id, kind, arg_max(value, ("at", event_id)) as value
from $events
where "at" <= $as_of and kind in ('status', 'assignee', 'group', 'priority', 'type')
group by ticket_id, kind;

create temp table folded_wide as
select ticket_id,
  max(value) filter (kind = 'status') as status,
  max(value) filter (kind = 'assignee') as assignee,
  max(value) filter (kind = 'group') as "group",
  max(value) filter (kind = 'priority') as priority,
  max(value) filter (kind = 'type') as type,
  bool_or(kind = 'assignee') as had_assignee,
  bool_or(kind = 'group') as had_group
from folded group by ticket_id;

insert into events by name
select * from $events where "at" <= $as_of;

insert into tickets by name
select t.* exclude (id, updated_at, stamp) replace (
    coalesce(f.status, t.status) as status,
    case when f.had_assignee then coalesce(person.key, try_cast(f.assignee as bigint))
         else t.assignee_id end as assignee_id,
    case when f.had_group then coalesce(team.key, try_cast(f."group" as bigint))
         else t.group_id end as group_id,
    coalesce(f.priority, t.priority) as priority,
    coalesce(f.type, t.type) as type
  ),
  least(t.updated_at, $as_of::timestamp) as updated_at,
  least(t.stamp, $as_of::timestamp) as stamp
from $tickets as t
left join folded_wide as f on f.ticket_id = t.ticket_id
left join vendor_ids as person on person.kind = 'person' and person.id = f.assignee
left join vendor_ids as team on team.kind = 'group' and team.id = f."group"
where t.created_at <= $as_of;

insert into ratings by name
select * replace (
    case when rated_at <= $as_of then score else 'offered' end as score,
    case when rated_at <= $as_of then rated_at end as rated_at,
    case when rated_at <= $as_of then points end as points,
    case when rated_at <= $as_of then reason end as reason
  )
from $ratings where offered_at <= $as_of;

insert into metric_events by name
select * from $metric_events where "at" <= $as_of;

insert into changed select ticket_id from tickets;
