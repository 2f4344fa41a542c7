"""The example set of `../shared/golden` as a store, loaded table by table."""

from __future__ import annotations

from pathlib import Path

from tests.kpi.desk import Desk

TABLES = (
    "ticket_data", "ticket_comment_data", "ticket_field_history_data", "ticket_schedule_data",
    "ticket_tag_data", "csat_ratings", "schedule_data", "schedule_holiday_data", "time_zone_iana",
    "user_data", "group_data",
)  # fmt: skip
LOAD = """
insert into tickets
select t.id, t.status, t.created_at, t.updated_at, t.updated_at, t.requester_id, t.submitter_id,
  t.assignee_id, t.group_id, t.organization_id, t.brand_id, t.ticket_form_id, t.via_channel,
  t.priority, t.type,
  case when list_contains(g.tags, 'closed_by_merge') then 1 else 0 end
  + case when list_contains(g.tags, 'spam') then 2 else 0 end,
  coalesce(g.tags, []), map {}, timestamp '2026-07-01'
from ticket_data as t
left join (select ticket_id, list(tag) as tags from ticket_tag_data group by 1) as g
  on g.ticket_id = t.id;
insert into people select id, case role when 'end-user' then 'customer' else role end, name, active,
  updated_at from user_data;
insert into groups select id, name, _fivetran_deleted from group_data;
insert into schedules
select s.id, any_value(s.name), any_value(z.iana),
  min(s.created_at) = (select min(created_at) from schedule_data), timestamp '2023-01-01'
from schedule_data as s join time_zone_iana as z on z.time_zone = s.time_zone group by s.id;
insert into schedule_intervals select id, timestamp '2023-01-01', start_time, end_time
from schedule_data;
insert into holidays select schedule_id, timestamp '2023-01-01', name, start_date, end_date
from schedule_holiday_data;
insert into ratings
select row_number() over (), c.ticket_id, c.last_score, null, c.offered_at, c.last_rated_at,
  null, null, c.last_rated_at from csat_ratings as c;
insert into events (ticket_id, event_id, "at", kind, actor_id, is_public, value)
select id, id, created_at, 'created', null, null, null from ticket_data
union all
select ticket_id, id, created, 'comment', user_id, public, null from ticket_comment_data
union all
select ticket_id, row_number() over (order by rowid), updated,
  case field_name when 'status' then 'status' when 'assignee_id' then 'assignee'
  when 'group_id' then 'group' when 'priority' then 'priority' else 'type' end,
  user_id, null, nullif(value, '')
from ticket_field_history_data
where field_name in ('status', 'assignee_id', 'group_id', 'priority', 'type')
union all
select ticket_id, row_number() over (order by created_at), created_at, 'schedule', null, null,
  schedule_id::varchar
from ticket_schedule_data;
"""


def load(folder: Path) -> Desk:
    """Return a store filled with the inputs of a golden folder, and its exact files as tables."""
    desk = Desk()
    con = desk.con
    con.execute("delete from people")
    for name in TABLES:
        con.execute(f"create temp table {name} as from read_csv('{folder}/inputs/{name}.csv')")
    for path in sorted((folder / "exact").glob("*.csv")):
        con.execute(f"create temp table {path.stem} as from read_csv('{path}')")
    con.execute(LOAD)
    return desk
