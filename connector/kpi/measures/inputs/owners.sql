-- Whose a ticket was over time: assignee and group from since until the next row.
-- A change in the second of an event counts for that event: who solves a ticket may take it with it.
with
-- the assignee (and the group) after each step: the newest of its kind; 0 stands for nobody
carried as (
  select
    ticket_id, "at", (event_id, kind) as place,
    last_value(case when kind = 'assignee' then coalesce(owner, 0) end ignore nulls) over w as assignee_id,
    last_value(case when kind = 'group' then coalesce(owner, 0) end ignore nulls) over w as group_id
  from m_assignments
  window w as (partition by ticket_id order by "at", event_id, kind)
)
select
  ticket_id, "at" as since,
  nullif(arg_max(assignee_id, place), 0) as assignee_id,
  nullif(arg_max(group_id, place), 0) as group_id
from carried
group by ticket_id, "at"
